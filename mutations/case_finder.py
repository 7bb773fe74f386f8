"""Which work order applies: exactly one outcome for every combination of facts."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What the facts of a move lead to (rulebook, table "Which work order")."""

    A = "A"  # change of entity, data kept
    B = "B"  # change of entity, data not kept
    C = "C"  # change of administrative status, data kept
    D = "D"  # two free orders that the customer places itself
    P = "P"  # refused and referred to a project


class Retention(StrEnum):
    """What happens to mailbox and OneDrive together; there is no order for one of them (R12)."""

    KEEP = "keep"
    NOT_KEEP = "not_keep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that decides which order applies."""

    source_on_tenant: bool
    target_on_tenant: bool
    status_changes: bool
    retention: Retention


@dataclass(frozen=True, slots=True)
class Finding:
    """The one outcome, and the message key of the sentence that quotes the rule behind it."""

    outcome: Outcome
    reason: str


def find_case(facts: Facts) -> Finding:
    """Return the one outcome that the facts lead to, with its reason (rulebook A, B, C, D, P)."""
    if not (facts.source_on_tenant and facts.target_on_tenant):
        return Finding(Outcome.P, f"case.reason.P.{_outside(facts)}")
    kept = facts.retention is Retention.KEEP
    if facts.status_changes:
        outcome = Outcome.C if kept else Outcome.D
    else:
        outcome = Outcome.A if kept else Outcome.B
    return Finding(outcome, f"case.reason.{outcome}")


def _outside(facts: Facts) -> str:
    if facts.source_on_tenant:
        return "target"
    return "source" if facts.target_on_tenant else "both"
