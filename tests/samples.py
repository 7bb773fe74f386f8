"""A sample register, and requests, drafts and proposals in every state, for tests of cards."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Final

from mutations.case_finder import Facts, Outcome, Retention, find_case
from mutations.checklist import Checklist, Item, Line, Said
from mutations.directory import Access, Footprint, Person
from mutations.draft import Candidate, Draft
from mutations.identity import EntityCode, ObjectId, RequestId, RequestNumber, Upn
from mutations.life_cycle import State
from mutations.party import Party
from mutations.plan import Obstacle, Plan, PlannedStep, Route, Undo
from mutations.proposal import Proposal
from mutations.register import Approver, Contact, Contract, Entity, Register
from mutations.request import (
    Attention,
    Checks,
    Decision,
    EntitlementCheck,
    LicenceCheck,
    MutationRequest,
    PoolNumbers,
    StepResult,
    Terms,
    UndoOrder,
)
from mutations.status import Status, status_of
from mutations.working_days import add_working_days

NOW: Final = datetime(2026, 5, 11, 9, 0, tzinfo=UTC)
TODAY: Final = date(2026, 5, 11)
TOMORROW: Final = date(2026, 5, 12)


def contact(number: int, name: str, domain: str) -> Contact:
    """Return a person of the sample register."""
    local = name.lower().replace(" ", ".")
    return Contact(
        object_id=ObjectId(f"00000000-0000-4000-8000-{number:012d}"),
        name=name,
        upn=Upn(f"{local}@{domain}"),
    )


WATER: Final = "wegenwater.vlaanderen.example"
RUIMTE: Final = "omgevingruimte.vlaanderen.example"
MARLEEN: Final = contact(1, "Marleen Claes", RUIMTE)
ARNO: Final = contact(2, "Arno Wouters", WATER)
BRITT: Final = contact(3, "Britt Jacobs", WATER)
JAN: Final = contact(4, "Jan Peeters", WATER)
SOFIE: Final = contact(5, "Sofie De Smet", RUIMTE)
KAREL: Final = contact(6, "Karel Maes", RUIMTE)

SOURCE: Final = EntityCode("OVO000101")
TARGET: Final = EntityCode("OVO000102")
OUTSIDE: Final = EntityCode("OVO000106")

CONTRACT: Final = Contract(
    version="2020-01",
    lead_times=MappingProxyType({Outcome.A: 1, Outcome.B: 1, Outcome.C: 5}),
    onedrive_days=30,
    recycle_bin_days=30,
    days_ahead=365,
    remind_after=2,
    expire_after=20,
    warn_before=7,
    supplier="Werkplekleverancier",
    order_portal="het bestelportaal",
    service_delivery_manager=KAREL,
)


def entity(code: EntityCode, name: str, domain: str, *, on_tenant: bool = True) -> Entity:
    """Return an entity for which Marleen asks and Arno and Britt decide."""
    return Entity(
        code=code,
        name=name,
        domains=(domain,),
        on_tenant=on_tenant,
        requesters=(MARLEEN,),
        approvers=(Approver(contact=ARNO), Approver(contact=BRITT)),
        pools={"Kenniswerker": 40, "Delegate365": 60, "OASE": 60},
    )


ENTITIES: Final = (
    entity(SOURCE, "Agentschap Wegen en Water", WATER),
    entity(TARGET, "Departement Omgeving en Ruimte", RUIMTE),
    entity(OUTSIDE, "Vlaamse Haven Autoriteit", "haven.vlaanderen.example", on_tenant=False),
)
REGISTER: Final = Register(
    entities={one.code: one for one in ENTITIES}, service_desk=(SOFIE,), contract=CONTRACT
)

FOOTPRINT: Final = Footprint(
    groups=(
        Access(name="Projectgroep Dijken", owners=("Els Claes", "Bert Smits")),
        Access(name="Werkgroep Veiligheid", owners=("Arno Wouters",)),
        Access(name="Lezersclub", owners=()),
    ),
    sites=(
        Access(name="Intranet Water", owners=("Britt Jacobs",)),
        Access(name="Dossiers Dijken", owners=("Els Claes",)),
    ),
)

OLD_UPN: Final = JAN.upn
NEW_UPN: Final = f"jan.peeters@{RUIMTE}"
ALIASES: Final = f"jpeeters@{WATER}\njan.peeters.oud@{WATER}"


_UNDO: Final = MappingProxyType(
    {
        "mailbox.aliases_kept": Undo.NOTHING,
        "groups.kept": Undo.NOTHING,
        "account.licence": Undo.HAND,
    }
)
"""How steps go back that do not do so by themselves; the same as their types say."""


def step(name: str, before: str, after: str, title: str = "") -> PlannedStep:
    """Return a planned step."""
    return PlannedStep(
        name=name,
        target="x",
        title=title,
        before=before,
        after=after,
        args={},
        undo=_UNDO.get(name, Undo.BACK),
    )


_UPN = step("account.upn", OLD_UPN, NEW_UPN)
_ENTITY = step("account.entity", ENTITIES[0].name, ENTITIES[1].name)
_NEW_ACCOUNT = replace(step("account.new", "", ENTITIES[1].name), route=Route.HAND, undo=Undo.HAND)
_MIGRATION = replace(
    step("data.migration", OLD_UPN, ENTITIES[1].name), route=Route.HAND, undo=Undo.NEVER
)
PLANS: Final[Mapping[Outcome, Plan]] = MappingProxyType(
    {
        Outcome.A: Plan(
            steps=(
                _UPN,
                _ENTITY,
                step("mailbox.aliases_kept", ALIASES, f"{ALIASES}\n{OLD_UPN}"),
                step("groups.kept", "Lezersclub\nIntranet Water", "Lezersclub\nIntranet Water"),
            )
        ),
        Outcome.B: Plan(
            steps=(
                step("mailbox.litigation_hold", "", "Litigation hold"),
                *(
                    step("groups.leave", group.name, "", title=group.name)
                    for group in FOOTPRINT.groups
                ),
                step("mailbox.aliases", ALIASES, ""),
                _UPN,
                step("mailbox.old_address", OLD_UPN, ""),
                _ENTITY,
                step("onedrive.retention_record", "", "30 d"),
            )
        ),
        Outcome.C: Plan(
            steps=(
                step("mailbox.litigation_hold", "", "Litigation hold"),
                _NEW_ACCOUNT,
                step("account.licence", "", "Kenniswerker"),
                step("account.block", OLD_UPN, ""),
                _MIGRATION,
                replace(step("account.entity", "", ENTITIES[1].name), undo=Undo.HAND),
            )
        ),
    }
)
_KINDS: Final = ("dynamic", "synced", "role", "licensing")
BY_HAND: Final = Plan(
    steps=tuple(
        replace(one, route=Route.HAND, undo=Undo.HAND)
        for one in (
            *(
                replace(
                    step("groups.leave", "Lezersclub", "", title="Lezersclub"), args={"kind": kind}
                )
                for kind in _KINDS
            ),
            step("account.upn", OLD_UPN, NEW_UPN),
            step("account.entity", ENTITIES[0].name, ENTITIES[1].name),
            step("mailbox.aliases", ALIASES, ""),
            step("mailbox.old_address", OLD_UPN, ""),
            _NEW_ACCOUNT,
            _MIGRATION,
            step("account.block", OLD_UPN, ""),
            step("account.deactivate", OLD_UPN, ""),
        )
    )
)
"""Each step that a person may have to do."""
BY_PROGRAM: Final = Plan(
    steps=(
        step("mailbox.litigation_hold", "", "Litigation hold"),
        step("groups.leave", "Lezersclub", "", title="Lezersclub"),
        step("mailbox.aliases", ALIASES, ""),
        _UPN,
        step("mailbox.old_address", OLD_UPN, ""),
        _ENTITY,
        step("mailbox.aliases_kept", ALIASES, f"{ALIASES}\n{OLD_UPN}"),
        step("groups.kept", "Lezersclub\nIntranet Water", "Lezersclub\nIntranet Water"),
        step("account.licence", "", "Kenniswerker"),
        step("account.block", OLD_UPN, ""),
        step("account.deactivate", OLD_UPN, ""),
    )
)
"""Each step that a person may have to take over."""
BLOCKED: Final = Plan(
    steps=PLANS[Outcome.A].steps,
    obstacles=(Obstacle("plan.obstacle.upn_taken_deleted", {"address": NEW_UPN}),),
)


def checks(*, entitled: bool = True, free: int = 5) -> Checks:
    """Return the preconditions as they were last seen."""
    pools = tuple(
        PoolNumbers(pool=pool, total=total, in_use=total - free - 1, reserved=1)
        for pool, total in (("Kenniswerker", 40), ("Delegate365", 60), ("OASE", 60))
    )
    since = NOW - timedelta(days=4)
    return Checks(
        entitlement=EntitlementCheck(holds=entitled, since=since, checked_at=NOW),
        licences=LicenceCheck(pools=pools, since=since, checked_at=NOW),
    )


STATUS_AND_WISH: Final[Mapping[Outcome, tuple[bool, Retention]]] = MappingProxyType(
    {
        Outcome.A: (False, Retention.KEEP),
        Outcome.B: (False, Retention.NOT_KEEP),
        Outcome.C: (True, Retention.KEEP),
        Outcome.D: (True, Retention.NOT_KEEP),
        Outcome.P: (False, Retention.KEEP),
    }
)

EMPTY_DRAFT: Final = Draft(id="d" * 32, person=MARLEEN.object_id)
FULL_DRAFT: Final = Draft(
    id="d" * 32,
    person=MARLEEN.object_id,
    version=5,
    colleague=JAN.object_id,
    colleague_name=JAN.name,
    target=TARGET,
    effective_on=TOMORROW,
    status_changes=False,
    wish=Retention.KEEP,
)
CANDIDATES: Final = tuple(
    Candidate(
        object_id=ObjectId(f"00000000-0000-4000-8000-{number:012d}"),
        name="Jan Peeters",
        upn=f"jan.peeters{number}@{WATER}",
        entity=SOURCE,
    )
    for number in range(4, 16)
)


def colleague(name: str = JAN.name) -> Person:
    """Return the colleague as the directory shows them."""
    return Person(
        object_id=JAN.object_id,
        name=name,
        upn=JAN.upn,
        entity=SOURCE,
        entitlements=frozenset({TARGET}),
        profile="Kenniswerker",
        status="ambtenaar",
    )


def _ready_on(outcome: Outcome) -> date:
    return add_working_days(TOMORROW, CONTRACT.lead_times[outcome])


def proposal(outcome: Outcome, *, plan: Plan | None = None, entitled: bool = True) -> Proposal:
    """Return what a complete draft leads to."""
    status_changes, wish = STATUS_AND_WISH[outcome]
    target = OUTSIDE if outcome is Outcome.P else TARGET
    is_order = outcome in PLANS
    return Proposal(
        draft=replace(FULL_DRAFT, status_changes=status_changes, wish=wish, target=target),
        colleague=colleague(),
        source=SOURCE,
        target=target,
        effective_on=TOMORROW,
        status_changes=status_changes,
        wish=wish,
        finding=find_case(
            Facts(
                source_on_tenant=True,
                target_on_tenant=outcome is not Outcome.P,
                status_changes=status_changes,
                retention=wish,
            )
        ),
        start_on=TOMORROW,
        ready_on=_ready_on(outcome) if is_order else None,
        onedrive_ends_on=TOMORROW + timedelta(days=30) if outcome is Outcome.B else None,
        deciders=(ARNO.name, BRITT.name) if is_order else (),
        checks=checks(entitled=entitled) if is_order else None,
        plan=plan or PLANS.get(outcome),
        footprint=FOOTPRINT,
    )


def submitted(outcome: Outcome = Outcome.A) -> MutationRequest:
    """Return a request at the moment it was sent."""
    made = proposal(outcome)
    states = {Outcome.P: State.REFERRED, Outcome.D: State.CHECKLIST}
    return MutationRequest(
        id=RequestId("a" * 32),
        number=RequestNumber("M-2026-00042"),
        version=1,
        round=1,
        state=states.get(outcome, State.SUBMITTED),
        state_since=NOW - timedelta(days=4),
        created_at=NOW - timedelta(days=4),
        requester=Party(object_id=MARLEEN.object_id, name=MARLEEN.name),
        subject=Party(object_id=JAN.object_id, name=JAN.name),
        subject_upn=JAN.upn,
        profile="Kenniswerker",
        source=SOURCE,
        target=made.target,
        effective_on=made.effective_on,
        status_changes=made.status_changes,
        wish=made.wish,
        outcome=outcome,
        reason=made.finding.reason,
        terms=Terms.of(CONTRACT),
        footprint=FOOTPRINT,
        checks=made.checks,
        plan=made.plan,
        checklist=Checklist(status_before="ambtenaar") if outcome is Outcome.D else None,
    )


def said(days_ago: int) -> Said:
    """Return what Marleen said of an item, some days ago."""
    by = Party(object_id=MARLEEN.object_id, name=MARLEEN.name)
    at = NOW - timedelta(days=days_ago)
    return Said(by=by, at=at, on=at.date())


CHECKED_OFF: Final = Checklist(
    status_before="ambtenaar",
    lines=(
        Line(item=Item.DEACTIVATE, said=said(3)),
        Line(item=Item.WEBIDM, said=said(2), seen_at=NOW - timedelta(days=1)),
        Line(item=Item.ACTIVATE, said=said(1), seen_at=NOW),
    ),
)


def decision(retention: Retention | None, reason: str = "") -> Decision:
    """Return a decision by Arno."""
    by = Party(object_id=ARNO.object_id, name=ARNO.name)
    return Decision(retention=retention, by=by, at=NOW - timedelta(days=3), reason=reason)


REASON: Final = "Jan werkt nog aan een dossier dat wij moeten afsluiten."


def in_state(state: State, outcome: Outcome = Outcome.A) -> MutationRequest:
    """Return a request in a state, with everything that a request there has."""
    sent = submitted(outcome)
    if state in {State.SUBMITTED, State.REFERRED, State.CHECKLIST}:
        return sent
    if state is State.SELF_SERVICE:
        return replace(sent, state=state, state_since=NOW, checklist=CHECKED_OFF)
    agreed = replace(sent, decision=decision(sent.wish), agreed=sent.wish)
    ordered = replace(
        agreed,
        ordered_at=NOW - timedelta(days=2),
        start_on=TOMORROW,
        ready_on=_ready_on(outcome),
    )
    other = Retention.KEEP if sent.wish is Retention.NOT_KEEP else Retention.NOT_KEEP
    found = {
        State.TO_CONFIRM: replace(sent, decision=decision(other)),
        State.REJECTED: replace(sent, decision=decision(None, REASON)),
        State.SCHEDULED: ordered,
        State.CARRYING_OUT: ordered,
        State.ATTENTION: replace(ordered, attention=_stuck(ordered)),
        State.UNDOING: replace(ordered, undo=UNDO),
        State.UNDONE: replace(ordered, undo=UNDO),
        State.DONE: _done(ordered),
    }.get(state, sent)
    return replace(found, state=state, state_since=NOW - timedelta(days=1))


def _stuck(request: MutationRequest) -> Attention:
    """Return why the order stopped, with where in its plan."""
    steps = request.plan.steps if request.plan else ()
    at = tuple(at for at, one in enumerate(steps) if one.name == ATTENTION.step)
    return replace(ATTENTION, positions=at)


UNDO: Final = UndoOrder(
    by=Party(object_id=SOFIE.object_id, name=SOFIE.name),
    at=NOW - timedelta(days=1),
    reason="De overstap gaat niet door.",
)
ATTENTION: Final = Attention(
    step="account.upn",
    key="tenant.upn_taken_deleted",
    params={"address": NEW_UPN},
    since=NOW - timedelta(days=1),
)


def _done(request: MutationRequest) -> MutationRequest:
    assert request.plan is not None
    results = tuple(
        StepResult(
            name=one.name,
            title=one.title,
            before=one.before,
            after=NEW_UPN if one.name in {"account.new", "data.migration"} else one.after,
            verified_at=NOW + timedelta(minutes=number),
        )
        for number, one in enumerate(request.plan.steps)
    )
    ends_on = TODAY + timedelta(days=30) if request.outcome is Outcome.B else None
    return replace(request, results=results, done_at=NOW, onedrive_ends_on=ends_on)


def status(request: MutationRequest, now: datetime = NOW) -> Status:
    """Return the status of a request in the sample register."""
    return status_of(request, REGISTER, now=now)
