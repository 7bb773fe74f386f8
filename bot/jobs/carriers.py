"""Who carries an order out: the bot itself, or a supplier behind a portal."""

from typing import Protocol

from fulfilment.engine import Engine
from fulfilment.journal import StepState
from fulfilment.portal.engine import SupplierEngine
from fulfilment.progress import Again, HandReport, NeedsPerson, Progress, Report, ReportLine
from fulfilment.tenants.simulated.outside import SimulatedOutside
from mutations.clock import local_date
from mutations.handover import Asks, Handover, HandoverState
from mutations.identity import RequestId
from mutations.plan import Plan, PlannedStep
from mutations.request import MutationRequest, StepResult
from mutations.use_cases import UseCases
from mutations.use_cases.portal_order import NO_PORTAL, PORTAL_STEP, silence


class Carrier(Protocol):
    """Carries orders out; every call may be stopped and repeated at any point.

    `plan` is that of the request, made when the work started.
    """

    async def advance(self, request: MutationRequest, plan: Plan, *, resumed: bool) -> Progress:
        """Go on with an order as far as it goes without waiting.

        Args:
            request: One that is being carried out.
            plan: Its plan.
            resumed: A person helped: what was blocked is to be tried again.

        Raises:
            DirectoryUnavailableError: Not now; the job is tried again.
        """
        ...

    async def take_back(self, request: MutationRequest, plan: Plan, *, resumed: bool) -> Progress:
        """Go on taking an order back; likewise."""
        ...

    async def stuck(self, request_id: RequestId) -> tuple[int, ...]:
        """Return the positions of steps that stand still and that a person could do."""
        ...

    async def report(self, request_id: RequestId) -> Report:
        """Return each step before and after, as journalled."""
        ...

    async def results(self, request: MutationRequest, plan: Plan) -> tuple[StepResult, ...]:
        """Return what each step came to, once the order is finished."""
        ...


class OwnWork:
    """The engine does the work itself."""

    def __init__(self, engine: Engine, outside: SimulatedOutside | None = None) -> None:
        """Do the work with `engine`.

        Args:
            engine: Does the steps.
            outside: Simulation of who works outside the bot; none on a real tenant.
        """
        self._engine = engine
        self._outside = outside

    async def advance(self, request: MutationRequest, plan: Plan, *, resumed: bool) -> Progress:
        """Go on with an order; one that a supplier has is never touched."""
        if plan.is_for_supplier:
            return _no_portal()
        if resumed:
            await self._engine.resume(request.id)
        reports = _reports(request)
        if self._outside is not None:
            await self._outside.done_by_hand(plan.steps[at] for at in reports)
        handed = frozenset(one.position for one in request.handed)
        return await self._engine.advance(request.id, plan, reports, handed)

    async def take_back(
        self,
        request: MutationRequest,
        plan: Plan,
        *,
        resumed: bool,
    ) -> Progress:
        """Go on taking an order back; one that a supplier has is never touched."""
        if plan.is_for_supplier:
            return _no_portal()
        if resumed:
            await self._engine.let_go_on(request.id)
        return await self._engine.take_back(request.id, plan)

    async def stuck(self, request_id: RequestId) -> tuple[int, ...]:
        """Return the steps that stand still."""
        return await self._engine.stuck(request_id)

    async def report(self, request_id: RequestId) -> Report:
        """Return each step as journalled."""
        return await self._engine.report(request_id)

    async def results(
        self,
        request: MutationRequest,
        plan: Plan,  # noqa: ARG002  # as every carrier
    ) -> tuple[StepResult, ...]:
        """Return what was read back."""
        report = await self._engine.report(request.id)
        return tuple(_read_back(line) for line in report.lines if line.verified_at is not None)


class SupplierWork:
    """A supplier does the work; the bot waits for its word, and then reads back.

    Orders whose plan does not ask the supplier, begun before there was a portal, stay the bot's.
    """

    def __init__(self, engine: SupplierEngine, use_cases: UseCases, own: OwnWork) -> None:
        self._engine = engine
        self._use = use_cases
        self._own = own

    async def advance(self, request: MutationRequest, plan: Plan, *, resumed: bool) -> Progress:
        """Read back what the supplier says is done; until then wait, but not past the lead time.

        After a person has helped, what did not show is read again, and what is not done is
        handed over once more.
        """
        if not plan.is_for_supplier:
            return await self._own.advance(request, plan, resumed=resumed)
        if resumed:
            await self._engine.resume(request.id)
        handover = request.handover
        if handover is None or (resumed and handover.state is not HandoverState.DONE):
            return await self._hand_over_again(request)
        if handover.state is HandoverState.DONE:
            return await self._engine.advance(request.id, plan, self._reports(handover))
        return self._wait(request, handover)

    async def take_back(self, request: MutationRequest, plan: Plan, *, resumed: bool) -> Progress:
        """Read what the supplier says is as it was before; until then wait, as with an order."""
        if not plan.is_for_supplier:
            return await self._own.take_back(request, plan, resumed=resumed)
        handover = request.handover
        if handover is None or handover.asks is not Asks.TAKE_BACK:
            return await self._hand_over_again(request)
        if handover.state is HandoverState.DONE:
            return await self._engine.take_back(request.id, plan)
        if resumed:
            return await self._hand_over_again(request)
        return self._wait(request, handover)

    async def stuck(self, request_id: RequestId) -> tuple[int, ...]:
        """Return the steps that stand still; those of the supplier are never handed over."""
        return await self._own.stuck(request_id)

    async def prepare(self, request: MutationRequest, plan: Plan) -> Progress | None:
        """Journal how the accounts are before the supplier can touch them; see the engine."""
        return await self._engine.prepare(request.id, plan)

    async def report(self, request_id: RequestId) -> Report:
        """Return each step as journalled."""
        return await self._engine.report(request_id)

    async def results(self, request: MutationRequest, plan: Plan) -> tuple[StepResult, ...]:
        """Return what was read back, and by whose word the rest is done."""
        report = await self._engine.report(request.id)
        return tuple(
            _read_back(line)
            if line.verified_at is not None
            else self._reported(request, line, plan.steps[line.position])
            for line in report.lines
            if line.verified_at is not None or line.state is StepState.UNREADABLE
        )

    async def _hand_over_again(self, request: MutationRequest) -> Progress:
        await self._use.hand_over_again(request.id)
        return self._later()

    def _wait(self, request: MutationRequest, handover: Handover) -> Progress:
        asked_on = local_date(handover.asked_at)
        if self._use.context.today() > max(request.ready_on or asked_on, asked_on):
            obstacle = silence()
            return NeedsPerson(PORTAL_STEP, obstacle.key, obstacle.params)
        return self._later()

    def _later(self) -> Progress:
        return Again(self._use.context.recheck_every.total_seconds())

    def _reports(self, handover: Handover) -> dict[int, HandReport]:
        """Return the word of the supplier for each step, by position in the plan."""
        at = handover.told_at or handover.asked_at
        return {
            one.position: HandReport(by=self._supplier, at=at, evidence=one.after)
            for one in handover.reported
        }

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

    @property
    def _supplier(self) -> str:
        return self._use.context.register.contract.supplier


def _no_portal() -> NeedsPerson:
    return NeedsPerson(PORTAL_STEP, NO_PORTAL.key, NO_PORTAL.params)


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
