"""Who carries an order out: the bot itself, or a supplier behind a portal."""

from typing import Protocol

from fulfilment.engine import Engine
from fulfilment.journal import StepState
from fulfilment.portal.engine import SupplierEngine
from fulfilment.progress import Again, HandReport, NeedsPerson, Progress, Report, ReportLine
from mutations.clock import local_date
from mutations.handover import HandoverState
from mutations.identity import RequestId
from mutations.plan import PlannedStep
from mutations.request import MutationRequest, StepResult
from mutations.use_cases import UseCases
from mutations.use_cases.hand_over import PORTAL_STEP, silence


class Carrier(Protocol):
    """Carries orders out; every call may be stopped and repeated at any point.

    The request is one that is being carried out, with a plan.
    """

    async def advance(self, request: MutationRequest) -> Progress:
        """Go on with an order as far as it goes without waiting.

        Raises:
            DirectoryUnavailableError: Not now; the job is tried again.
        """
        ...

    async def resume(self, request: MutationRequest) -> None:
        """Let what was blocked try again after a person has helped."""
        ...

    async def report(self, request_id: RequestId) -> Report:
        """Return each step before and after, as journalled."""
        ...

    async def results(self, request: MutationRequest) -> tuple[StepResult, ...]:
        """Return what each step came to, once the order is finished."""
        ...


class OwnWork:
    """The engine does the work itself."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def advance(self, request: MutationRequest) -> Progress:
        """Go on with an order; see `Engine.advance`."""
        assert request.plan is not None
        return await self._engine.advance(request.id, request.plan, _reports(request))

    async def resume(self, request: MutationRequest) -> None:
        """Let blocked steps try again."""
        await self._engine.resume(request.id)

    async def report(self, request_id: RequestId) -> Report:
        """Return each step as journalled."""
        return await self._engine.report(request_id)

    async def results(self, request: MutationRequest) -> tuple[StepResult, ...]:
        """Return what was read back."""
        report = await self._engine.report(request.id)
        return tuple(_read_back(line) for line in report.lines if line.verified_at is not None)


class SupplierWork:
    """A supplier does the work; the bot waits for its word, and then reads back."""

    def __init__(self, engine: SupplierEngine, use_cases: UseCases, *, supplier: str) -> None:
        self._engine = engine
        self._use = use_cases
        self._supplier = supplier

    async def advance(self, request: MutationRequest) -> Progress:
        """Read back what the supplier says is done; until then wait, but not past the lead time.

        Work that began before there was a portal is handed over now.
        """
        handover, context = request.handover, self._use.context
        if handover is None:
            await self._use.hand_over_again(request.id)
        elif handover.state is HandoverState.DONE:
            assert request.plan is not None
            return await self._engine.advance(request.id, request.plan)
        elif request.ready_on is not None:
            last_day = max(request.ready_on, local_date(handover.asked_at))
            if context.today() > last_day:
                obstacle = silence()
                return NeedsPerson(PORTAL_STEP, obstacle.key, obstacle.params)
        return Again(context.recheck_every.total_seconds())

    async def resume(self, request: MutationRequest) -> None:
        """Read again what did not show, or hand over once more what is not done."""
        await self._engine.resume(request.id)
        await self._use.hand_over_again(request.id)

    async def prepare(self, request: MutationRequest) -> Progress | None:
        """Journal how the accounts are before the supplier can touch them; see the engine."""
        assert request.plan is not None
        return await self._engine.prepare(request.id, request.plan)

    async def report(self, request_id: RequestId) -> Report:
        """Return each step as journalled."""
        return await self._engine.report(request_id)

    async def results(self, request: MutationRequest) -> tuple[StepResult, ...]:
        """Return what was read back, and by whose word the rest is done."""
        assert request.plan is not None
        report = await self._engine.report(request.id)
        return tuple(
            _read_back(line)
            if line.verified_at is not None
            else self._reported(request, line, request.plan.steps[line.position])
            for line in report.lines
            if line.verified_at is not None or line.state is StepState.UNREADABLE
        )

    def _reported(
        self, request: MutationRequest, line: ReportLine, step: PlannedStep
    ) -> StepResult:
        assert request.handover is not None
        words = {one.position: one.after for one in request.handover.reported}
        return StepResult(
            name=line.name,
            title=step.title,
            before=step.before,
            after=words.get(line.position, ""),
            verified_at=None,
            reported_by=self._supplier,
        )


def _read_back(line: ReportLine) -> StepResult:
    return StepResult(
        name=line.name,
        title=line.title,
        before=line.before,
        after=line.after,
        verified_at=line.verified_at,
    )


def _reports(request: MutationRequest) -> dict[int, HandReport]:
    """Return what people said of the steps that they did by hand, by position in the plan."""
    return {
        task.position: HandReport(
            by=task.done.by.object_id, at=task.done.at, evidence=task.done.evidence
        )
        for task in request.tasks
        if task.done is not None
    }
