"""Placing the order at the moment that everything holds, and telling those involved."""

from datetime import datetime

from mutations.authority import service_desk_of
from mutations.jobs import Deliver, Message, RefreshCards, StartOrder
from mutations.ports import Work
from mutations.register import Register
from mutations.request import MutationRequest
from mutations.timers import day_begins
from mutations.transitions import is_ready, order


async def settle(work: Work, request: MutationRequest, *, at: datetime) -> MutationRequest:
    """Order the work if the request is ready, and return it as it is to be saved."""
    if not is_ready(request):
        return request
    ordered = order(request, at=at)
    assert ordered.start_on is not None
    await work.audit.append(
        "request.ordered",
        at=at,
        actor=None,
        request_id=request.id,
        params={"outcome": request.outcome, "start_on": ordered.start_on.isoformat()},
    )
    await work.jobs.enqueue(
        StartOrder(request_id=request.id, account=request.subject.object_id),
        at=max(at, day_begins(ordered.start_on)),
    )
    await tell(work, ordered, Message.ORDERED)
    await work.jobs.enqueue(
        Deliver(
            request_id=request.id,
            person=request.subject.object_id,
            message=Message.COLLEAGUE_ANNOUNCED,
            occasion=in_round(ordered),
        )
    )
    return ordered


async def tell_desk(
    work: Work, request: MutationRequest, register: Register, message: Message, *, occasion: str
) -> None:
    """Write to everybody of the service desk who may help with this request."""
    for contact in service_desk_of(request, register):
        await work.jobs.enqueue(
            Deliver(
                request_id=request.id,
                person=contact.object_id,
                message=message,
                occasion=occasion,
            )
        )


async def tell(
    work: Work, request: MutationRequest, message: Message, *, occasion: str = ""
) -> None:
    """Tell the requester what happened and show the new state on every card sent before."""
    await work.jobs.enqueue(
        Deliver(
            request_id=request.id,
            person=request.requester.object_id,
            message=message,
            occasion=in_round(request, occasion),
        )
    )
    await work.jobs.enqueue(RefreshCards(request_id=request.id))


def in_round(request: MutationRequest, occasion: str = "") -> str:
    """Return what makes a message one of its own in each round of decisions."""
    return occasion if request.round == 1 else f"{request.round}/{occasion}"
