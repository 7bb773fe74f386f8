"""What fails for now is sent again where that is safe; a write is never done twice by chance."""

import asyncio

import pytest

from fulfilment.tenant import TransientTenantError
from fulfilment.tenants.microsoft365.call import Verb
from fulfilment.tenants.microsoft365.patience import Patience
from fulfilment.tenants.microsoft365.quota import Now, Resource
from tests.unit.fulfilment.microsoft365.scripted import (
    ANNE,
    BEN,
    Counting,
    Said,
    Setting,
    graph_setting,
    read,
    refused,
    write,
)

PASSING = [
    refused(429, "TooManyRequests"),
    refused(503, "ServiceUnavailable"),
    refused(504, "GatewayTimeout"),
    refused(500, "InternalServerError"),
    refused(409, "Directory_ConcurrencyViolation"),
    refused(400, "Directory_ConcurrencyViolation"),
    refused(423, "Locked"),
    refused(424, "FailedDependency"),
    Said(0),
]
"""What one call may be answered; the last one is no answer at all."""


def first_time(said: Said, at: Setting, path: str) -> None:
    """Answer the first call of a path so, and then as usual."""
    at.server.answer = lambda _, asked, count: (
        said if (asked, count) == (path, 1) else Said(body={"of": asked})
    )


@pytest.mark.parametrize("said", PASSING, ids=lambda said: str(said.status))
@pytest.mark.parametrize("is_alone", [True, False])
async def test_read_is_sent_again(said: Said, is_alone: bool) -> None:  # noqa: FBT001
    async with graph_setting() as at:
        first_time(said, at, f"/users/{ANNE}")
        others = [] if is_alone else [at.graph.send(read("/domains"))]
        reply, *_ = await asyncio.gather(at.graph.send(read()), *others)

        assert reply.is_done
        assert at.server.count("GET", f"/users/{ANNE}") == 2
        assert at.server.count("GET", "/domains") == len(others)


@pytest.mark.parametrize("said", PASSING, ids=lambda said: str(said.status))
@pytest.mark.parametrize("is_alone", [True, False])
async def test_write_that_may_not_be_repeated_is_sent_once(
    said: Said,
    is_alone: bool,  # noqa: FBT001
) -> None:
    async with graph_setting() as at:
        first_time(said, at, f"/users/{ANNE}")
        other = write(f"/users/{BEN}", verb=Verb.DELETE)
        calls = [write(verb=Verb.POST)] if is_alone else [write(verb=Verb.POST), other]
        outcomes = await asyncio.gather(*map(at.graph.send, calls), return_exceptions=True)

        assert isinstance(outcomes[0], TransientTenantError)
        assert at.server.count("POST", f"/users/{ANNE}") == 1
        assert at.server.count("DELETE", f"/users/{BEN}") == len(calls) - 1


async def test_repeatable_write_is_sent_again() -> None:
    async with graph_setting() as at:
        first_time(Said(0), at, f"/users/{ANNE}")

        assert (await at.graph.send(write(repeatable=True))).is_done
        assert at.server.count("PATCH", f"/users/{ANNE}") == 2


@pytest.mark.parametrize("said", [refused(503, "Busy"), refused(429, "Many"), Said(0)])
async def test_whole_batch_without_answer_leaves_every_write_open(said: Said) -> None:
    """The writes may be done: the answer came from a gateway, or from nobody."""
    async with graph_setting() as at:
        at.server.outer = lambda _: said
        outcomes = await asyncio.gather(
            at.graph.send(write(f"/users/{ANNE}")),
            at.graph.send(write(f"/users/{BEN}")),
            return_exceptions=True,
        )

        assert all(isinstance(outcome, TransientTenantError) for outcome in outcomes)
        assert len(at.server.asked) == 1


