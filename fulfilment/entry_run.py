"""What carrying a step out and taking it back have in common: one journal entry and its times."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from fulfilment.journal import REQUEST_IDS, Entry, Journal, request_ids
from fulfilment.stamp import stamped
from mutations.clock import Clock

_MOST_IDS: Final = 40
_LOGGER = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How patiently the tenant is asked.

    Attributes:
        agreeing_reads: Consecutive reads that must agree before a step is verified.
        poll_s: Seconds between two reads of one step.
        deadline_s: Seconds that a taken change may stay unseen before a person is called.
        settle_s: Seconds of reading after an unknown outcome before a write is repeated; longer
            than `fresh_s` and what the tenant takes to show a change together, or a change could
            happen twice.
        fresh_s: Seconds after its intent was journalled that a write may still go out; a run that
            was stopped for longer may have been taken over.
        backoff_s: Seconds after a first passing failure; doubled at each further one.
        longest_backoff_s: Seconds at which the doubling stops.
        most_attempts: Passing failures of one step before a person is called.
        hand_poll_s: Seconds between two looks for what a person said they did by hand.
        hand_deadline_s: Seconds that it may stay unseen; a sync from the Active Directory runs
            every half hour, and what it changes takes a while to show.
    """

    agreeing_reads: int = 2
    poll_s: float = 1.0
    deadline_s: float = 300.0
    settle_s: float = 15.0
    fresh_s: float = 5.0
    backoff_s: float = 2.0
    longest_backoff_s: float = 60.0
    most_attempts: int = 8
    hand_poll_s: float = 60.0
    hand_deadline_s: float = 7_200.0


class EntryRun:
    """One journal entry that moves on; each change is saved before the next call goes out."""

    def __init__(self, entry: Entry, *, journal: Journal, clock: Clock, pace: Pace) -> None:
        self._entry = entry
        self._journal = journal
        self._clock = clock
        self._pace = pace
        self._answered: list[str] = []

    async def _stamped(self, change: Callable[[], Awaitable[None]]) -> None:
        """Make a change of this step; what the tenant called its requests is journalled next."""
        entry, meant_at = self._entry, self._clock.now()

        def is_late() -> bool:
            return -self._seconds_until(meant_at) >= self._pace.settle_s

        with stamped(entry.request_id, entry.position, is_late=is_late) as stamp:
            try:
                await change()
            finally:
                self._answered += stamp.answered

    async def _save(self, **changes: object) -> None:
        seen = self._entry
        detail = changes.get("detail", seen.detail)
        ids = [*request_ids(seen.detail), *self._answered][-_MOST_IDS:]
        if ids and isinstance(detail, Mapping):
            changes["detail"] = {**detail, REQUEST_IDS: ids}
        self._answered = []
        entry = replace(seen, **changes)  # type: ignore[arg-type] # named fields
        await self._journal.save(entry, seen=seen)
        self._entry = entry
        if entry.state is not seen.state:
            _LOGGER.info(
                "step moved on",
                request_id=self._entry.request_id,
                position=self._entry.position,
                step=self._entry.name,
                state=self._entry.state.value,
            )

    def _backoff_s(self, attempts: int, asked_s: float) -> float:
        """Return the wait after so many passing failures, at least what the tenant asked."""
        doubled: float = self._pace.backoff_s * 2 ** (attempts - 1)
        return max(asked_s, min(self._pace.longest_backoff_s, doubled))

    @property
    def _before(self) -> dict[str, object]:
        assert self._entry.before is not None
        return dict(self._entry.before)

    def _moment(self, key: str) -> datetime | None:
        value = self._entry.detail.get(key)
        return None if value is None else datetime.fromisoformat(str(value))

    def _in(self, seconds: float) -> str:
        return (self._clock.now() + timedelta(seconds=seconds)).isoformat()

    def _seconds_until(self, moment: datetime | None) -> float:
        return 0.0 if moment is None else (moment - self._clock.now()).total_seconds()
