"""What does not fit between what is stored in different places: a person has to explain it."""

from collections.abc import Iterator, Sequence

from bot.evidence.collect import Found
from bot.evidence.shape import Approval, Finding, StepProof
from mutations.approval import agreed_digest
from mutations.life_cycle import State
from mutations.request import StepResult
from store.audit_check import AuditRow

_SENT = frozenset(
    {f"request.{one}" for one in ("submitted", "referred", "self_service", "checklist")}
)


def approval_of(found: Found) -> Approval:
    """Return the fingerprints of what was decided, agreed and begun, each from its own place."""
    request = found.request
    begun = bool(found.steps) or _last(found.rows, "work.started") is not None
    prints = (
        request.approved or None,
        _digest(_decided_row(found.rows)),
        agreed_digest(request) or None,
        _digest(_last(found.rows, "work.started")),
    )
    decided, decided_in_audit, agreed, started_in_audit = prints
    return Approval(
        decided=decided,
        decided_in_audit=decided_in_audit,
        agreed=agreed,
        started_in_audit=started_in_audit,
        carried_out_as_approved=decided is not None and len(set(prints)) == 1 if begun else None,
    )


def findings_of(found: Found, steps: Sequence[StepProof], approval: Approval) -> Iterator[Finding]:
    """Yield what does not fit, the gravest first."""
    request = found.request
    if found.verdict.fault is not None:
        yield Finding.AUDIT_CHANGED
    if not (_is_sent(found) and _is_decided(found)):
        yield Finding.NOT_IN_AUDIT
    if _is_other(approval):
        yield Finding.NOT_AS_APPROVED
    if steps and not _is_planned(found):
        yield Finding.OTHER_STEPS
    is_done = request.state is State.DONE
    # What was taken back is no longer read in the journal as it was when it was done.
    tells = is_done or (request.results and request.undo is None)
    if tells and _read_back(request.results) != _results(steps):
        yield Finding.OTHER_RESULTS
    if is_done and not (steps and all(one.is_verified for one in steps)):
        yield Finding.NOT_VERIFIED


def _last(rows: Sequence[AuditRow], kind: str) -> AuditRow | None:
    return next((row for row in reversed(rows) if row.kind == kind), None)


def _decided_row(rows: Sequence[AuditRow]) -> AuditRow | None:
    """Return the row of the decision that counts: none that was asked anew since."""
    asked = _last(rows, "request.asked_anew")
    since = [row for row in rows if asked is None or row.seq > asked.seq]
    return _last(since, "request.decided")


def _digest(row: AuditRow | None) -> str | None:
    digest = row.params.get("digest") if row else None
    return str(digest) if digest else None


def _is_sent(found: Found) -> bool:
    requester = found.request.requester.object_id
    return any(row.kind in _SENT and row.actor == requester for row in found.rows)


def _is_decided(found: Found) -> bool:
    """Tell whether the audit knows the decision as the request has it, or neither knows one."""
    decision, row = found.request.decision, _decided_row(found.rows)
    if decision is None or row is None:
        return decision is None and row is None
    return (row.actor, row.at, row.params.get("retention"), row.params.get("digest")) == (
        decision.by.object_id,
        decision.at,
        decision.retention,
        found.request.approved,
    )


def _is_other(approval: Approval) -> bool:
    if approval.carried_out_as_approved is not None:
        return not approval.carried_out_as_approved
    return approval.agreed is not None and approval.agreed != approval.decided


def _is_planned(found: Found) -> bool:
    plan = found.request.plan
    planned = [(step.name, step.target) for step in plan.steps] if plan else []
    return planned == [(entry.name, entry.target) for entry in found.steps]


def _read_back(results: Sequence[StepResult]) -> tuple[StepResult, ...]:
    """Return the results that do not rest on the word of a supplier."""
    return tuple(one for one in results if one.verified_at is not None)


def _results(steps: Sequence[StepProof]) -> tuple[StepResult, ...]:
    return tuple(
        StepResult(
            name=one.name,
            title=str((one.before or {}).get("group", "")),
            before=one.before_text,
            after=one.after_text,
            verified_at=one.verified_at,
        )
        for one in steps
        if one.is_verified and one.verified_at is not None
    )
