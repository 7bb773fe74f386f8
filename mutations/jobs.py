"""Work that follows a change: enqueued in its transaction, done afterwards."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol

from mutations.identity import ObjectId, RequestId


class Message(StrEnum):
    """Why somebody gets a message; `message.<value>` is its headline."""

    DECISION_ASKED = "decision_asked"
    ASKED_ANEW = "asked_anew"
    REMINDER = "reminder"
    NO_DECIDER = "no_decider"
    DECIDED = "decided"
    OUTCOME_TO_CONFIRM = "outcome_to_confirm"
    CONFIRM_REMINDER = "confirm_reminder"
    REJECTED = "rejected"
    ORDERED = "ordered"
    COLLEAGUE_ANNOUNCED = "colleague_announced"
    ATTENTION = "attention"
    HAND_ASKED = "hand_asked"
    HAND_REMINDER = "hand_reminder"
    UNDO_ASKED = "undo_asked"
    UNDONE = "undone"
    DONE = "done"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    SELF_SERVICE = "self_service"
    CHECKLIST_REMINDER = "checklist_reminder"
    CHECKLIST_ENDS = "checklist_ends"
    CHECKLIST_PASSED = "checklist_passed"
    RETENTION_ENDS = "retention_ends"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """Send one message to one person; `occasion` makes it unique within the request."""

    name: ClassVar[str] = "message.deliver"
    request_id: RequestId
    person: ObjectId
    message: Message
    occasion: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshCards:
    """Show the present state on every card that was sent about a request."""

    name: ClassVar[str] = "cards.refresh"
    request_id: RequestId


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPreconditions:
    """Look again whether the preconditions hold (R11, R13)."""

    name: ClassVar[str] = "preconditions.check"
    request_id: RequestId


@dataclass(frozen=True, slots=True, kw_only=True)
class RemindDeciders:
    """Remind the source entity that a decision is waited for."""

    name: ClassVar[str] = "decision.remind"
    request_id: RequestId
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RemindRequester:
    """Remind the requester that a changed outcome waits for a confirmation."""

    name: ClassVar[str] = "confirmation.remind"
    request_id: RequestId
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireRequest:
    """End a request whose preconditions did not come in time."""

    name: ClassVar[str] = "request.expire"
    request_id: RequestId


@dataclass(frozen=True, slots=True, kw_only=True)
class StartOrder:
    """Begin an order on its day; waits without holding up anything else about the account."""

    name: ClassVar[str] = "order.start"
    request_id: RequestId
    account: ObjectId


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryOut:
    """Carry out the order, one run per account at a time; `resumed` after a person helped."""

    name: ClassVar[str] = "order.carry_out"
    request_id: RequestId
    account: ObjectId
    resumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """Hand an order over to the portal of the supplier."""

    name: ClassVar[str] = "order.hand_over"
    request_id: RequestId


@dataclass(frozen=True, slots=True, kw_only=True)
class RemindHands:
    """Remind the service desk of steps that only a person can do."""

    name: ClassVar[str] = "hands.remind"
    request_id: RequestId
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckChecklist:
    """Look again what the directory shows of a checklist (D)."""

    name: ClassVar[str] = "checklist.check"
    request_id: RequestId


@dataclass(frozen=True, slots=True, kw_only=True)
class RemindChecklist:
    """Remind the requester of a checklist that is not finished (D)."""

    name: ClassVar[str] = "checklist.remind"
    request_id: RequestId


@dataclass(frozen=True, slots=True, kw_only=True)
class WarnOfRetentionEnd:
    """Warn that the OneDrive data of order B will soon be gone (R8)."""

    name: ClassVar[str] = "retention.warn"
    request_id: RequestId


Job = (
    Deliver
    | RefreshCards
    | CheckPreconditions
    | RemindDeciders
    | RemindRequester
    | ExpireRequest
    | StartOrder
    | CarryOut
    | HandOver
    | RemindHands
    | CheckChecklist
    | RemindChecklist
    | WarnOfRetentionEnd
)


class Jobs(Protocol):
    """The queue, as part of one transaction."""

    async def enqueue(self, job: Job, *, at: datetime | None = None) -> None:
        """Have `job` done once the transaction holds, not before `at` (aware; None: at once)."""
        ...
