"""Sending a draft: from here on it is a request with a number."""

from dataclasses import replace
from datetime import datetime

from mutations.authority import deciders_of, roles
from mutations.case_finder import Outcome
from mutations.checklist import Checklist
from mutations.clock import local_date
from mutations.draft import Draft
from mutations.errors import DomainError
from mutations.identity import RequestId
from mutations.jobs import CheckPreconditions, Deliver, ExpireRequest, Message, RemindDeciders
from mutations.licences import counted, reserve
from mutations.life_cycle import State
from mutations.party import Party
from mutations.ports import OpenRequestExistsError, Reading, Work
from mutations.proposal import Proposal
from mutations.request import Checks, MutationRequest, Terms
from mutations.timers import day_begins, reminder_at
from mutations.use_cases.checklist import begin_checklist
from mutations.use_cases.context import Context
from mutations.use_cases.drafts import NoDraftError
from mutations.use_cases.membership import require_member
from mutations.use_cases.propose import ProposeMutation, party_of
from mutations.working_days import add_working_days

_STATES = {Outcome.P: State.REFERRED, Outcome.D: State.CHECKLIST}


class OldDraftError(DomainError):
    """The draft was changed after the summary was shown."""

    message_key = "error.card.old"


class OpenRequestElsewhereError(DomainError):
    """The colleague has an open request that is not this person's business."""

    message_key = "error.request.elsewhere"


class SubmitRequest:
    """Turn a draft into a request; the draft's id becomes the request's, so twice is once."""

    def __init__(self, context: Context, propose: ProposeMutation) -> None:
        self._context = context
        self._propose = propose

    async def __call__(self, requester: Party, *, draft_id: str, version: int) -> MutationRequest:
        """Return the request that the draft became.

        Raises:
            NoDraftError: There is no such draft of this person.
            OldDraftError: The summary that was accepted shows an older version.
            NotAMemberError: A guest, or an account that is gone or switched off.
            OpenRequestExistsError: The colleague has an open request, which the requester sees.
            OpenRequestElsewhereError: The colleague has an open request of others.
            AnswerError, NoDeciderError, DirectoryUnavailableError: As when proposing.
        """
        await require_member(self._context.directory, requester.object_id)

        async def look(work: Work) -> tuple[MutationRequest | None, Draft | None]:
            draft = await work.drafts.get(requester.object_id)  # first: sending removes it
            return await work.requests.get(RequestId(draft_id)), draft

        sent, draft = await self._context.store.run(look)
        if sent is not None and sent.requester.object_id == requester.object_id:
            return sent
        proposal = await self._propose(
            _require_unchanged(draft, draft_id=draft_id, version=version)
        )
        try:
            return await self._send(requester, proposal)
        except OpenRequestExistsError as error:
            raise await self._second(requester, proposal) from error

    async def _second(self, requester: Party, proposal: Proposal) -> DomainError:
        """Return the refusal of a second request; only who is involved reads of which first."""

        async def look(now: Reading) -> MutationRequest | None:
            return await now.requests.open_for(proposal.colleague.object_id)

        context = self._context
        first = await context.store.read(look)
        if first is None or not roles(first, context.viewer(requester.object_id)):
            return OpenRequestElsewhereError()
        return OpenRequestExistsError(number=first.number)

    async def _send(self, requester: Party, proposal: Proposal) -> MutationRequest:
        context = self._context
        now = context.now()

        async def act(work: Work) -> MutationRequest:
            draft = proposal.draft
            current = await work.drafts.get(draft.person)
            sent = await work.requests.get(RequestId(draft.id))
            if sent is not None:
                return sent
            _require_unchanged(current, draft_id=draft.id, version=draft.version)
            request = await self._request(work, requester, proposal, at=now)
            if request.checks is not None:
                counts = counted(request.checks.licences)
                licences = await reserve(work, request.id, request.target, counts, at=now)
                request = replace(request, checks=replace(request.checks, licences=licences))
            await work.requests.add(request)
            await work.drafts.take(draft)
            await work.audit.append(
                f"request.{request.state}",
                at=now,
                actor=draft.person,
                request_id=request.id,
                params={"outcome": request.outcome, "target": request.target},
            )
            if request.checks is not None:
                await self._follow_up(work, request)
            if request.checklist is not None:
                await begin_checklist(work, request, context)
            return request

        return await context.store.run(act)

    async def _request(
        self, work: Work, requester: Party, proposal: Proposal, *, at: datetime
    ) -> MutationRequest:
        colleague, is_d = proposal.colleague, proposal.finding.outcome is Outcome.D
        return MutationRequest(
            id=RequestId(proposal.draft.id),
            number=await work.requests.next_number(local_date(at).year),
            version=1,
            round=1,
            state=_STATES.get(proposal.finding.outcome, State.SUBMITTED),
            state_since=at,
            created_at=at,
            requester=replace(requester, employee_id=proposal.requester_employee_id),
            subject=party_of(colleague),
            subject_upn=colleague.upn,
            profile=colleague.profile,
            source=proposal.source,
            target=proposal.target,
            effective_on=proposal.effective_on,
            status_changes=proposal.status_changes,
            wish=proposal.wish,
            outcome=proposal.finding.outcome,
            reason=proposal.finding.reason,
            terms=Terms.of(self._context.register.contract),
            footprint=proposal.footprint,
            checks=_renewed(proposal.checks, at),
            plan=proposal.plan,
            set_aside=proposal.set_aside,
            checklist=Checklist(status_before=colleague.status) if is_d else None,
        )

    async def _follow_up(self, work: Work, request: MutationRequest) -> None:
        context = self._context
        contract, today = context.register.contract, local_date(request.created_at)
        for person in deciders_of(request, context.register, on=today):
            await work.jobs.enqueue(
                Deliver(request_id=request.id, person=person, message=Message.DECISION_ASKED)
            )
        await work.jobs.enqueue(
            CheckPreconditions(request_id=request.id),
            at=request.created_at + context.recheck_every,
        )
        await work.jobs.enqueue(
            RemindDeciders(request_id=request.id, count=1),
            at=reminder_at(request.created_at, contract.remind_after),
        )
        last = add_working_days(max(request.effective_on, today), contract.expire_after)
        await work.jobs.enqueue(ExpireRequest(request_id=request.id), at=day_begins(last))


def _require_unchanged(draft: Draft | None, *, draft_id: str, version: int) -> Draft:
    """Return a person's draft if it is the one whose summary was accepted."""
    if draft is None or draft.id != draft_id:
        raise NoDraftError
    if draft.version != version:
        raise OldDraftError
    return draft


def _renewed(checks: Checks | None, at: datetime) -> Checks | None:
    if checks is None:
        return None
    return replace(checks, entitlement=replace(checks.entitlement, since=at, checked_at=at))
