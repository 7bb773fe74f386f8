"""The number and the state of a request, the same on every card about it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from adaptive_cards import types as ac
from adaptive_cards.card import Column, ColumnSet, ElementT, TextBlock

from mutations.life_cycle import State
from mutations.request import MutationRequest
from texts.translator import Texts

COLORS: Final[Mapping[State, ac.Colors]] = MappingProxyType(
    {
        State.SUBMITTED: ac.Colors.ACCENT,
        State.TO_CONFIRM: ac.Colors.WARNING,
        State.SCHEDULED: ac.Colors.ACCENT,
        State.CHECKLIST: ac.Colors.ACCENT,
        State.CARRYING_OUT: ac.Colors.ACCENT,
        State.ATTENTION: ac.Colors.ATTENTION,
        State.UNDOING: ac.Colors.WARNING,
        State.UNDONE: ac.Colors.DEFAULT,
        State.DONE: ac.Colors.GOOD,
        State.REJECTED: ac.Colors.ATTENTION,
        State.WITHDRAWN: ac.Colors.DEFAULT,
        State.EXPIRED: ac.Colors.DEFAULT,
        State.REFERRED: ac.Colors.DEFAULT,
        State.SELF_SERVICE: ac.Colors.DEFAULT,
    }
)


def request_header(t: Texts, request: MutationRequest) -> ElementT:
    """Return the number on the left and the state, coloured, on the right."""
    number = TextBlock(
        text=t("request.number", number=request.number), weight=ac.FontWeight.BOLDER, wrap=True
    )
    state = TextBlock(
        text=t(f"state.{request.state}"),
        weight=ac.FontWeight.BOLDER,
        color=COLORS[request.state],
        horizontal_alignment=ac.HorizontalAlignment.RIGHT,
        wrap=True,
    )
    return ColumnSet(
        columns=[Column(items=[number], width="stretch"), Column(items=[state], width="auto")]
    )
