"""Orders that a supplier carries out: handed over to its portal, and what comes back of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mutations.handover import Asks, Handover, HandoverState, Reported
from mutations.identity import RequestId
from mutations.jobs import CarryOut, HandOver, RefreshCards
from mutations.life_cycle import State
from mutations.plan import Obstacle
from mutations.ports import Work
from mutations.request import Attention, MutationRequest
from mutations.transitions import resume
from mutations.use_cases.call_person import call_person
from mutations.use_cases.context import Context

PORTAL_STEP: Final = "portal"
PORTAL_AWAY: Final = "attention.portal_away"
PORTAL_REFUSED: Final = "attention.portal_refused"
PORTAL_SILENT: Final = "attention.portal_silent"
PORTAL_STOPPED: Final = "attention.portal_stopped"
NO_PORTAL: Final = Obstacle("attention.portal_none", {})

# What the supplier itself ends by going on.
_ENDED_BY_SUPPLIER: Final = frozenset({PORTAL_AWAY, PORTAL_SILENT, PORTAL_STOPPED})
_AT_WORK: Final = frozenset({State.CARRYING_OUT, State.UNDOING})
_UNDER_WAY: Final = frozenset({*_AT_WORK, State.ATTENTION})


PositionsOf = Callable[[MutationRequest], Sequence[int]]
"""Returns which steps of its plan an order asks of the supplier."""


class UnknownOrderError(Exception):
    """No order with this id was ever handed over."""


class OtherStepsError(Exception):
    """The steps that are reported are not those of the order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One call-back, of which the sender is known.

    Attributes:
        message_id: The same however often it is sent.
        order: Whose order.
        asks: Whether it is about the order or about taking it back.
        reason: Why a person is needed; the supplier's words.
        reported: With `done` what each step of the order came to.
    """

    message_id: str
    order: RequestId
    asks: Asks
    state: HandoverState
    reason: str = ""
    reported: tuple[Reported, ...] = ()


def goes_out(request: MutationRequest | None) -> bool:
    """Tell whether an order still has to be handed over."""
    if request is None or request.handover is None or request.restored_at is not None:
        return False
    if request.handover.state is not HandoverState.TO_SEND:
        return False
    attention = request.attention
    is_awaited = attention is not None and attention.key == PORTAL_AWAY
    return request.state in _AT_WORK or (request.state is State.ATTENTION and is_awaited)


class OrderTaken:
    """The portal has the order."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, request_id: RequestId) -> None:
        """Record it, and let work go on that had stopped for it; twice is once."""

        async def act(work: Work) -> None:
            request = await work.requests.get(request_id)
            if request is None or not goes_out(request) or request.handover is None:
                return
            await work.audit.append(
                "order.handed_over",
                at=self._context.now(),
                actor=None,
                request_id=request.id,
                params={},
            )
            taken = replace(request, handover=request.handover.taken())
            await _go_on(work, self._context, taken)

        await self._context.store.run(act)


class OrderNotTaken:
    """The portal refuses the order, or was not reached for hours."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, request_id: RequestId, *, code: str | None) -> None:
        """Call a person; twice is once.

        Args:
            request_id: Whose order.
            code: Why the portal refuses; None when it was not reached. A refused order is
                nowhere, so its requester may still withdraw; not so a refused taking back.
        """

        async def act(work: Work) -> None:
            request = await work.requests.get(request_id)
            if request is None or not goes_out(request):
                return
            if request.state not in _AT_WORK:
                return
            key = PORTAL_AWAY if code is None else PORTAL_REFUSED
            is_nowhere = code is not None and request.undo is None
            attention = Attention(
                step="" if is_nowhere else PORTAL_STEP,
                key=key,
                params={} if code is None else {"code": code},
                since=self._context.now(),
            )
            await call_person(work, self._context, request, attention)

        await self._context.store.run(act)


class HandOverAgain:
    """Let an order go out once more, after a person has helped."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, request_id: RequestId) -> None:
        """Queue it unless it is done; the portal sees the same order under the same key."""

        async def act(work: Work) -> None:
            request = await work.requests.get(request_id)
            if request is None or request.state not in _AT_WORK:
                return
            now = self._context.now()
            handover = request.handover or Handover(asked_at=now)
            handover = handover.again(now) if request.undo is None else handover.back(now)
            if handover.state is HandoverState.TO_SEND:
                await work.jobs.enqueue(HandOver(request_id=request.id))
            await work.requests.save(replace(request, handover=handover))

        await self._context.store.run(act)


class HearPortal:
    """What the portal says of an order."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, heard: Heard, *, asked: PositionsOf) -> None:
        """Record it and let the work go on, or call a person; a repeated call-back does nothing.

        Raises:
            UnknownOrderError: No such order was handed over.
            OtherStepsError: Done, but not with the steps of the order.
        """

        async def act(work: Work) -> None:
            request = await work.requests.get(heard.order)
            if request is None or request.handover is None or request.plan is None:
                raise UnknownOrderError
            if heard.asks is not request.handover.asks:
                if heard.asks is Asks.TAKE_BACK:
                    raise UnknownOrderError
                return  # overtaken: the order is being taken back
            is_done = heard.state is HandoverState.DONE
            if is_done and {one.position for one in heard.reported} != set(asked(request)):
                raise OtherStepsError
            now = self._context.now()
            handover = request.handover.told(heard.message_id, heard.state, heard.reported, at=now)
            if request.state not in _UNDER_WAY or handover == request.handover:
                return
            await work.audit.append(
                "order.reported",
                at=now,
                actor=None,
                request_id=request.id,
                params={"state": heard.state, "message": heard.message_id},
            )
            told = replace(request, handover=handover)
            is_news = handover.state is not request.handover.state
            if is_news and heard.state is HandoverState.NEEDS_PERSON:
                await self._stop(work, told, heard.reason)
            else:
                await _go_on(work, self._context, told)

        await self._context.store.run(act)

    async def _stop(self, work: Work, request: MutationRequest, reason: str) -> None:
        if request.state is State.ATTENTION:
            await work.requests.save(request)
            return
        attention = Attention(
            step=PORTAL_STEP,
            key=PORTAL_STOPPED,
            params={"reason": reason},
            since=self._context.now(),
        )
        await call_person(work, self._context, request, attention)


def silence() -> Obstacle:
    """Return why a person is called when nothing is heard after the lead time."""
    return Obstacle(PORTAL_SILENT, {})


async def _go_on(work: Work, context: Context, request: MutationRequest) -> None:
    """Save it, going on where the supplier ended what it had stopped for."""
    attention, now = request.attention, context.now()
    is_stuck = request.handover is not None and (
        request.handover.state is HandoverState.NEEDS_PERSON
    )
    if attention is not None and attention.key in _ENDED_BY_SUPPLIER and not is_stuck:
        request = resume(request, at=now)
        await work.audit.append(
            "work.resumed",
            at=now,
            actor=None,
            request_id=request.id,
            params={"key": attention.key},
        )
    if request.state in _AT_WORK:
        account = request.subject.object_id
        await work.jobs.enqueue(CarryOut(request_id=request.id, account=account))
    await work.jobs.enqueue(RefreshCards(request_id=request.id))
    await work.requests.save(request)
