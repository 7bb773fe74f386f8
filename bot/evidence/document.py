"""Makes the JSON document out of what is stored: the same state gives the same bytes."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from bot.evidence.collect import Found
from bot.evidence.findings import approval_of, findings_of
from bot.evidence.shape import (
    Agreed,
    Answer,
    Asked,
    Audit,
    AuditLine,
    Broken,
    ChecklistLine,
    ChecklistProof,
    Condition,
    Dates,
    Decided,
    EntityRef,
    Evidence,
    Person,
    Pool,
    StepProof,
)
from bot.evidence.steps import proofs_of
from mutations.checking_off import data_ends_on
from mutations.checklist import Line
from mutations.identity import EntityCode, ObjectId
from mutations.party import Party
from mutations.preconditions import Precondition, preconditions_of
from mutations.register import Contact, Register
from mutations.request import MutationRequest
from store.audit_check import AuditRow
from texts.translator import Texts


def document_of(found: Found, register: Register, t: Texts) -> Evidence:
    """Return the evidence of one request; nothing in it comes from elsewhere than `found`.

    But for names: of entities, and of people who only appear by id, those of the register.
    """
    request = found.request
    steps, approval = proofs_of(request, found.steps), approval_of(found)
    return Evidence(
        request=_asked(request, register, t),
        preconditions=tuple(_condition(one) for one in preconditions_of(request)),
        decision=_decided(request),
        agreement=_agreed(request),
        upheld_by=request.upheld_by,
        approval=approval,
        plan=request.plan,
        checklist=_checklist(request),
        dates=Dates(
            ordered_at=request.ordered_at,
            start_on=request.start_on,
            ready_on=request.ready_on,
            done_at=request.done_at,
            onedrive_ends_on=request.onedrive_ends_on,
        ),
        handover=request.handover,
        steps=steps,
        results=request.results,
        attention=request.attention,
        undo=request.undo,
        audit=_audit(found),
        people=tuple(_people(found, register, steps)),
        findings=tuple(findings_of(found, steps, approval)),
    )


def canonical(evidence: Evidence) -> bytes:
    """Return the one way to write a document down, as RFC 8785 does.

    Members sorted by name, no white space, nothing escaped but what must be, in UTF-8, without a
    line end.
    """
    document: Any = msgspec.to_builtins(evidence)
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def sha256_of(document: bytes) -> str:
    """Return the SHA-256 of a document in 64 hexadecimal digits."""
    return hashlib.sha256(document).hexdigest()


def _asked(request: MutationRequest, register: Register, t: Texts) -> Asked:
    source = None if request.source is None else _entity(request.source, register)
    target = _entity(request.target, register)
    names = {"source": source.name if source else t.plain("entity.unknown"), "target": target.name}
    return Asked(
        id=request.id,
        number=request.number,
        version=request.version,
        round=request.round,
        life_cycle=request.life_cycle,
        state=request.state,
        state_since=request.state_since,
        created_at=request.created_at,
        requester=_person(request.requester),
        subject=_person(request.subject),
        subject_upn=request.subject_upn,
        profile=request.profile,
        source=source,
        target=target,
        effective_on=request.effective_on,
        status_changes=request.status_changes,
        wish=request.wish,
        outcome=request.outcome,
        rule_key=request.reason,
        rule=str(t.plain(request.reason, **names)) if t.has(request.reason) else "",
        terms=request.terms,
        restored_at=request.restored_at,
    )


def _entity(code: EntityCode, register: Register) -> EntityRef:
    return EntityRef(code=code, name=register.name_of(code))


def _person(party: Party) -> Person:
    return Person(object_id=party.object_id, name=party.name)


def _condition(one: Precondition) -> Condition:
    pools = tuple(
        Pool(
            pool=pool.pool,
            total=pool.total,
            in_use=pool.in_use,
            reserved=pool.reserved,
            free=pool.free,
        )
        for pool in one.pools
    )
    return Condition(
        kind=one.kind,
        duty=one.duty,
        holds=one.holds,
        since=one.since,
        checked_at=one.checked_at,
        how=one.how,
        pools=pools,
    )


def _decided(request: MutationRequest) -> Decided | None:
    decision = request.decision
    if decision is None:
        return None
    return Decided(
        by=_person(decision.by),
        at=decision.at,
        answer=Answer(decision.retention or Answer.REFUSED),
        reason=decision.reason,
    )


def _checklist(request: MutationRequest) -> ChecklistProof | None:
    found = request.checklist
    if found is None:
        return None
    return ChecklistProof(
        lines=tuple(_listed(line) for line in found.lines),
        status_is_readable=bool(found.status_before),
        data_ends_on=data_ends_on(request),
    )


def _listed(line: Line) -> ChecklistLine:
    said = line.said
    return ChecklistLine(
        item=line.item,
        said_by=_person(said.by) if said else None,
        said_at=said.at if said else None,
        done_on=said.on if said else None,
        seen_at=line.seen_at,
        is_readable=line.is_readable,
    )


def _agreed(request: MutationRequest) -> Agreed | None:
    if request.agreed is None:
        return None
    return Agreed(retention=request.agreed, at=request.agreed_at)


def _audit(found: Found) -> Audit:
    verdict, last = found.verdict, max((row.seq for row in found.rows), default=0)
    fault = verdict.fault
    return Audit(
        rows=tuple(_line(row) for row in found.rows),
        rows_hold=0 < last <= verdict.head.seq,
        whole_holds=fault is None,
        fault=None if fault is None else Broken(seq=fault.seq, problem=fault.problem),
        is_anchored=None if found.anchored_seq is None else 0 < last <= found.anchored_seq,
    )


def _line(row: AuditRow) -> AuditLine:
    return AuditLine(
        seq=row.seq,
        at=_as_hashed(row.at),
        actor=row.actor,
        request_id=row.request_id,
        correlation_id=row.correlation_id,
        kind=row.kind,
        params=row.params,
        prev_hash=row.prev_hash,
        hash=row.hash,
    )


def _as_hashed(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _people(found: Found, register: Register, steps: Sequence[StepProof]) -> Iterator[Person]:
    """Name whoever appears by id only, as the request knew them or else as the register does."""
    request = found.request
    known = {contact.object_id: contact.name for contact in _contacts(register)}
    parties = [request.requester, request.subject]
    parties += [request.decision.by] if request.decision else []
    known |= {party.object_id: party.name for party in parties}
    shown = {party.object_id for party in parties} | {ObjectId(one.target) for one in steps}
    shown |= {ObjectId(row.actor) for row in found.rows if row.actor is not None}
    shown |= {request.upheld_by} if request.upheld_by else set()
    for person in sorted(shown & known.keys()):
        yield Person(object_id=person, name=known[person])


def _contacts(register: Register) -> Iterator[Contact]:
    yield from register.service_desk
    for entity in register.entities.values():
        yield from entity.requesters
        for approver in entity.approvers:
            yield approver.contact
            yield from (deputy.contact for deputy in approver.deputies)
