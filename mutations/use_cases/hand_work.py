"""Steps that only a person can do: asked of the service desk, taken, reported or declined."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from mutations.authority import Role
from mutations.errors import DomainError
from mutations.hand_work import Done, asked, forgotten, open_task, open_tasks, reported, taken
from mutations.identity import ObjectId, RequestId
from mutations.jobs import CarryOut, Message, RefreshCards, RemindHands
from mutations.life_cycle import State
from mutations.ports import Work
from mutations.request import Attention, MutationRequest
from mutations.timers import reminder_at
from mutations.use_cases.actor import Actor
from mutations.use_cases.call_person import call_person
from mutations.use_cases.context import Context
from mutations.use_cases.propose import party_of
from mutations.use_cases.settle import tell_desk

HAND_DECLINED: Final = "attention.hand_declined"
_NO_ASKS: Final[Mapping[int, Mapping[str, str]]] = MappingProxyType({})


class MissingWordsError(DomainError):
    """What was done by hand, or why it cannot be, has to be said."""

    message_key = "error.task.words"


class AskForHands:
    """Ask the service desk for steps that only a person can do."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(
        self,
        request_id: RequestId,
        positions: Sequence[int],
        asks: Mapping[int, Mapping[str, str]] = _NO_ASKS,
    ) -> None:
        """Ask for the steps that were not asked yet; doing it twice is doing it once."""
        context = self._context

        async def act(work: Work) -> None:
            request = await work.requests.get(request_id)
            if request is None or request.state is not State.CARRYING_OUT:
                return
            now = context.now()
            within = context.register.contract.hand_days
            tasks = asked(request.tasks, positions, at=now, within=within, asks=asks)
            if tasks == request.tasks:
                return
            waiting = replace(request, tasks=tasks)
            await work.audit.append(
                "hand.asked",
                at=now,
                actor=None,
                request_id=request.id,
                params={"positions": list(positions)},
            )
            await tell_desk(
                work, waiting, context.register, Message.HAND_ASKED, occasion=now.isoformat()
            )
            remind = RemindHands(request_id=request.id, count=1)
            await work.jobs.enqueue(remind, at=reminder_at(now, within))
            await work.jobs.enqueue(RefreshCards(request_id=request.id))
            await work.requests.save(waiting)

        await context.store.run(act)


class RemindOfHands:
    """Remind the service desk of steps that are overdue, and go on doing so."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, job: RemindHands) -> None:
        """Send the reminder that is due, if a step still waits for a person."""
        context = self._context

        async def act(work: Work) -> None:
            request = await work.requests.get(job.request_id)
            if request is None or request.state is not State.CARRYING_OUT:
                return
            if not open_tasks(request.tasks):
                return
            occasion = str(job.count)
            await tell_desk(
                work, request, context.register, Message.HAND_REMINDER, occasion=occasion
            )
            await work.jobs.enqueue(
                replace(job, count=job.count + 1),
                at=reminder_at(context.now(), context.register.contract.remind_after),
            )

        await context.store.run(act)


class HandWork:
    """What somebody of the service desk says of one step that waits for a person.

    Each may raise:
        NotAMemberError, NotInvolvedError, NotEntitledError, OwnAccountError: Only the service
            desk, and nobody an order of their own.
        TaskGoneError: The step no longer waits.
        DirectoryUnavailableError: The directory did not answer.
    """

    def __init__(self, context: Context) -> None:
        self._context = context

    async def take(self, actor: ObjectId, request_id: RequestId, position: int) -> MutationRequest:
        """Say that one does it; doing it twice is doing it once.

        Raises:
            TaskTakenError: Somebody else does it.
        """
        helper = await self._enter(actor, request_id)
        by = party_of(helper.person)

        async def act(work: Work, request: MutationRequest) -> MutationRequest:
            tasks = taken(request.tasks, position, by)
            if tasks != request.tasks:
                await self._note(work, request, "hand.taken", actor, position)
            return replace(request, tasks=tasks)

        return await self._change(helper, request_id, act)

    async def report(
        self, actor: ObjectId, request_id: RequestId, position: int, *, evidence: str
    ) -> MutationRequest:
        """Say that it was done; the work goes on by reading that back (R10).

        The same person saying the same once more gets the same answer, however far the request
        has come since.

        Raises:
            MissingWordsError: Nothing was said of what was done.
        """
        words = _words(evidence)
        helper = await self._enter(actor, request_id)
        by = party_of(helper.person)

        async def act(work: Work, request: MutationRequest) -> MutationRequest:
            done = Done(by=by, at=self._context.now(), evidence=words)
            tasks = reported(request.tasks, position, done)
            if tasks != request.tasks:
                await self._note(work, request, "hand.done", actor, position)
                job = CarryOut(request_id=request.id, account=request.subject.object_id)
                await work.jobs.enqueue(job)
            return replace(request, tasks=tasks)

        return await self._change(helper, request_id, act)

    async def decline(
        self, actor: ObjectId, request_id: RequestId, position: int, *, reason: str
    ) -> MutationRequest:
        """Say that it cannot be done: the work stops, and asks anew when it is resumed.

        The same person saying the same once more, while it stands still for that, gets the same
        answer.

        Raises:
            MissingWordsError: No reason was given.
        """
        words = _words(reason)
        helper = await self._enter(actor, request_id)

        async def act(work: Work) -> MutationRequest:
            request = await helper.look(work, request_id)
            params = {"name": helper.person.name, "reason": words}
            stopped_for = request.attention
            if stopped_for and (stopped_for.key, stopped_for.params) == (HAND_DECLINED, params):
                return request
            open_task(request.tasks, position)
            assert request.plan is not None
            await self._note(work, request, "hand.declined", actor, position)
            attention = Attention(
                step=request.plan.steps[position].name,
                key=HAND_DECLINED,
                params=params,
                since=self._context.now(),
            )
            stopped = replace(request, tasks=forgotten(request.tasks, (position,)))
            return await call_person(work, self._context, stopped, attention)

        return await self._context.store.run(act)

    async def _enter(self, actor: ObjectId, request_id: RequestId) -> Actor:
        helper = await Actor.enter(self._context, actor, Role.SERVICE_DESK)
        await helper.seen_by_another(request_id)
        return helper

    async def _change(
        self,
        helper: Actor,
        request_id: RequestId,
        change: Callable[[Work, MutationRequest], Awaitable[MutationRequest]],
    ) -> MutationRequest:
        async def act(work: Work) -> MutationRequest:
            request = await helper.look(work, request_id)
            changed = await change(work, request)
            if changed == request:
                return request
            await work.jobs.enqueue(RefreshCards(request_id=request.id))
            return await work.requests.save(changed)

        return await self._context.store.run(act)

    async def _note(
        self, work: Work, request: MutationRequest, kind: str, actor: ObjectId, position: int
    ) -> None:
        await work.audit.append(
            kind,
            at=self._context.now(),
            actor=actor,
            request_id=request.id,
            params={"position": position},
        )


def _words(text: str) -> str:
    words = text.strip()
    if not words:
        raise MissingWordsError
    return words
