"""Taking an order back: asked by the service desk, ended when it is read."""

from dataclasses import replace

from mutations.authority import Role
from mutations.errors import DomainError
from mutations.identity import ObjectId, RequestId
from mutations.jobs import CarryOut, Deliver, HandOver, Message
from mutations.life_cycle import State
from mutations.ports import Reading, Work
from mutations.request import MutationRequest
from mutations.undoing import end_undo, may_undo, undo, undo_until
from mutations.use_cases.actor import Actor
from mutations.use_cases.context import Context
from mutations.use_cases.propose import party_of
from mutations.use_cases.settle import tell


class NothingToUndoError(DomainError):
    """Nothing was begun, or the work goes on."""

    message_key = "error.undo.nothing"


class UndoTooLateError(DomainError):
    """The term for taking back work that is done is over."""

    message_key = "error.undo.late"


class LaterRequestError(DomainError):
    """Another request about the same colleague came since: taking back would cross it."""

    message_key = "error.undo.later"


class StaleUndoError(DomainError):
    """The confirmation was about another state than the request is in."""

    message_key = "error.undo.stale"


class MissingUndoReasonError(DomainError):
    """Why an order is taken back has to be said."""

    message_key = "error.undo.reason"


class AskUndo:
    """Look whether an order can be taken back, for the question that comes before it."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, actor: ObjectId, request_id: RequestId) -> MutationRequest:
        """Return the request, if its work can be taken back now; changes nothing.

        Raises:
            NotAMemberError, NotInvolvedError, NotEntitledError, OwnAccountError: Only the service
                desk, and nobody an order of their own.
            NothingToUndoError: Nothing was begun, or the work goes on.
            UndoTooLateError: The work was done too long ago.
            LaterRequestError: Another request about the colleague came since.
            DirectoryUnavailableError: The directory did not answer.
        """
        helper = await Actor.enter(self._context, actor, Role.SERVICE_DESK)
        request = await helper.seen_by_another(request_id)
        await self._context.store.read(lambda now: _require(now, self._context, request))
        return request


class UndoWork:
    """Take back what an order changed, as far as that can be."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(
        self, actor: ObjectId, request_id: RequestId, *, seen: State, reason: str
    ) -> MutationRequest:
        """Return the request, being taken back; doing it twice is doing it once.

        Args:
            actor: Who of the service desk asks it.
            request_id: Whose order.
            seen: The state in which the asker saw it: stopped, or done.
            reason: Why, in their words.

        Raises:
            MissingUndoReasonError: No reason was given.
            StaleUndoError: The request is not as it was seen.
            NotAMemberError: And all that `AskUndo` raises.
        """
        words = reason.strip()
        if not words:
            raise MissingUndoReasonError
        context = self._context
        helper = await Actor.enter(context, actor, Role.SERVICE_DESK)
        await helper.seen_by_another(request_id)
        by = party_of(helper.person)

        async def act(work: Work) -> MutationRequest:
            request = await helper.look(work, request_id)
            if request.state is State.UNDOING:
                return request
            if request.state is not seen:
                raise StaleUndoError(number=request.number)
            await _require(work, context, request)
            now, within = context.now(), context.register.contract.undo_days
            undoing = undo(request, by=by, reason=words, at=now, within=within)
            if undoing.handover is not None:
                undoing = replace(undoing, handover=undoing.handover.back(now))
                await work.jobs.enqueue(HandOver(request_id=request.id))
            await work.audit.append(
                "work.undo_asked",
                at=now,
                actor=actor,
                request_id=request.id,
                params={"state": request.state},
            )
            await work.jobs.enqueue(
                CarryOut(request_id=request.id, account=request.subject.object_id)
            )
            await tell(work, undoing, Message.UNDO_ASKED, occasion=now.isoformat())
            return await work.requests.save(undoing)

        return await context.store.run(act)


async def _require(now: Reading, context: Context, request: MutationRequest) -> None:
    """Refuse to take back what cannot be (any more), with the reason."""
    within = context.register.contract.undo_days
    if not may_undo(request, at=context.now(), within=within):
        last = undo_until(request, within=within)
        if last is None:
            raise NothingToUndoError(number=request.number)
        raise UndoTooLateError(number=request.number, last=last)
    later = await now.requests.came_after(request)
    if later is not None:
        raise LaterRequestError(number=request.number, other=later.number)


class FinishUndo:
    """End a request whose every step was read back as it was before (R10)."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, request_id: RequestId) -> None:
        """Give back the reservation and tell everybody; doing it twice is doing it once."""
        context = self._context

        async def act(work: Work) -> None:
            request = await work.requests.get(request_id)
            if request is None or request.state is not State.UNDOING:
                return
            now = context.now()
            undone = end_undo(request, at=now)
            await work.reservations.release(request.id)
            await work.audit.append(
                "work.undone", at=now, actor=None, request_id=request.id, params={}
            )
            await tell(work, undone, Message.UNDONE)
            await work.jobs.enqueue(
                Deliver(
                    request_id=request.id,
                    person=request.subject.object_id,
                    message=Message.UNDONE,
                )
            )
            await work.requests.save(undone)

        await context.store.run(act)
