"""What the source entity and the requester decide."""

from mutations.approval import agreed_digest, shown_digest
from mutations.authority import NotEntitledError, Role, deciders, deciders_of, parties_of
from mutations.case_finder import Retention, find_case
from mutations.directory import Person
from mutations.errors import DomainError
from mutations.identity import ObjectId, RequestId
from mutations.jobs import Deliver, Message, RefreshCards, RemindRequester
from mutations.life_cycle import IllegalTransitionError, State
from mutations.party import Party
from mutations.plan import Plan
from mutations.ports import Reading, Work
from mutations.request import Decision, MutationRequest
from mutations.timers import reminder_at
from mutations.transitions import (
    agreed_facts,
    confirm,
    decide,
    withdraw,
)
from mutations.use_cases.actor import Actor
from mutations.use_cases.checklist import begin_checklist
from mutations.use_cases.context import Context
from mutations.use_cases.entitled import require_entitled
from mutations.use_cases.membership import look_aside
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

        Who may decide is read from the register and the directory now. The same person
        repeating the same decision in the same round gets the same answer, however far the
        request has come since.

        Raises:
            NotAMemberError: A guest, or an account that is gone or switched off.
            NotInvolvedError, NotEntitledError: This person may not decide here.
            AlreadyDecidedError, DecidedByYouError: It was decided before, and otherwise.
            OldCardError: The card is of an earlier round.
            MissingReasonError: A refusal without a reason.
            IllegalTransitionError: The request no longer waits for a decision.
            DirectoryUnavailableError: The directory did not answer.
        """
        context = self._context
        decider = await Actor.enter(context, actor, Role.DECIDER)
        seen = await decider.seen_by_another(request_id)
        await self._require_decider(decider.person, seen)

        async def act(work: Work) -> MutationRequest:
            request = await decider.look(work, request_id)
            if request.round != card_round:
                raise OldCardError
            decision = self._decision(request, actor, retention, reason.strip())
            if _is_same(request.decision, decision):
                return request
            if request.decision is None and retention is None and not decision.reason:
                raise MissingReasonError
            return await self._record(work, request, decision)

        return await context.store.run(act)

    async def _require_decider(self, person: Person, request: MutationRequest) -> None:
        """Refuse the deputy of somebody who turns out to be a party with another account."""
        context = self._context
        parties = (request.requester, request.subject)
        aside = await look_aside(
            context.directory, context.register, request.source, parties=parties
        )
        found = deciders(
            context.register,
            request.source,
            parties=parties_of(request),
            set_aside=aside,
            on=context.today(),
        )
        if person.object_id not in found:
            raise NotEntitledError(number=request.number)

    def _decision(
        self, request: MutationRequest, actor: ObjectId, retention: Retention | None, reason: str
    ) -> Decision:
        context = self._context
        contact = deciders_of(request, context.register, on=context.today()).get(actor)
        if contact is None:  # midnight passed and the deputy's last day with it
            raise NotEntitledError(number=request.number)
        return Decision(
            retention=retention,
            by=Party(object_id=actor, name=contact.name),
            at=context.now(),
            reason=reason,
        )

    async def _record(
        self, work: Work, request: MutationRequest, decision: Decision
    ) -> MutationRequest:
        decided = decide(request, decision)
        await work.audit.append(
            "request.decided",
            at=decision.at,
            actor=decision.by.object_id,
            request_id=request.id,
            params={
                "retention": decision.retention,
                "round": request.round,
                "digest": decided.approved,
                "shown": shown_digest(decided),
            },
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
        if settled.state is State.TO_CONFIRM:
            remind_after = self._context.register.contract.remind_after
            await work.jobs.enqueue(
                RemindRequester(request_id=request.id, count=1),
                at=reminder_at(decision.at, remind_after),
            )
        return await work.requests.save(settled)


def _is_same(made: Decision | None, again: Decision) -> bool:
    """Tell whether a press says again what the same person decided before."""
    return made is not None and (made.by.object_id, made.retention, made.reason) == (
        again.by.object_id,
        again.retention,
        again.reason,
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
            NotAMemberError: A guest, or an account that is gone or switched off.
            NotInvolvedError, NotEntitledError: Only the requester confirms, for as long as the
                register lets them ask for the new entity.
            OldCardError: The card is of an earlier round.
            IllegalTransitionError: There is nothing to confirm.
            DirectoryUnavailableError: The directory did not answer.
        """
        context = self._context
        requester = await Actor.enter(context, actor, Role.REQUESTER)

        async def look(now: Reading) -> MutationRequest:
            request = await requester.look(now, request_id)
            if request.round != card_round:
                raise OldCardError
            return request

        seen = await context.store.read(look)
        if seen.agreed is not None:
            return seen
        await require_entitled(context, requester.person, seen)
        colleague = await context.directory.person(seen.subject.object_id)
        plan = await self._plan(seen, colleague)
        status = colleague.status if colleague else ""

        async def act(work: Work) -> MutationRequest:
            request = await look(work)
            if request.agreed is not None:
                return request
            now = context.now()
            confirmed = confirm(request, plan, at=now, status=status)
            await work.audit.append(
                "request.outcome_confirmed",
                at=now,
                actor=actor,
                request_id=request.id,
                params={"outcome": confirmed.outcome, "digest": agreed_digest(confirmed)},
            )
            if confirmed.state is State.CHECKLIST:
                await work.reservations.release(request.id)
                await begin_checklist(work, confirmed, context)
            settled = await settle(work, confirmed, at=now)
            await work.jobs.enqueue(RefreshCards(request_id=request.id))
            return await work.requests.save(settled)

        return await context.store.run(act)

    async def _plan(self, request: MutationRequest, colleague: Person | None) -> Plan | None:
        if request.state is not State.TO_CONFIRM:
            return None
        outcome = find_case(agreed_facts(request)).outcome
        if outcome not in ORDERS or colleague is None or colleague.entity is None:
            return None
        move = move_of(
            colleague, request.target, outcome, onedrive_days=request.terms.onedrive_days
        )
        return await self._context.planner.plan(move)


class WithdrawRequest:
    """End a request because the requester no longer wants it."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, actor: ObjectId, request_id: RequestId) -> MutationRequest:
        """Return the withdrawn request; doing it twice is doing it once.

        Whoever sent a request may take it back, also when the register no longer lets them ask.

        Raises:
            NotAMemberError: A guest, or an account that is gone or switched off.
            NotInvolvedError, NotEntitledError: Only the requester withdraws.
            TooLateToWithdrawError: The work has begun or the request has ended.
            DirectoryUnavailableError: The directory did not answer.
        """
        context = self._context
        requester = await Actor.enter(context, actor, Role.REQUESTER)

        async def act(work: Work) -> MutationRequest:
            request = await requester.look(work, request_id)
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
            if request.ordered_at is not None or request.anew is not None:
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
