"""Buttons: what they say, and the data that comes back when they are pressed."""

from collections.abc import Mapping
from typing import Final

from adaptive_cards import types as ac
from adaptive_cards.card import ActionExecute, ActionSubmit

from cards.verbs import Verb
from mutations.case_finder import Outcome
from mutations.draft import Draft
from mutations.request import MutationRequest
from texts.escaping import Plain
from texts.translator import Texts

Data = Mapping[str, str | int]

MAIN: Final = ac.ActionStyle.POSITIVE
DANGEROUS: Final = ac.ActionStyle.DESTRUCTIVE

_PLANNED: Final = frozenset({Outcome.A, Outcome.B})


def button(
    t: Texts,
    verb: Verb,
    data: Data | None = None,
    *,
    title: Plain | None = None,
    style: ac.ActionStyle | None = None,
    with_inputs: bool = False,
) -> ActionExecute:
    """Return a button; a client without Action.Execute sends the same data by Action.Submit.

    It says the usual words of its verb unless it gets a `title`. What was filled in on the card
    comes along only `with_inputs`.
    """
    words = title if title is not None else t.plain(f"button.{verb}")
    payload = {"verb": verb.value, **(data or {})}
    inputs = None if with_inputs else ac.AssociatedInputs.NONE
    return ActionExecute(
        title=words,
        verb=verb.value,
        data=payload,
        style=style,
        mode=None,
        associated_inputs=inputs,
        fallback=ActionSubmit(
            title=words, data=payload, style=style, mode=None, associated_inputs=inputs
        ),
    )


def draft_data(draft: Draft, **more: str | int) -> Data:
    """Return the data of a button about a draft."""
    return {"draft": draft.id, **more}


def plan_button(t: Texts, request: MutationRequest) -> list[ActionExecute]:
    """Return the button to the plan of an order that a program can plan, or nothing."""
    if not request.is_open or request.outcome not in _PLANNED:
        return []
    return [button(t, Verb.PLAN_SHOW, request_data(request))]


def request_data(request: MutationRequest) -> Data:
    """Return the data of a button about a request: its opaque id and its round of decisions."""
    return {"request": request.id, "round": request.round}
