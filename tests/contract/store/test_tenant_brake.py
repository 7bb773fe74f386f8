"""So many changes an hour over all replicas, then nothing passes until a person let it go on."""

import asyncio
from datetime import timedelta

from fulfilment.brake import Brake
from mutations.identity import RequestId
from store.database import Database
from store.tenant_brake import SqlBrake

ONE, OTHER = RequestId("0" * 31 + "1"), RequestId("0" * 31 + "2")


async def _passes(database: Database, ago: timedelta) -> None:
    """Let time pass: what is stored moves into the past."""
    async with database.connection() as connection:
        await connection.execute("update tenant_effects set at = at - %s", (ago,))
        await connection.execute(
            "update tenant_brake set called_at = called_at - %(ago)s,"
            " pulled_at = pulled_at - %(ago)s",
            {"ago": ago},
        )


def _brake(database: Database, most: int) -> SqlBrake:
    brake: Brake = SqlBrake(database, most=most)
    assert isinstance(brake, SqlBrake)
    return brake


async def _told(brake: SqlBrake, request_id: RequestId, effects: int) -> str:
    passage = await brake.pass_by(request_id, effects)
    return "free" if passage.is_free else "call" if passage.calls else "wait"


async def test_one_order_too_many_calls_a_person_and_the_others_wait(database: Database) -> None:
    brake, replica = _brake(database, 10), _brake(database, 10)

    told = [
        await _told(brake, ONE, 6),
        await _told(replica, OTHER, 4),
        await _told(brake, ONE, 1),
        await _told(replica, OTHER, 1),
        await _told(brake, ONE, 1),
    ]

    assert told == ["free", "free", "call", "wait", "wait"]
    assert await replica.pulled_at() is not None


async def test_only_the_order_that_called_lets_all_go_on(database: Database) -> None:
    brake = _brake(database, 2)
    await brake.pass_by(ONE, 2)
    assert await _told(brake, OTHER, 1) == "call"

    assert not await brake.release(ONE)
    assert await _told(brake, ONE, 1) == "wait"
    assert await brake.release(OTHER)

    assert await brake.pulled_at() is None
    assert await _told(brake, ONE, 2) == "free"  # counted from nothing
    assert await _told(brake, OTHER, 1) == "call"
    assert await brake.release(None)
    assert not await brake.release(None)


async def test_what_is_more_than_an_hour_ago_does_not_count(database: Database) -> None:
    brake = _brake(database, 5)
    assert await _told(brake, ONE, 5) == "free"

    await _passes(database, timedelta(minutes=61))

    assert await _told(brake, ONE, 5) == "free"
    assert await _told(brake, ONE, 1) == "call"


async def test_the_brake_does_not_come_off_by_itself_and_calls_again(database: Database) -> None:
    brake = _brake(database, 1)
    await brake.pass_by(ONE, 1)
    assert await _told(brake, ONE, 1) == "call"

    await _passes(database, timedelta(minutes=61))

    assert await _told(brake, OTHER, 1) == "call"
    assert await _told(brake, ONE, 1) == "wait"
    assert not await brake.release(ONE)
    assert await brake.release(OTHER)


async def test_an_order_that_is_more_than_the_cap_passes_when_it_is_the_first(
    database: Database,
) -> None:
    brake = _brake(database, 3)

    assert await _told(brake, ONE, 50) == "free"
    assert await _told(brake, OTHER, 1) == "call"


async def test_many_at_once_pass_no_more_than_the_cap(database: Database) -> None:
    brake = _brake(database, 20)

    told = await asyncio.gather(*(_told(brake, ONE, 1) for _ in range(60)))

    assert (told.count("free"), told.count("call"), told.count("wait")) == (20, 1, 39)
