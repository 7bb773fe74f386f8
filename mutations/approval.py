"""The fingerprint of what was approved: what is carried out must have the same (I10)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict

from mutations.case_finder import Outcome, Retention
from mutations.losses import Losses, beyond, losses_of
from mutations.plan import Plan
from mutations.request import MutationRequest


def digest_of(request: MutationRequest, *, outcome: Outcome, retention: Retention) -> str:
    """Return the SHA-256, in hex, of everything that a decision is about.

    It is taken of canonical JSON (sorted keys, no spaces, UTF-8) of whom it concerns, from where
    to where and when, what becomes of status and data, and the terms. Names and what was looked
    up since are no part of it; what was shown to go has its own (`shown_digest`).
    """
    terms = request.terms
    about = {
        "request": request.id,
        "subject": request.subject.object_id,
        "source": request.source,
        "target": request.target,
        "effective_on": request.effective_on.isoformat(),
        "status_changes": request.status_changes,
        "outcome": outcome,
        "retention": retention,
        "terms": {
            "version": terms.version,
            "lead_times": dict(terms.lead_times),
            "onedrive_days": terms.onedrive_days,
            "recycle_bin_days": terms.recycle_bin_days,
        },
    }
    return _sha256(about)


def shown_digest(request: MutationRequest) -> str:
    """Return the SHA-256, in hex, of what the source entity was shown to go; empty for nothing."""
    return "" if request.shown is None else _sha256(asdict(request.shown))


def _sha256(about: Mapping[str, object]) -> str:
    text = json.dumps(about, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def agreed_digest(request: MutationRequest) -> str:
    """Return the fingerprint of what would be carried out now; empty until it is agreed."""
    if request.agreed is None:
        return ""
    return digest_of(request, outcome=request.outcome, retention=request.agreed)


def is_as_approved(request: MutationRequest) -> bool:
    """Tell whether what would be carried out now is what the source entity decided on."""
    return bool(request.approved) and request.approved == agreed_digest(request)


def more_than_shown(request: MutationRequest, plan: Plan) -> Losses:
    """Return what a plan takes away beyond what the source entity was shown; empty for none."""
    if request.outcome is not Outcome.B or request.shown is None:
        return Losses()
    return beyond(losses_of(plan), request.shown)
