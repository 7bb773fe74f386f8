"""Carries out a plan step by step from the journal; may be stopped and started at any point."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from fulfilment.entry_run import Pace
from fulfilment.hand_run import HandRun
from fulfilment.journal import REQUEST_IDS, Entry, Journal, StepState, request_ids
from fulfilment.progress import (
    Finished,
    HandReport,
    NeedsPerson,
    Progress,
    Report,
    ReportLine,
)
from fulfilment.retention import RetentionRecords
from fulfilment.step_run import StepRun
from fulfilment.steps.catalogue import readable, step_of
from fulfilment.steps.step import Reversible, State, StepContext
from fulfilment.tenant import Tenant
from fulfilment.undo_run import UndoRun
from fulfilment.waves import carry_out
from mutations.clock import Clock
from mutations.identity import ObjectId, RequestId
from mutations.plan import Plan, PlannedStep, Route, Undo

OneLook = Callable[[], AbstractContextManager[object]]
_NO_REPORTS: Final[Mapping[int, HandReport]] = MappingProxyType({})


class PlanChangedError(Exception):
    """A request that is being carried out was given another plan than it was started with."""


class Engine:
    """Runs orders; one run per account at a time is the duty of the caller (a job lock)."""

    def __init__(
        self,
        tenant: Tenant,
        *,
        journal: Journal,
        records: RetentionRecords,
        clock: Clock,
        pace: Pace | None = None,
        one_look: OneLook = nullcontext,
    ) -> None:
        """Run orders.

        Args:
            tenant: Whose accounts change.
            journal: Where it is kept how far each step is.
            records: Where it is kept how long data stays.
            clock: Now.
            pace: How patiently the tenant is asked.
            one_look: Within its block the tenant is asked one thing once, until it is written to.
        """
        self._tenant = tenant
        self._journal = journal
        self._records = records
        self._clock = clock
        self._pace = pace or Pace()
        self._one_look = one_look

    async def advance(
        self,
        request_id: RequestId,
        plan: Plan,
        reports: Mapping[int, HandReport] = _NO_REPORTS,
    ) -> Progress:
        """Go on with an order as far as it goes without waiting.

        Safe to call at any time and any number of times: what happened is read from the journal
        and from the tenant. `Finished` is only told after every step was read once more.

        Args:
            request_id: Whose order.
            plan: The plan it was started with, the same at every call.
            reports: What people said of the steps that they did by hand, by position.

        Raises:
            PlanChangedError: Another plan than before.
            ConcurrentUpdateError: Another run took over; nothing of it was overwritten.
        """
        if plan.obstacles:
            first = plan.obstacles[0]
            return NeedsPerson("plan", first.key, first.params)
        await self._journal.open(request_id, plan)
        with self._one_look():
            runs = self._runs(plan, await self._load(request_id), reports)
            return await carry_out(runs)

    async def resume(self, request_id: RequestId) -> None:
        """Let blocked steps try again after a person solved what blocked them."""
        for entry in await self._load(request_id):
            if entry.state is StepState.BLOCKED:
                await self._journal.save(_unblocked(entry), seen=entry)

    async def take_back(self, request_id: RequestId, plan: Plan) -> Progress:
        """Go on taking an order back, last step first, as far as it goes without waiting.

        Safe to call at any time and any number of times. Steps that were never begun, that only
        looked, or that a person did by hand are left as they are: the plan
        says so of each. `Finished` is only told after every step was read once more.

        Args:
            request_id: Whose order.
            plan: The plan it was carried out with.

        Raises:
            PlanChangedError: Another plan than before.
            ConcurrentUpdateError: Another run took over; nothing of it was overwritten.
        """
        entries = await self._load(request_id)
        if not entries:
            return Finished()
        steps = [run for run in self._undo_runs(plan, entries) if run is not None][::-1]
        with self._one_look():
            progress = await _each(UndoRun.advance, steps)
            return progress or await _each(UndoRun.confirm, steps) or Finished()

    async def report(self, request_id: RequestId) -> Report:
        """Return each step before and after, as journalled."""
        entries = await self._load(request_id)
        return Report(request_id=request_id, lines=tuple(_line(entry) for entry in entries))

    def _context(
        self, planned: PlannedStep, entry: Entry, report: HandReport | None = None
    ) -> StepContext:
        return StepContext(
            tenant=self._tenant,
            records=self._records,
            clock=self._clock,
            request_id=entry.request_id,
            subject=ObjectId(str(planned.args["subject"])),
            report=report,
        )

    async def _load(self, request_id: RequestId) -> list[Entry]:
        return [Entry.of(row) for row in await self._journal.load(request_id)]

    def _runs(
        self, plan: Plan, entries: Sequence[Entry], reports: Mapping[int, HandReport]
    ) -> list[StepRun]:
        _check_plan(plan, entries)
        runs: list[StepRun] = []

        def verified(name: str) -> State | None:
            return next((one.verified for one in runs if one.name == name), None)

        for planned, entry in zip(plan.steps, entries, strict=True):
            report = reports.get(entry.position)
            context = replace(self._context(planned, entry, report), verified=verified)
            runs.append(self._run(planned, entry, context))
        return runs

    def _undo_runs(self, plan: Plan, entries: Sequence[Entry]) -> list[UndoRun | None]:
        _check_plan(plan, entries)
        return [
            self._undo_run(planned, entry)
            for planned, entry in zip(plan.steps, entries, strict=True)
        ]

    def _undo_run(self, planned: PlannedStep, entry: Entry) -> UndoRun | None:
        if entry.before is None or entry.intent_at is None or planned.undo is not Undo.BACK:
            return None
        step = step_of(planned, self._context(planned, entry))
        assert isinstance(step, Reversible)
        return UndoRun(entry, step, journal=self._journal, clock=self._clock, pace=self._pace)

    def _run(self, planned: PlannedStep, entry: Entry, context: StepContext) -> StepRun:
        step, report = step_of(planned, context), context.report
        journal, clock, pace = self._journal, self._clock, self._pace
        if planned.route is Route.HAND:
            return HandRun(entry, step, report=report, journal=journal, clock=clock, pace=pace)
        return StepRun(entry, step, journal=journal, clock=clock, pace=pace)


def _check_plan(plan: Plan, entries: Sequence[Entry]) -> None:
    planned = [(step.name, step.target) for step in plan.steps]
    if planned != [(entry.name, entry.target) for entry in entries]:
        raise PlanChangedError(entries[0].request_id if entries else "")


async def _each(
    act: Callable[[UndoRun], Awaitable[Progress | None]], runs: Sequence[UndoRun]
) -> Progress | None:
    """Take the steps one by one, up to the first that cannot go on."""
    for run in runs:
        progress = await act(run)
        if progress is not None:
            return progress
    return None


def _unblocked(entry: Entry) -> Entry:
    return Entry(
        request_id=entry.request_id,
        position=entry.position,
        name=entry.name,
        target=entry.target,
        state=StepState.PENDING,
        before=entry.before,
        detail={REQUEST_IDS: list(ids)} if (ids := request_ids(entry.detail)) else {},
        intent_at=entry.intent_at,
    )


def _line(entry: Entry) -> ReportLine:
    title = (entry.before or {}).get("group", "")
    return ReportLine(
        position=entry.position,
        name=entry.name,
        title=str(title),
        state=entry.state,
        before=readable(entry.name, entry.before),
        after=readable(entry.name, entry.after),
        verified_at=entry.verified_at,
    )
