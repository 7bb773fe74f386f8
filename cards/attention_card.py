"""The card for the service desk: what stopped, why, and what to do."""

from typing import Final

from adaptive_cards import types as ac
from adaptive_cards.card import ElementT

from cards.buttons import plan_button
from cards.changes import step_label
from cards.desk_buttons import desk_buttons
from cards.parts import Card, box, card, facts, heading, small, text, title
from cards.reasons import action_of, why_of
from cards.request_header import request_header
from cards.words import request_words
from mutations.handing_over import to_hand_over
from mutations.life_cycle import State
from mutations.register import Register
from mutations.status import Status
from texts.escaping import Safe, escape
from texts.translator import Texts

_BEFORE_START: Final = "plan"
"""The step that is named when the work stopped before its first step."""


def attention_card(t: Texts, register: Register, status: Status) -> Card:
    """Return what a person must do to let the work go on, or that nothing is left to do."""
    request = status.request
    words = request_words(t, register, request)
    attention = request.attention
    if request.state is not State.ATTENTION or attention is None:
        return card(
            [
                title(t("attention.solved.title")),
                request_header(t, request),
                text(t("attention.solved.text", **words)),
            ],
        )
    step = step_label(t, attention.step or _BEFORE_START)
    rows: list[tuple[Safe, Safe]] = [
        (t("fact.colleague"), escape(request.subject.name)),
        (t("fact.order"), t(f"order.{request.outcome}")),
        (t("attention.step"), step),
        (t("attention.since"), t.moment(attention.since)),
        (t("fact.requester"), escape(request.requester.name)),
    ]
    body: list[ElementT] = [
        title(t("attention.title")),
        request_header(t, request),
        facts(rows),
        box(
            [
                heading(t("attention.why")),
                text(why_of(t, attention.key, {**words, **attention.params})),
            ],
            ac.ContainerStyle.ATTENTION,
        ),
        heading(t("attention.do")),
        text(action_of(t, attention.key, {**words, **attention.params})),
        small(t("attention.then")),
    ]
    if to_hand_over(request):
        body.append(small(t("attention.hands")))
    return card(body, [*desk_buttons(t, status), *plan_button(t, request)])
