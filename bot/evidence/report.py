"""The Dutch report of one order, in the order in which an auditor reads: question to proof."""

from collections.abc import Iterator, Mapping

from bot.evidence.lines import fact, facts, heading, shown, title
from bot.evidence.report_checklist import listed
from bot.evidence.report_proof import proof
from bot.evidence.report_steps import changed, checked
from bot.evidence.shape import Answer, Condition, EntityRef, Evidence, Finding, Person
from bot.evidence.view import View
from cards.changes import step_label
from cards.reasons import why_of
from mutations.life_cycle import ENDS, State
from texts.escaping import Safe
from texts.translator import Texts

_ACTS = frozenset({"request.outcome_confirmed", "request.withdrawn", "work.resumed"})


def report_of(t: Texts, evidence: Evidence, *, words: Mapping[str, object], sha256: str) -> str:
    """Return the report: Markdown that says what `evidence` holds, and nothing else.

    Args:
        t: Dutch texts.
        evidence: The document.
        words: Values that texts about the request may use (`cards.words.request_words`).
        sha256: Of the document's canonical form.
    """
    view = View(t, evidence, words)
    lines = [
        f"# {t('evidence.title', number=evidence.request.number)}",
        "",
        *_head(view),
        *_findings(view),
        *_asked(view),
        *_decided(view),
        *changed(view),
        *listed(view),
        *checked(view),
        *_open(view),
        *proof(view, sha256),
    ]
    return "\n".join(lines) + "\n"


def _head(view: View) -> Iterator[str]:
    t, evidence = view.t, view.evidence
    request, total = evidence.request, len(evidence.steps)
    yield f"- {t('evidence.state', state=t(f'state.{request.state}'), since=request.state_since)}"
    if total:
        done = sum(step.is_verified for step in evidence.steps)
        yield f"- {t('evidence.verified', n=done, total=total)}"


def _findings(view: View) -> Iterator[str]:
    t, evidence = view.t, view.evidence
    if not evidence.findings:
        return
    yield from heading(t("evidence.section.findings"))
    fault = evidence.audit.fault
    words = {
        "seq": fault.seq if fault else "",
        "state": t(f"state.{evidence.request.state}"),
    }
    for finding in evidence.findings:
        yield f"- {t(f'evidence.finding.{finding}', **words)}"


def _asked(view: View) -> Iterator[str]:
    t, request = view.t, view.evidence.request
    terms, status = request.terms, "yes" if request.status_changes else "no"
    lead_time = terms.lead_times.get(request.outcome)
    rule = t(request.rule_key, **view.words) if t.has(request.rule_key) else None
    yield from heading(t("evidence.section.asked"))
    yield from facts(
        t,
        [
            ("evidence.asked.created_at", request.created_at),
            ("fact.requester", _person(t, request.requester)),
            ("fact.colleague", _person(t, request.subject)),
            ("evidence.asked.upn", shown(request.subject_upn)),
            ("evidence.asked.profile", shown(request.profile)),
            ("fact.source", _entity(t, request.source)),
            ("fact.target", _entity(t, request.target)),
            ("fact.effective_on", request.effective_on),
            ("fact.status_changes", t(f"fact.status.{status}")),
            ("fact.wish", t(f"retention.{request.wish}")),
            ("fact.order", t(f"order.{request.outcome}")),
            ("evidence.asked.rule", rule),
            ("evidence.asked.terms", shown(terms.version)),
            ("evidence.asked.lead_time", _working_days(t, lead_time)),
            ("evidence.asked.onedrive", t.count("days", terms.onedrive_days)),
            ("evidence.asked.recycle_bin", t.count("days", terms.recycle_bin_days)),
        ],
    )


def _working_days(t: Texts, days: int | None) -> Safe | None:
    return None if days is None else t.count("working_days", days)


def _person(t: Texts, person: Person) -> Safe:
    return t("evidence.person", name=shown(person.name), id=person.object_id)


def _entity(t: Texts, entity: EntityRef | None) -> Safe:
    if entity is None:
        return t("entity.unknown")
    return t("evidence.entity", name=shown(entity.name), code=entity.code)


