"""Exactly where the token's lifetime ends, and who may speak in local mode."""

from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from bot.edge.gate import Gate, GatePolicy
from bot.edge.refusal import Reason, RefusedError
from bot.edge.signing_keys import SigningKeys
from bot.edge.token_verifier import TokenVerifier
from tests.conversations.stage import APP_ID, TENANT_ID
from tests.fakes.clock import FakeClock
from tests.fakes.signing import FakeBotFramework

_URL = "https://smba.trafficmanager.net/emea"

IsGood = Callable[..., Awaitable[bool]]


@pytest.fixture
async def is_good() -> AsyncIterator[IsGood]:
    """Tell whether a token with these claims, in seconds from now, is good."""
    signer = FakeBotFramework(FakeClock(), APP_ID)
    await signer.start()
    async with aiohttp.ClientSession() as session:
        keys = SigningKeys(session, signer.metadata_url)
        verifier = TokenVerifier(keys=keys, app_id=APP_ID, clock=signer.clock)

        async def ask(**moments: float) -> bool:
            now = signer.clock.now().timestamp()
            claims = {name: now + seconds for name, seconds in moments.items()}
            try:
                await verifier.verify(signer.token(_URL, **claims))
            except RefusedError as error:
                return error.reason is not Reason.LIFETIME
            return True

        yield ask
    await signer.stop()


@pytest.mark.case("J07")
@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-240, True),
        (-299, True),
        (-299.999, True),
        (-300, False),
        (-300.001, False),
        (-360, False),
    ],
)
async def test_expiry_has_five_minutes_of_leeway_and_not_a_moment_more(
    is_good: IsGood, seconds: float, *, expected: bool
) -> None:
    assert await is_good(exp=seconds) is expected


@pytest.mark.case("J07")
@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(240, True), (300, True), (300.001, False), (301, False), (360, False)],
)
async def test_beginning_has_five_minutes_of_leeway_and_not_a_moment_more(
    is_good: IsGood, seconds: float, *, expected: bool
) -> None:
    assert await is_good(nbf=seconds) is expected


@pytest.mark.case("F03")
@pytest.mark.parametrize("seconds", [3_600.5, 2**31, 2**33, 2**52, 1e18, 1e300])
async def test_far_or_broken_expiry_is_read_without_a_crash(
    is_good: IsGood, seconds: float
) -> None:
    assert await is_good(exp=seconds)


_LOCAL = Gate(GatePolicy.local(TENANT_ID), None)


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example:3978"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "127.0.0.1@evil.example"},
        {"Host": ""},
        {},
        {"Host": "192.168.1.5:3978"},
        {"Host": "localhost", "X-Forwarded-For": "203.0.113.7"},
        {"Host": "localhost", "X-Forwarded-Host": "bot.example"},
        {"Host": "localhost", "Forwarded": "for=203.0.113.7"},
        {"Host": "localhost", "Via": "1.1 proxy"},
    ],
)
async def test_local_mode_refuses_what_comes_from_elsewhere(headers: dict[str, str]) -> None:
    with pytest.raises(RefusedError) as raised:
        await _LOCAL.recognise(CIMultiDictProxy(CIMultiDict(headers)))

    assert raised.value.reason is Reason.NOT_LOCAL
    assert raised.value.status == 403


@pytest.mark.parametrize("host", ["127.0.0.1:3978", "localhost", "LOCALHOST:80", "[::1]:3978"])
async def test_local_mode_hears_this_machine(host: str) -> None:
    assert await _LOCAL.recognise(CIMultiDictProxy(CIMultiDict({"Host": host}))) is None
