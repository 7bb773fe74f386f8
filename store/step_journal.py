"""The journal of the fulfilment engine, in PostgreSQL; each call is committed on its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString, Protocol

from psycopg.types.json import Jsonb

from mutations.clock import Clock
from mutations.identity import RequestId
from mutations.plan import Plan
from store.database import Database, SerializationConflictError

_OPEN: Final[LiteralString] = """
insert into step_journal (request_id, position, name, target, state, detail, updated_at)
values (%s, %s, %s, %s, 'pending', '{}', %s) on conflict do nothing
"""

_LOAD: Final[LiteralString] = """
select request_id, position, name, target, state, before, after, detail, attempts,
  intent_at, written_at, verified_at
from step_journal where request_id = %s order by position
"""

_SAVE: Final[LiteralString] = """
update step_journal set state = %(state)s, before = %(before)s, after = %(after)s,
  detail = %(detail)s, attempts = %(attempts)s, intent_at = %(intent_at)s,
  written_at = %(written_at)s, verified_at = %(verified_at)s, updated_at = %(at)s
where request_id = %(request_id)s and position = %(position)s
  and state = %(seen_state)s and attempts = %(seen_attempts)s and detail = %(seen_detail)s
  and intent_at is not distinct from %(seen_intent_at)s::timestamptz
  and written_at is not distinct from %(seen_written_at)s::timestamptz
  and verified_at is not distinct from %(seen_verified_at)s::timestamptz
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """One line of the journal, as stored."""

    request_id: str
    position: int
    name: str
    target: str
    state: str
    before: Mapping[str, object] | None
    after: Mapping[str, object] | None
    detail: Mapping[str, object]
    attempts: int
    intent_at: datetime | None
    written_at: datetime | None
    verified_at: datetime | None


class StepEntry(Protocol):
    """One line of the journal, as the engine hands it over."""

    @property
    def request_id(self) -> RequestId:
        """Whose order."""
        ...

    @property
    def position(self) -> int:
        """Place in the plan, from 0."""
        ...

    @property
    def state(self) -> str:
        """How far the step is."""
        ...

    @property
    def before(self) -> Mapping[str, object] | None:
        """State before anything was touched."""
        ...

    @property
    def after(self) -> Mapping[str, object] | None:
        """State that was read back."""
        ...

    @property
    def detail(self) -> Mapping[str, object]:
        """What the engine remembers."""
        ...

    @property
    def attempts(self) -> int:
        """Tries that failed in passing."""
        ...

    @property
    def intent_at(self) -> datetime | None:
        """Last moment of a write about to be made."""
        ...

    @property
    def written_at(self) -> datetime | None:
        """Moment the change was taken."""
        ...

    @property
    def verified_at(self) -> datetime | None:
        """Moment it was read back."""
        ...


class SqlStepJournal:
    """Keeps what was intended, done and seen, step by step."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def open(self, request_id: RequestId, plan: Plan) -> None:
        """Make a pending entry per step of `plan`; does nothing when there are entries already."""
        if await self.load(request_id):
            return
        now = self._clock.now()
        async with self._database.transaction() as connection:
            for position, step in enumerate(plan.steps):
                row = (request_id, position, step.name, step.target, now)
                await connection.execute(_OPEN, row)

    async def load(self, request_id: RequestId) -> Sequence[StepRow]:
        """Return the entries of a request by position; empty when it was never opened."""
        async with self._database.connection() as connection:
            cursor = await connection.execute(_LOAD, (request_id,))
            return [StepRow(**row) for row in await cursor.fetchall()]

    async def save(self, entry: StepEntry, *, seen: StepEntry) -> None:
        """Overwrite one entry, as long as it still is what was `seen`.

        Raises:
            SerializationConflictError: Another run was here since; nothing was written.
        """
        async with self._database.connection() as connection:
            cursor = await connection.execute(
                _SAVE,
                {
                    "request_id": entry.request_id,
                    "position": entry.position,
                    "state": entry.state,
                    "before": _document(entry.before),
                    "after": _document(entry.after),
                    "detail": Jsonb(dict(entry.detail)),
                    "attempts": entry.attempts,
                    "intent_at": entry.intent_at,
                    "written_at": entry.written_at,
                    "verified_at": entry.verified_at,
                    "at": self._clock.now(),
                    "seen_state": seen.state,
                    "seen_attempts": seen.attempts,
                    "seen_detail": Jsonb(dict(seen.detail)),
                    "seen_intent_at": seen.intent_at,
                    "seen_written_at": seen.written_at,
                    "seen_verified_at": seen.verified_at,
                },
            )
        if cursor.rowcount != 1:
            raise SerializationConflictError


def _document(value: Mapping[str, object] | None) -> Jsonb | None:
    return None if value is None else Jsonb(dict(value))
