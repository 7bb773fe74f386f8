"""Keys: rollover, outages, limits; over a real HTTP server."""

import asyncio
from typing import Any

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.edge.refusal import Reason, RefusedError
from bot.edge.signing_keys import KeysUnavailableError, KeyTimes, SigningKeys
from bot.edge.token_verifier import TokenVerifier
from tests.fakes.signing import jwk, rsa_key
from tests.fakes.teams_limits import most_within
from tests.unit.edge.conftest import APP_ID, Edge

FAULTS = ["hang", "error", "html", "empty", "redirect", "no_kid"]
QUICK = KeyTimes(timeout_s=0.2)
MINUTE_S, HOUR_S = 60.0, 3600.0


@pytest.mark.case("J15")
@pytest.mark.parametrize("age_s", [MINUTE_S, 2 * HOUR_S, 23 * HOUR_S])
async def test_new_key_is_picked_up_at_its_first_use(edge: Edge, age_s: float) -> None:
    keys = edge.keys()
    assert await keys.find("k1")
    edge.signer.rotate("k2")
    edge.monotonic += age_s

    key = await keys.find("k2")

    assert key is not None
    assert key.endorsements == {"msteams"}
    assert keys.current("k1") is None  # withdrawn


@pytest.mark.case("J15")
async def test_a_thousand_random_keys_cause_one_reading_a_minute(edge: Edge) -> None:
    keys = edge.keys()
    assert await keys.find("k1")
    readings = []
    edge.monotonic = 100.0
    for number in range(1000):
        edge.monotonic += 0.3  # five minutes in all
        before = edge.signer.jwks_reads
        assert await keys.find(f"random-{number}") is None
        if edge.signer.jwks_reads > before:
            readings.append(edge.monotonic)

    assert len(readings) == 5
    assert most_within(readings, MINUTE_S) == 1


@pytest.mark.case("J15")
async def test_random_keys_delay_a_new_key_by_a_minute_at_most(edge: Edge) -> None:
    keys = edge.keys()
    assert await keys.find("k1")
    edge.monotonic = 100.0
    assert await keys.find("random") is None  # the reading of this minute is used up
    edge.signer.rotate("k2")
    waited = 0.0
    while await keys.find("k2") is None:
        assert await keys.find("random") is None
        edge.monotonic += 1
        waited += 1

    assert waited <= MINUTE_S


async def test_hourly_reading_does_not_delay_a_new_key(edge: Edge) -> None:
    keys = edge.keys()
    assert await keys.find("k1")
    edge.monotonic = 3600.0
    await keys.refresh()  # brings nothing new
    edge.signer.rotate("k2")
    edge.monotonic += 10

    assert await keys.find("k2")


async def test_many_waiters_share_one_reading(edge: Edge) -> None:
    keys = edge.keys()

    found = await asyncio.gather(*(keys.find("k1") for _ in range(50)))

    assert all(found)
    assert edge.signer.jwks_reads == 1


async def test_waiter_that_leaves_does_not_end_the_reading(edge: Edge) -> None:
    keys = edge.keys()
    impatient = asyncio.create_task(keys.find("k1"))
    await asyncio.sleep(0)
    impatient.cancel()

    assert await keys.find("k1")
    assert edge.signer.jwks_reads == 1


@pytest.mark.case("J16")
@pytest.mark.parametrize("fault", FAULTS)
async def test_outage_keeps_the_old_keys(edge: Edge, fault: str) -> None:
    keys = edge.keys(QUICK)
    old = await keys.find("k1")
    edge.signer.fault = fault

    assert not await keys.refresh()

    assert keys.ready
    assert await keys.find("k1") is old
    edge.monotonic += 30
    assert await keys.find("k2") is None  # unknown, but no outage for the caller
    edge.signer.fault = ""
    edge.signer.rotate("k2")
    edge.monotonic += 30
    assert await keys.find("k2")


