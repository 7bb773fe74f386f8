"""Asking the source entity again, because more would go than it was shown."""

from mutations.authority import deciders_of
from mutations.directory import Footprint
from mutations.jobs import CheckPreconditions, Deliver, ExpireRequest, Message, RemindDeciders
from mutations.plan import Plan
from mutations.ports import Work
from mutations.request import MutationRequest
from mutations.timers import reminder_at
from mutations.transitions import ask_anew
from mutations.use_cases.context import Context
from mutations.use_cases.settle import in_round, tell
from mutations.use_cases.watch import expires_at


async def ask_source_anew(
    work: Work, context: Context, request: MutationRequest, plan: Plan, footprint: Footprint
) -> MutationRequest:
    """Begin a new round of decisions and tell everybody; returns the request as it was saved."""
    now = context.now()
    asked = ask_anew(request, plan, footprint, at=now)
    assert asked.anew is not None
    more, contract = asked.anew.more, context.register.contract
    await work.audit.append(
        "request.asked_anew",
        at=now,
        actor=None,
        request_id=request.id,
        params={
            "round": asked.round,
            "digest": request.approved,
            "groups": [group.id for group in more.groups],
            "addresses": len(more.addresses),
            "mailbox": bool(more.mailbox),
        },
    )
    for person in deciders_of(asked, context.register, on=context.today()):
        await work.jobs.enqueue(
            Deliver(
                request_id=asked.id,
                person=person,
                message=Message.DECISION_ASKED,
                occasion=in_round(asked),
            )
        )
    await tell(work, asked, Message.ASKED_ANEW)
    await work.jobs.enqueue(
        CheckPreconditions(request_id=asked.id), at=now + context.recheck_every
    )
    await work.jobs.enqueue(
        RemindDeciders(request_id=asked.id, count=1), at=reminder_at(now, contract.remind_after)
    )
    await work.jobs.enqueue(ExpireRequest(request_id=asked.id), at=expires_at(asked, contract))
    return await work.requests.save(asked)
