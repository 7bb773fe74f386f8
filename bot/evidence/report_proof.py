"""The last section of the report: the hashes by which somebody else can check all the rest."""

from collections.abc import Iterator
from typing import Final

from bot.evidence.lines import deeper, fact, heading, shown, title
from bot.evidence.shape import Evidence
from bot.evidence.view import View
from texts.escaping import Safe
from texts.translator import Texts

_SAME: Final = {True: "yes", False: "no", None: "not_begun"}


def proof(view: View, sha256: str) -> Iterator[str]:
    """Yield the fingerprints, the audit rows with their hashes, and the hash of the document."""
    t, evidence = view.t, view.evidence
    yield from heading(t("evidence.section.proof"))
    yield from _prints(t, evidence)
    yield from title(t("evidence.proof.title_audit"))
    yield from _rows(view)
    yield from (f"- {line}" for line in _chain(t, evidence))
    yield from title(t("evidence.proof.title_document"))
    yield fact(t, t("evidence.proof.format"), shown(evidence.format))
    yield fact(t, t("evidence.proof.version"), shown(str(evidence.request.version)))
    yield fact(t, t("evidence.proof.sha256"), _code(sha256))


def _prints(t: Texts, evidence: Evidence) -> Iterator[str]:
    approval = evidence.approval
    yield f"{t('evidence.proof.title_prints')}:"
    yield ""
    for name in ("decided", "decided_in_audit", "agreed", "started_in_audit"):
        digest: str | None = getattr(approval, name)
        shown_digest = _code(digest) if digest else t("evidence.none")
        yield fact(t, t(f"evidence.proof.{name}"), shown_digest)
    same = t(f"evidence.proof.same.{_SAME[approval.carried_out_as_approved]}")
    yield fact(t, t("evidence.proof.same.label"), same)


def _rows(view: View) -> Iterator[str]:
    t = view.t
    for row in view.evidence.audit.rows:
        moment, kind, who = view.told(row)
        words = {"seq": row.seq, "moment": moment, "kind": kind, "who": who}
        yield f"- {t('evidence.proof.row', **words)}"
        yield from deeper([fact(t, t("evidence.proof.hash"), _code(row.hash))])


def _chain(t: Texts, evidence: Evidence) -> Iterator[Safe]:
    audit = evidence.audit
    yield t("evidence.proof.rows_hold" if audit.rows_hold else "evidence.proof.rows_break")
    if audit.fault is None:
        yield t("evidence.proof.whole_holds")
    else:
        yield t("evidence.proof.whole_breaks", seq=audit.fault.seq)
    match audit.is_anchored:
        case None:
            yield t("evidence.proof.no_anchors")
        case True:
            yield t("evidence.proof.anchored")
        case False:
            yield t("evidence.proof.not_anchored")


def _code(digest: str) -> Safe:
    return Safe(f"`{digest}`")
