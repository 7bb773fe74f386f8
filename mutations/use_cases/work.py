"""The order being carried out, as the request sees it; the changes themselves are fulfilment's."""

from dataclasses import replace
from datetime import timedelta

from mutations.approval import agreed_digest
from mutations.authority import Role, deciders_of, require, service_desk_of
from mutations.identity import ObjectId, RequestId
from mutations.jobs import (
    CarryOut,
    Deliver,
    Message,
    RefreshCards,
    StartOrder,
    WarnOfRetentionEnd,
)
from mutations.life_cycle import State
from mutations.plan import Move, Obstacle, Plan
from mutations.ports import Reading, Work
from mutations.request import Attention, MutationRequest, StepResult
from mutations.timers import day_begins
from mutations.transitions import finish, need_person, plan_anew, resume, start
from mutations.use_cases.context import Context
from mutations.use_cases.membership import require_member, require_other_human
from mutations.use_cases.settle import tell
from mutations.use_cases.standing import DECISION_FALLEN, standing_obstacles

ENTITLEMENT_GONE = Obstacle("plan.obstacle.entitlement_gone", {})
RESTORED = Obstacle("attention.restored", {})
RESTORED_STEP = "restored"


class BeginWork:
    """Start a scheduled order on its day, with a plan made from the accounts as they are now."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, request_id: RequestId) -> MutationRequest | None:
        """Return the request if its plan can be run now, else None.

        A plan with obstacles is not started: a person is called. A decision that no longer
        stands, or another order than was decided, is such an obstacle. When work is resumed
        after that, a new plan is made. Calling it again while the work goes on changes nothing.

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
        plan = await self._plan(seen)

        async def act(work: Work) -> MutationRequest | None:
            request = await work.requests.get(request_id)
            if request is None or not self._is_due(request):
                return None
            if not _needs_plan(request):
                return request
            return await self._start(work, request, plan)

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

    async def _plan(self, request: MutationRequest) -> Plan:
        context = self._context
        assert request.source is not None
        plan = await context.planner.plan(
            Move(
                subject=request.subject.object_id,
                source=request.source,
                target=request.target,
                outcome=request.outcome,
            )
        )
        found = [*await standing_obstacles(context, request), *plan.obstacles]
        if request.restored_at is not None:
            found.insert(0, RESTORED)
        colleague = await context.directory.person(request.subject.object_id)
        if colleague is None or request.target not in colleague.entitlements:
            found.append(ENTITLEMENT_GONE)
        return replace(plan, obstacles=tuple(found))

    async def _start(
        self, work: Work, request: MutationRequest, plan: Plan
    ) -> MutationRequest | None:
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
        await work.jobs.enqueue(RefreshCards(request_id=request.id))
        return await work.requests.save(begun)


def _needs_plan(request: MutationRequest) -> bool:
    plan = request.plan
    return request.state is State.SCHEDULED or plan is None or bool(plan.obstacles)


async def call_person(
    work: Work, context: Context, request: MutationRequest, attention: Attention
) -> None:
    """Stop the work and ask the service desk for help, telling the requester."""
    stopped = need_person(request, attention)
    await work.audit.append(
        "work.stopped",
        at=attention.since,
        actor=None,
        request_id=request.id,
        params={"step": attention.step, "key": attention.key},
    )
    occasion = attention.since.isoformat()
    for contact in service_desk_of(request, context.register):
        await work.jobs.enqueue(
            Deliver(
                request_id=request.id,
                person=contact.object_id,
                message=Message.ATTENTION,
                occasion=occasion,
            )
        )
    await tell(work, stopped, Message.ATTENTION, occasion=occasion)
    await work.requests.save(stopped)


class StopForPerson:
    """Stop the work at a step that needs a person."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, request_id: RequestId, *, step: str, obstacle: Obstacle) -> None:
        """Record what stopped and why; doing it twice is doing it once."""
        context = self._context

        async def act(work: Work) -> None:
            request = await work.requests.get(request_id)
            if request is None or request.state is not State.CARRYING_OUT:
                return
            attention = Attention(
                step=step, key=obstacle.key, params=obstacle.params, since=context.now()
            )
            await call_person(work, context, request, attention)

        await context.store.run(act)


class ResumeWork:
    """Go on after the service desk solved what stopped the work."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, actor: ObjectId, request_id: RequestId) -> MutationRequest:
        """Return the request, being carried out again; doing it twice is doing it once.

        Who resumes an order that stopped because its decision no longer stood, answers for it
        that the source entity upholds the decision.

        Raises:
            NotAMemberError: A guest, or an account that is gone or switched off.
            NotInvolvedError, NotEntitledError: Only the service desk resumes, and nobody an
                order of their own.
            IllegalTransitionError: Nothing waits for a person.
            DirectoryUnavailableError: The directory did not answer.
        """
        context = self._context
        person = await require_member(context.directory, actor)

        async def look(now: Reading) -> MutationRequest:
            viewer = context.viewer(actor)
            return require(await now.requests.get(request_id), viewer, Role.SERVICE_DESK)

        await require_other_human(context.directory, person, await context.store.read(look))

        async def act(work: Work) -> MutationRequest:
            request = await look(work)
            if request.state is State.CARRYING_OUT:
                return request
            now = context.now()
            over = request.attention.key if request.attention else ""
            upheld_by = actor if over == DECISION_FALLEN else None
            resumed = resume(request, at=now, upheld_by=upheld_by)
            await work.audit.append(
                "work.resumed", at=now, actor=actor, request_id=request.id, params={"key": over}
            )
            await work.jobs.enqueue(
                CarryOut(request_id=request.id, account=request.subject.object_id, resumed=True)
            )
            await work.jobs.enqueue(RefreshCards(request_id=request.id))
            return await work.requests.save(resumed)

        return await context.store.run(act)


class FinishWork:
    """Close a request whose every step has been read back (R10)."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, request_id: RequestId, results: tuple[StepResult, ...]) -> None:
        """Record the results, give back the reservation, tell everybody; twice is once."""
        context = self._context

        async def act(work: Work) -> None:
            request = await work.requests.get(request_id)
            if request is None or request.state is not State.CARRYING_OUT:
                return
            now = context.now()
            done = finish(request, results, at=now)
            await work.reservations.release(request.id)
            await work.audit.append(
                "work.finished",
                at=now,
                actor=None,
                request_id=request.id,
                params={"steps": len(results)},
            )
            await tell(work, done, Message.DONE)
            await work.jobs.enqueue(
                Deliver(
                    request_id=request.id,
                    person=request.subject.object_id,
                    message=Message.DONE,
                )
            )
            if done.onedrive_ends_on is not None:
                warn_on = done.onedrive_ends_on - timedelta(
                    days=context.register.contract.warn_before
                )
                await work.jobs.enqueue(
                    WarnOfRetentionEnd(request_id=request.id), at=day_begins(warn_on)
                )
            await work.requests.save(done)

        await context.store.run(act)


class WarnBeforeRetentionEnds:
    """Warn the requester and the source entity before OneDrive data is lost (R8)."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, job: WarnOfRetentionEnd) -> None:
        """Send the warnings once; a repeated job sends nothing new."""
        context = self._context

        async def act(work: Work) -> None:
            request = await work.requests.get(job.request_id)
            if request is None or request.decision is None:
                return
            deciders = deciders_of(request, context.register, on=context.today())
            for person in (request.requester.object_id, *deciders):
                await work.jobs.enqueue(
                    Deliver(
                        request_id=request.id,
                        person=person,
                        message=Message.RETENTION_ENDS,
                    )
                )

        await context.store.run(act)