@pytest.mark.case("J17")
@pytest.mark.parametrize("fault", FAULTS)
async def test_outage_at_the_start_ends_by_itself(edge: Edge, fault: str) -> None:
    keys = edge.keys(QUICK)
    edge.signer.fault = fault
    with pytest.raises(KeysUnavailableError):
        await keys.find("k1")
    assert not keys.ready
    edge.signer.fault = ""
    edge.monotonic += 10

    assert await keys.find("k1")
    assert keys.ready


@pytest.mark.case("J16")
async def test_hung_server_holds_nobody_who_is_known(edge: Edge) -> None:
    keys = edge.keys(KeyTimes(timeout_s=5))
    await keys.find("k1")
    edge.signer.fault = "hang"
    edge.monotonic += 10
    stranger = asyncio.create_task(keys.find("k2"))
    await asyncio.sleep(0.05)

    async with asyncio.timeout(0.05):
        assert await keys.find("k1")
    stranger.cancel()


@pytest.mark.case("J17")
async def test_background_refresh_recovers(edge: Edge) -> None:
    edge.signer.fault = "error"
    keys = edge.keys(KeyTimes(refetch_s=0.02, refresh_s=60))
    task = asyncio.create_task(keys.keep_fresh())
    await asyncio.sleep(0.05)
    edge.signer.fault = ""

    async with asyncio.timeout(2):
        while not keys.ready:  # noqa: ASYNC110 - the task offers no event
            await asyncio.sleep(0.01)
    task.cancel()


def _changed(**changes: Any) -> dict[str, Any]:
    return {**jwk("odd", rsa_key("k1")), **changes}


@pytest.mark.parametrize(
    "unusable",
    [
        jwk("odd", rsa_key("weak", 1024)),
        _changed(n="_" * 1024),  # 6,144 bits
        _changed(n="_" * 1400),
        _changed(kty="EC"),
        _changed(use="enc"),
        _changed(kid=""),
        _changed(kid=5),
        _changed(n=None),
        _changed(n="é"),
        _changed(e="AA"),
        _changed(e="AQ" * 600),
        _changed(e="AQAAAAAAAQ"),
        "text",
    ],
)
async def test_unusable_keys_are_left_out(edge: Edge, unusable: Any) -> None:
    edge.signer.extra_jwks = [unusable]
    keys = edge.keys()

    assert await keys.find("odd") is None
    assert await keys.find("k1")


async def test_second_key_of_the_same_name_is_left_out(edge: Edge) -> None:
    edge.signer.extra_jwks = [jwk("k1", rsa_key("other"))]
    key = await edge.keys().find("k1")

    assert key is not None
    assert key.public.public_numbers() == _numbers(rsa_key("other"))


def _numbers(private: rsa.RSAPrivateKey) -> rsa.RSAPublicNumbers:
    return private.public_key().public_numbers()


@pytest.mark.parametrize("url", ["http://login.example/keys", "ftp://127.0.0.1/", "", "https://"])
async def test_keys_come_over_https_or_from_loopback(
    session_without_server: aiohttp.ClientSession, url: str
) -> None:
    with pytest.raises(ValueError, match="https"):
        SigningKeys(session_without_server, url)


@pytest.fixture
async def session_without_server(edge: Edge) -> aiohttp.ClientSession:
    return edge.session


def _verifier(edge: Edge, keys: SigningKeys, remembered: int = 1024) -> TokenVerifier:
    return TokenVerifier(keys=keys, app_id=APP_ID, clock=edge.clock, remembered=remembered)


async def test_remembered_token_expires_all_the_same(edge: Edge) -> None:
    verifier = _verifier(edge, edge.keys())
    token = edge.signer.token(edge.connector.url)
    first = await verifier.verify(token)
    assert await verifier.verify(token) is first  # remembered
    edge.clock.advance(hours=1, minutes=4, seconds=59)
    assert await verifier.verify(token) is first
    edge.clock.advance(seconds=1)

    with pytest.raises(RefusedError) as refusal:
        await verifier.verify(token)

    assert refusal.value.reason is Reason.LIFETIME


