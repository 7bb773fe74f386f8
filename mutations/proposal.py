"""What a complete draft would lead to, worked out before anything is sent."""

from dataclasses import dataclass
from datetime import date

from mutations.case_finder import Finding, Retention
from mutations.directory import Footprint, Person
from mutations.draft import Draft
from mutations.identity import EntityCode
from mutations.plan import Plan
from mutations.request import NOBODY_ASIDE, Checks, SetAside


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A draft with everything that the requester should know before sending it.

    Attributes:
        source: Entity that owns the account now; None when the register does not know it.
        start_on: First day of the work if all preconditions held now.
        ready_on: Last day of the lead time on that condition; None without an order (D, P).
        onedrive_ends_on: Day from which OneDrive data is lost for good, where it is not kept.
        deciders: Names of those who will be asked; empty where nobody is asked (D, P).
        checks: The preconditions as they are now; None without an order.
        plan: What would change; None without an order.
        set_aside: Who of the register would not count.
        requester_employee_id: Number of the human who asks; empty when unknown.
    """

    draft: Draft
    colleague: Person
    source: EntityCode | None
    target: EntityCode
    effective_on: date
    status_changes: bool
    wish: Retention
    finding: Finding
    start_on: date
    ready_on: date | None
    onedrive_ends_on: date | None
    deciders: tuple[str, ...]
    checks: Checks | None
    plan: Plan | None
    footprint: Footprint
    set_aside: SetAside = NOBODY_ASIDE
    requester_employee_id: str = ""
