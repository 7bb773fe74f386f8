"""Reads back what a supplier did; never writes to the tenant."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Final

from typing_extensions import override

from fulfilment.engine import Engine
from fulfilment.hand_run import AwaitedRun
from fulfilment.journal import Entry, StepState
from fulfilment.progress import NeedsPerson, Progress
from fulfilment.step_run import StepRun
from fulfilment.steps.catalogue import step_of
from fulfilment.steps.step import Reversible, StepContext
from fulfilment.tenant import PermanentTenantError
from fulfilment.undo_run import UndoRun
from fulfilment.waves import look_at_all
from mutations.identity import RequestId
from mutations.plan import Plan, PlannedStep, Route, Undo

NOT_SEEN: Final = "attention.portal_not_seen"
NOT_CONFIRMED: Final = "attention.not_confirmed"
_MAY_NOT_READ: Final = "tenant.refused"
_READ_ONLY: Final = frozenset({Route.SUPPLIER, Route.READ})

_Act = Callable[[], Awaitable[Progress | None]]


class SupplierRun(AwaitedRun):
    """One step that the supplier did: it counts when it shows.

    What the tenant does not let the bot read becomes `StepState.UNREADABLE`: for that, the word
    of the supplier is all there is, and it is told as such.
    """

    not_seen = NOT_SEEN

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


class SupplierUndoRun(UndoRun):
    """One step that the supplier took back: it counts when the state before shows again.

    What the tenant does not let the bot read is left as it is: the plan says that the supplier
    is asked for it, and no more is known.
    """

    @override
    def _may_write(self) -> bool:
        return False

    @override
    async def _guarded(self, act: _Act) -> Progress | None:
        progress = await super()._guarded(partial(self._where_it_may, act))
        if isinstance(progress, NeedsPerson) and progress.key == NOT_CONFIRMED:
            return replace(progress, key=NOT_SEEN)
        return progress

    async def _where_it_may(self, act: _Act) -> Progress | None:
        try:
            return await act()
        except PermanentTenantError as error:
            if error.key != _MAY_NOT_READ:
                raise
            return None


class SupplierEngine(Engine):
    """Carries an order on by reading; only the bot's own records are written.

    Steps of a plan that was begun before there was a portal run as the engine runs them.
    """

    async def prepare(self, request_id: RequestId, plan: Plan) -> Progress | None:
        """Journal the state from before the order; None when every step was looked at.

        To be called before the supplier can begin.
        """
        await self._journal.open(request_id, plan)
        with self._one_look():
            return await look_at_all(self._runs(plan, await self._load(request_id)))

    @override
    def _run(
        self, planned: PlannedStep, entry: Entry, context: StepContext, *, by_hand: bool
    ) -> StepRun:
        if planned.route not in _READ_ONLY:
            return super()._run(planned, entry, context, by_hand=by_hand)
        step, journal, clock = step_of(planned, context), self._journal, self._clock
        return SupplierRun(entry, step, journal=journal, clock=clock, pace=self._pace)

    @override
    def _undo_run(self, planned: PlannedStep, entry: Entry) -> UndoRun | None:
        if planned.undo is not Undo.SUPPLIER:
            return super()._undo_run(planned, entry)
        step = step_of(planned, self._context(planned, entry))
        if entry.before is None or not isinstance(step, Reversible):
            return None
        pace = self._pace
        patient = replace(pace, poll_s=pace.hand_poll_s, deadline_s=pace.hand_deadline_s)
        journal, clock = self._journal, self._clock
        return SupplierUndoRun(
            entry,
            step,
            held_up=lambda: self._held_up(entry.request_id, 1),
            journal=journal,
            clock=clock,
            pace=patient,
        )
