"""The JSON document that proves one order: its members, as docs/evidence.schema.json has them.

Domain classes that stand in it unchanged are part of the format: when one of them gets another
member, the test against the schema says so, and the schema (and `FORMAT`, when readers would
break) changes with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from fulfilment.journal import StepState
from mutations.case_finder import Outcome, Retention
from mutations.checklist import Item
from mutations.hand_work import HandedOver, HandTask
from mutations.handover import Handover
from mutations.identity import EntityCode, ObjectId, RequestId, RequestNumber, Upn
from mutations.life_cycle import State
from mutations.plan import Plan
from mutations.preconditions import Duty, Kind
from mutations.request import Attention, StepResult, Terms, UndoOrder

FORMAT: Final = "mutatiebot.evidence/1"
"""Raised when a reader of the document would misread the new one."""


class Answer(StrEnum):
    """What the source entity answered."""

    KEEP = "keep"
    NOT_KEEP = "not_keep"
    REFUSED = "refused"


class Finding(StrEnum):
    """What does not fit; an auditor has to look at each."""

    AUDIT_CHANGED = "audit_changed"  # the audit is not as it was written
    NOT_IN_AUDIT = "not_in_audit"  # the audit knows no such decision
    NOT_AS_APPROVED = "not_as_approved"  # something else was begun than was decided
    OTHER_STEPS = "other_steps"  # the journal holds other steps than the plan
    OTHER_RESULTS = "other_results"  # the request tells other results than the journal
    NOT_VERIFIED = "not_verified"  # called done, while a step was not read back


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody by object id."""

    object_id: ObjectId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityRef:
    """An entity; the name is that of the register in use, or the code when it left that."""

    code: EntityCode
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The request itself; `version` and `state` say which moment of its life this is.

    Attributes:
        rule: Sentence that quotes the rule behind the outcome; empty for one that is not known.
        rule_key: Message key of that sentence.
    """

    id: RequestId
    number: RequestNumber
    version: int
    round: int
    life_cycle: int
    state: State
    state_since: datetime
    created_at: datetime
    requester: Person
    subject: Person
    subject_upn: Upn
    profile: str
    source: EntityRef | None
    target: EntityRef
    effective_on: date
    status_changes: bool
    wish: Retention
    outcome: Outcome
    rule_key: str
    rule: str
    terms: Terms
    restored_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """One licence pool as it was last counted for the request."""

    pool: str
    total: int
    in_use: int
    reserved: int
    free: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One precondition as it was last seen; see `mutations.preconditions.Precondition`."""

    kind: Kind
    duty: Duty
    holds: bool | None
    since: datetime | None
    checked_at: datetime | None
    how: str
    pools: tuple[Pool, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What the source entity decided; `reason` is exactly what that person typed."""

    by: Person
    at: datetime
    answer: Answer
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """What requester and source entity agree on."""

    retention: Retention
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Fingerprints of `mutations.approval`, None where there is none yet.

    Attributes:
        decided: Stored with the decision.
        decided_in_audit: Told by the audit row of the decision.
        agreed: Computed anew from the request as it is stored now.
        started_in_audit: Told by the audit row of the last start of the work.
        carried_out_as_approved: Whether all four are the same; None while nothing was begun.
    """

    decided: str | None
    decided_in_audit: str | None
    agreed: str | None
    started_in_audit: str | None
    carried_out_as_approved: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistLine:
    """One thing that the customer does itself; see `mutations.checklist.Line`.

    Attributes:
        done_on: Day that the requester named; None while they did not say it was done.
    """

    item: Item
    said_by: Person | None
    said_at: datetime | None
    done_on: date | None
    seen_at: datetime | None
    is_readable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistProof:
    """The checklist of case D.

    Attributes:
        status_is_readable: Whether the directory showed the administrative status before.
        data_ends_on: Day from which the data is gone; None while nothing was deactivated.
    """

    lines: tuple[ChecklistLine, ...]
    status_is_readable: bool
    data_ends_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """When the order was placed, runs and ends."""

    ordered_at: datetime | None
    start_on: date | None
    ready_on: date | None
    done_at: datetime | None
    onedrive_ends_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepProof:
    """One step from the journal; see `fulfilment.journal.Entry`.

    Attributes:
        before: Read before anything of the order was touched, as journalled.
        before_text: The same as a person reads it; empty for none.
        after: Read by the read that verified the step; None unless `is_verified`.
        after_text: The same as a person reads it; empty for none.
        planned_before: What the plan said; None when the plan has no such step there.
        attempts: Tries that ended in a passing failure since a person last looked.
        request_ids: Ids that Microsoft gave to the calls, where the journal has them.
        handed_over: Who gave the step to a person because the bot could not do it; None for none.
        by_hand: What was asked of a person and what they said; None for what needed nobody.
    """

    position: int
    name: str
    title: str
    target: str
    state: StepState
    is_verified: bool
    before: Mapping[str, object] | None
    before_text: str
    after: Mapping[str, object] | None
    after_text: str
    planned_before: str | None
    planned_after: str | None
    attempts: int
    intent_at: datetime | None
    written_at: datetime | None
    verified_at: datetime | None
    request_ids: tuple[str, ...]
    handed_over: HandedOver | None
    by_hand: HandTask | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """One row with all that its hash is made of (`store.audit_chain`), `at` written as there."""

    seq: int
    at: str
    actor: str | None
    request_id: str | None
    correlation_id: str | None
    kind: str
    params: Mapping[str, object]
    prev_hash: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """The first row of the audit that is not as it was written."""

    seq: int
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What the audit holds about the request.

    Attributes:
        rows_hold: Whether the chain from the first row of all to the last of these is whole.
        whole_holds: Whether the chain is whole to its end, and agrees with every anchor.
        is_anchored: Whether an anchor outside the database covers the last of these rows; None
            where no file of anchors is named.
    """

    rows: tuple[AuditLine, ...]
    rows_hold: bool
    whole_holds: bool
    fault: Broken | None
    is_anchored: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The document.

    Attributes:
        plan: What is, was or would have been carried out; made anew at the start of the work.
        checklist: Of case D; None for other outcomes.
        handover: What a supplier was asked and told; None where the bot does the work.
        steps: Empty while the work has not begun.
        results: What the request itself tells of the steps once it is done.
        undo: Who of the service desk had the work taken back, and why; None where nobody did.
        upheld_by: Who of the service desk let the work go on under a decision that had fallen.
        people: Names of everybody whose id stands in the document, where they are known.
        findings: What does not fit; empty when all does.
    """

    format: str = FORMAT
    request: Asked
    preconditions: tuple[Condition, ...]
    decision: Decided | None
    agreement: Agreed | None
    upheld_by: ObjectId | None
    approval: Approval
    plan: Plan | None
    checklist: ChecklistProof | None
    dates: Dates
    handover: Handover | None
    steps: tuple[StepProof, ...]
    results: tuple[StepResult, ...]
    attention: Attention | None
    undo: UndoOrder | None
    audit: Audit
    people: tuple[Person, ...]
    findings: tuple[Finding, ...]
