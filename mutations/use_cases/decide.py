"""What the source entity and the requester decide."""

from mutations.authority import Role, deciders_of, require
from mutations.case_finder import Retention, find_case
from mutations.errors import DomainError
from mutations.identity import ObjectId, RequestId
from mutations.jobs import Deliver, Message, RefreshCards
from mutations.life_cycle import IllegalTransitionError, State
from mutations.plan import Plan
from mutations.ports import Work
from mutations.request import Decision, MutationRequest, Party
from mutations.transitions import (
    agreed_facts,
    confirm,
    decide,
    withdraw,
)
from mutations.use_cases.context import Context
from mutations.use_cases.propose import ORDERS, move_of
from mutations.use_cases.settle import settle, tell


class OldCardError(DomainError):
    """The card belongs to an earlier round of decisions."""

    message_key = "error.card.old"


class MissingReasonError(DomainError):
    """A refusal needs a reason that the requester can do something with."""

    message_key = "error.reason.missing"


class TooLateToWithdrawError(DomainError):
    """The work has begun or the request has ended."""

    message_key = "error.withdraw.late"


class DecideRetention:
    """Record what the source entity decides; the first valid decision stands."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(
        self,
        actor: ObjectId,
        request_id: RequestId,
        *,
        card_round: int,
        retention: Retention | None,
        reason: str = "",
    ) -> MutationRequest:
        """Return the request with the decision; `retention` None refuses the move.

        Who may decide is read from the register now. The same person repeating the same
        decision gets the same answer.

        Raises:
            NotInvolvedError, NotEntitledError: This person may not decide here.
            AlreadyDecidedError: A colleague was first, or the decision was another.
            OldCardError: The card is of an earlier round.
            MissingReasonError: A refusal without a reason.
            IllegalTransitionError: The request no longer waits for a decision.
        """
        if retention is None and not reason.strip():
            raise MissingReasonError
        context = self._context

        async def act(work: Work) -> MutationRequest:
            viewer = context.viewer(actor)
            request = require(await work.requests.get(request_id), viewer, Role.DECIDER)
            if _is_repeat(request, actor, retention):
                return request
            if request.round != card_round:
                raise OldCardError
            contact = deciders_of(request, context.register, on=context.today())[actor]
            decision = Decision(
                retention=retention,
                by=Party(object_id=actor, name=contact.name),
                at=context.now(),
                reason=reason.strip(),
            )
            return await self._record(work, request, decision)

        return await context.store.run(act)

    async def _record(
        self, work: Work, request: MutationRequest, decision: Decision
    ) -> MutationRequest:
        decided = decide(request, decision)
        await work.audit.append(
            "request.decided",
            at=decision.at,
            actor=decision.by.object_id,
            request_id=request.id,
            params={"retention": decision.retention, "round": request.round},
        )
        messages = {
            State.REJECTED: Message.REJECTED,
            State.TO_CONFIRM: Message.OUTCOME_TO_CONFIRM,
        }
        if decided.state is State.REJECTED:
            await work.reservations.release(request.id)
        settled = await settle(work, decided, at=decision.at)
        if settled.state is not State.SCHEDULED:
            await tell(work, decided, messages.get(decided.state, Message.DECIDED))
        return await work.requests.save(settled)


def _is_repeat(request: MutationRequest, actor: ObjectId, retention: Retention | None) -> bool:
    decision = request.decision
    return (
        decision is not None and decision.by.object_id == actor and decision.retention is retention
    )


class ConfirmOutcome:
    """Accept that the source entity decided otherwise than asked."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(
        self, actor: ObjectId, request_id: RequestId, *, card_round: int
    ) -> MutationRequest:
        """Return the request under its new outcome; doing it twice is doing it once.

        Raises:
            NotInvolvedError, NotEntitledError: Only the requester confirms.
            OldCardError: The card is of an earlier round.
            IllegalTransitionError: There is nothing to confirm.
            DirectoryUnavailableError: The accounts cannot be read for the new plan.
        """
        context = self._context

        async def look(work: Work) -> MutationRequest:
            viewer = context.viewer(actor)
            return require(await work.requests.get(request_id), viewer, Role.REQUESTER)

        seen = await context.store.run(look)
        if seen.state is not State.TO_CONFIRM and seen.agreed is not None:
            return seen
        if seen.round != card_round:
            raise OldCardError
        plan = await self._plan(seen)

        async def act(work: Work) -> MutationRequest:
            request = await look(work)
            if request.agreed is not None:
                return request
            now = context.now()
            confirmed = confirm(request, plan, at=now)
            await work.audit.append(
                "request.outcome_confirmed",
                at=now,
                actor=actor,
                request_id=request.id,
                params={"outcome": confirmed.outcome},
            )
            if confirmed.state is State.SELF_SERVICE:
                await work.reservations.release(request.id)
            settled = await settle(work, confirmed, at=now)
            await work.jobs.enqueue(RefreshCards(request_id=request.id))
            return await work.requests.save(settled)

        return await context.store.run(act)

    async def _plan(self, request: MutationRequest) -> Plan | None:
        colleague = await self._context.directory.person(request.subject.object_id)
        if request.state is not State.TO_CONFIRM:
            return None
        outcome = find_case(agreed_facts(request)).outcome
        if outcome not in ORDERS or colleague is None or colleague.entity is None:
            return None
        return await self._context.planner.plan(move_of(colleague, request.target, outcome))


class WithdrawRequest:
    """End a request because the requester no longer wants it."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, actor: ObjectId, request_id: RequestId) -> MutationRequest:
        """Return the withdrawn request; doing it twice is doing it once.

        Raises:
            NotInvolvedError, NotEntitledError: Only the requester withdraws.
            TooLateToWithdrawError: The work has begun or the request has ended.
        """
        context = self._context

        async def act(work: Work) -> MutationRequest:
            viewer = context.viewer(actor)
            request = require(await work.requests.get(request_id), viewer, Role.REQUESTER)
            if request.state is State.WITHDRAWN:
                return request
            now = context.now()
            try:
                withdrawn = withdraw(request, at=now)
            except IllegalTransitionError:
                raise TooLateToWithdrawError(number=request.number) from None
            await work.reservations.release(request.id)
            await work.audit.append(
                "request.withdrawn", at=now, actor=actor, request_id=request.id, params={}
            )
            if request.ordered_at is not None:
                await work.jobs.enqueue(
                    Deliver(
                        request_id=request.id,
                        person=request.subject.object_id,
                        message=Message.WITHDRAWN,
                    )
                )
            await work.jobs.enqueue(RefreshCards(request_id=request.id))
            return await work.requests.save(withdrawn)

        return await context.store.run(act)