async def test_remembered_token_falls_with_its_key(edge: Edge) -> None:
    keys = edge.keys()
    verifier = _verifier(edge, keys)
    token = edge.signer.token(edge.connector.url)
    await verifier.verify(token)
    edge.signer.rotate("k2")
    await keys.refresh()

    with pytest.raises(RefusedError) as refusal:
        await verifier.verify(token)

    assert refusal.value.reason is Reason.UNKNOWN_KEY


async def test_remembered_token_is_verified_anew_when_its_key_changed(edge: Edge) -> None:
    keys = edge.keys()
    verifier = _verifier(edge, keys)
    token = edge.signer.token(edge.connector.url)
    await verifier.verify(token)
    edge.signer.keys["k1"] = rsa_key("k1-changed")
    await keys.refresh()

    with pytest.raises(RefusedError) as refusal:
        await verifier.verify(token)

    assert refusal.value.reason is Reason.SIGNATURE


@pytest.mark.case("J16")
@pytest.mark.parametrize("fault", ["wrong", "other_kids"])
async def test_wrong_keys_are_put_right_within_a_minute(edge: Edge, fault: str) -> None:
    keys = edge.keys()
    verifier = _verifier(edge, keys)
    token = edge.signer.token(edge.connector.url)
    await verifier.verify(token)
    edge.signer.fault = fault
    edge.monotonic = 3600.0
    await keys.refresh()
    edge.monotonic += 10
    with pytest.raises(RefusedError):
        await verifier.verify(token)
    edge.signer.fault = ""
    edge.monotonic += MINUTE_S

    await verifier.verify(token)


@pytest.mark.case("J15")
async def test_wrong_signatures_cause_one_reading_a_minute(edge: Edge) -> None:
    verifier = _verifier(edge, edge.keys())
    claims = edge.signer.claims(edge.connector.url)
    await verifier.verify(edge.signer.sign(claims))
    forged = edge.signer.sign(claims, key=rsa_key("stranger"))
    for second in range(100, 400):
        edge.monotonic = float(second)
        with pytest.raises(RefusedError):
            await verifier.verify(forged)

    assert edge.signer.jwks_reads == 1 + 5


async def test_lost_endorsement_counts_for_remembered_tokens(edge: Edge) -> None:
    keys = edge.keys()
    verifier = _verifier(edge, keys)
    token = edge.signer.token(edge.connector.url)
    await verifier.verify(token)
    edge.signer.endorsements = ("slack",)
    await keys.refresh()

    caller = await verifier.verify(token)

    assert caller.key.endorsements == {"slack"}


async def test_remembered_token_is_bound_to_its_service_url(edge: Edge) -> None:
    client = edge.client()
    await client.say("hi")

    answer = await client.post(
        client.activity(type="message", text="x", serviceUrl="http://127.0.0.1:1/emea")
    )

    assert answer.status == 403


async def test_memory_for_tokens_is_bounded(edge: Edge) -> None:
    verifier = _verifier(edge, edge.keys(), remembered=2)
    tokens = [edge.signer.token(edge.connector.url, n=n) for n in range(3)]
    callers = [await verifier.verify(token) for token in tokens]

    assert await verifier.verify(tokens[2]) is callers[2]
    assert await verifier.verify(tokens[0]) is not callers[0]


async def test_refused_token_is_not_remembered(edge: Edge) -> None:
    verifier = _verifier(edge, edge.keys())
    token = edge.signer.token(edge.connector.url, aud="other")

    for _ in range(2):
        with pytest.raises(RefusedError) as refusal:
            await verifier.verify(token)
        assert refusal.value.reason is Reason.AUDIENCE


async def test_before_the_first_key_the_bot_says_unavailable(edge: Edge) -> None:
    edge.signer.fault = "error"
    client = edge.client()

    answer = await client.post(client.activity(type="message", text="x"))

    assert answer.status == 503
    assert edge.count("refusals", reason=Reason.KEYS_UNAVAILABLE) == 1
