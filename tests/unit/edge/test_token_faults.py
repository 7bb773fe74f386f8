"""No token to be had: nothing is sent, the message stays owed, and the process goes on."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.edge.connector import Connector, RetryPolicy
from bot.edge.delivery_errors import ConnectorUnavailableError, TokenUnavailableError
from bot.edge.tokens import EntraApp, MsalTokenSource
from store.retry_policy import WITHOUT_END, Faults
from tests.fakes.clock import FakeClock
from tests.fakes.entra_login import FakeEntraLogin
from tests.unit.edge.conftest import APP_ID, LOOPBACK, TENANT_ID, Edge

TEXT = {"type": "message", "text": "hi"}


@pytest.fixture
async def login(tmp_path: Path) -> AsyncIterator[FakeEntraLogin]:
    login = FakeEntraLogin(tmp_path, TENANT_ID)
    await login.start()
    yield login
    await login.stop()


@pytest.fixture
def tokens(login: FakeEntraLogin) -> Iterator[MsalTokenSource]:
    app = EntraApp(
        client_id=APP_ID,
        authority=login.authority,
        credential="made-up-secret",
        ca_bundle=login.ca_bundle,
    )
    source = MsalTokenSource(app, clock=FakeClock())
    yield source
    source.close()


@pytest.fixture
def connector(edge: Edge, tokens: MsalTokenSource) -> Connector:
    return Connector(edge.session, tokens, service_hosts=LOOPBACK, retry=RetryPolicy(jitter_s=0))


@pytest.mark.case("N08")
@pytest.mark.parametrize("place", ["discovery", "token"])
@pytest.mark.parametrize("answer", [[], "x", 5, None], ids=["list", "text", "number", "null"])
async def test_login_that_answers_other_json_than_it_should_is_a_fault_that_passes(
    connector: Connector, edge: Edge, login: FakeEntraLogin, place: str, answer: object
) -> None:
    login.garbage[place] = answer
    with pytest.raises(TokenUnavailableError):
        await connector.send(edge.connector.url, "chat", TEXT)

    assert edge.connector.ledger == []


@pytest.mark.case("N08")
@pytest.mark.parametrize("status", [400, 500])
async def test_refusing_login_is_asked_once_and_the_message_stays_owed(
    connector: Connector, edge: Edge, login: FakeEntraLogin, status: int
) -> None:
    login.status = status
    with pytest.raises(TokenUnavailableError) as error:
        await connector.send(edge.connector.url, "chat", TEXT)

    assert edge.connector.ledger == []
    assert len(login.requests) == 1
    assert isinstance(error.value, ConnectorUnavailableError)  # so its job tries again for ever
    assert not WITHOUT_END.is_over(Faults(transient=10_000))


@pytest.mark.case("N08")
async def test_hanging_login_holds_up_no_other_work(
    connector: Connector, edge: Edge, login: FakeEntraLogin
) -> None:
    login.hang_s = 60
    sending = [
        asyncio.create_task(connector.send(edge.connector.url, f"chat-{number}", TEXT))
        for number in range(20)
    ]
    longest, end = 0.0, time.monotonic() + 1.5
    while time.monotonic() < end:
        before = time.monotonic()
        await asyncio.sleep(0.01)
        longest = max(longest, time.monotonic() - before)

    assert longest < 0.5
    assert len(login.requests) == 1  # the others wait for the same answer
    assert edge.connector.ledger == []
    for task in sending:
        task.cancel()
    await asyncio.gather(*sending, return_exceptions=True)


@pytest.mark.case("N08")
async def test_token_of_a_rotated_secret_is_renewed_once_and_then_left_to_the_job(
    connector: Connector, edge: Edge, login: FakeEntraLogin
) -> None:
    await connector.send(edge.connector.url, "chat", TEXT)
    edge.connector.answer_next(401, times=2)

    with pytest.raises(ConnectorUnavailableError):
        await connector.send(edge.connector.url, "chat", TEXT)

    assert len(login.requests) == 2
    assert [call.authorization for call in edge.connector.ledger[1:]] == [
        "Bearer token-1",
        "Bearer token-2",
    ]
    assert await connector.send(edge.connector.url, "chat", TEXT)  # the new secret is in place
    assert len(edge.connector.sent("chat")) == 2
