"""Work that waits for a person: how it comes to that, and how it goes on."""

from dataclasses import replace
from typing import Final

from mutations.authority import NotEntitledError, Role
from mutations.directory import Person
from mutations.hand_work import HAND_NOT_SEEN, forgotten
from mutations.identity import ObjectId, RequestId
from mutations.jobs import CarryOut, Message, RefreshCards
from mutations.life_cycle import State
from mutations.plan import Obstacle, Plan
from mutations.ports import Work
from mutations.request import Attention, MutationRequest
from mutations.transitions import need_person, resume, start
from mutations.use_cases.actor import Actor
from mutations.use_cases.context import Context
from mutations.use_cases.membership import employee_ids, same_human
from mutations.use_cases.settle import tell, tell_desk
from mutations.use_cases.standing import DECISION_FALLEN

_AT_WORK: Final = frozenset({State.CARRYING_OUT, State.UNDOING})
GIVEN_UP: Final = Obstacle("plan.obstacle.given_up", {})


async def call_person(
    work: Work, context: Context, request: MutationRequest, attention: Attention
) -> MutationRequest:
    """Stop the work and ask the service desk for help, telling the requester.

    Returns the request as it was saved.
    """
    stopped = need_person(request, attention)
    await work.audit.append(
        "work.stopped",
        at=attention.since,
        actor=None,
        request_id=request.id,
        params={"step": attention.step, "key": attention.key},
    )
    occasion = attention.since.isoformat()
    await tell_desk(work, request, context.register, Message.ATTENTION, occasion=occasion)
    await tell(work, stopped, Message.ATTENTION, occasion=occasion)
    return await work.requests.save(stopped)


class StopForPerson:
    """Stop the work at a step that needs a person."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(
        self,
        request_id: RequestId,
        *,
        step: str,
        obstacle: Obstacle,
        positions: tuple[int, ...] = (),
    ) -> None:
        """Record what stopped and why; doing it twice is doing it once.

        Args:
            request_id: Whose order.
            step: Name of the step that stopped.
            obstacle: Why.
            positions: Where in the plan steps stand still; no matter while work is taken back.
        """
        context = self._context

        async def act(work: Work) -> None:
            request = await work.requests.get(request_id)
            if request is None or request.state not in _AT_WORK:
                return
            attention = Attention(
                step=step,
                key=obstacle.key,
                params=obstacle.params,
                since=context.now(),
                positions=positions if request.undo is None else (),
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
        that the source entity upholds the decision; whoever made it cannot.

        Raises:
            NotAMemberError: A guest, or an account that is gone or switched off.
            NotInvolvedError, NotEntitledError: Only the service desk resumes, and nobody an
                order of their own or a decision of their own that no longer stood.
            IllegalTransitionError: Nothing waits for a person.
            DirectoryUnavailableError: The directory did not answer.
        """
        context = self._context
        helper = await Actor.enter(context, actor, Role.SERVICE_DESK)
        seen = await helper.seen_by_another(request_id)
        is_decider = await self._decided(helper.person, seen)

        async def act(work: Work) -> MutationRequest:
            request = await helper.look(work, request_id)
            if request.state in _AT_WORK:
                return request
            now = context.now()
            over = request.attention.key if request.attention else ""
            if over == DECISION_FALLEN and is_decider:
                raise NotEntitledError(number=request.number)
            upheld_by = actor if over == DECISION_FALLEN else None
            resumed = _asked_anew(resume(request, at=now, upheld_by=upheld_by), request)
            await work.audit.append(
                "work.resumed", at=now, actor=actor, request_id=request.id, params={"key": over}
            )
            await work.jobs.enqueue(
                CarryOut(request_id=request.id, account=request.subject.object_id, resumed=True)
            )
            await work.jobs.enqueue(RefreshCards(request_id=request.id))
            return await work.requests.save(resumed)

        return await context.store.run(act)

    async def _decided(self, person: Person, request: MutationRequest) -> bool:
        """Tell whether this human made the decision, with this account or another."""
        if request.decision is None:
            return False
        by = request.decision.by
        numbers = await employee_ids(self._context.directory, by)
        return person.object_id == by.object_id or same_human(person, numbers)


def _asked_anew(resumed: MutationRequest, stopped: MutationRequest) -> MutationRequest:
    """Forget what was reported of a step that did not show: it waits for a person again."""
    attention, plan = stopped.attention, stopped.plan
    if attention is None or plan is None or attention.key != HAND_NOT_SEEN:
        return resumed
    again = [at for at, step in enumerate(plan.steps) if step.name == attention.step]
    return replace(resumed, tasks=forgotten(resumed.tasks, again))


class GiveUpWork:
    """Call a person because the work was tried for hours, or fails in a way nobody foresaw."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, request_id: RequestId, *, step: str) -> None:
        """Stop the work; doing it twice is doing it once.

        Args:
            request_id: Whose order.
            step: The step it hangs in; empty when nothing was touched yet, because a requester
                may then still withdraw.
        """

        async def act(work: Work) -> None:
            request = await work.requests.get(request_id)
            if request is None or request.state not in {State.SCHEDULED, *_AT_WORK}:
                return
            now = self._context.now()
            if request.state is State.SCHEDULED:
                request = start(request, _hindered(request), at=now)
            attention = Attention(step=step, key=GIVEN_UP.key, params=GIVEN_UP.params, since=now)
            await call_person(work, self._context, request, attention)

        await self._context.store.run(act)


def _hindered(request: MutationRequest) -> Plan:
    """Return a plan that is made anew when a person has helped."""
    steps = request.plan.steps if request.plan else ()
    return Plan(steps=steps, obstacles=(GIVEN_UP,))
