"""What time brings: preconditions that come to hold, reminders, and requests that end unused."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from mutations.authority import deciders_of
from mutations.checking_off import data_ends_on
from mutations.clock import local_date
from mutations.directory import PoolCount
from mutations.identity import RequestId
from mutations.jobs import (
    CheckPreconditions,
    Deliver,
    ExpireRequest,
    Message,
    RefreshCards,
    RemindDeciders,
    RemindRequester,
)
from mutations.licences import count_pools, reserve
from mutations.life_cycle import State
from mutations.ports import Work
from mutations.register import Contract
from mutations.request import Checks, EntitlementCheck, MutationRequest, SetAside
from mutations.timers import day_begins, reminder_at
from mutations.transitions import expire, record_checks
from mutations.use_cases.context import Context
from mutations.use_cases.membership import look_aside
from mutations.use_cases.settle import in_round, settle, tell
from mutations.working_days import add_working_days

_WAITING = (State.SUBMITTED, State.TO_CONFIRM)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What one look showed."""

    entitled: bool
    counts: Mapping[str, PoolCount]
    set_aside: SetAside


class Recheck:
    """Look again at the directory and the licence pools, and order when all is well."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, job: CheckPreconditions) -> None:
        """Record what shows now; looks again later for as long as the request waits.

        Raises:
            DirectoryUnavailableError: The directory did not answer; the job is tried again.
        """
        context = self._context
        request = await context.store.read(lambda now: now.requests.get(job.request_id))
        if request is None or request.state not in _WAITING:
            return
        colleague = await context.directory.person(request.subject.object_id)
        counts = await count_pools(
            context.directory, context.register, entity=request.target, profile=request.profile
        )
        entitled = colleague is not None and request.target in colleague.entitlements
        aside = await look_aside(
            context.directory,
            context.register,
            request.source,
            parties=(request.requester, request.subject),
        )
        seen = _Seen(entitled=entitled, counts=counts, set_aside=aside)
        await context.store.run(lambda work: self._record(work, job.request_id, seen))

    async def _record(self, work: Work, request_id: RequestId, seen: _Seen) -> None:
        context = self._context
        now = context.now()
        request = await work.requests.get(request_id)
        if request is None or request.state not in _WAITING:
            return
        before = request.checks
        assert before is not None
        licences = await reserve(
            work, request_id, request.target, seen.counts, at=now, before=before.licences
        )
        same = before.entitlement.holds == seen.entitled
        since = before.entitlement.since if same else now
        entitlement = EntitlementCheck(holds=seen.entitled, since=since, checked_at=now)
        checks = Checks(entitlement=entitlement, licences=licences)
        looked = replace(record_checks(request, checks), set_aside=seen.set_aside)
        settled = await settle(work, looked, at=now)
        if settled.state in _WAITING:
            await work.jobs.enqueue(
                CheckPreconditions(request_id=request_id), at=now + context.recheck_every
            )
            is_new = not same or before.licences.pools != licences.pools
            if is_new or request.set_aside != seen.set_aside:
                await work.jobs.enqueue(RefreshCards(request_id=request_id))
        await work.requests.save(settled)


class Remind:
    """Remind the people of the source entity, and go on doing so."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, job: RemindDeciders) -> None:
        """Send the reminder that is due, if a decision is still waited for."""
        context = self._context

        async def act(work: Work) -> None:
            request = await work.requests.get(job.request_id)
            if request is None or request.state is not State.SUBMITTED or request.decision:
                return
            deciders = deciders_of(request, context.register, on=context.today())
            if not deciders:
                await tell(work, request, Message.NO_DECIDER, occasion=str(job.count))
            for person in deciders:
                await work.jobs.enqueue(
                    Deliver(
                        request_id=request.id,
                        person=person,
                        message=Message.REMINDER,
                        occasion=in_round(request, str(job.count)),
                    )
                )
            await work.jobs.enqueue(
                replace(job, count=job.count + 1),
                at=reminder_at(context.now(), context.register.contract.remind_after),
            )

        await context.store.run(act)


class RemindOfConfirmation:
    """Remind a requester who has to confirm what was decided otherwise, and go on doing so."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, job: RemindRequester) -> None:
        """Send the reminder that is due, if the requester still has to answer."""
        context = self._context

        async def act(work: Work) -> None:
            request = await work.requests.get(job.request_id)
            if request is None or request.state is not State.TO_CONFIRM:
                return
            await tell(work, request, Message.CONFIRM_REMINDER, occasion=str(job.count))
            await work.jobs.enqueue(
                replace(job, count=job.count + 1),
                at=reminder_at(context.now(), context.register.contract.remind_after),
            )

        await context.store.run(act)


def expires_at(request: MutationRequest, contract: Contract) -> datetime:
    """Return when a request ends whose preconditions do not come; aware UTC.

    A checklist that is not finished ends as long after it began, or after its data was gone.
    """
    asked_at = request.anew.at if request.anew else request.created_at
    begins = max(request.effective_on, local_date(asked_at))
    if request.state is State.CHECKLIST:
        begins = max(begins, local_date(request.state_since), data_ends_on(request) or begins)
    return day_begins(add_working_days(begins, contract.expire_after))


class Expire:
    """End a request whose preconditions, or whose checklist, did not come in time."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, job: ExpireRequest) -> None:
        """End the request if it still waits; otherwise do nothing."""
        context = self._context

        async def act(work: Work) -> None:
            request = await work.requests.get(job.request_id)
            if request is None or request.state not in (*_WAITING, State.CHECKLIST):
                return
            if request.checklist is not None and request.checklist.is_complete:
                return  # it is closed by the look at the directory
            now = context.now()
            last = expires_at(request, context.register.contract)
            is_renewed = request.anew is not None or request.checklist is not None
            if is_renewed and now < last:  # the timer of an earlier round, or of before D
                await work.jobs.enqueue(job, at=last)
                return
            await work.reservations.release(request.id)
            await work.audit.append(
                "request.expired", at=now, actor=None, request_id=request.id, params={}
            )
            await tell(work, request, Message.EXPIRED)
            await work.requests.save(expire(request, at=now))

        await context.store.run(act)
