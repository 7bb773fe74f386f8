import asyncio
import hashlib
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
import structlog

from mutations.clock import Clock
from mutations.identity import ObjectId, RequestId
from store.database import Database
from store.jobs import JobEngine
from store.unit_of_work import Store
from store.work import SqlStore, SqlWork
from tests.fakes.clock import FakeClock

AT = datetime(2026, 3, 2, 9, 30, 0, 120, tzinfo=UTC)


async def _store(database: Database, clock: Clock) -> SqlStore:
    engine = JobEngine(database)
    await engine.open()
    return SqlStore(Store(database, engine), clock)


@pytest.fixture
async def store(database: Database, clock: FakeClock) -> SqlStore:
    return await _store(database, clock)


async def _record(work: SqlWork, **params: object) -> None:
    await work.audit.append(
        "request.submitted",
        at=AT,
        actor=ObjectId("a1"),
        request_id=RequestId("r1"),
        params=params,
    )


async def _rows(database: Database) -> list[dict[str, Any]]:
    async with database.connection() as connection:
        return await (await connection.execute("select * from audit order by seq")).fetchall()


def _hash_as_documented(row: dict[str, Any]) -> str:
    """Compute a hash from the description in `store.audit_chain`, not from its code."""
    members = {name: value for name, value in row.items() if name != "hash"}
    members["at"] = row["at"].strftime("%Y-%m-%dT%H:%M:%S.") + f"{row['at'].microsecond:06}Z"
    text = json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


async def test_a_line_is_kept_as_it_was_written(store: SqlStore, database: Database) -> None:
    with structlog.contextvars.bound_contextvars(correlation_id="c1"):
        await store.run(lambda work: _record(work, order="A"))

    [row] = await _rows(database)
    digest = row.pop("hash")

    assert row == {
        "seq": 1,
        "at": AT,
        "request_id": "r1",
        "actor": "a1",
        "kind": "request.submitted",
        "params": {"order": "A"},
        "correlation_id": "c1",
        "prev_hash": "0" * 64,
    }
    # What the description gives by hand: it may never change.
    assert digest == "1e3ad0cbf421397067c32c75341bfd12e0989bfbb8f296d2c60e63e07dc5a15a"


async def test_lines_are_chained_as_the_description_says(
    store: SqlStore, database: Database
) -> None:
    async def act(work: SqlWork) -> None:
        await _record(work, order="A", text='Ænne "\\ \u2028 \x1f', deep=[{"b": 1, "a": None}])
        await _record(work, yes=True)

    with structlog.contextvars.bound_contextvars(job_id=17, task="request.expire"):
        await store.run(act)
    await store.run(_record)

    rows = await _rows(database)
    assert [row["seq"] for row in rows] == [1, 2, 3]
    assert [row["correlation_id"] for row in rows] == ["job:17", "job:17", None]
    assert [row["prev_hash"] for row in rows] == ["0" * 64, rows[0]["hash"], rows[1]["hash"]]
    assert [row["hash"] for row in rows] == [_hash_as_documented(row) for row in rows]


async def test_a_change_that_fails_leaves_no_line_and_no_gap(
    store: SqlStore, database: Database
) -> None:
    async def fail(work: SqlWork) -> None:
        await _record(work)
        raise LookupError

    with pytest.raises(LookupError):
        await store.run(fail)
    await store.run(_record)

    assert [row["seq"] for row in await _rows(database)] == [1]


@pytest.mark.parametrize("value", [1.5, AT, b"x", 2**53, {"é": 1}, {1: 2}, "\0", {"a": [{1.0}]}])
async def test_what_cannot_be_written_down_exactly_is_refused_with_its_change(
    store: SqlStore, database: Database, value: object
) -> None:
    with pytest.raises(ValueError, match=r"a name|audit"):
        await store.run(lambda work: _record(work, value=value))

    assert await _rows(database) == []


