"""Taking an order back that stopped halfway: asked by the service desk, ended when it is read."""

from dataclasses import replace

from mutations.authority import Role
from mutations.errors import DomainError
from mutations.identity import ObjectId, RequestId
from mutations.jobs import CarryOut, Deliver, HandOver, Message
from mutations.life_cycle import State
from mutations.ports import Work
from mutations.request import MutationRequest
from mutations.undoing import end_undo, may_undo, undo
from mutations.use_cases.actor import Actor
from mutations.use_cases.context import Context
from mutations.use_cases.propose import party_of
from mutations.use_cases.settle import tell


class NothingToUndoError(DomainError):
    """Nothing was begun, or the work does not wait for a person."""

    message_key = "error.undo.nothing"


class MissingUndoReasonError(DomainError):
    """Why an order is taken back has to be said."""

    message_key = "error.undo.reason"


class UndoWork:
    """Take back what an order changed, as far as that can be."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(
        self, actor: ObjectId, request_id: RequestId, *, reason: str
    ) -> MutationRequest:
        """Return the request, being taken back; doing it twice is doing it once.

        Raises:
            MissingUndoReasonError: No reason was given.
            NotAMemberError, NotInvolvedError, NotEntitledError, OwnAccountError: Only the service
                desk, and nobody an order of their own.
            NothingToUndoError: Nothing was begun, or the work does not wait for a person.
            DirectoryUnavailableError: The directory did not answer.
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
            if not may_undo(request):
                raise NothingToUndoError(number=request.number)
            now = context.now()
            undoing = undo(request, by=by, reason=words, at=now)
            if undoing.handover is not None:
                undoing = replace(undoing, handover=undoing.handover.back(now))
                await work.jobs.enqueue(HandOver(request_id=request.id))
            await work.audit.append(
                "work.undo_asked", at=now, actor=actor, request_id=request.id, params={}
            )
            await work.jobs.enqueue(
                CarryOut(request_id=request.id, account=request.subject.object_id)
            )
            await tell(work, undoing, Message.UNDO_ASKED, occasion=now.isoformat())
            return await work.requests.save(undoing)

        return await context.store.run(act)


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
