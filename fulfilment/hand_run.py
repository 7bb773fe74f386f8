"""Steps that others do, a person by hand or a supplier: read back where they can be."""

from typing_extensions import override

from fulfilment.entry_run import Pace
from fulfilment.journal import Entry, Journal, StepState
from fulfilment.progress import HandReport, Progress, WaitsForHands
from fulfilment.step_run import StepRun
from fulfilment.steps.step import Step
from mutations.clock import Clock
from mutations.hand_work import HAND_NOT_SEEN


class AwaitedRun(StepRun):
    """Never writes to the tenant; what somebody else did counts when it shows (R10)."""

    not_seen = HAND_NOT_SEEN
    """Key of why a person is called when it does not show in time."""

    @property
    @override
    def has_effect(self) -> bool:
        """Nothing is changed by the program."""
        return False

    @override
    async def _intend(self) -> Progress | None:
        verdict = await self._step.verify(self._before)
        if verdict.holds:
            await self._written()
            return None
        return await self._until_it_shows()

    async def _until_it_shows(self) -> Progress:
        since = self._moment("since") or self._clock.now()
        waited_s = -self._seconds_until(since)
        if waited_s >= self._pace.hand_deadline_s:
            return await self._block(self.not_seen, {"minutes": int(waited_s // 60)})
        return await self._poll_later(
            {"since": since.isoformat()}, after_s=self._pace.hand_poll_s, state=StepState.WAITING
        )


class HandRun(AwaitedRun):
    """A step that a person does by hand, and that is asked for until they report it."""

    def __init__(  # one more than a step that needs nobody
        self,
        entry: Entry,
        step: Step,
        *,
        report: HandReport | None,
        journal: Journal,
        clock: Clock,
        pace: Pace,
    ) -> None:
        super().__init__(entry, step, journal=journal, clock=clock, pace=pace)
        self._report = report

    @override
    async def _intend(self) -> Progress | None:
        if self._report is not None:
            return await super()._intend()
        verdict = await self._step.verify(self._before)
        if verdict.holds:
            await self._written()
            return None
        if self._entry.state is not StepState.WAITING:
            await self._save(state=StepState.WAITING, detail={})
        position = self._entry.position
        return WaitsForHands((position,), {position: verdict.asks} if verdict.asks else {})