def _decided(view: View) -> Iterator[str]:
    t, evidence = view.t, view.evidence
    yield from heading(t("evidence.section.decided"))
    yield from _decision(view)
    if evidence.agreement is not None:
        answer = t(f"retention.{evidence.agreement.retention}")
        yield f"- {t('evidence.decided.agreed', answer=answer)}"
        yield from facts(t, [("evidence.decided.agreed_at", evidence.agreement.at)])
    if evidence.upheld_by is not None:
        yield fact(t, t("evidence.decided.upheld_by"), view.who(evidence.upheld_by))
    if evidence.undo is not None:
        by, at, why = evidence.undo.by.name, evidence.undo.at, shown(evidence.undo.reason)
        yield f"- {t('undo.said', name=by, moment=at, reason=why)}"
    for row in evidence.audit.rows:
        if row.kind in _ACTS:
            moment, kind, who = view.told(row)
            yield f"- {t('evidence.decided.act', moment=moment, kind=kind, who=who)}"
    if evidence.preconditions:
        yield from title(t("evidence.asked.conditions"))
    for condition in evidence.preconditions:
        yield from _condition(view, condition)


def _decision(view: View) -> Iterator[str]:
    t, decision = view.t, view.evidence.decision
    if decision is None:
        yield f"- {t('evidence.decided.nobody')}"
        return
    is_refused = decision.answer is Answer.REFUSED
    refused, retention = t("evidence.decided.refused"), f"retention.{decision.answer}"
    words = {
        "name": _person(t, decision.by),
        "source": _entity(t, view.evidence.request.source),
        "answer": refused if is_refused else t(retention),
    }
    yield f"- {t('evidence.decided.line', **words)}"
    yield from facts(t, [("evidence.decided.at", decision.at)])
    if decision.reason:
        yield fact(t, t("evidence.decided.reason"), shown(decision.reason))


def _condition(view: View, condition: Condition) -> Iterator[str]:
    t = view.t
    state = {True: "holds", False: "missing", None: "unknown"}[condition.holds]
    how = t(f"precondition.how.{condition.how}", checked=condition.checked_at or "")
    label = _condition_label(view, condition)
    yield f"- {t('evidence.fact', label=label, value=t(f'precondition.{state}'))}. {how}"
    for pool in condition.pools:
        words = {"total": pool.total, "in_use": pool.in_use, "reserved": pool.reserved}
        free = max(pool.free, 0)
        yield f"    - {t('precondition.pool', pool=shown(pool.pool), free=free, **words)}"


def _condition_label(view: View, condition: Condition) -> Safe:
    return view.t(f"precondition.{condition.kind}.label", **view.words)


def _open(view: View) -> Iterator[str]:
    t, evidence = view.t, view.evidence
    yield from heading(t("evidence.section.open"))
    lines = [*_left(view)]
    words = {"day": evidence.dates.start_on or "", "moment": evidence.dates.done_at or ""}
    if evidence.request.state is State.DONE and Finding.NOT_VERIFIED in evidence.findings:
        state = t(f"state.{evidence.request.state}")
        yield f"- {t('evidence.finding.not_verified', state=state)}"
    else:
        yield f"- {t(f'evidence.open.{evidence.request.state}', **words)}"
        if evidence.request.state in ENDS and not lines:
            yield f"- {t('evidence.open.nothing')}"
    yield from (f"- {line}" for line in lines)


def _left(view: View) -> Iterator[Safe]:
    """Yield what has not come to its end, or is not known."""
    t, evidence = view.t, view.evidence
    request, ends_on = evidence.request, evidence.dates.onedrive_ends_on
    if request.state in {State.SUBMITTED, State.TO_CONFIRM}:
        for condition in evidence.preconditions:
            if not condition.holds:
                label = _condition_label(view, condition)
                yield t("evidence.open.condition", condition=label)
    yield from _hindrances(view)
    for step in evidence.steps:
        if not step.is_verified:
            yield t("evidence.open.step", step=view.label(step))
    if ends_on is not None:
        yield t("onedrive.ends.known", day=ends_on)
    if request.restored_at is not None:
        yield t("evidence.open.restored", moment=request.restored_at)


def _hindrances(view: View) -> Iterator[Safe]:
    t, evidence = view.t, view.evidence
    plan, attention = evidence.plan, evidence.attention
    if evidence.request.state in ENDS:
        return
    found = {one.key: one.params for one in plan.obstacles} if plan else {}
    if attention is not None:
        found[attention.key] = attention.params
        if attention.step:
            yield t("attention.stopped_at", step=step_label(t, attention.step))
    for key, params in found.items():
        why = why_of(t, key, {**view.words, **params})
        yield t("evidence.open.obstacle", why=why)
