"""What the simulated tenant is made of: objects that readers see change late."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString, TypeAlias

from psycopg.types.json import Jsonb

from mutations.clock import Clock
from store.database import Connection, Database

Body: TypeAlias = dict[str, Any]
"""One object of the tenant in JSON values."""

Change = Callable[[Body | None], Body | None]
"""Makes the new object out of the true one; None means absent. Pure: it may be called again."""

Done: TypeAlias = tuple[str, Mapping[str, Any]]
"""Name of an operation and its arguments, for the ledger."""

# What a reader sees at a moment: the change only once it has become visible.
_GET: Final[LiteralString] = """
select case when visible_at <= %(now)s then body else previous end as seen
from simulated_object where kind = %(kind)s and id = %(id)s
"""
_ALL: Final[LiteralString] = """
select id, seen from (
  select id, case when visible_at <= %(now)s then body else previous end as seen
  from simulated_object where kind = %(kind)s) as objects
where seen is not null order by id
"""
_PUT: Final[LiteralString] = """
insert into simulated_object as old (kind, id, body, previous, visible_at, version)
values (%(kind)s, %(id)s, %(body)s, null, %(visible_at)s, 1)
on conflict (kind, id) do update set
  previous = case when old.visible_at <= %(now)s then old.body else old.previous end,
  body = excluded.body, visible_at = excluded.visible_at, version = old.version + 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One operation that the simulated tenant really did."""

    seq: int
    at: datetime
    operation: str
    target: str
    detail: Mapping[str, Any]


class SqlSimulatedObjects:
    """Keeps the simulated tenant; each call is a transaction of its own, as a remote call is."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def get(self, kind: str, object_id: str, now: datetime) -> Body | None:
        """Return the object as a reader sees it at `now`, or None when it shows none."""
        async with self._database.connection() as connection:
            keys = {"kind": kind, "id": object_id, "now": now}
            row = await (await connection.execute(_GET, keys)).fetchone()
        return None if row is None else row["seen"]

    async def list(self, kind: str, now: datetime) -> dict[str, Body]:
        """Return all objects of a kind as a reader sees them at `now`, by id."""
        async with self._database.connection() as connection:
            rows = await (await connection.execute(_ALL, {"kind": kind, "now": now})).fetchall()
        return {row["id"]: row["seen"] for row in rows}

    async def get_true(self, kind: str, object_id: str) -> Body | None:
        """Return the object as it really is, also while readers do not see that yet."""
        async with self._database.connection() as connection:
            return await _true(connection, kind, object_id)

    async def put(
        self, kind: str, object_id: str, body: Body, visible_at: datetime, now: datetime
    ) -> None:
        """Write the object at `now`; readers see it from `visible_at` on."""
        async with self._database.connection() as connection:
            await _write(connection, (kind, object_id), body, visible_at, now)

    async def delete(self, kind: str, object_id: str, visible_at: datetime, now: datetime) -> None:
        """Take the object away at `now`; readers see it until `visible_at`. Twice is once."""
        async with self._database.connection() as connection:
            await _write(connection, (kind, object_id), None, visible_at, now)

    async def change(
        self,
        kind: str,
        object_id: str,
        change: Change,
        visible_at: datetime,
        now: datetime,
        *,
        done: Done | None = None,
    ) -> Body | None:
        """Write what `change` makes of the true object, with nobody in between.

        Args:
            kind: What sort of object.
            object_id: Which one.
            change: Makes the new object.
            visible_at: When readers see it.
            now: This moment.
            done: Goes into the ledger with the change, together or not at all; also when the
                object was like that already, so that the ledger tells what was asked twice.

        Returns:
            The object as it really is afterwards. Nothing is written when nothing changed, so a
            change that is not visible yet stays due.
        """
        async with self._database.transaction() as connection:
            # Also for an object that is not there, which no row lock could hold.
            await connection.execute(
                "select pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"{kind}/{object_id}",)
            )
            old = await _true(connection, kind, object_id)
            new = change(None if old is None else dict(old))
            if new != old:
                await _write(connection, (kind, object_id), new, visible_at, now)
            if done is not None:
                await _record(connection, object_id, done, self._clock.now())
        return new

    async def ledger(self) -> tuple[LedgerEntry, ...]:
        """Return every operation, oldest first."""
        async with self._database.connection() as connection:
            cursor = await connection.execute(
                "select seq, at, operation, target, detail from simulated_ledger order by seq"
            )
            return tuple([LedgerEntry(**row) async for row in cursor])


async def _record(connection: Connection, target: str, done: Done, at: datetime) -> None:
    operation, detail = done
    await connection.execute(
        "insert into simulated_ledger (at, operation, target, detail) values (%s, %s, %s, %s)",
        (at, operation, target, Jsonb(dict(detail))),
    )


async def _true(connection: Connection, kind: str, object_id: str) -> Body | None:
    cursor = await connection.execute(
        "select body from simulated_object where kind = %s and id = %s", (kind, object_id)
    )
    row = await cursor.fetchone()
    return None if row is None else row["body"]


async def _write(
    connection: Connection,
    key: tuple[str, str],
    body: Body | None,
    visible_at: datetime,
    now: datetime,
) -> None:
    await connection.execute(
        _PUT,
        {
            "kind": key[0],
            "id": key[1],
            "body": None if body is None else Jsonb(body),
            "visible_at": visible_at,
            "now": now,
        },
    )
