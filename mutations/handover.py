"""How far a supplier is with an order that was handed over to it; pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from mutations.identity import RequestId

_MOST_HEARD: Final = 500


class Asks(StrEnum):
    """What the supplier is asked."""

    ORDER = "order"  # carry the plan out
    TAKE_BACK = "take_back"  # bring back how it was before


class HandoverState(StrEnum):
    """What the supplier last said."""

    TO_SEND = "to_send"  # the portal has not said yet that it has the order
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    NEEDS_PERSON = "needs_person"
    DONE = "done"  # by the supplier's word: the bot still has to read it back


_ORDER: Final = tuple(HandoverState)


_BACK: Final = ".back"


def take_back_id(request_id: RequestId) -> str:
    """Return the id by which portal and bot call the taking back of an order."""
    return f"{request_id}{_BACK}"


def order_called(order: str) -> tuple[RequestId, Asks]:
    """Return whose order it is that the portal calls so, and what was asked with it."""
    if order.endswith(_BACK):
        return RequestId(order.removesuffix(_BACK)), Asks.TAKE_BACK
    return RequestId(order), Asks.ORDER


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What the supplier says that one step of the plan came to."""

    position: int
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """One order at a supplier, or the taking back of it.

    Attributes:
        asked_at: When it was last asked to go out; silence counts from then.
        reported: With `done` the supplier's word for each step of the order.
        told_at: When the supplier last told something, UTC; None until then.
        heard: Ids of the call-backs that were acted on; each works once.
    """

    asked_at: datetime
    asks: Asks = Asks.ORDER
    state: HandoverState = HandoverState.TO_SEND
    reported: tuple[Reported, ...] = ()
    told_at: datetime | None = None
    heard: tuple[str, ...] = ()

    def taken(self) -> "Handover":
        """Return it with the portal known to have the order; later states stay."""
        if self.state is HandoverState.TO_SEND:
            return replace(self, state=HandoverState.ACCEPTED)
        return self

    def again(self, at: datetime) -> "Handover":
        """Return it ready to go out once more; what is done stays done."""
        if self.state is HandoverState.DONE:
            return self
        return replace(self, state=HandoverState.TO_SEND, asked_at=at)

    def back(self, at: datetime) -> "Handover":
        """Return it with the order to be taken back; what was heard stays heard."""
        if self.asks is Asks.TAKE_BACK:
            return self.again(at)
        return Handover(asked_at=at, asks=Asks.TAKE_BACK, heard=self.heard)

    def told(
        self,
        message_id: str,
        state: HandoverState,
        reported: tuple[Reported, ...],
        *,
        at: datetime,
    ) -> "Handover":
        """Return it after a call-back; one that was heard before or is overtaken changes nothing.

        Work that stopped may go on; nothing else goes back.
        """
        if message_id in self.heard or self.state is HandoverState.DONE:
            return self
        goes_on = self.state is HandoverState.NEEDS_PERSON and state is HandoverState.IN_PROGRESS
        if not goes_on and _ORDER.index(state) < _ORDER.index(self.state):
            state = self.state
        heard = (*self.heard, message_id)[-_MOST_HEARD:]
        return replace(self, state=state, reported=reported, told_at=at, heard=heard)
