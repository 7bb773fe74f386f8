"""Tokens from a fake login host over https, through the real msal."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.edge.delivery_errors import TokenUnavailableError
from bot.edge.tokens import EntraApp, MsalTokenSource, NoTokens
from bot.edge.trust import trusting
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
    source = _source(login, clock)
    yield source
    source.close()


def _source(login: FakeEntraLogin, clock: FakeClock, timeout_s: float = 10.0) -> MsalTokenSource:
    app = EntraApp(
        client_id=APP_ID,
        authority=login.authority,
        credential="made-up-secret",
        ca_bundle=login.ca_bundle,
    )
    return MsalTokenSource(app, clock=clock, timeout_s=timeout_s)


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


@pytest.mark.case("N08")
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


@pytest.mark.case("N08")
async def test_login_host_that_hangs_holds_nobody_up_who_has_a_token(
    source: MsalTokenSource, login: FakeEntraLogin, clock: FakeClock
) -> None:
    await source.token()
    login.hang_s = 3.0
    clock.advance(minutes=55)
    async with asyncio.timeout(2.0):
        assert set(await asyncio.gather(*(source.token() for _ in range(20)))) == {"token-1"}
    async with asyncio.timeout(0.1):
        assert await source.token() == "token-1"
    await asyncio.sleep(3.0)  # until the login host hangs up
    login.hang_s = 0.0
    clock.advance(seconds=31)

    assert await source.token() not in {None, "token-1"}


def test_authorities_of_a_file_come_beside_the_usual_ones(login: FakeEntraLogin) -> None:
    usual = trusting(None).cert_store_stats()["x509_ca"]

    assert usual > 1
    assert trusting(login.ca_bundle).cert_store_stats()["x509_ca"] == usual + 1


async def _refusals(source: MsalTokenSource, count: int) -> int:
    answers = await asyncio.gather(*(source.token() for _ in range(count)), return_exceptions=True)
    return sum(isinstance(answer, TokenUnavailableError) for answer in answers)


@pytest.mark.case("N08")
async def test_nobody_queues_for_a_login_host_that_hangs(
    login: FakeEntraLogin, clock: FakeClock
) -> None:
    source = _source(login, clock, timeout_s=0.5)
    login.hang_s = 1.5
    async with asyncio.timeout(5):
        assert await _refusals(source, 20) == 20
    async with asyncio.timeout(0.1):
        assert await _refusals(source, 20) == 20  # at once: it failed a moment ago
    assert len(login.requests) == 1
    source.close()
    await asyncio.sleep(1.5)  # until the login host gives up as well


@pytest.mark.case("N08")
@pytest.mark.parametrize("status", [400, 401, 500])
async def test_refusal_of_the_login_host_is_not_asked_for_again_at_once(
    source: MsalTokenSource, login: FakeEntraLogin, status: int
) -> None:
    login.status = status
    assert await _refusals(source, 5) == 5
    assert await _refusals(source, 5) == 5
    assert len(login.requests) == 1


@pytest.mark.case("N08")
async def test_refusal_of_the_login_host_ends_by_itself(
    source: MsalTokenSource, login: FakeEntraLogin, clock: FakeClock
) -> None:
    login.status = 401  # msal keeps a 400 for a minute and a 500 for seconds, by its own clock
    assert await _refusals(source, 1) == 1
    login.status = 200
    clock.advance(seconds=5)

    assert await source.token() == "token-2"


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


@pytest.mark.case("N08")
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
