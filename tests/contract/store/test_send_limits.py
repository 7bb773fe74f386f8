"""The shared pace of sending: the published limits hold in every window, over all replicas."""

import asyncio
import itertools
import math
from bisect import bisect_right
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.edge.delivery_errors import SendLimitError
from bot.edge.pace import THREAD_HOUR, THREAD_SOON, TeamsPace
from store.database import Database
from store.send_limits import Limit, SqlSendLimits

PUBLISHED = ((7, 1.0), (8, 2.0), (60, 30.0), (1800, 3600.0))
THREAD = (("soon:a", THREAD_SOON), ("hour:a", THREAD_HOUR))
IN_A_BLINK_S = 0.05
"""How far two readings of the clock may be apart on a busy machine."""


def most_within(times: Sequence[float], seconds: float) -> int:
    """Return the most of these moments that any span of `seconds` holds, its end left out."""
    ordered = sorted(times)
    ends = [bisect_right(ordered, at + seconds - IN_A_BLINK_S) for at in ordered]
    return max(end - start for start, end in enumerate(ends))


class Past:
    """The limits, with time that passes at a word: what is reserved moves into the past."""

    def __init__(self, database: Database, *, patience_s: float = 5.0) -> None:
        self._database = database
        self.limits = SqlSendLimits(database, patience_s=patience_s)
        self._passed_s = 0.0

    async def passes(self, seconds: float) -> None:
        self._passed_s += seconds
        async with self._database.connection() as connection:
            await connection.execute(
                "update send_limit set due_at = due_at - %s", (timedelta(seconds=seconds),)
            )

    async def now(self) -> float:
        async with self._database.connection() as connection:
            cursor = await connection.execute(
                "select extract(epoch from clock_timestamp())::float8 as now"
            )
            row = await cursor.fetchone()
        assert row is not None
        return float(row["now"]) + self._passed_s

    async def forget(self) -> None:
        async with self._database.connection() as connection:
            await connection.execute("delete from send_limit")


def most_by(limit: Limit, seconds: float) -> int:
    """Return the most sends that any span of `seconds` can hold, both ends included."""
    return limit.burst + math.floor(timedelta(seconds=seconds) / limit.gap)


@pytest.mark.parametrize(("most", "seconds"), PUBLISHED)
def test_limits_of_a_thread_stay_below_the_published_and_leave_room_for_answers(
    most: int, seconds: float
) -> None:
    kept = min(most_by(limit, seconds) for _, limit in THREAD)

    assert kept < most


@pytest.mark.case("N04")
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(gaps=st.lists(st.sampled_from([0.0, 0.0, 0.1, 0.6, 2.0, 15.0, 400.0]), max_size=60))
async def test_no_window_ever_holds_more_than_is_published(
    database: Database, gaps: list[float]
) -> None:
    past = Past(database)
    sent: list[float] = []
    for gap in gaps:
        await past.passes(gap)
        wait_s = await past.limits.reserve(THREAD)
        if wait_s is not None:
            sent.append(await past.now() + wait_s)
    await past.forget()

    for most, seconds in PUBLISHED:
        assert not sent or most_within(sent, seconds) <= most
    for _, limit in THREAD:
        for seconds in (0.5, 1.0, 2.0, 30.0, 3600.0):
            assert not sent or most_within(sent, seconds) <= most_by(limit, seconds)


async def test_crowd_on_one_thread_fills_the_hour_and_not_more(database: Database) -> None:
    past = Past(database)
    sent = []
    for _ in range(400):
        wait_s = await past.limits.reserve(THREAD)
        if wait_s is None:
            await past.passes(past.limits.patience_s)
            continue
        sent.append(await past.now() + wait_s)

    assert len(sent) > 200
    for most, seconds in PUBLISHED:
        assert most_within(sent, seconds) <= most
    # And it is not slower than it must be: the hourly rate is used up to the last.
    span = sent[-1] - sent[0]
    assert len(sent) >= THREAD_HOUR.per_s * span


@pytest.mark.case("N04")
async def test_replicas_share_one_count(database: Database) -> None:
    replicas = [SqlSendLimits(database), SqlSendLimits(database)]
    tenant = [("tenant:t", Limit(per_s=20, burst=1))]
    started = await Past(database).now()

    waits = await asyncio.gather(
        *(replica.reserve(tenant) for replica, _ in itertools.product(replicas, range(20)))
    )

    assert None not in waits
    async with database.connection() as connection:
        cursor = await connection.execute(
            "select extract(epoch from due_at)::float8 as due from send_limit"
        )
        [row] = await cursor.fetchall()
    assert row["due"] - started >= 40 / 20  # each of them took up its twentieth of a second


SLOW = Limit(per_s=0.01, burst=1)
"""A hundred seconds a send: no machine is so busy that it blurs."""


async def test_wait_that_is_too_long_is_refused_and_uses_nothing_up(database: Database) -> None:
    past = Past(database, patience_s=30)
    slow = [("chat", SLOW)]

    assert await past.limits.reserve(slow) == 0
    assert [await past.limits.reserve(slow) for _ in range(5)] == [None] * 5
    await past.passes(90)
    assert await past.limits.reserve(slow) == pytest.approx(10, abs=10)
    assert await past.limits.reserve(slow) is None


async def test_unused_time_gives_no_more_than_one_burst(database: Database) -> None:
    past = Past(database, patience_s=200)
    three = [("chat", Limit(per_s=0.01, burst=3))]
    await past.limits.reserve(three)
    await past.passes(100_000)

    waits = [await past.limits.reserve(three) for _ in range(4)]

    assert waits[:3] == [0, 0, 0]
    assert waits[3] == pytest.approx(100, abs=20)


@pytest.mark.parametrize("back_s", [6000, 36_000, 10**8])
async def test_clock_put_back_stops_nothing_and_lets_no_burst_through(
    database: Database, back_s: int
) -> None:
    past = Past(database, patience_s=300)
    three = [("chat", Limit(per_s=0.01, burst=3))]
    await past.limits.reserve(three)
    await past.passes(-back_s)

    waits = [await past.limits.reserve(three) for _ in range(3)]

    assert waits == pytest.approx([0, 100, 200], abs=20)


async def test_only_free_keys_are_forgotten(database: Database) -> None:
    past = Past(database)
    await past.limits.reserve([("old", SLOW)])
    await past.passes(101)
    await past.limits.reserve([("new", SLOW)])

    await past.limits.remove_old()

    async with database.connection() as connection:
        cursor = await connection.execute("select key from send_limit")
        assert [row["key"] for row in await cursor.fetchall()] == ["new"]


async def test_pace_lets_a_burst_go_and_then_says_come_back_later(database: Database) -> None:
    limits = SqlSendLimits(database, patience_s=0.0)
    pace = TeamsPace(limits, tenant_id="t", tenant_per_s=10**6)
    for _ in range(THREAD_SOON.burst):
        await pace.turn("chat")

    with pytest.raises(SendLimitError) as error:
        await asyncio.gather(*(pace.turn("chat") for _ in range(30)))

    assert error.value.retry_after_s == 0.0
