"""Tokens from a fake login host over https, through the real msal."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.edge.delivery_errors import TokenUnavailableError
from bot.edge.tokens import EntraApp, MsalTokenSource, NoTokens
from tests.fakes.clock import FakeClock
from tests.fakes.entra_login import FakeEntraLogin
from tests.unit.edge.conftest import APP_ID, TENANT_ID


@pytest.fixture
async def login(tmp_path: Path) -> AsyncIterator[FakeEntraLogin]:
    login = FakeEntraLogin(tmp_path, TENANT_ID)
    await login.start()
    yield login
    await login.stop()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def source(login: FakeEntraLogin, clock: FakeClock) -> Iterator[MsalTokenSource]:
    app = EntraApp(
        client_id=APP_ID,
        authority=login.authority,
        credential="made-up-secret",
        ca_bundle=str(login.ca_bundle),
    )
    source = MsalTokenSource(app, clock=clock)
    yield source
    source.close()


async def test_twenty_callers_cause_one_request(
    source: MsalTokenSource, login: FakeEntraLogin
) -> None:
    tokens = await asyncio.gather(*(source.token() for _ in range(20)))

    assert set(tokens) == {"token-1"}
    (request,) = login.requests
    assert request["scope"] == "https://api.botframework.com/.default"
    assert (request["client_id"], request["client_secret"]) == (APP_ID, "made-up-secret")


async def test_token_is_renewed_ten_minutes_early(
    source: MsalTokenSource, clock: FakeClock
) -> None:
    await source.token()
    clock.advance(minutes=49, seconds=59)
    assert await source.token() == "token-1"
    clock.advance(seconds=1)

    assert await source.token() == "token-2"


async def test_short_token_is_renewed_half_way(
    source: MsalTokenSource, login: FakeEntraLogin, clock: FakeClock
) -> None:
    login.lifetime_s = 600
    await source.token()
    clock.advance(minutes=4, seconds=59)
    assert await source.token() == "token-1"
    clock.advance(seconds=1)

    assert await source.token() == "token-2"


async def test_old_token_serves_to_its_end_while_renewal_fails(
    source: MsalTokenSource, login: FakeEntraLogin, clock: FakeClock
) -> None:
    await source.token()
    login.status = 400
    clock.advance(minutes=55)
    assert await source.token() == "token-1"
    assert await source.token() == "token-1"
    assert len(login.requests) == 2  # the second call paused
    clock.advance(minutes=5)

    with pytest.raises(TokenUnavailableError) as error:
        await source.token()

    assert error.value.code == "unauthorized_client"


async def test_forgotten_token_is_asked_for_anew(source: MsalTokenSource) -> None:
    await source.token()
    source.forget()

    assert await source.token() == "token-2"


async def test_login_host_that_is_gone_is_unavailable(
    source: MsalTokenSource, login: FakeEntraLogin
) -> None:
    await login.stop()

    with pytest.raises(TokenUnavailableError):
        await source.token()


async def test_authority_of_nobody_is_not_trusted(login: FakeEntraLogin, clock: FakeClock) -> None:
    app = EntraApp(client_id=APP_ID, authority=login.authority, credential="x")

    source = MsalTokenSource(app, clock=clock)

    with pytest.raises(TokenUnavailableError):
        await source.token()

    source.close()
    assert login.requests == []


async def test_loop_turns_while_msal_waits(source: MsalTokenSource) -> None:
    asking = asyncio.create_task(source.token())
    turns = 0
    while not asking.done():
        turns += 1
        await asyncio.sleep(0.001)

    assert turns > 3


def test_secret_is_not_shown() -> None:
    app = EntraApp(client_id="a", authority="https://h/t", credential="made-up-secret")

    assert "made-up-secret" not in repr(app)


async def test_local_mode_has_no_token() -> None:
    tokens = NoTokens()
    tokens.forget()

    assert await tokens.token() is None
