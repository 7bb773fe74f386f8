import asyncio

import psycopg
import pytest

from mutations.errors import ConcurrentUpdateError
from store.database import Database, DatabaseUnavailableError, SerializationConflictError
from store.unit_of_work import UnitOfWork
from tests.contract.store.workers import Jobs


async def _value(database: Database, year: int) -> object:
    async with database.connection() as connection:
        cursor = await connection.execute(
            "select last from request_counter where year = %s", (year,)
        )
        row = await cursor.fetchone()
    return None if row is None else row["last"]


async def test_a_transaction_is_kept_or_undone_as_a_whole(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute("insert into request_counter values (2026, 1)")

    async def fail() -> None:
        async with database.transaction() as connection:
            await connection.execute("update request_counter set last = 2")
            raise LookupError

    with pytest.raises(LookupError):
        await fail()

    assert await _value(database, 2026) == 1


async def test_an_unreachable_database_is_said_so_in_time() -> None:
    database = Database("postgresql://nobody@/nothing?host=/nowhere", wait_s=0.3)

    with pytest.raises(DatabaseUnavailableError):
        await database.open()

    await database.close()


async def test_an_exhausted_pool_is_said_so_in_time(database_url: str) -> None:
    database = Database(database_url, max_connections=1, wait_s=0.2)
    await database.open()
    async with database.connection():
        with pytest.raises(DatabaseUnavailableError, match="PoolTimeout"):
            await _ping(database)
    await _ping(database)
    await database.close()


async def test_a_statement_that_takes_too_long_is_ended(database_url: str) -> None:
    database = Database(f"{database_url}&options=-c%20statement_timeout%3D100ms")
    await database.open()
    async with asyncio.timeout(5):
        with pytest.raises(DatabaseUnavailableError, match="QueryCanceled"):
            async with database.connection() as connection:
                await connection.execute("select pg_sleep(30)")
    await database.close()


async def test_the_session_has_its_limits_and_utc(database: Database) -> None:
    async with database.connection() as connection:
        cursor = await connection.execute(
            "select name, setting from pg_settings where name in ('TimeZone',"
            " 'statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout')"
        )
        settings = {row["name"]: row["setting"] async for row in cursor}

    assert settings == {
        "TimeZone": "UTC",
        "statement_timeout": "7000",
        "lock_timeout": "5000",
        "idle_in_transaction_session_timeout": "30000",
    }


async def test_a_connection_broken_in_use_is_said_so_and_replaced(database: Database) -> None:
    async def use_a_dying_connection() -> None:
        async with database.transaction() as connection:
            await connection.execute("select pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(DatabaseUnavailableError):
        await use_a_dying_connection()

    await _ping(database)


async def test_a_fault_of_a_statement_passes_unchanged(database: Database) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        async with database.connection() as connection:
            await connection.execute("select * from nothing")


async def _collide(jobs: Jobs, *, runs: list[str], by_run: bool) -> None:
    """Let two units lock two rows in opposite order: PostgreSQL must sacrifice one."""
    async with jobs.database.transaction() as connection:
        await connection.execute("insert into request_counter values (1, 0), (2, 0)")
    both_hold_one = asyncio.Barrier(2)

    async def unit(work: UnitOfWork, first: int, second: int) -> None:
        runs.append(f"{first}")
        bump = "update request_counter set last = last + 1 where year = %s"
        await work.connection.execute(bump, (first,))
        if len(runs) <= 2:
            await both_hold_one.wait()
        await work.connection.execute(bump, (second,))

    async def begun(first: int, second: int) -> None:
        if by_run:
            await jobs.store.run(lambda work: unit(work, first, second))
        else:
            async with jobs.store.begin() as work:
                await unit(work, first, second)

    results = await asyncio.gather(begun(1, 2), begun(2, 1), return_exceptions=True)
    for error in results:
        if error is not None:
            raise error


async def test_a_sacrificed_unit_is_run_again(jobs: Jobs) -> None:
    runs: list[str] = []

    await _collide(jobs, runs=runs, by_run=True)

    assert len(runs) == 3
    assert (await _value(jobs.database, 1), await _value(jobs.database, 2)) == (2, 2)


async def test_a_sacrificed_unit_that_was_only_begun_is_said_so(jobs: Jobs) -> None:
    with pytest.raises(SerializationConflictError) as caught:
        await _collide(jobs, runs=[], by_run=False)

    assert isinstance(caught.value, ConcurrentUpdateError)
    assert (await _value(jobs.database, 1), await _value(jobs.database, 2)) == (1, 1)


async def test_a_stale_version_is_not_run_again(jobs: Jobs) -> None:
    runs: list[int] = []

    async def refuse(_work: UnitOfWork) -> None:
        runs.append(1)
        raise ConcurrentUpdateError

    with pytest.raises(ConcurrentUpdateError):
        await jobs.store.run(refuse)

    assert runs == [1]


async def _ping(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute("select 1")
