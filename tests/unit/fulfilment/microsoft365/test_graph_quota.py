"""What a call costs, and waiting for a turn."""

import asyncio

import pytest
from typing_extensions import override

from fulfilment.tenant import TransientTenantError
from fulfilment.tenants.microsoft365.call import Verb
from fulfilment.tenants.microsoft365.quota import (
    AtOnce,
    Now,
    Quota,
    Resource,
    Turn,
    bulk,
    is_bulk,
    units,
    wait_for_turn,
)
from tests.unit.fulfilment.microsoft365.scripted import ANNE, Counting, read, write


@pytest.mark.parametrize(
    ("path", "cost"),
    [
        ("/users", 2),
        ("/users?$filter=a%20eq%20b", 2),
        ("/users?%24select=id", 1),
        ("/users?$select=id", 1),
        ("/users?$top=5", 1),
        ("/users?$top=999", 2),
        (f"/users/{ANNE}", 1),
        (f"/users/{ANNE}?$select=id", 1),
        (f"/users/{ANNE}?$expand=manager", 2),
        (f"/users/{ANNE}/memberOf", 2),
        (f"/users/{ANNE}/memberOf/microsoft.graph.group?$top=999", 2),
        (f"/groups/{ANNE}/members", 3),
        (f"/groups/{ANNE}/owners", 1),
        ("/subscribedSkus", 3),
        ("/subscribedSkus?$select=skuId", 2),
    ],
)
def test_reads_cost_what_the_table_of_microsoft_says(path: str, cost: int) -> None:
    assert units(read(path)) == cost


def test_write_costs_one_unit() -> None:
    assert units(write(f"/groups/{ANNE}/members/$ref", verb=Verb.POST)) == 1


async def test_bulk_is_a_mark_on_what_is_asked_within() -> None:
    async def inside() -> bool:
        return is_bulk()

    with bulk():
        started_within = asyncio.create_task(inside())
        assert is_bulk()

    assert await started_within
    assert not is_bulk()


class InTurn(Counting):
    """Gives these turns, one after the other."""

    def __init__(self, *turns: Now) -> None:
        super().__init__()
        self.turns = list(turns)

    @override
    async def take(self, resource: str, cost: int, *, urgent: bool) -> Turn:
        await super().take(resource, cost, urgent=urgent)
        return self.turns.pop(0)


async def wait(quota: Quota, *, patience_s: float = 5.0) -> None:
    await wait_for_turn(quota, Resource.EXCHANGE, 1, urgent=False, patience_s=patience_s)


async def test_turn_that_is_refused_is_asked_for_again() -> None:
    quota = InTurn(Now(is_given=False, wait_s=0.01), Now(wait_s=0.01))

    await wait(quota)

    assert quota.taken == [(Resource.EXCHANGE, 1, False)] * 2


async def test_turn_is_waited_for_before_sending() -> None:
    loop = asyncio.get_running_loop()
    started_at = loop.time()

    await wait(InTurn(Now(wait_s=0.2)))

    assert loop.time() - started_at >= 0.2


async def test_turn_that_is_too_far_away_is_for_the_engine() -> None:
    quota = InTurn(Now(is_given=False, wait_s=60))

    with pytest.raises(TransientTenantError) as error:
        await wait(quota)

    assert error.value.retry_after_s == 60


async def test_tenant_without_a_quota_gives_every_turn() -> None:
    quota = AtOnce()
    await quota.pause(Resource.EXCHANGE, 60)

    turn = await quota.take(Resource.EXCHANGE, 1, urgent=False)

    assert (turn.is_given, turn.wait_s) == (True, 0)
