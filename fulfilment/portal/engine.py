"""Reads back what a supplier did; never writes to the tenant."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from typing_extensions import override

from fulfilment.engine import Engine
from fulfilment.journal import Entry, StepState
from fulfilment.progress import HandReport, Progress
from fulfilment.step_run import StepRun
from fulfilment.steps.step import Step
from fulfilment.tenant import PermanentTenantError
from mutations.plan import PlannedStep, Route

NOT_SEEN: Final = "attention.portal_not_seen"
_MAY_NOT_READ: Final = "tenant.refused"

_Act = Callable[[], Awaitable[Progress | None]]


class SupplierRun(StepRun):
    """One step that the supplier did: it counts when it shows.

    What the tenant does not let the bot read becomes `StepState.UNREADABLE`: for that, the word
    of the supplier is all there is, and it is told as such.
    """

    @override
    async def _guarded(self, act: _Act) -> Progress | None:
        if self._entry.state is StepState.UNREADABLE:
            return None
        return await super()._guarded(partial(self._where_it_may, act))

    async def _where_it_may(self, act: _Act) -> Progress | None:
        try:
            return await act()
        except PermanentTenantError as error:
            if error.key != _MAY_NOT_READ:
                raise
            await self._save(state=StepState.UNREADABLE, detail={})
            return None

    @override
    async def _write(self) -> Progress | None:
        verdict = await self._step.verify(self._before)
        if verdict.holds:
            await self._written()
            return None
        since = self._moment("since") or self._clock.now()
        waited_s = -self._seconds_until(since)
        if waited_s >= self._pace.hand_deadline_s:
            return await self._block(NOT_SEEN, {"minutes": int(waited_s // 60)})
        return await self._poll_later(
            {"since": since.isoformat()}, after_s=self._pace.hand_poll_s, state=StepState.WAITING
        )


class SupplierEngine(Engine):
    """Carries an order on by reading; only the bot's own records are written."""

    @override
    def _run_of(
        self, planned: PlannedStep, entry: Entry, step: Step, report: HandReport | None
    ) -> StepRun:
        if planned.route is Route.RECORD:
            return super()._run_of(planned, entry, step, report)
        journal, clock, pace = self._journal, self._clock, self._pace
        return SupplierRun(entry, step, journal=journal, clock=clock, pace=pace)
