import asyncio
from datetime import timedelta

import pytest

from store.database import Database
from store.simulated_objects import Body, Change, Done, SqlSimulatedObjects
from tests.fakes.clock import FakeClock

LAG = timedelta(seconds=5)


@pytest.fixture
def objects(database: Database, clock: FakeClock) -> SqlSimulatedObjects:
    return SqlSimulatedObjects(database, clock)


async def test_a_new_object_is_seen_only_after_the_lag(
    objects: SqlSimulatedObjects, clock: FakeClock
) -> None:
    now = clock.now()
    await objects.put("user", "u1", {"upn": "a"}, now + LAG, now)

    assert await objects.get("user", "u1", now) is None
    assert await objects.list("user", now) == {}
    assert await objects.get_true("user", "u1") == {"upn": "a"}
    assert await objects.get("user", "u1", now + LAG) == {"upn": "a"}
    assert await objects.list("user", now + LAG) == {"u1": {"upn": "a"}}


async def test_a_change_is_seen_late_and_the_old_object_until_then(
    objects: SqlSimulatedObjects, clock: FakeClock
) -> None:
    now = clock.now()
    await objects.put("user", "u1", {"upn": "a"}, now, now)
    await objects.put("user", "u1", {"upn": "b"}, now + LAG, now)

    assert await objects.get("user", "u1", now + LAG - timedelta(milliseconds=1)) == {"upn": "a"}
    assert await objects.get("user", "u1", now + LAG) == {"upn": "b"}


async def test_two_changes_in_a_row_show_what_was_seen_before_both(
    objects: SqlSimulatedObjects, clock: FakeClock
) -> None:
    now = clock.now()
    await objects.put("user", "u1", {"upn": "a"}, now, now)
    await objects.put("user", "u1", {"upn": "b"}, now + LAG, now)
    await objects.put("user", "u1", {"upn": "c"}, now + 2 * LAG, now + timedelta(seconds=1))

    assert await objects.get("user", "u1", now + LAG) == {"upn": "a"}
    assert await objects.get("user", "u1", now + 2 * LAG) == {"upn": "c"}


async def test_a_deleted_object_is_seen_until_the_lag_is_over(
    objects: SqlSimulatedObjects, clock: FakeClock
) -> None:
    now = clock.now()
    await objects.put("user", "u1", {"upn": "a"}, now, now)
    await objects.delete("user", "u1", now + LAG, now)
    await objects.delete("user", "u1", now + LAG, now)

    assert await objects.get("user", "u1", now) == {"upn": "a"}
    assert await objects.get_true("user", "u1") is None
    assert await objects.get("user", "u1", now + LAG) is None
    assert await objects.list("user", now + LAG) == {}


async def test_kinds_do_not_mix(objects: SqlSimulatedObjects, clock: FakeClock) -> None:
    now = clock.now()
    await objects.put("user", "x", {"a": 1}, now, now)
    await objects.put("group", "x", {"b": 2}, now, now)

    assert await objects.list("group", now) == {"x": {"b": 2}}
    assert await objects.get("user", "x", now) == {"a": 1}


async def test_changes_of_one_object_at_the_same_time_are_all_kept(
    objects: SqlSimulatedObjects, clock: FakeClock
) -> None:
    now = clock.now()

    def joined_by(member: str) -> Change:
        def change(group: Body | None) -> Body:
            return {"members": sorted([*(group or {"members": []})["members"], member])}

        return change

    await asyncio.gather(
        *(objects.change("group", "g1", joined_by(f"m{n}"), now, now) for n in range(8))
    )

    assert await objects.get("group", "g1", now) == {"members": [f"m{n}" for n in range(8)]}


async def test_a_change_that_changes_nothing_does_not_put_off_the_one_before(
    objects: SqlSimulatedObjects, clock: FakeClock
) -> None:
    now = clock.now()
    await objects.put("user", "u1", {"upn": "b"}, now + LAG, now)

    assert await objects.change("user", "u1", lambda user: user, now + 9 * LAG, now) == {
        "upn": "b"
    }

    assert await objects.get("user", "u1", now + LAG) == {"upn": "b"}


async def test_the_ledger_tells_what_was_done_in_order(
    objects: SqlSimulatedObjects, clock: FakeClock
) -> None:
    async def do(kind: str, object_id: str, done: Done) -> None:
        now = clock.now()
        await objects.change(kind, object_id, lambda _: {}, now, now, done=done)

    await do("user", "u1", ("user.set_upn", {"upn": "b"}))
    clock.advance(seconds=1)
    await do("group", "g1", ("group.remove_member", {}))

    entries = await objects.ledger()

    assert [(e.operation, e.target, e.detail, e.at) for e in entries] == [
        ("user.set_upn", "u1", {"upn": "b"}, clock.now() - timedelta(seconds=1)),
        ("group.remove_member", "g1", {}, clock.now()),
    ]
