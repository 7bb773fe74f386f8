"""What is shown where no order is placed: the checklist of case D, the project route of case P."""

from collections.abc import Mapping

from adaptive_cards.card import ElementT

from cards.parts import box, heading, numbered, small, text
from mutations.case_finder import Retention
from texts.translator import Texts


def checklist(t: Texts, words: Mapping[str, object]) -> list[ElementT]:
    """Return the two free orders in their sequence around the change in WebIDM (D)."""
    steps = (t(f"checklist.step.{step}", **words) for step in ("deactivate", "webidm", "activate"))
    return [*checklist_title(t), numbered(steps), kept_for(t, words)]


def checklist_title(t: Texts) -> list[ElementT]:
    """Return what stands above a checklist."""
    return [heading(t("checklist.title")), small(t("checklist.sequence"))]


def kept_for(t: Texts, words: Mapping[str, object], key: str = "days") -> ElementT:
    """Return how long the data is kept: in days, or by another key up to a day."""
    return box([text(t(f"checklist.data.{key}", **words))])


def referral(
    t: Texts, words: Mapping[str, object], *, status_changes: bool, wish: Retention
) -> list[ElementT]:
    """Return how to go on by a project, with a summary to copy (P)."""
    answer = "yes" if status_changes else "no"
    summary = t(
        "referral.summary",
        **words,
        status=t(f"fact.status.{answer}"),
        wish=t(f"retention.{wish}"),
    )
    return [
        heading(t("referral.title")),
        text(t("referral.text", **words)),
        small(t("referral.copy")),
        box([text(summary)]),
    ]
