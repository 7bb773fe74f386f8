"""Taking one step back, a little further at every call, until the state before shows again."""

from collections.abc import Awaitable, Callable
from typing import Final

from fulfilment.entry_run import EntryRun, Pace
from fulfilment.journal import Entry, Journal, StepState
from fulfilment.progress import Again, NeedsPerson, Progress
from fulfilment.steps.step import Reversible
from fulfilment.tenant import PermanentTenantError, TransientTenantError
from mutations.clock import Clock

_COMES_BACK: Final = frozenset({"tenant.account_missing", "tenant.mailbox_missing"})
"""How an account reads that was brought back from the recycle bin, until every reader knows."""


class UndoRun(EntryRun):
    """Brings back the state before of one journal entry; each change of it is saved first.

    What takes a step back looks at the tenant and writes only what differs, so it may be repeated
    after a stop at any point.
    """

    def __init__(
        self,
        entry: Entry,
        step: Reversible,
        *,
        held_up: Callable[[], Awaitable[Progress | None]],
        journal: Journal,
        clock: Clock,
        pace: Pace,
    ) -> None:
        super().__init__(entry, journal=journal, clock=clock, pace=pace)
        self._step = step
        self._held_up = held_up

    async def advance(self) -> Progress | None:
        """Bring the step nearer to how it was; None when it is."""
        if self._entry.state is StepState.COMPENSATED:
            return None
        pause_s = self._seconds_until(self._moment("undo_next_at"))
        if pause_s > 0:
            return Again(pause_s)
        return await self._guarded(self._revert_and_read)

    async def confirm(self) -> Progress | None:
        """Read once more at the end that it still is how it was."""
        return await self._guarded(self._read_again)

    async def _guarded(self, act: Callable[[], Awaitable[Progress | None]]) -> Progress | None:
        try:
            return await act()
        except TransientTenantError as error:
            return await self._back_off(error.retry_after_s or 0.0)
        except PermanentTenantError as error:
            stuck = NeedsPerson(self._entry.name, error.key, dict(error.params))
            return await self._wait_for_it(stuck) if error.key in _COMES_BACK else stuck

    async def _revert_and_read(self) -> Progress | None:
        before = self._before
        verdict = await self._step.reverted(before)
        if not verdict.holds and self._may_write():
            held = await self._held_up()
            if held is not None:
                return held
            meant_at = self._clock.now()
            await self._note({"undo_at": meant_at.isoformat()})
            if -self._seconds_until(meant_at) >= self._pace.fresh_s:
                return await self._later({})  # it may have been taken over meanwhile
            await self._stamped(lambda: self._step.revert(before))
            verdict = await self._step.reverted(before)
        if not verdict.holds:
            return await self._wait_for_it()
        agreeing = int(str(self._entry.detail.get("undo_agreeing", 0))) + 1
        if agreeing < self._pace.agreeing_reads:
            return await self._later({"undo_agreeing": agreeing})
        await self._note({}, state=StepState.COMPENSATED, after=verdict.seen)
        return None

    def _may_write(self) -> bool:
        """Tell whether a write that went out before has had its time to show."""
        written = self._moment("undo_at")
        return written is None or -self._seconds_until(written) >= self._pace.settle_s

    async def _wait_for_it(self, stuck: NeedsPerson | None = None) -> Progress:
        """Read again later; after the deadline call a person, as `stuck` says it if given."""
        since = self._moment("undo_since") or self._clock.now()
        waited_s = -self._seconds_until(since)
        if waited_s >= self._pace.deadline_s:
            await self._note({"undo_since": None, "undo_agreeing": 0})
            params = {"minutes": int(waited_s // 60)}
            return stuck or NeedsPerson(self._entry.name, "attention.not_confirmed", params)
        return await self._later({"undo_since": since.isoformat(), "undo_agreeing": 0})

    async def _read_again(self) -> Progress | None:
        if (await self._step.reverted(self._before)).holds:
            return None
        return await self._later({"undo_agreeing": 0}, state=StepState.CONVERGING)

    async def _later(self, detail: dict[str, object], **changes: object) -> Progress:
        await self._note(detail | {"undo_next_at": self._in(self._pace.poll_s)}, **changes)
        return Again(self._pace.poll_s)

    async def _back_off(self, asked_s: float) -> Progress:
        tries = int(str(self._entry.detail.get("undo_tries", 0))) + 1
        if tries >= self._pace.most_attempts:
            await self._note({"undo_tries": 0})
            params = {"attempts": tries}
            return NeedsPerson(self._entry.name, "attention.tenant_unavailable", params)
        wait_s = self._backoff_s(tries, asked_s)
        await self._note({"undo_tries": tries, "undo_next_at": self._in(wait_s)})
        return Again(wait_s)

    async def _note(self, detail: dict[str, object], **changes: object) -> None:
        await self._save(detail={**self._entry.detail, **detail}, **changes)
