"""What keeping and not keeping the data means, in plain words (R3, R5 to R9, case D)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from adaptive_cards.card import ElementT

from cards.parts import bullets, heading, side_by_side
from mutations.case_finder import Outcome, Retention
from texts.escaping import Safe
from texts.translator import Texts

LINES: Final[Mapping[Outcome, tuple[str, ...]]] = MappingProxyType(
    {
        Outcome.A: ("data", "aliases", "access"),
        Outcome.B: ("mailbox", "onedrive", "aliases", "groups", "sites"),
        Outcome.C: ("account", "data", "access"),
        Outcome.D: ("orders", "data"),
    }
)
"""The sentences of each outcome, as `consequence.<outcome>.<line>`."""


def outcome_of(retention: Retention, *, status_changes: bool) -> Outcome:
    """Return what a choice leads to for a move inside the tenant."""
    if retention is Retention.KEEP:
        return Outcome.C if status_changes else Outcome.A
    return Outcome.D if status_changes else Outcome.B


def consequences(t: Texts, outcome: Outcome, words: Mapping[str, object]) -> list[Safe]:
    """Return what an outcome does to the data; nothing is known about a project (P)."""
    return [t(f"consequence.{outcome}.{line}", **words) for line in LINES.get(outcome, ())]


def both_choices(t: Texts, words: Mapping[str, object], *, status_changes: bool) -> ElementT:
    """Return keeping and not keeping side by side."""
    kept = _column(t, Retention.KEEP, words, status_changes=status_changes)
    lost = _column(t, Retention.NOT_KEEP, words, status_changes=status_changes)
    return side_by_side(kept, lost)


def _column(
    t: Texts, retention: Retention, words: Mapping[str, object], *, status_changes: bool
) -> list[ElementT]:
    outcome = outcome_of(retention, status_changes=status_changes)
    return [heading(t(f"choice.{retention}")), bullets(consequences(t, outcome, words))]
