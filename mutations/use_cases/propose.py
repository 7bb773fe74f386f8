"""Working out what a complete draft leads to."""

from dataclasses import replace
from datetime import date, timedelta

from mutations.authority import deciders
from mutations.case_finder import Facts, Finding, Outcome, find_case
from mutations.directory import Person
from mutations.draft import Draft
from mutations.errors import DomainError
from mutations.identity import EntityCode, RequestId
from mutations.intake import (
    ColleagueGoneError,
    OwnTransferError,
    check_colleague,
    check_effective_on,
    check_move,
    check_target,
)
from mutations.licences import check_pools, count_pools
from mutations.party import Party
from mutations.plan import Move
from mutations.ports import Work
from mutations.proposal import Proposal
from mutations.register import Entity
from mutations.request import Checks, EntitlementCheck
from mutations.use_cases.context import Context
from mutations.use_cases.membership import look_aside, require_member, same_human
from mutations.working_days import add_working_days

ORDERS = frozenset({Outcome.A, Outcome.B, Outcome.C})


class NoDeciderError(DomainError):
    """Nobody of the source entity may decide on this request."""

    message_key = "error.no_decider"


class IncompleteDraftError(DomainError):
    """The draft still has an open question."""

    message_key = "error.card.old"


class ProposeMutation:
    """Show what a draft would lead to, without changing anything."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, draft: Draft) -> Proposal:
        """Return the order that applies, its reason, dates, preconditions and plan.

        Raises:
            AnswerError: An answer cannot stand (any more); it names its question.
            IncompleteDraftError: A question is open.
            NoDeciderError: The source entity has nobody who may decide.
            NotAMemberError: Who asks is a guest, or their account is gone or switched off.
            DirectoryUnavailableError: The directory did not answer.
        """
        if draft.open_question() is not None:
            raise IncompleteDraftError
        assert draft.colleague
        assert draft.target
        assert draft.effective_on
        assert draft.wish
        context = self._context
        today = context.today()
        days_ahead = context.register.contract.days_ahead
        check_effective_on(draft.effective_on, today=today, days_ahead=days_ahead)
        target = check_target(draft.target, draft.person, context.register, on=draft.effective_on)
        requester = await require_member(context.directory, draft.person)
        colleague = await context.directory.person(draft.colleague)
        if colleague is None:
            raise ColleagueGoneError(text=draft.colleague_name)
        check_colleague(colleague, draft.person)
        if same_human(requester, [colleague.employee_id]):
            raise OwnTransferError
        check_move(colleague, target, status_changes=bool(draft.status_changes))
        finding = find_case(self._facts(draft, colleague, target))
        proposal = await self._proposal(draft, colleague, finding, target.code)
        proposal = replace(proposal, requester_employee_id=requester.employee_id)
        return await self._with_deciders(proposal) if finding.outcome in ORDERS else proposal

    def _facts(self, draft: Draft, colleague: Person, target: Entity) -> Facts:
        source = self._source(colleague)
        assert draft.wish
        return Facts(
            source_on_tenant=source is not None and source.on_tenant and not colleague.is_guest,
            target_on_tenant=target.on_tenant,
            status_changes=bool(draft.status_changes),
            retention=draft.wish,
        )

    async def _proposal(
        self, draft: Draft, colleague: Person, finding: Finding, target: EntityCode
    ) -> Proposal:
        context = self._context
        contract, today = context.register.contract, context.today()
        assert draft.effective_on
        assert draft.wish
        start_on = max(draft.effective_on, today)
        is_order = finding.outcome in ORDERS
        plan = checks = None
        if is_order:
            checks = await self._checks(colleague, target)
            plan = await context.planner.plan(
                move_of(
                    colleague,
                    target,
                    finding.outcome,
                    onedrive_days=context.register.contract.onedrive_days,
                )
            )
        lead_time = contract.lead_times.get(finding.outcome)
        return Proposal(
            draft=draft,
            colleague=colleague,
            source=source.code if (source := self._source(colleague)) else None,
            target=target,
            effective_on=draft.effective_on,
            status_changes=bool(draft.status_changes),
            wish=draft.wish,
            finding=finding,
            start_on=start_on,
            ready_on=add_working_days(start_on, lead_time) if is_order and lead_time else None,
            onedrive_ends_on=self._onedrive_ends_on(finding.outcome, start_on),
            deciders=(),
            checks=checks,
            plan=plan,
            footprint=await context.directory.footprint(colleague.object_id),
        )

    def _source(self, colleague: Person) -> Entity | None:
        """Return where the colleague comes from; a guest has only an address to tell it by."""
        register = self._context.register
        if colleague.entity:
            return register.entity(colleague.entity)
        return register.entity_of_address(colleague.upn) if colleague.is_guest else None

    def _onedrive_ends_on(self, outcome: Outcome, start_on: date) -> date | None:
        """Return the day that order B sets; in D it follows from what the customer does when."""
        if outcome is not Outcome.B:
            return None
        return start_on + timedelta(days=self._context.register.contract.onedrive_days)

    async def _with_deciders(self, proposal: Proposal) -> Proposal:
        """Name those who will be asked: members, and other humans than requester and colleague."""
        context, register = self._context, self._context.register
        requester = Party(
            object_id=proposal.draft.person,
            name="",
            employee_id=proposal.requester_employee_id,
        )
        subject = party_of(proposal.colleague)
        aside = await look_aside(
            context.directory, register, proposal.source, parties=(requester, subject)
        )
        found = deciders(
            register,
            proposal.source,
            parties=frozenset({requester.object_id, subject.object_id}),
            set_aside=aside,
            on=context.today(),
        )
        if not found:
            entity = register.name_of(proposal.source) if proposal.source else ""
            raise NoDeciderError(entity=entity)
        names = tuple(contact.name for contact in found.values())
        return replace(proposal, deciders=names, set_aside=aside)

    async def _checks(self, colleague: Person, target: EntityCode) -> Checks:
        context = self._context
        now = context.now()
        counts = await count_pools(
            context.directory, context.register, entity=target, profile=colleague.profile
        )

        async def act(work: Work) -> dict[str, int]:
            nobody = RequestId(context.new_id())
            return dict(await work.reservations.held_by_others(nobody, target))

        return Checks(
            entitlement=EntitlementCheck(
                holds=target in colleague.entitlements, since=now, checked_at=now
            ),
            licences=check_pools(counts, await context.store.run(act), at=now),
        )


def party_of(person: Person) -> Party:
    """Return somebody as a request remembers them."""
    return Party(object_id=person.object_id, name=person.name, employee_id=person.employee_id)


def move_of(
    colleague: Person, target: EntityCode, outcome: Outcome, *, onedrive_days: int
) -> Move:
    """Return the move that a plan is made of; the colleague has a source entity on the tenant."""
    assert colleague.entity is not None
    return Move(
        subject=colleague.object_id,
        source=colleague.entity,
        target=target,
        outcome=outcome,
        onedrive_days=onedrive_days,
    )
