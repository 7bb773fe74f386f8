from datetime import UTC, datetime

import psycopg
import pytest

from mutations.identity import ObjectId, RequestId
from store import audit
from store.database import Database

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


async def _append(database: Database) -> None:
    async with database.transaction() as connection:
        await audit.append(
            connection,
            at=AT,
            kind="request.submitted",
            actor=ObjectId("a1"),
            request_id=RequestId("r1"),
            params={"order": "A"},
        )


async def test_a_line_is_kept_as_it_was_written(database: Database) -> None:
    await _append(database)

    async with database.connection() as connection:
        rows = await (await connection.execute("select * from audit")).fetchall()

    assert rows == [
        {
            "seq": 1,
            "at": AT,
            "request_id": "r1",
            "actor": "a1",
            "kind": "request.submitted",
            "params": {"order": "A"},
        }
    ]


@pytest.mark.parametrize(
    "statement",
    ["update audit set actor = 'b2'", "delete from audit", "truncate audit"],
)
async def test_a_line_cannot_be_changed_or_removed(database: Database, statement: str) -> None:
    await _append(database)

    async with database.connection() as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            await connection.execute(statement)
        count = await (await connection.execute("select count(*) as n from audit")).fetchone()

    assert count == {"n": 1}
