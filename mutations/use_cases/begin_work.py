"""Starting an order on its day, if everything that was agreed still stands."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from mutations.approval import agreed_digest, more_than_shown
from mutations.directory import Footprint
from mutations.handover import Handover
from mutations.identity import RequestId
from mutations.jobs import HandOver, RefreshCards, StartOrder
from mutations.life_cycle import State
from mutations.plan import Plan
from mutations.ports import Work
from mutations.request import Attention, MutationRequest
from mutations.timers import day_begins
from mutations.transitions import plan_anew, start
from mutations.use_cases.ask_anew import ask_source_anew
from mutations.use_cases.call_person import call_person
from mutations.use_cases.context import Context
from mutations.use_cases.plan_now import RESTORED, plan_to_start

RESTORED_STEP: Final = "restored"


class BeginWork:
    """Start a scheduled order on its day, with a plan made from the accounts as they are now."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, request_id: RequestId) -> MutationRequest | None:
        """Return the request if its plan can be run now, else None.

        A plan with obstacles is not started: a person is called. A decision that no longer
        stands, or another order than was decided, is such an obstacle. When work is resumed
        after that, a new plan is made. A plan that takes away more than the source entity was
        shown is not started either: the source entity is asked again. Calling it again while
        the work goes on changes nothing.

        Raises:
            DirectoryUnavailableError: The accounts cannot be read; the job is tried again.
        """
        context = self._context
        seen = await context.store.read(lambda now: now.requests.get(request_id))
        if seen is None or not self._is_due(seen):
            await self._wait_for_day(seen)
            return None
        if not _needs_plan(seen):
            if seen.restored_at is None:
                return seen
            await self._hold(request_id)
            return None
        plan = await plan_to_start(context, seen)
        footprint = await self._footprint(seen, plan)

        async def act(work: Work) -> MutationRequest | None:
            request = await work.requests.get(request_id)
            if request is None or not self._is_due(request):
                return None
            if not _needs_plan(request):
                return request
            return await self._start(work, request, plan, footprint)

        return await context.store.run(act)

    async def _hold(self, request_id: RequestId) -> None:
        """Stop work that was under way in a backup: it may have gone on since."""
        now = self._context.now()
        attention = Attention(
            step=RESTORED_STEP, key=RESTORED.key, params=RESTORED.params, since=now
        )

        async def act(work: Work) -> None:
            request = await work.requests.get(request_id)
            if request is None or request.restored_at is None:
                return
            if request.state is State.CARRYING_OUT:
                await call_person(work, self._context, request, attention)

        await self._context.store.run(act)

    async def _wait_for_day(self, request: MutationRequest | None) -> None:
        """Come back on the day: the clock of the queue may be ahead of ours."""
        if request is None or request.state is not State.SCHEDULED or request.start_on is None:
            return
        job = StartOrder(request_id=request.id, account=request.subject.object_id)
        soon = self._context.now() + timedelta(minutes=1)
        at = max(soon, day_begins(request.start_on))
        await self._context.store.run(lambda work: work.jobs.enqueue(job, at=at))

    def _is_due(self, request: MutationRequest) -> bool:
        if request.state is State.CARRYING_OUT:
            return True
        return (
            request.state is State.SCHEDULED
            and request.start_on is not None
            and request.start_on <= self._context.today()
        )

    async def _footprint(self, request: MutationRequest, plan: Plan) -> Footprint:
        """Return what the source entity is to be shown if it must be asked again."""
        if more_than_shown(request, plan).is_nothing:
            return request.footprint
        return await self._context.directory.footprint(request.subject.object_id)

    async def _start(
        self, work: Work, request: MutationRequest, plan: Plan, footprint: Footprint
    ) -> MutationRequest | None:
        if not (plan.obstacles or more_than_shown(request, plan).is_nothing):
            await ask_source_anew(work, self._context, request, plan, footprint)
            return None
        now = self._context.now()
        if request.state is State.SCHEDULED:
            begun = start(request, plan, at=now)
        else:
            begun = plan_anew(request, plan)
        if plan.obstacles:
            obstacle = plan.obstacles[0]
            attention = Attention(step="", key=obstacle.key, params=obstacle.params, since=now)
            await call_person(work, self._context, begun, attention)
            return None
        await work.audit.append(
            "work.started",
            at=now,
            actor=None,
            request_id=request.id,
            params={"digest": agreed_digest(begun)},
        )
        if plan.is_for_supplier:
            begun = replace(begun, handover=Handover(asked_at=now))
            await work.jobs.enqueue(HandOver(request_id=request.id))
        await work.jobs.enqueue(RefreshCards(request_id=request.id))
        return await work.requests.save(begun)


def _needs_plan(request: MutationRequest) -> bool:
    plan = request.plan
    return request.state is State.SCHEDULED or plan is None or bool(plan.obstacles)
