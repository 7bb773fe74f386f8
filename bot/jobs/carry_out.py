"""Carrying out orders: between the request, which says what, and fulfilment, which does it."""

from contextlib import nullcontext
from datetime import timedelta

import structlog

from fulfilment.engine import Engine, OneLook
from fulfilment.progress import Again, Finished, HandReport, NeedsPerson, Progress, WaitsForHands
from fulfilment.tenants.simulated.outside import SimulatedOutside
from mutations.identity import ObjectId, RequestId
from mutations.jobs import CarryOut
from mutations.life_cycle import State
from mutations.plan import Obstacle, Plan
from mutations.request import MutationRequest, StepResult
from mutations.use_cases import UseCases
from store.work import SqlStore

_log = structlog.get_logger(__name__)


class OrderRunner:
    """Runs one order as far as it goes; the job lock lets one run per account at a time."""

    def __init__(
        self,
        use_cases: UseCases,
        engine: Engine,
        store: SqlStore,
        outside: SimulatedOutside | None = None,
        *,
        bulk: OneLook = nullcontext,
    ) -> None:
        """Run orders.

        Args:
            use_cases: What a run leads to for the request.
            engine: Does the steps.
            store: Where jobs are queued.
            outside: Simulation of who works outside the bot; none on a real tenant.
            bulk: Within its block the tenant is asked as bulk work.
        """
        self._bulk = bulk
        self._use = use_cases
        self._engine = engine
        self._store = store
        self._outside = outside

    async def begin(self, request_id: RequestId, account: ObjectId) -> None:
        """Queue the work of an order whose day has come."""
        job = CarryOut(request_id=request_id, account=account)
        bulk = await self._use.find.is_bulk(request_id)
        await self._store.run(lambda work: work.jobs.enqueue(job, bulk=bulk))

    async def carry_out(
        self, request_id: RequestId, account: ObjectId, *, resumed: bool = False
    ) -> None:
        """Go on with an order; may be stopped and repeated at any point.

        Raises:
            DirectoryUnavailableError: The accounts cannot be read; the job is tried again.
        """
        is_bulk = await self._use.find.is_bulk(request_id)
        with self._bulk() if is_bulk else nullcontext():
            await self._carry_out(request_id, account, resumed=resumed)

    async def _carry_out(self, request_id: RequestId, account: ObjectId, *, resumed: bool) -> None:
        undoing = await self._use.find.being_undone(request_id)
        if undoing is not None and undoing.plan is not None:
            await self._take_back(request_id, account, undoing.plan)
            return
        request = await self._use.begin_work(request_id)
        if request is None or request.state is not State.CARRYING_OUT or request.plan is None:
            return
        if resumed:
            await self._engine.resume(request_id)
        reports = await self._reported(request, request.plan)
        progress = await self._engine.advance(request_id, request.plan, reports)
        if progress == Finished():
            await self._use.finish_work(request_id, await self._results(request))
        else:
            await self._unfinished(request_id, account, progress)

    async def _take_back(self, request_id: RequestId, account: ObjectId, plan: Plan) -> None:
        progress = await self._engine.take_back(request_id, plan)
        if progress == Finished():
            await self._use.finish_undo(request_id)
        else:
            await self._unfinished(request_id, account, progress)

    async def _unfinished(
        self, request_id: RequestId, account: ObjectId, progress: Progress
    ) -> None:
        """Come back later, ask for what only a person can do, or call a person."""
        match progress:
            case Again(after_s=seconds):
                await self._go_on(request_id, account, timedelta(seconds=seconds))
            case WaitsForHands(positions=positions, asks=asks, after_s=seconds):
                await self._use.ask_for_hands(request_id, positions, asks)
                after = self._use.context.recheck_every
                if seconds is not None:
                    after = min(after, timedelta(seconds=seconds))
                await self._go_on(request_id, account, after)
            case NeedsPerson(step=step, key=key, params=params):
                obstacle = Obstacle(key, params)
                await self._use.stop_for_person(request_id, step=step, obstacle=obstacle)

    async def _reported(self, request: MutationRequest, plan: Plan) -> dict[int, HandReport]:
        reports = _reports(request)
        if self._outside is not None:
            await self._outside.done_by_hand(plan.steps[at] for at in reports)
        return reports

    async def give_up(self, request_id: RequestId) -> None:
        """Hand an order over to the service desk that failed too often; twice is once."""
        _log.error("order given up", request_id=request_id)
        report = await self._engine.report(request_id)
        open_steps = [line.name for line in report.lines if line.verified_at is None]
        last = [line.name for line in report.lines[-1:]]
        step = next(iter(open_steps + last), "")
        await self._use.give_up_work(request_id, step=step)

    async def _go_on(self, request_id: RequestId, account: ObjectId, after: timedelta) -> None:
        job = CarryOut(request_id=request_id, account=account)
        at = self._use.context.now() + after
        bulk = await self._use.find.is_bulk(request_id)
        await self._store.run(lambda work: work.jobs.enqueue(job, at=at, bulk=bulk))

    async def _results(self, request: MutationRequest) -> tuple[StepResult, ...]:
        report = await self._engine.report(request.id)
        return tuple(
            StepResult(
                name=line.name,
                title=line.title,
                before=line.before,
                after=line.after,
                verified_at=line.verified_at,
            )
            for line in report.lines
            if line.verified_at is not None
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
