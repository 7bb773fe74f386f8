"""Carrying out orders: between the request, which says what, and fulfilment, which does it."""

from contextlib import nullcontext
from datetime import timedelta

import structlog

from bot.jobs.carriers import Carrier
from fulfilment.engine import OneLook
from fulfilment.progress import Again, Finished, NeedsPerson, Progress, WaitsForHands
from mutations.identity import ObjectId, RequestId
from mutations.jobs import CarryOut
from mutations.life_cycle import State
from mutations.plan import Obstacle
from mutations.use_cases import UseCases
from store.work import SqlStore

_log = structlog.get_logger(__name__)


class OrderRunner:
    """Runs one order as far as it goes; the job lock lets one run per account at a time."""

    def __init__(
        self,
        use_cases: UseCases,
        carrier: Carrier,
        store: SqlStore,
        *,
        bulk: OneLook = nullcontext,
    ) -> None:
        """Run orders.

        Args:
            use_cases: What a run leads to for the request.
            carrier: Does the work.
            store: Where jobs are queued.
            bulk: Within its block the tenant is asked as bulk work.
        """
        self._bulk = bulk
        self._use = use_cases
        self._carrier = carrier
        self._store = store

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
            progress = await self._carrier.take_back(undoing, undoing.plan, resumed=resumed)
            if progress == Finished():
                await self._use.finish_undo(request_id)
            else:
                await self._unfinished(request_id, account, progress)
            return
        request = await self._use.begin_work(request_id)
        if request is None or request.state is not State.CARRYING_OUT or request.plan is None:
            return
        progress = await self._carrier.advance(request, request.plan, resumed=resumed)
        if progress == Finished():
            results = await self._carrier.results(request, request.plan)
            await self._use.finish_work(request_id, results)
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
                stuck = await self._carrier.stuck(request_id)
                await self._use.stop_for_person(
                    request_id, step=step, obstacle=obstacle, positions=stuck
                )

    async def give_up(self, request_id: RequestId) -> None:
        """Hand an order over to the service desk that failed too often; twice is once."""
        _log.error("order given up", request_id=request_id)
        report = await self._carrier.report(request_id)
        open_steps = [line.name for line in report.lines if line.verified_at is None]
        last = [line.name for line in report.lines[-1:]]
        step = next(iter(open_steps + last), "")
        await self._use.give_up_work(request_id, step=step)

    async def _go_on(self, request_id: RequestId, account: ObjectId, after: timedelta) -> None:
        job = CarryOut(request_id=request_id, account=account)
        at = self._use.context.now() + after
        bulk = await self._use.find.is_bulk(request_id)
        await self._store.run(lambda work: work.jobs.enqueue(job, at=at, bulk=bulk))