async def test_many_writers_make_one_chain_without_deadlock(
    database_url: str, clock: FakeClock, tell: Callable[[str], None]
) -> None:
    databases = [Database(database_url, wait_s=60) for _ in range(2)]
    for database in databases:
        await database.open()
    stores = [await _store(database, clock) for database in databases]
    runs: list[int] = []

    async def write(writer: int) -> None:
        for _ in range(25):
            await stores[writer % 2].run(lambda work: _contend(work, writer, runs))

    began = time.monotonic()
    await asyncio.gather(*(write(writer) for writer in range(20)))
    seconds = time.monotonic() - began
    rows = await _rows(databases[0])
    for database in databases:
        await database.close()

    assert len(runs) == 500  # nobody was sacrificed and ran again
    assert [row["seq"] for row in rows] == list(range(1, 501))
    assert [row["hash"] for row in rows] == [_hash_as_documented(row) for row in rows]
    assert [row["prev_hash"] for row in rows[1:]] == [row["hash"] for row in rows[:-1]]
    tell(f"audited transactions of 20 writers: {len(rows) / seconds:.0f} a second")


async def _contend(work: SqlWork, writer: int, runs: list[int]) -> None:
    """Record before or after locking a row that others lock too, as use cases do."""
    runs.append(writer)
    if writer % 3:
        await _record(work, writer=writer)
    await work.requests.next_number(2026 + writer % 4)
    if not writer % 3:
        await _record(work, writer=writer)


@pytest.mark.case("A04")
@pytest.mark.parametrize(
    "statement",
    [
        "update audit set actor = 'b2'",
        "delete from audit",
        "truncate audit",
        "drop table audit",
        "alter table audit disable trigger all",
        "alter table audit drop column actor",
        "alter table audit owner to mutatiebot",
        "drop trigger audit_no_change on audit",
        "create trigger late before insert on audit execute function audit_follows()",
        "create or replace function audit_is_append_only() returns trigger as '' language plpgsql",
        "create rule late as on insert to audit do instead nothing",
        "set session_replication_role = replica",
        "set role postgres",
        "insert into alembic_version values ('9999')",
        "create table public.audit_copy (seq int)",
    ],
)
async def test_the_bot_itself_cannot_change_the_audit(
    store: SqlStore, database: Database, statement: str
) -> None:
    await store.run(_record)
    before = await _rows(database)

    async with database.connection() as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute(statement)

    assert await _rows(database) == before


@pytest.mark.case("A04")
@pytest.mark.parametrize("statement", ["update audit set actor = 'b2'", "delete from audit"])
async def test_not_even_the_owner_changes_the_audit_by_accident(
    store: SqlStore, database: Database, owner_url: str, statement: str
) -> None:
    await store.run(_record)
    before = await _rows(database)

    with (
        psycopg.connect(owner_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"),
    ):
        connection.execute(statement)

    assert await _rows(database) == before


@pytest.mark.parametrize(("seq", "prev_hash"), [(3, "the head's"), (2, "0" * 64), (1, "0" * 64)])
async def test_a_line_that_does_not_follow_the_head_is_refused_by_the_database(
    store: SqlStore, database: Database, seq: int, prev_hash: str
) -> None:
    await store.run(_record)
    [head] = await _rows(database)
    previous = head["hash"] if prev_hash == "the head's" else prev_hash

    async with database.connection() as connection:
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="does not follow"):
            await connection.execute(
                "insert into audit (seq, at, kind, params, prev_hash, hash)"
                " values (%s, now(), 'made up', '{}', %s, %s)",
                (seq, previous, "f" * 64),
            )


async def test_no_table_of_the_same_name_takes_the_place_of_the_audit(
    store: SqlStore, database: Database
) -> None:
    await store.run(_record)

    async with database.transaction() as connection:
        await connection.execute("create temp table audit (seq bigint, hash text) on commit drop")
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="does not follow"):
            await connection.execute(
                "insert into public.audit (seq, at, kind, params, prev_hash, hash)"
                " values (1, now(), 'made up', '{}', %s, %s)",
                ("0" * 64, "f" * 64),
            )
