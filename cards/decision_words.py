"""A decision of the source entity in words, and the buttons that ask for one."""

from collections.abc import Mapping
from typing import Final

from adaptive_cards.card import ActionExecute, ElementT

from cards.buttons import MAIN, button, request_data
from cards.parts import text
from cards.verbs import Verb
from mutations.request import MutationRequest
from texts.escaping import escape
from texts.translator import Texts

REASON_LENGTH: Final = 1000
"""Longest reason of a refusal, in characters."""


def decided(t: Texts, request: MutationRequest, words: Mapping[str, object]) -> list[ElementT]:
    """Return who decided what and when, with the reason; nothing while nobody decided."""
    decision = request.decision
    if decision is None:
        return []
    what = decision.retention or "refused"
    items: list[ElementT] = [
        text(t(f"decision.made.{what}", **words, name=decision.by.name, moment=decision.at))
    ]
    if decision.reason:
        items.append(
            text(t("decision.reason", reason=escape(decision.reason, limit=REASON_LENGTH)))
        )
    return items


def decision_buttons(t: Texts, request: MutationRequest) -> list[ActionExecute]:
    """Return the three answers; keeping is one click, the others ask again first."""
    data = request_data(request)
    return [
        button(t, Verb.DECISION_KEEP, data, style=MAIN),
        button(t, Verb.DECISION_NOT_KEEP, data),
        button(t, Verb.DECISION_REFUSE, data),
    ]
