"""Writes go through the quota in the order they came, many at a time, and nobody is forgotten."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from fulfilment.tenant import TransientTenantError
from fulfilment.tenants.microsoft365.call import Verb
from fulfilment.tenants.microsoft365.gate import Gate
from fulfilment.tenants.microsoft365.quota import Now, Turn, bulk
from tests.unit.fulfilment.microsoft365.scripted import (
    ANNE,
    BEN,
    Counting,
    graph_setting,
    write,
)


class Quota:
    """Lets so many through each time that it is opened; counts what it was asked."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.came = asyncio.Event()
        self.open = asyncio.Event()
        self.fault: Exception | None = None

    async def admit(self, count: int) -> None:
        self.asked.append(count)
        self.came.set()
        await self.open.wait()
        if self.fault is not None:
            raise self.fault


@given(count=st.integers(1, 90))
async def test_all_who_wait_go_in_the_order_they_came_with_few_questions(count: int) -> None:
    quota = Quota()
    gate = Gate(quota.admit, window_s=0.0)
    through: list[int] = []

    async def write(number: int) -> None:
        await gate.enter()
        through.append(number)

    quota.open.set()
    await asyncio.gather(*(write(number) for number in range(count)))

    assert through == list(range(count))
    assert sum(quota.asked) == count
    assert len(quota.asked) == -(-count // 20)


async def test_who_comes_while_others_wait_asks_with_the_next() -> None:
    quota = Quota()
    gate = Gate(quota.admit, window_s=0.0)
    first = asyncio.create_task(gate.enter())
    await quota.came.wait()
    later = [asyncio.create_task(gate.enter()) for _ in range(3)]
    await asyncio.sleep(0.01)
    assert quota.asked == [1]

    quota.open.set()
    await asyncio.gather(first, *later)

    assert quota.asked == [1, 3]


async def test_who_gave_up_is_not_asked_for() -> None:
    quota = Quota()
    gate = Gate(quota.admit, window_s=0.02)
    gone, stays = asyncio.create_task(gate.enter()), asyncio.create_task(gate.enter())
    await asyncio.sleep(0)
    gone.cancel()
    quota.open.set()

    await stays

    assert quota.asked == [1]


async def test_what_the_quota_refuses_is_refused_for_all_who_asked_and_for_nobody_else() -> None:
    quota = Quota()
    quota.open.set()
    gate = Gate(quota.admit, window_s=0.0)
    quota.fault = TransientTenantError(7.0)
    ended = await asyncio.gather(*(gate.enter() for _ in range(3)), return_exceptions=True)
    assert ended == [quota.fault] * 3

    quota.fault = None
    await gate.enter()

    assert quota.asked == [3, 1]


async def test_a_fault_of_the_storage_reaches_who_waits() -> None:
    quota = Quota()
    quota.open.set()
    quota.fault = LookupError("the database is away")
    gate = Gate(quota.admit, window_s=0.0)

    with pytest.raises(LookupError):
        await gate.enter()


async def test_draining_waits_for_all_who_wait() -> None:
    quota = Quota()
    gate = Gate(quota.admit, window_s=0.0)
    await gate.drain()
    waits = asyncio.create_task(gate.enter())
    await quota.came.wait()
    draining = asyncio.create_task(gate.drain())
    await asyncio.sleep(0.01)
    assert not draining.done()

    quota.open.set()
    await draining

    await asyncio.wait_for(waits, 1.0)


class FullForBulk(Counting):
    """Has nothing left for bulk work until it opens."""

    @override
    async def take(self, resource: str, cost: int, *, urgent: bool) -> Turn:
        return Now() if urgent else await super().take(resource, cost, urgent=urgent)


async def test_bulk_that_waits_for_the_quota_does_not_hold_the_group_of_an_urgent_write() -> None:
    quota = FullForBulk()
    quota.opens.clear()
    group = f"/groups/{ANNE}/members/{BEN}/$ref"
    async with graph_setting(quota=quota) as at:
        with bulk():
            waits = asyncio.create_task(at.graph.send(write(group, verb=Verb.DELETE)))
        await quota.asked.wait()

        async with asyncio.timeout(5):
            await at.graph.send(write(group, verb=Verb.DELETE))

        assert not waits.done()
        quota.opens.set()
        await waits
