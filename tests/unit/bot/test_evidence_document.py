"""The document: complete, the same for the same state, and it hides no contradiction."""

import hashlib
import json
import typing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bot.evidence.collect import Found
from bot.evidence.document import canonical, document_of, sha256_of
from bot.evidence.shape import Evidence, Finding
from fulfilment.journal import Entry, StepState
from mutations.approval import agreed_digest, digest_of
from mutations.case_finder import Outcome, Retention
from mutations.identity import ObjectId
from mutations.life_cycle import State
from mutations.plan import PlannedStep
from mutations.request import MutationRequest, StepResult
from store.audit_chain import Event, Head, link
from store.audit_check import AuditRow, Fault, Verdict, verify
from tests import samples as s
from texts.translator import load

SCHEMA = json.loads(
    (Path(__file__).parents[3] / "docs/evidence.schema.json").read_text(encoding="utf-8")
)
T = load("nl")
_STATES: dict[str, Callable[[str], dict[str, object]]] = {
    "account.upn": lambda value: {"upn": value},
    "account.entity": lambda value: {"name": value},
    "mailbox.litigation_hold": lambda value: {"hold": bool(value)},
    "mailbox.aliases": lambda value: {"aliases": value.splitlines()},
    "mailbox.aliases_kept": lambda value: {"addresses": value.splitlines()},
    "groups.leave": lambda value: {"group": value, "member": bool(value), "owner": False},
}


def evidence_of(found: Found) -> Evidence:
    """Return the document, once it is what the schema says."""
    made = document_of(found, s.REGISTER, T)
    jsonschema.validate(json.loads(canonical(made)), SCHEMA)
    return made


def found_of(request: MutationRequest, steps: Sequence[Entry] = ()) -> Found:
    """Return what is stored about a request that came to its state in the usual way."""
    if request.decision and request.decision.retention:
        outcome = request.outcome
        if request.agreed is None:
            outcome = Outcome.A if request.decision.retention is Retention.KEEP else Outcome.B
        approved = digest_of(request, outcome=outcome, retention=request.decision.retention)
        request = replace(request, approved=approved)
    rows = _chained(request, _events(request, begun=bool(steps)))
    return Found(
        request=request,
        steps=tuple(steps),
        rows=tuple(rows),
        verdict=verify(rows, {}),
        anchored_seq=None,
    )


def done() -> Found:
    """Return what is stored about an order A that is done."""
    request = s.in_state(State.DONE)
    assert request.plan is not None
    plan = replace(request.plan, steps=request.plan.steps[:2])
    steps = [_verified(request, position, step) for position, step in enumerate(plan.steps)]
    results = tuple(
        StepResult(
            name=one.name,
            title="",
            before=one.before,
            after=one.after,
            verified_at=entry.verified_at,
        )
        for one, entry in zip(plan.steps, steps, strict=True)
        if entry.verified_at is not None
    )
    return found_of(replace(request, plan=plan, results=results), steps)


def _verified(request: MutationRequest, position: int, step: PlannedStep) -> Entry:
    at = s.NOW + timedelta(minutes=position)
    return Entry(
        request_id=request.id,
        position=position,
        name=step.name,
        target=step.target,
        state=StepState.VERIFIED,
        before=_STATES[step.name](step.before),
        after=_STATES[step.name](step.after),
        detail={},
        intent_at=at,
        written_at=at,
        verified_at=at,
    )


def _events(request: MutationRequest, *, begun: bool) -> Iterator[tuple[str, str | None, object]]:
    sent = {
        State.REFERRED: "referred",
        State.CHECKLIST: "checklist",
        State.SELF_SERVICE: "checklist",
    }
    kind = sent.get(request.state, "submitted")
    yield f"request.{kind}", request.requester.object_id, {"outcome": request.outcome}
    if request.decision is not None:
        params = {"retention": request.decision.retention, "digest": request.approved}
        yield "request.decided", request.decision.by.object_id, params
    if begun:
        yield "work.started", None, {"digest": agreed_digest(request)}


def _chained(
    request: MutationRequest, events: Iterator[tuple[str, str | None, Any]]
) -> list[AuditRow]:
    rows: list[AuditRow] = []
    head = Head()
    for kind, actor, params in events:
        decided = request.decision.at if request.decision and "decided" in kind else s.NOW
        event = Event(
            at=decided,
            kind=kind,
            actor=actor,
            request_id=request.id,
            correlation_id="c1",
            params=params,
        )
        following = link(head, event)
        members = {field.name: getattr(event, field.name) for field in fields(event)}
        rows.append(
            AuditRow(**members, seq=following.seq, prev_hash=head.hash, hash=following.hash)
        )
        head = following
    return rows


def test_an_order_that_is_done_as_decided_has_no_findings() -> None:
    evidence = evidence_of(done())

    assert evidence.findings == ()
    assert evidence.approval.carried_out_as_approved is True
    assert [one.is_verified for one in evidence.steps] == [True, True]


