"""What was intended, done and seen, step by step: enough to go on after a stop at any point."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from mutations.identity import RequestId
from mutations.plan import Plan


class StepState(StrEnum):
    """How far one step is."""

    PENDING = "pending"  # not written, or written without a known outcome (`intent_at` is set)
    WRITTEN = "written"  # the tenant took the change
    CONVERGING = "converging"  # read, but the reads do not agree yet
    VERIFIED = "verified"  # consecutive reads agree with what was wanted
    BLOCKED = "blocked"  # a person is needed
    WAITING = "waiting"  # a person does it by hand
    COMPENSATED = "compensated"  # taken back


class EntryRow(Protocol):
    """One line of the journal as storage gives it back; the attributes are those of `Entry`."""

    @property
    def request_id(self) -> str: ...  # noqa: D102  # described once, on Entry

    @property
    def position(self) -> int: ...  # noqa: D102  # described once, on Entry

    @property
    def name(self) -> str: ...  # noqa: D102  # described once, on Entry

    @property
    def target(self) -> str: ...  # noqa: D102  # described once, on Entry

    @property
    def state(self) -> str: ...  # noqa: D102  # described once, on Entry

    @property
    def before(self) -> Mapping[str, object] | None: ...  # noqa: D102  # described once, on Entry

    @property
    def after(self) -> Mapping[str, object] | None: ...  # noqa: D102  # described once, on Entry

    @property
    def detail(self) -> Mapping[str, object]: ...  # noqa: D102  # described once, on Entry

    @property
    def attempts(self) -> int: ...  # noqa: D102  # described once, on Entry

    @property
    def intent_at(self) -> datetime | None: ...  # noqa: D102  # described once, on Entry

    @property
    def written_at(self) -> datetime | None: ...  # noqa: D102  # described once, on Entry

    @property
    def verified_at(self) -> datetime | None: ...  # noqa: D102  # described once, on Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One step of one request.

    Attributes:
        position: Place in the plan, from 0.
        before: State read before anything of the order was touched; None until then.
        after: State read back by the read that verified the step.
        detail: What the engine must remember between two runs; JSON values.
        attempts: Tries that ended in a passing failure since a person last looked.
        intent_at: Last moment at which a write was about to be made, UTC.
        written_at: Moment the tenant was known to have taken the change, UTC.
        verified_at: Moment of the read that verified it, UTC.
    """

    request_id: RequestId
    position: int
    name: str
    target: str
    state: StepState
    before: Mapping[str, object] | None = None
    after: Mapping[str, object] | None = None
    detail: Mapping[str, object]
    attempts: int = 0
    intent_at: datetime | None = None
    written_at: datetime | None = None
    verified_at: datetime | None = None

    @classmethod
    def of(cls, row: EntryRow) -> "Entry":
        """Return a stored line as an entry."""
        return cls(
            request_id=RequestId(row.request_id),
            position=row.position,
            name=row.name,
            target=row.target,
            state=StepState(row.state),
            before=row.before,
            after=row.after,
            detail=row.detail,
            attempts=row.attempts,
            intent_at=row.intent_at,
            written_at=row.written_at,
            verified_at=row.verified_at,
        )


REQUEST_IDS: Final = "request_ids"
"""Key of `Entry.detail`: what the tenant called the requests that changed something."""


def request_ids(detail: Mapping[str, object]) -> tuple[str, ...]:
    """Return what the tenant called the requests of a step, oldest first."""
    ids = detail.get(REQUEST_IDS)
    return tuple(str(one) for one in ids) if isinstance(ids, list | tuple) else ()


class Journal(Protocol):
    """Keeps the entries; every call is committed when it returns, on its own."""

    async def open(self, request_id: RequestId, plan: Plan) -> None:
        """Make a pending entry per step of `plan`; does nothing when there are entries already."""
        ...

    async def load(self, request_id: RequestId) -> Sequence[EntryRow]:
        """Return the entries of a request by position; empty when it was never opened."""
        ...

    async def save(self, entry: Entry, *, seen: Entry) -> None:
        """Overwrite one entry, as long as it still is what was `seen`.

        Raises:
            ConcurrentUpdateError: Another run was here since; nothing was written.
        """
        ...
