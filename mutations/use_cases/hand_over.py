"""A step that stopped becomes a task for a person, when the service desk asks for that."""

from mutations.authority import Role
from mutations.errors import DomainError
from mutations.handing_over import hand_over, to_hand_over
from mutations.identity import ObjectId, RequestId
from mutations.jobs import CarryOut, Message, RefreshCards, RemindHands
from mutations.life_cycle import State
from mutations.ports import Work
from mutations.request import MutationRequest
from mutations.timers import reminder_at
from mutations.use_cases.actor import Actor
from mutations.use_cases.context import Context
from mutations.use_cases.propose import party_of
from mutations.use_cases.settle import tell_desk


class NotStuckError(DomainError):
    """The step does not stand still, or is none that a person could do."""

    message_key = "error.hand_over.gone"


class HandOver:
    """Hand what stopped over to a person; the engine goes on with the rest and reads it back."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(
        self, actor: ObjectId, request_id: RequestId, position: int
    ) -> MutationRequest:
        """Return the request, being carried out again; doing it twice is doing it once.

        Args:
            actor: Who of the service desk asks it.
            request_id: Whose order.
            position: A step that the asker saw standing still; whatever else stands still with
                it goes along.

        Raises:
            NotAMemberError, NotInvolvedError, NotEntitledError, OwnAccountError: Only the service
                desk, and nobody an order of their own.
            NotStuckError: That step does not wait (any more), or no person could do it.
            DirectoryUnavailableError: The directory did not answer.
        """
        context = self._context
        helper = await Actor.enter(context, actor, Role.SERVICE_DESK)
        await helper.seen_by_another(request_id)
        by = party_of(helper.person)

        async def act(work: Work) -> MutationRequest:
            request = await helper.look(work, request_id)
            if _is_handed(request, position):
                return request
            if position not in to_hand_over(request):
                raise NotStuckError(number=request.number)
            within = context.register.contract.hand_days
            handed = hand_over(request, by=by, at=context.now(), within=within)
            await self._tell(work, request, handed, actor)
            return await work.requests.save(handed)

        return await context.store.run(act)

    async def _tell(
        self, work: Work, stopped: MutationRequest, handed: MutationRequest, actor: ObjectId
    ) -> None:
        context, now = self._context, self._context.now()
        over = stopped.attention.key if stopped.attention else ""
        await work.audit.append(
            "hand.handed_over",
            at=now,
            actor=actor,
            request_id=handed.id,
            params={"positions": list(to_hand_over(stopped)), "key": over},
        )
        account = handed.subject.object_id
        await work.jobs.enqueue(CarryOut(request_id=handed.id, account=account, resumed=True))
        occasion = now.isoformat()
        await tell_desk(work, handed, context.register, Message.HAND_ASKED, occasion=occasion)
        await work.jobs.enqueue(
            RemindHands(request_id=handed.id, count=1),
            at=reminder_at(now, context.register.contract.hand_days),
        )
        await work.jobs.enqueue(RefreshCards(request_id=handed.id))


def _is_handed(request: MutationRequest, position: int) -> bool:
    handed = {one.position for one in request.handed}
    return request.state is State.CARRYING_OUT and position in handed
