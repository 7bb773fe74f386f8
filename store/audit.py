"""The record of who did what and when; written once, never changed, chained row to row.

What is hashed, and how, stands in `store.audit_chain`.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final, LiteralString

import structlog
from psycopg.types.json import Jsonb

from store.audit_chain import Event, Head, link
from store.database import Connection

NEWEST: Final[LiteralString] = "select seq, hash from audit order by seq desc limit 1"

# Sent as one message: the second statement sees what was committed while the first one waited.
_LOCK_AND_LOOK: Final[LiteralString] = f"select pg_advisory_xact_lock(5620005); {NEWEST}"

_INSERT: Final[LiteralString] = """
insert into audit (seq, at, request_id, actor, kind, params, correlation_id, prev_hash, hash)
values (%(seq)s, %(at)s, %(request_id)s, %(actor)s, %(kind)s, %(params)s, %(correlation_id)s,
  %(prev_hash)s, %(hash)s)
"""


async def write(connection: Connection, events: Sequence[Event]) -> None:
    """Add rows to the end of the chain: they stand exactly when the transaction stands.

    Writers wait for each other from here until the commit. So this must be the last thing a
    transaction does: nobody who waits here holds up somebody who is about to commit.

    Args:
        connection: Open in the transaction that makes the changes.
        events: What happened in it, oldest first.
    """
    if not events:
        return
    last = await _locked_head(connection)
    rows: list[dict[str, Any]] = []
    for event in events:
        following = link(last, event)
        row = asdict(event) | {"params": Jsonb(dict(event.params)), "prev_hash": last.hash}
        rows.append(row | {"seq": following.seq, "hash": following.hash})
        last = following
    async with connection.cursor() as cursor:
        await cursor.executemany(_INSERT, rows)


async def head(connection: Connection) -> Head:
    """Return the newest row, without keeping anybody from adding the next."""
    cursor = await connection.execute(NEWEST)
    row = await cursor.fetchone()
    return Head() if row is None else Head(**row)


async def hash_of(connection: Connection, seq: int) -> str | None:
    """Return the hash of one row; None when there is no such row."""
    cursor = await connection.execute("select hash from audit where seq = %s", (seq,))
    row = await cursor.fetchone()
    return None if row is None else str(row["hash"])


def correlation_id() -> str | None:
    """Return what the log calls the turn or the job that runs now, if one does."""
    bound = structlog.contextvars.get_contextvars()
    if "correlation_id" in bound:
        return str(bound["correlation_id"])
    return f"job:{bound['job_id']}" if "job_id" in bound else None


async def _locked_head(connection: Connection) -> Head:
    async with connection.cursor() as cursor:
        await cursor.execute(_LOCK_AND_LOOK)
        cursor.nextset()
        row = await cursor.fetchone()
    return Head() if row is None else Head(**row)
