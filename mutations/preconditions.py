"""What must hold before an order is placed, as objects that say who must do what (R14)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mutations.request import MutationRequest, PoolNumbers


class Kind(StrEnum):
    """The three preconditions of the source page."""

    ENTITLEMENT = "entitlement"  # R11
    CONSULTATION = "consultation"  # R12
    LICENCES = "licences"  # R13


class Duty(StrEnum):
    """Whose duty a precondition is."""

    REQUESTER = "requester"
    SOURCE = "source"


@dataclass(frozen=True, slots=True, kw_only=True)
class Precondition:
    """One precondition as it stands.

    Attributes:
        holds: None while nobody has looked yet.
        since: Moment from which it holds or is missing, UTC; None before the first look.
        checked_at: Moment of the last look, UTC: how fresh the answer is.
        how: Message key that says how it is known (`precondition.how.<...>`).
        pools: The numbers behind the licences; empty for the other kinds.
    """

    kind: Kind
    duty: Duty
    holds: bool | None
    since: datetime | None
    checked_at: datetime | None
    how: str
    pools: tuple[PoolNumbers, ...] = ()


def preconditions_of(request: MutationRequest) -> tuple[Precondition, ...]:
    """Return the preconditions of a request, or none where no order is placed (D and P)."""
    checks = request.checks
    if checks is None:
        return ()
    entitlement, licences, decision = checks.entitlement, checks.licences, request.decision
    agreed = request.agreed is not None
    return (
        Precondition(
            kind=Kind.ENTITLEMENT,
            duty=Duty.REQUESTER,
            holds=entitlement.holds,
            since=entitlement.since,
            checked_at=entitlement.checked_at,
            how="directory",
        ),
        Precondition(
            kind=Kind.CONSULTATION,
            duty=Duty.REQUESTER if decision else Duty.SOURCE,
            holds=agreed,
            since=_consulted_since(request),
            checked_at=_consulted_since(request) if decision else None,
            how="decision" if decision else "asked",
        ),
        Precondition(
            kind=Kind.LICENCES,
            duty=Duty.REQUESTER,
            holds=licences.holds,
            since=licences.since,
            checked_at=licences.checked_at,
            how="pools",
            pools=licences.pools,
        ),
    )


def _consulted_since(request: MutationRequest) -> datetime:
    decided_at = request.decision.at if request.decision else request.created_at
    return request.agreed_at or decided_at
