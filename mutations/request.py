"""A mutation request: everything the bot knows about one move of one person."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from mutations.case_finder import Outcome, Retention
from mutations.checklist import Checklist
from mutations.directory import Footprint
from mutations.hand_work import HandedOver, Tasks
from mutations.handover import Handover
from mutations.identity import EntityCode, ObjectId, RequestId, RequestNumber, Upn
from mutations.life_cycle import ENDS, LIFE_CYCLE_VERSION, State
from mutations.losses import AskedAnew, Losses
from mutations.party import Party
from mutations.plan import Plan
from mutations.register import Contract


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """People of the register without a say in one request, as the directory last showed them.

    Attributes:
        second_accounts: Other accounts of the requester or the colleague.
        outsiders: Guests, and people whose account is gone or switched off.
    """

    second_accounts: tuple[ObjectId, ...] = ()
    outsiders: tuple[ObjectId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoOrder:
    """Who of the service desk had the work taken back, when and why."""

    by: Party
    at: datetime
    reason: str


NOBODY_ASIDE: Final = SetAside()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The terms that a request was made under; a later contract does not change them."""

    version: str
    lead_times: Mapping[Outcome, int]
    onedrive_days: int
    recycle_bin_days: int

    @classmethod
    def of(cls, contract: Contract) -> "Terms":
        """Return the terms of the contract that is in force now."""
        return cls(
            version=contract.version,
            lead_times=dict(contract.lead_times),
            onedrive_days=contract.onedrive_days,
            recycle_bin_days=contract.recycle_bin_days,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the source entity decided (R12); `retention` is None when it refused the move."""

    retention: Retention | None
    by: Party
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntitlementCheck:
    """Whether the directory shows the new entity's code (R11)."""

    holds: bool
    since: datetime
    checked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolNumbers:
    """One licence pool counted for one request (R13); `reserved` is what other requests hold."""

    pool: str
    total: int
    in_use: int
    reserved: int

    @property
    def free(self) -> int:
        """Licences that nobody uses and no other request holds; negative when overdrawn."""
        return self.total - self.in_use - self.reserved


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceCheck:
    """Whether every pool of the target entity has a licence for the colleague (R13)."""

    pools: tuple[PoolNumbers, ...]
    since: datetime
    checked_at: datetime

    @property
    def holds(self) -> bool:
        """Tell whether each pool has at least one licence left for this request."""
        return all(pool.free >= 1 for pool in self.pools)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """The preconditions as they were last seen."""

    entitlement: EntitlementCheck
    licences: LicenceCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """Why a person is needed: the step, and a message key with parameters.

    Attributes:
        positions: Where in the plan steps stand still, whose state before is known; empty where
            something else stopped the work.
    """

    step: str
    key: str
    params: Mapping[str, object]
    since: datetime
    positions: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """One step of the order as it was read back (R10): values before and after.

    Attributes:
        verified_at: Moment of the read; None where the bot may not read.
        reported_by: Supplier on whose word alone it rests; empty when it was read back.
    """

    name: str
    title: str
    before: str
    after: str
    verified_at: datetime | None
    reported_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MutationRequest:
    """One request; a snapshot that transitions replace and never change.

    Attributes:
        version: Raised at every save; a save of an older version is refused.
        round: Raised when a decision is asked anew; a card of an older round is refused.
        source: Entity the colleague comes from; None when it is unknown to the register (P).
        outcome: The order that applies to what is agreed so far.
        agreed: What requester and source entity agree on, since `agreed_at`; None until they do.
        tasks: Steps that a person does by hand, as far as they were asked for.
        handed: Steps that stopped and that a person took over from the bot, for good.
        checklist: What the customer does itself in case D; None for other outcomes, and for
            checklists of before they were tracked.
        undo: Set from the moment that the work is taken back.
        handover: How far a supplier is that does the work; None where the bot does it.
        life_cycle: Version of the table of transitions that the state belongs to.
        start_on: Day on which the work starts, Brussels.
        ready_on: Last day of the lead time (R1).
        results: What was read back; empty until the work is done.
        onedrive_ends_on: Day from which OneDrive data of order B cannot be brought back (R8).
        checks: None for requests that never need them (D and P).
        set_aside: Who of the register does not count, beside the requester and the colleague.
        approved: Fingerprint of what the source entity decided on; see `mutations.approval`.
        shown: What the source entity was shown to go when it decided for order B; None for other
            orders, and for decisions of before this was kept.
        anew: Why the decision was last asked again; None while it never was.
        upheld_by: Who of the service desk asked the source entity again about a decision that
            no longer stood by the register, and let the work go on.
        restored_at: When it came out of a backup: what happened to it since is not known, so
            its work waits until somebody of the service desk has looked.
    """

    id: RequestId
    number: RequestNumber
    version: int
    round: int
    state: State
    state_since: datetime
    created_at: datetime
    requester: Party
    subject: Party
    subject_upn: Upn
    profile: str
    source: EntityCode | None
    target: EntityCode
    effective_on: date
    status_changes: bool
    wish: Retention
    outcome: Outcome
    reason: str
    terms: Terms
    footprint: Footprint
    checks: Checks | None = None
    plan: Plan | None = None
    decision: Decision | None = None
    agreed: Retention | None = None
    agreed_at: datetime | None = None
    ordered_at: datetime | None = None
    start_on: date | None = None
    ready_on: date | None = None
    attention: Attention | None = None
    results: tuple[StepResult, ...] = ()
    onedrive_ends_on: date | None = None
    done_at: datetime | None = None
    set_aside: SetAside = NOBODY_ASIDE
    approved: str = ""
    shown: Losses | None = None
    anew: AskedAnew | None = None
    upheld_by: ObjectId | None = None
    restored_at: datetime | None = None
    tasks: Tasks = ()
    handed: tuple[HandedOver, ...] = ()
    undo: UndoOrder | None = None
    checklist: Checklist | None = None
    handover: Handover | None = None
    life_cycle: int = LIFE_CYCLE_VERSION

    @property
    def rests_on_word(self) -> bool:
        """Tell whether some of the work was not read back, but reported by a supplier."""
        return any(one.verified_at is None for one in self.results)

    @property
    def is_open(self) -> bool:
        """Tell whether something can still happen to this request."""
        return self.state not in ENDS

    def moved(self, state: State, at: datetime, **changes: object) -> "MutationRequest":
        """Return this request in another state since `at`, with further changes."""
        return replace(self, state=state, state_since=at, **changes)  # type: ignore[arg-type]