def test_same_state_gives_the_same_bytes_and_any_change_gives_others() -> None:
    found = done()
    first, again = canonical(evidence_of(found)), canonical(evidence_of(found))
    later = replace(found, request=replace(found.request, version=99))

    assert first == again
    assert sha256_of(first) == hashlib.sha256(first).hexdigest()
    assert canonical(evidence_of(later)) != first
    assert b"employee" not in first


def _request(**changes: Any) -> Callable[[Found], Found]:
    return lambda found: replace(found, request=replace(found.request, **changes))


def _step(**changes: Any) -> Callable[[Found], Found]:
    return lambda found: replace(
        found, steps=(replace(found.steps[0], **changes), *found.steps[1:])
    )


def _rows(keep: Callable[[AuditRow], bool]) -> Callable[[Found], Found]:
    return lambda found: replace(found, rows=tuple(filter(keep, found.rows)))


def _other_decider(found: Found) -> Found:
    assert found.request.decision is not None
    by = replace(found.request.decision.by, object_id=ObjectId("f" * 36))
    decision = replace(found.request.decision, by=by)
    return replace(found, request=replace(found.request, decision=decision))


_FAULT = Verdict(head=Head(seq=1), fault=Fault(seq=2, problem="changed"))

CONTRADICTIONS: dict[str, tuple[Callable[[Found], Found], set[Finding]]] = {
    "audit": (lambda found: replace(found, verdict=_FAULT), {Finding.AUDIT_CHANGED}),
    "another decider": (_other_decider, {Finding.NOT_IN_AUDIT}),
    "no decision": (_request(decision=None), {Finding.NOT_IN_AUDIT}),
    "never sent": (_rows(lambda row: row.kind != "request.submitted"), {Finding.NOT_IN_AUDIT}),
    "no start": (_rows(lambda row: row.kind != "work.started"), {Finding.NOT_AS_APPROVED}),
    "another colleague": (
        _request(subject=replace(s.in_state(State.DONE).subject, object_id=ObjectId("9" * 36))),
        {Finding.NOT_AS_APPROVED},
    ),
    "another target": (_step(target="somebody else"), {Finding.OTHER_STEPS}),
    "no results": (_request(results=()), {Finding.OTHER_RESULTS}),
    "a step that was read otherwise": (
        _step(after={"upn": "x@y.example"}),
        {Finding.OTHER_RESULTS},
    ),
    "a step that is not read back": (
        _step(state=StepState.CONVERGING, verified_at=None),
        {Finding.OTHER_RESULTS, Finding.NOT_VERIFIED},
    ),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_what_contradicts_something_else_is_found_and_nothing_more(name: str) -> None:
    change, expected = CONTRADICTIONS[name]

    assert set(evidence_of(change(done())).findings) == expected


def test_done_without_a_journal_is_not_verified() -> None:
    assert Finding.NOT_VERIFIED in evidence_of(found_of(s.in_state(State.DONE))).findings


def test_what_an_earlier_read_saw_is_not_told_as_the_state_after() -> None:
    [first, _] = evidence_of(_step(state=StepState.CONVERGING, verified_at=None)(done())).steps

    assert (first.is_verified, first.after, first.after_text) == (False, None, "")
    assert first.planned_after == s.NEW_UPN


def test_request_ids_of_the_journal_are_told() -> None:
    [first, second] = evidence_of(_step(detail={"request_ids": ["r-1", "r-2"]})(done())).steps

    assert (first.request_ids, second.request_ids) == (("r-1", "r-2"), ())


def test_an_anchor_covers_the_request_from_its_last_row_on() -> None:
    seqs = (None, 0, 2, 3, 4)
    told = [evidence_of(replace(done(), anchored_seq=seq)).audit.is_anchored for seq in seqs]

    assert told == [None, False, False, True, True]


def test_rows_before_a_fault_hold_and_the_whole_does_not() -> None:
    late = Verdict(head=Head(seq=7), fault=Fault(seq=8, problem="missing"))
    audit = evidence_of(replace(done(), verdict=late)).audit

    assert (audit.rows_hold, audit.whole_holds) == (True, False)
    assert evidence_of(replace(done(), verdict=_FAULT)).audit.rows_hold is False


def _members(kind: Any) -> Iterator[tuple[str, set[str]]]:
    """Yield every class of the document with the names of its members."""
    if is_dataclass(kind):
        assert isinstance(kind, type)
        hints = typing.get_type_hints(kind)
        yield kind.__name__, set(hints)
        for hint in hints.values():
            yield from _members(hint)
    for part in typing.get_args(kind):
        yield from _members(part)


def test_schema_demands_every_member_and_allows_no_other() -> None:
    for name, members in _members(Evidence):
        described = SCHEMA["$defs"][name]
        assert set(described["properties"]) == set(described["required"]) == members, name
        assert described["additionalProperties"] is False
