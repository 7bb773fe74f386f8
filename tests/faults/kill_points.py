"""Exact moments to kill at: a trigger in the test's database holds a commit until told otherwise.

Every commit that writes to a watched table has a label that says what it writes. The first commit
with a new label waits inside PostgreSQL. Then the process is killed, and the commit either happens
after all (its answer reaches nobody) or is rolled back.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import LiteralString

import psycopg
from psycopg import sql

_KEY = 62_004

# A label says what is written, never when or how often; polls without news have the old label.
_LABELS: dict[str, LiteralString] = {
    "request": "new.state || ' v' || new.version",
    "step_journal": (
        "case when tg_op = 'INSERT' then 'open' else new.position || ' ' || new.state"
        " || case when new.before is null then '' else ' seen' end"
        " || case when new.intent_at is null then '' else ' meant' end"
        " || coalesce(' agreeing ' || (new.detail ->> 'agreeing'), '')"
        " || case when new.detail ? 'unknown_since' then ' unknown' else '' end end"
    ),
    "simulated_ledger": (
        "new.operation || ' '"
        " || left(md5(new.target || coalesce(new.detail ->> 'aliases', '')), 6)"
    ),
    "retention_record": "new.kind",
    "draft": "case when tg_op = 'DELETE' then 'gone' else 'v' || new.version end",
    "conversation_reference": "new.person",
    "sent_card": "tg_op || ' ' || new.kind || ' ' || right(new.person, 3) || ' ' || new.is_final",
    "delivery": "new.state || ' ' || new.kind || ' ' || right(new.person, 3)",
}

_SETUP: LiteralString = """
create table fault_passed (label text primary key);
create table fault_armed (is_armed boolean not null);
insert into fault_armed values (false);
"""
_FUNCTION: LiteralString = """
create function {name}() returns trigger language plpgsql as $$
declare
  this text := left({table} || ': ' || {label}, 55);
begin
  if (select is_armed from fault_armed)
      and not exists (select from fault_passed where label = this) then
    perform set_config('application_name', 'fault:' || this, false);
    perform pg_advisory_xact_lock_shared({key});
  end if;
  return null;
end;
$$
"""
_TRIGGER: LiteralString = """
create constraint trigger {name} after insert or update or delete on {table}
  deferrable initially deferred for each row execute function {name}()
"""
_PASS: LiteralString = "insert into fault_passed values (%s) on conflict do nothing"
_WAITING: LiteralString = """
select pid, substr(application_name, 7) as label from pg_stat_activity
where datname = current_database() and wait_event = 'advisory' and application_name like 'fault:%%'
"""


@contextlib.asynccontextmanager
async def kill_points(
    database_url: str, tables: Sequence[str], passed: list[str]
) -> AsyncIterator["KillPoints"]:
    """Watch these tables; nothing waits until `arm`. Points killed at are added to `passed`."""
    opened = await psycopg.AsyncConnection.connect(database_url, autocommit=True)
    async with opened as connection:
        await connection.execute(_SETUP)
        for table in tables:
            name = sql.Identifier(f"fault_{table}")
            function = sql.SQL(_FUNCTION).format(
                name=name,
                table=sql.Literal(table),
                label=sql.SQL(_LABELS[table]),
                key=sql.Literal(_KEY),
            )
            await connection.execute(function)
            trigger = sql.SQL(_TRIGGER).format(name=name, table=sql.Identifier(table))
            await connection.execute(trigger)
        for label in passed:
            await connection.execute(_PASS, (label,))
        yield KillPoints(connection, passed)


class Fate(StrEnum):
    """What becomes of the commit at which the process is killed."""

    KEPT = "kept"
    LOST = "lost"


@dataclass
class KillPoints:
    """The kill points of one database; those in `passed` are not killed at again."""

    connection: psycopg.AsyncConnection
    passed: list[str]

    async def arm(self) -> None:
        """Hold the next commit with a new label."""
        await self.connection.execute("select pg_advisory_lock(%s)", (_KEY,))
        await self.connection.execute("update fault_armed set is_armed = true")

    async def disarm(self) -> None:
        """Let everything pass."""
        await self.connection.execute("update fault_armed set is_armed = false")
        await self.connection.execute("select pg_advisory_unlock(%s)", (_KEY,))

    async def reached(self) -> str | None:
        """Return the label of the commit that waits now, if any."""
        waiting = await self._waiting()
        return waiting[0][1] if waiting else None

    async def wait(self) -> str:
        """Wait for a commit at a new point and return its label."""

        async def is_reached() -> bool:
            return await self.reached() is not None

        await until(is_reached, what="a kill point", timeout_s=300.0)
        label = await self.reached()
        assert label is not None
        return label

    async def decide(self, fate: Fate) -> None:
        """Let the waiting commits happen or not, and have later ones pass; then arm again."""
        waiting = await self._waiting()
        for pid, label in waiting:
            self.passed.append(label)
            await self.connection.execute(_PASS, (label,))
            if fate is Fate.LOST:
                await self.connection.execute("select pg_terminate_backend(%s, 5000)", (pid,))
        await self.connection.execute("select pg_advisory_unlock(%s)", (_KEY,))
        await self.connection.execute("select pg_advisory_lock(%s)", (_KEY,))

    async def _waiting(self) -> list[tuple[int, str]]:
        cursor = await self.connection.execute(_WAITING)
        return [(int(pid), str(label)) for pid, label in await cursor.fetchall()]


async def until(
    look: Callable[[], Awaitable[bool]], *, what: str, timeout_s: float = 60.0
) -> None:
    """Wait until `look` says so."""
    try:
        async with asyncio.timeout(timeout_s):
            while not await look():  # noqa: ASYNC110 - what is looked at is another process
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not in {timeout_s} s: {what}") from None