async def test_patience_ends_and_the_last_word_is_passed_on() -> None:
    async with graph_setting() as at:
        at.server.answer = lambda *_: refused(503, "Busy")

        with pytest.raises(TransientTenantError):
            await at.graph.send(read())

        assert at.server.count("GET", f"/users/{ANNE}") == 4


async def test_short_wait_that_is_asked_for_is_kept() -> None:
    async with graph_setting() as at:
        first_time(refused(429, "Many", Retry_After="1"), at, f"/users/{ANNE}")
        loop = asyncio.get_running_loop()
        started_at = loop.time()

        assert (await at.graph.send(read())).is_done
        assert loop.time() - started_at >= 1


async def test_long_wait_is_left_to_the_engine() -> None:
    async with graph_setting() as at:
        at.server.answer = lambda *_: refused(429, "Many", Retry_After="120")

        with pytest.raises(TransientTenantError) as error:
            await at.graph.send(read())

        assert error.value.retry_after_s == 120
        assert at.server.count("GET", f"/users/{ANNE}") == 1


async def test_wait_of_an_item_is_told_to_its_caller_and_lowers_the_quota_for_all() -> None:
    quota = Counting()
    async with graph_setting(quota=quota) as at:
        first_time(refused(429, "Many", Retry_After="33"), at, f"/users/{ANNE}")
        throttled, fine = await asyncio.gather(
            at.graph.send(write()), at.graph.send(write(f"/users/{BEN}")), return_exceptions=True
        )

        assert isinstance(throttled, TransientTenantError)
        assert throttled.retry_after_s == 33
        assert not isinstance(fine, BaseException)
        assert quota.paused == [(Resource.GRAPH_WRITES, 33)]


async def test_wait_of_a_whole_batch_lowers_the_quota_as_well() -> None:
    quota = Counting()
    async with graph_setting(quota=quota) as at:
        at.server.outer = lambda _: refused(429, "Many", Retry_After="44")
        await asyncio.gather(
            at.graph.send(read()), at.graph.send(read("/domains")), return_exceptions=True
        )

        assert quota.paused == [(Resource.GRAPH_UNITS, 44)]


async def test_throttled_without_a_wait_pauses_all_the_same() -> None:
    quota = Counting()
    async with graph_setting(quota=quota, patience=Patience(attempts=1)) as at:
        at.server.answer = lambda *_: refused(429, "Many")
        with pytest.raises(TransientTenantError):
            await at.graph.send(read())
        await at.graph.drain()

        [(resource, seconds)] = quota.paused
        assert resource == Resource.GRAPH_UNITS
        assert seconds > 0


async def test_full_quota_sends_nothing_and_says_when() -> None:
    quota = Counting(turn=Now(is_given=False, wait_s=77.0))
    async with graph_setting(quota=quota) as at:
        with pytest.raises(TransientTenantError) as error:
            await at.graph.send(write())

        assert error.value.retry_after_s == 77
        assert at.server.asked == []


async def test_expired_token_is_replaced_once() -> None:
    async with graph_setting() as at:
        at.server.outer = lambda asked: (
            refused(401, "InvalidAuthenticationToken")
            if asked.headers["Authorization"] == "Bearer token-1"
            else None
        )

        assert (await at.graph.send(write())).is_done
        assert [asked.headers["Authorization"] for asked in at.server.asked] == [
            "Bearer token-1",
            "Bearer token-2",
        ]


async def test_token_that_is_refused_again_is_for_later() -> None:
    async with graph_setting() as at:
        at.server.outer = lambda _: refused(401, "InvalidAuthenticationToken")

        with pytest.raises(TransientTenantError):
            await at.graph.send(write())

        assert len(at.server.asked) == 2


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_refusal_is_an_answer(status: int) -> None:
    async with graph_setting() as at:
        at.server.answer = lambda *_: refused(status, "Request_Refused")
        reply = await at.graph.send(read())

        assert (reply.status, reply.body["error"]["code"]) == (status, "Request_Refused")
        assert at.server.count("GET", f"/users/{ANNE}") == 1
