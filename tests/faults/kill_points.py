"""Exact moments to kill at: every statement and every outgoing call, told apart by where it is.

A kill point is an act (a statement in its transaction, or a call) at one stage of progress of the
request. The first time that one is met the process is killed: before the act has gone out, or
after it was done and before its answer came back.
"""

import asyncio
import contextlib
import hashlib
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from enum import StrEnum

import psycopg

from tests.faults.wire import Act

# What goes on whatever people ask; everything else is a kill point.
_BACKGROUND = {
    r"$": "the pool tries a connection",
    r"select 1$": "the probe of the database",
    r"listen ": "a worker that starts; the polls do without it",
    r"SELECT procrastinate_update_heartbeat": "a sign of life, again in a moment",
    r"SELECT \* FROM procrastinate_(register_worker|prune_stalled)": "a worker that starts",
    r"SELECT procrastinate_unregister_worker": "a worker that stops",
    r"SELECT id from procrastinate_jobs WHERE status = 'doing' AND abort_requested": "a poll",
    r"SELECT procrastinate_defer_periodic_job": "cleaning up, by the clock",
    r"DELETE FROM procrastinate_jobs": "cleaning up",
}
_IS_BACKGROUND = re.compile("|".join(_BACKGROUND), re.IGNORECASE)
# Of these only the answer counts, and only one that has found something.
_IS_POLL = re.compile(
    r"SELECT id, status, .* FROM procrastinate_fetch_job|WITH stalled_workers"
    r"|select pg_try_advisory_xact_lock"
)

# A process that starts looks whether the database has its shape; migrations are killed elsewhere.
_IS_START = re.compile(r"select pg_catalog.version|SELECT pg_catalog.pg_class|select me.rolsuper")

_PROGRESS = """
select coalesce((select string_agg(state || ' v' || version, ', ') from request), 'nothing')
|| coalesce((
  select ', step ' || position || ' ' || state || case when intent_at is null then '' else '!' end
  from step_journal where state <> 'pending' or intent_at is not null
  order by position desc limit 1), '')
|| (
  select ', back ' || count(*) filter (where state = 'compensated') || ' of '
  || count(*) filter (where detail ? 'undo_at') from step_journal)
"""


class Phase(StrEnum):
    """When the process is killed: before its act goes out, or after it was done."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Hit:
    """A kill: which process, and where."""

    process: str
    label: str


@dataclass
class KillPoints:
    """Watches the wires; a new point is added to `passed` and killed at.

    Attributes:
        where: Picks the acts that count, in a phase.
        most: Kills that are enough for one run.
        strike: Kills a process, by name, at once.
    """

    where: Callable[[Phase, Act], bool]
    passed: list[str]
    owner: psycopg.AsyncConnection
    most: int
    strike: Callable[[str], None] = lambda _: None
    _is_armed: bool = field(default=False, init=False)
    _down: set[str] = field(default_factory=set, init=False)
    _hits: asyncio.Queue[Hit] = field(default_factory=asyncio.Queue, init=False)
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    def arm(self) -> None:
        """Kill at the next new point."""
        self._is_armed = True

    def disarm(self) -> None:
        """Let everything pass."""
        self._is_armed = False

    async def hit(self) -> Hit:
        """Wait for the next kill; nothing else dies until `carry`."""
        return await self._hits.get()

    def carry(self, process: str) -> None:
        """Carry the acts of a process again, which is about to be started anew."""
        self._down.discard(process)

    async def may_go(self, act: Act) -> bool:
        """Kill before the act at a new point; part of `Watcher`."""
        return await self._may_pass(Phase.BEFORE, act)

    async def may_return(self, act: Act) -> bool:
        """Kill after the act at a new point; part of `Watcher`."""
        return await self._may_pass(Phase.AFTER, act)

    async def _may_pass(self, phase: Phase, act: Act) -> bool:
        if act.process in self._down:
            return False
        if not self._is_armed or not self.where(phase, act) or _is_background(act):
            return True
        label = f"{phase} {await self._label(act)}"
        if self._down:  # one death at a time, also while we looked
            return act.process not in self._down
        if label in self.passed or not self._is_armed:
            return True
        self.passed.append(label)
        self._down.add(act.process)
        self.strike(act.process)
        self._hits.put_nowait(Hit(act.process, label))
        return False

    async def _label(self, act: Act) -> str:
        before = hashlib.sha256("\n".join(act.before).encode()).hexdigest()[:8]
        is_start = any(_IS_START.match(text) for text in (act.text, *act.before))
        progress = "starting" if is_start else await self._progress()
        return f"{act.process} | {act.text} | {before if act.before else ''} | {progress}"

    async def _progress(self) -> str:
        async with self._looking:
            cursor = await self.owner.execute(_PROGRESS)
            row = await cursor.fetchone()
        assert row is not None
        return str(row[0])


def _is_background(act: Act) -> bool:
    if any(_IS_POLL.match(text) for text in (act.text, *act.before)):
        return not act.has_found
    return _IS_BACKGROUND.match(act.text) is not None


@contextlib.asynccontextmanager
async def kill_points(
    owner_url: str, where: Callable[[Phase, Act], bool], passed: list[str], most: int
) -> AsyncIterator[KillPoints]:
    """Lend the watcher of a scene's wires; nothing is killed until `arm`."""
    owner = await psycopg.AsyncConnection.connect(owner_url, autocommit=True)
    async with owner:
        yield KillPoints(where, passed, owner, most)
