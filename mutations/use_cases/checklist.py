"""The checklist of case D: ticked by the requester, looked at in the directory, reminded of."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Final

from mutations.authority import Role
from mutations.checking_off import (
    Nudge,
    close,
    data_ends_on,
    is_closable,
    look_at,
    next_nudge_at,
    nudge,
    signs,
    take_back,
    tick,
)
from mutations.checklist import Item, Said
from mutations.clock import local_date
from mutations.directory import Person
from mutations.identity import ObjectId, RequestId
from mutations.jobs import CheckChecklist, ExpireRequest, Message, RefreshCards, RemindChecklist
from mutations.life_cycle import State
from mutations.ports import Work
from mutations.request import MutationRequest
from mutations.use_cases.actor import Actor
from mutations.use_cases.context import Context
from mutations.use_cases.entitled import require_entitled
from mutations.use_cases.membership import employee_ids, same_human
from mutations.use_cases.propose import party_of
from mutations.use_cases.settle import tell
from mutations.use_cases.watch import expires_at

_NAMESAKES: Final = 50
_MESSAGES: Final[Mapping[Nudge, Message]] = MappingProxyType(
    {
        Nudge.BEGIN: Message.CHECKLIST_REMINDER,
        Nudge.FINISH: Message.CHECKLIST_ENDS,
        Nudge.PASSED: Message.CHECKLIST_PASSED,
    }
)


async def begin_checklist(work: Work, request: MutationRequest, context: Context) -> None:
    """Queue what keeps track of a checklist that begins now."""
    contract = context.register.contract
    await work.jobs.enqueue(CheckChecklist(request_id=request.id))
    await work.jobs.enqueue(
        RemindChecklist(request_id=request.id),
        at=next_nudge_at(request, contract, now=context.now()),
    )
    await work.jobs.enqueue(ExpireRequest(request_id=request.id), at=expires_at(request, contract))


class CheckOff:
    """What the requester says of the items of a checklist.

    Each may raise:
        NotAMemberError, NotInvolvedError, NotEntitledError, OwnAccountError: Only the requester,
            for as long as the register lets them ask for the new entity.
        IllegalTransitionError: No checklist is being worked on.
        NotNextError: The items have their sequence.
        DirectoryUnavailableError: The directory did not answer.
    """

    def __init__(self, context: Context) -> None:
        self._context = context

    async def done(
        self, actor: ObjectId, request_id: RequestId, item: Item, *, on: date | None = None
    ) -> MutationRequest:
        """Say that an item was done on a day in Brussels, today if none is named; twice is once.

        Raises:
            WrongDayError: The day does not fit.
        """
        requester = await self._enter(actor, request_id)
        now = self._context.now()
        said = Said(by=party_of(requester.person), at=now, on=on or local_date(now))
        return await self._change(
            requester, request_id, "checklist.done", item, lambda one: tick(one, item, said)
        )

    async def not_done(
        self, actor: ObjectId, request_id: RequestId, item: Item
    ) -> MutationRequest:
        """Take back what was said last; twice is once."""
        requester = await self._enter(actor, request_id)
        return await self._change(
            requester, request_id, "checklist.taken_back", item, lambda one: take_back(one, item)
        )

    async def _enter(self, actor: ObjectId, request_id: RequestId) -> Actor:
        requester = await Actor.enter(self._context, actor, Role.REQUESTER)
        seen = await requester.seen(request_id)
        await require_entitled(self._context, requester.person, seen)
        return requester

    async def _change(
        self,
        requester: Actor,
        request_id: RequestId,
        kind: str,
        item: Item,
        change: Callable[[MutationRequest], MutationRequest],
    ) -> MutationRequest:
        context = self._context

        async def act(work: Work) -> MutationRequest:
            request = await requester.look(work, request_id)
            if _is_closed_as_said(request, kind):
                return request
            changed = change(request)
            if changed == request:
                return request
            await work.audit.append(
                kind,
                at=context.now(),
                actor=requester.person.object_id,
                request_id=request.id,
                params={"item": item, **_day(changed, item)},
            )
            await begin_checklist(work, changed, context)
            await work.jobs.enqueue(RefreshCards(request_id=request.id))
            return await work.requests.save(changed)

        return await context.store.run(act)


def _is_closed_as_said(request: MutationRequest, kind: str) -> bool:
    """Tell whether a press on "done" comes again after the checklist was closed by it."""
    return request.state is State.SELF_SERVICE and kind == "checklist.done"


def _day(request: MutationRequest, item: Item) -> dict[str, str]:
    said = request.checklist.line(item).said if request.checklist else None
    return {"on": said.on.isoformat()} if said else {}


class LookAtChecklist:
    """Look what the directory shows of a checklist, and close it when all was done."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, job: CheckChecklist) -> None:
        """Record what shows now; looks again later for as long as the checklist is open.

        Raises:
            DirectoryUnavailableError: The directory did not answer; the job is tried again.
        """
        context = self._context
        request = await context.store.read(lambda now: now.requests.get(job.request_id))
        if request is None or request.state is not State.CHECKLIST:
            return
        accounts = await self._accounts(request)
        await context.store.run(lambda work: self._record(work, job, accounts))

    async def _accounts(self, request: MutationRequest) -> Sequence[Person]:
        """Return the colleague's accounts: the old one, and those with the same number."""
        directory, subject = self._context.directory, request.subject
        old = await directory.person(subject.object_id)
        numbers = await employee_ids(directory, subject)
        found = await directory.search(subject.name, limit=_NAMESAKES) if numbers else ()
        others = [
            one for one in found if one.object_id != subject.object_id and same_human(one, numbers)
        ]
        return others if old is None else [old, *others]

    async def _record(self, work: Work, job: CheckChecklist, accounts: Sequence[Person]) -> None:
        context = self._context
        now, contract = context.now(), context.register.contract
        request = await work.requests.get(job.request_id)
        if request is None or request.state is not State.CHECKLIST:
            return
        after = look_at(request, signs(request, accounts), at=now)
        await self._note(work, request, after)
        if is_closable(after, contract, now=now):
            after = close(after, at=now)
            await work.audit.append(
                "checklist.closed", at=now, actor=None, request_id=request.id, params=_seen(after)
            )
            await tell(work, after, Message.SELF_SERVICE)
        else:
            await work.jobs.enqueue(job, at=now + context.recheck_every)
        if after != request:
            await work.jobs.enqueue(RefreshCards(request_id=request.id))
            await work.requests.save(after)

    async def _note(self, work: Work, before: MutationRequest, after: MutationRequest) -> None:
        """Write down what is seen for the first time."""
        assert before.checklist is not None
        assert after.checklist is not None
        for line in after.checklist.lines:
            if line.seen_at is not None and before.checklist.line(line.item).seen_at is None:
                await work.audit.append(
                    "checklist.seen",
                    at=line.seen_at,
                    actor=None,
                    request_id=after.id,
                    params={"item": line.item},
                )


def _seen(request: MutationRequest) -> dict[str, object]:
    assert request.checklist is not None
    return {"seen": [line.item for line in request.checklist.lines if line.seen_at is not None]}


class RemindOfChecklist:
    """Remind the requester to begin, to finish before the data is gone, and once it is."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, job: RemindChecklist) -> None:
        """Send what is due today, once, and wait for what comes next."""
        context = self._context

        async def act(work: Work) -> None:
            request = await work.requests.get(job.request_id)
            if request is None:
                return
            now, contract = context.now(), context.register.contract
            due = nudge(request, contract, today=local_date(now))
            if due is not None:
                day = local_date(now) if due is Nudge.BEGIN else data_ends_on(request)
                await tell(work, request, _MESSAGES[due], occasion=str(day))
            at = next_nudge_at(request, contract, now=now)
            if at is not None:
                await work.jobs.enqueue(job, at=at)

        await context.store.run(act)
