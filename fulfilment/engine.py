"""Carries out a plan step by step from the journal; may be stopped and started at any point."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import Final

from fulfilment.hand_run import HandRun
from fulfilment.journal import Entry, Journal, StepState
from fulfilment.progress import (
    Again,
    Finished,
    HandReport,
    NeedsPerson,
    Progress,
    Report,
    ReportLine,
    WaitsForHands,
)
from fulfilment.retention import RetentionRecords
from fulfilment.step_run import Pace, StepRun
from fulfilment.steps.catalogue import readable, step_of
from fulfilment.steps.step import Step, StepContext
from fulfilment.tenant import Tenant
from mutations.clock import Clock
from mutations.identity import ObjectId, RequestId
from mutations.plan import Plan, PlannedStep, Route

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
    ) -> None:
        self._tenant = tenant
        self._journal = journal
        self._records = records
        self._clock = clock
        self._pace = pace or Pace()

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
        runs = self._runs(plan, await self._load(request_id), reports)
        progress = await _each(StepRun.snapshot, runs)
        for _, alike in groupby(runs, key=_kind_of):
            progress = progress or await _together(list(alike))
        progress = progress or await _each(StepRun.confirm, runs)
        return progress or Finished()

    async def prepare(self, request_id: RequestId, plan: Plan) -> Progress | None:
        """Journal the state from before the order; None when every step was looked at.

        For work that somebody else does: to be called before they can begin.
        """
        await self._journal.open(request_id, plan)
        runs = self._runs(plan, await self._load(request_id), _NO_REPORTS)
        return await _each(StepRun.snapshot, runs)

    async def resume(self, request_id: RequestId) -> None:
        """Let blocked steps try again after a person solved what blocked them."""
        for entry in await self._load(request_id):
            if entry.state is StepState.BLOCKED:
                await self._journal.save(_unblocked(entry), seen=entry)

    async def report(self, request_id: RequestId) -> Report:
        """Return each step before and after, as journalled."""
        entries = await self._load(request_id)
        return Report(request_id=request_id, lines=tuple(_line(entry) for entry in entries))

    async def _load(self, request_id: RequestId) -> list[Entry]:
        return [Entry.of(row) for row in await self._journal.load(request_id)]

    def _runs(
        self, plan: Plan, entries: Sequence[Entry], reports: Mapping[int, HandReport]
    ) -> list[StepRun]:
        planned = [(step.name, step.target) for step in plan.steps]
        if planned != [(entry.name, entry.target) for entry in entries]:
            raise PlanChangedError(entries[0].request_id if entries else "")
        return [
            self._run(step, entry, reports.get(entry.position))
            for step, entry in zip(plan.steps, entries, strict=True)
        ]

    def _run(self, planned: PlannedStep, entry: Entry, report: HandReport | None) -> StepRun:
        context = StepContext(
            tenant=self._tenant,
            records=self._records,
            clock=self._clock,
            request_id=entry.request_id,
            subject=ObjectId(str(planned.args["subject"])),
            report=report,
        )
        return self._run_of(planned, entry, step_of(planned, context), report)

    def _run_of(
        self, planned: PlannedStep, entry: Entry, step: Step, report: HandReport | None
    ) -> StepRun:
        journal, clock, pace = self._journal, self._clock, self._pace
        if planned.route is Route.HAND:
            return HandRun(entry, step, report=report, journal=journal, clock=clock, pace=pace)
        return StepRun(entry, step, journal=journal, clock=clock, pace=pace)


async def _each(
    act: Callable[[StepRun], Awaitable[Progress | None]], runs: Sequence[StepRun]
) -> Progress | None:
    """Take the steps one by one, up to the first that cannot go on."""
    for run in runs:
        progress = await act(run)
        if progress is not None:
            return progress
    return None


async def _together(runs: Sequence[StepRun]) -> Progress | None:
    """Bring steps of one kind forward side by side, so that they wait at the same time."""
    waits: list[float] = []
    by_hand: list[int] = []
    for run in runs:
        match await run.advance():
            case Again(after_s=seconds):
                waits.append(seconds)
            case WaitsForHands(positions=positions):
                by_hand += positions
            case None:
                pass
            case progress:
                return progress
    if by_hand:
        return WaitsForHands(tuple(by_hand))
    return Again(min(waits)) if waits else None


def _kind_of(run: StepRun) -> str:
    """Return what steps in a row must have in common to be brought forward side by side."""
    return "" if isinstance(run, HandRun) else run.name


def _unblocked(entry: Entry) -> Entry:
    return Entry(
        request_id=entry.request_id,
        position=entry.position,
        name=entry.name,
        target=entry.target,
        state=StepState.PENDING,
        before=entry.before,
        detail={},
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
