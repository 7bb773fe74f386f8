"""What the simulated tenant relies on, for the in-memory objects and those in PostgreSQL."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fulfilment.progress import Finished
from fulfilment.tenants.simulated.objects import Body, SimulatedObjects
from mutations.case_finder import Outcome
from store.simulated_objects import SqlSimulatedObjects
from tests.fakes.clock import FakeClock
from tests.fakes.simulated_objects import InMemorySimulatedObjects
from tests.unit.fulfilment.stage import NEW, Stage, assert_each_once

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=2)
MUCH_LATER = NOW + timedelta(seconds=4)
END_OF_TIME = datetime.max.replace(tzinfo=UTC)


@pytest.fixture(params=["memory", "postgresql"])
def objects(request: pytest.FixtureRequest) -> SimulatedObjects:
    clock = FakeClock(NOW)
    if request.param == "memory":
        return InMemorySimulatedObjects(clock)
    return SqlSimulatedObjects(request.getfixturevalue("database"), clock)


async def put(objects: SimulatedObjects, body: Body | None, **at: datetime) -> None:
    await objects.change("account", "1", lambda _: body, at["visible_at"], at["now"])


async def test_new_object_shows_from_its_moment_on(objects: SimulatedObjects) -> None:
    await put(objects, {"upn": "a"}, visible_at=LATER, now=NOW)

    assert await objects.get("account", "1", NOW) is None
    assert await objects.list("account", NOW) == {}
    assert await objects.get("account", "1", LATER) == {"upn": "a"}
    assert await objects.list("account", LATER) == {"1": {"upn": "a"}}


async def test_changed_object_shows_its_old_self_until_then(objects: SimulatedObjects) -> None:
    await put(objects, {"upn": "a"}, visible_at=NOW, now=NOW)
    await put(objects, {"upn": "b"}, visible_at=LATER, now=NOW)

    assert await objects.get("account", "1", NOW) == {"upn": "a"}
    assert await objects.get("account", "1", LATER) == {"upn": "b"}
    assert await objects.list("account", END_OF_TIME) == {"1": {"upn": "b"}}


async def test_removed_object_shows_until_then(objects: SimulatedObjects) -> None:
    await put(objects, {"upn": "a"}, visible_at=NOW, now=NOW)
    await put(objects, None, visible_at=LATER, now=NOW)

    assert await objects.list("account", NOW) == {"1": {"upn": "a"}}
    assert await objects.get("account", "1", LATER) is None
    assert await objects.list("account", LATER) == {}


async def test_second_change_before_the_first_shows_keeps_the_oldest_in_sight(
    objects: SimulatedObjects,
) -> None:
    await put(objects, {"upn": "a"}, visible_at=NOW, now=NOW)
    await put(objects, {"upn": "b"}, visible_at=LATER, now=NOW)
    await put(objects, {"upn": "c"}, visible_at=MUCH_LATER, now=NOW)

    assert await objects.get("account", "1", LATER) == {"upn": "a"}
    assert await objects.get("account", "1", MUCH_LATER) == {"upn": "c"}


async def test_change_works_on_the_true_object_and_returns_it(objects: SimulatedObjects) -> None:
    await put(objects, {"n": 1}, visible_at=LATER, now=NOW)

    def increased(old: Body | None) -> Body:
        assert old is not None
        return {"n": old["n"] + 1}

    assert await objects.change("account", "1", increased, LATER, NOW) == {"n": 2}


async def test_change_that_changes_nothing_leaves_the_moment_alone(
    objects: SimulatedObjects,
) -> None:
    await put(objects, {"upn": "a"}, visible_at=NOW, now=NOW)
    await put(objects, {"upn": "b"}, visible_at=LATER, now=NOW)
    await objects.change("account", "1", lambda old: old, MUCH_LATER, NOW)

    assert await objects.get("account", "1", LATER) == {"upn": "b"}


async def test_refused_change_changes_nothing(objects: SimulatedObjects) -> None:
    await put(objects, {"upn": "a"}, visible_at=NOW, now=NOW)

    def refuse(_: Body | None) -> Body | None:
        raise LookupError

    with pytest.raises(LookupError):
        await objects.change("account", "1", refuse, NOW, NOW)
    assert await objects.get("account", "1", NOW) == {"upn": "a"}


async def test_simultaneous_changes_are_all_kept(objects: SimulatedObjects) -> None:
    await put(objects, {"n": 0}, visible_at=NOW, now=NOW)

    def increased(old: Body | None) -> Body:
        return {"n": (old or {"n": 0})["n"] + 1}

    changes = [objects.change("account", "1", increased, NOW, NOW) for _ in range(8)]
    await asyncio.gather(*changes)

    assert await objects.get("account", "1", NOW) == {"n": 8}


async def test_kinds_do_not_meet(objects: SimulatedObjects) -> None:
    await put(objects, {"upn": "a"}, visible_at=NOW, now=NOW)

    assert await objects.get("group", "1", NOW) is None
    assert await objects.list("group", NOW) == {}


@pytest.mark.parametrize(
    "body", [{"text": "é 't \N{RIGHT SINGLE QUOTATION MARK} 100%"}, {"a": [1, None, {"b": True}]}]
)
async def test_values_come_back_as_they_were(
    objects: SimulatedObjects, body: dict[str, Any]
) -> None:
    await put(objects, body, visible_at=NOW, now=NOW)

    assert await objects.get("account", "1", NOW) == body


async def test_ledger_keeps_every_operation_in_order(objects: SimulatedObjects) -> None:
    for object_id, done in [
        ("1", ("set_upn", {"upn": "a"})),
        ("1", ("set_upn", {"upn": "a"})),
        ("2", ("remove_aliases", {})),
    ]:
        await objects.change("account", object_id, lambda _: {}, NOW, NOW, done=done)

    rows = await objects.ledger()

    assert [(row.operation, row.target, dict(row.detail)) for row in rows] == [
        ("set_upn", "1", {"upn": "a"}),
        ("set_upn", "1", {"upn": "a"}),
        ("remove_aliases", "2", {}),
    ]
    assert all(row.at == NOW for row in rows)


async def test_refused_change_is_not_in_the_ledger(objects: SimulatedObjects) -> None:
    def refuse(_: Body | None) -> Body:
        raise ValueError("not so")

    with pytest.raises(ValueError, match="not so"):
        await objects.change("account", "1", refuse, NOW, NOW, done=("set_upn", {}))

    assert not await objects.ledger()


@pytest.mark.parametrize("outcome", [Outcome.A, Outcome.B])
async def test_orders_run_on_them(objects: SimulatedObjects, outcome: Outcome) -> None:
    stage = await Stage.of(objects=objects, clock=FakeClock(NOW))
    plan = await stage.planner.plan(stage.move(outcome))

    assert await stage.run(plan) == Finished()

    await assert_each_once(stage, outcome)
    assert (await stage.seen()).account.upn == f"jan.peeters@{NEW}"
