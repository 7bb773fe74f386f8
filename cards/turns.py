"""Whose turn it is, since when, and what comes next."""

from collections.abc import Mapping
from typing import Final

from adaptive_cards.card import ElementT

from cards.parts import box, small, text
from cards.words import enumeration
from mutations.clock import local_date
from mutations.life_cycle import State
from mutations.status import Status, Task, Turn
from texts.escaping import Safe
from texts.translator import Texts

_OWN: Final = frozenset(
    {Task.WAIT_FOR_DATE, Task.CARRY_OUT, Task.UNDO, Task.HAND_OVER, Task.READ_BACK, Task.LOOK}
)
"""What the bot does itself; for anything else without names there is nobody."""


def turn_box(
    t: Texts, status: Status, words: Mapping[str, object], *, is_requester: bool
) -> ElementT:
    """Return the answer to "whose turn is it?"; for an ended request what that means."""
    items: list[ElementT] = []
    for turn in status.turns:
        items += [
            text(
                t(
                    "turn.line",
                    who=who(t, status, turn, is_requester=is_requester),
                    task=t(f"status.task.{turn.task}", **words),
                )
            ),
            small(_since(t, turn)),
        ]
    items.append(text(what_follows(t, status, words)))
    advice = f"advice.{status.request.state}"
    if is_requester and t.has(advice):
        items.append(text(t(advice, **words)))
    return box(items)


def _since(t: Texts, turn: Turn) -> Safe:
    day = local_date(turn.since)
    if turn.working_days == 0:
        return t("turn.since_today", day=day)
    return t("turn.since", day=day, days=t.count("working_days", turn.working_days))


def who(t: Texts, status: Status, turn: Turn, *, is_requester: bool) -> Safe:
    """Return the names of those whose turn it is; the requester reads "you"."""
    if is_requester and turn.names == (status.request.requester.name,):
        return t("turn.you")
    if turn.names:
        return enumeration(t, turn.names, limit=5)
    return t("turn.bot" if turn.task in _OWN else "turn.nobody")


def what_follows(t: Texts, status: Status, words: Mapping[str, object]) -> Safe:
    """Return what comes next; for work that is done, on whose word that rests."""
    request = status.request
    if request.state is State.DONE and request.rests_on_word:
        return t("status.reported", **words)
    if request.state is State.UNDONE and request.handover is not None:
        return t("status.reported_back", **words)
    return t(f"status.next.{status.next}", **words)
