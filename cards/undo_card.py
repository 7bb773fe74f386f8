"""The question whether an order that stopped halfway is to be taken back, and what that does."""

from typing import Final

from adaptive_cards.card import ElementT, InputText

from cards.buttons import DANGEROUS, button, request_data
from cards.changes import step_label
from cards.parts import Card, bullets, card, heading, small, text, title, warning
from cards.request_header import request_header
from cards.verbs import Verb
from cards.words import request_words
from mutations.plan import PlannedStep, Undo
from mutations.register import Register
from mutations.status import Status
from texts.escaping import Safe, escape
from texts.translator import Texts

REASON_LENGTH: Final = 500


def undo_card(t: Texts, register: Register, status: Status, *, problem: str = "") -> Card:
    """Return the second confirmation for the service desk.

    `problem` says in words what was wrong with the last press.
    """
    request = status.request
    words = request_words(t, register, request)
    steps = request.plan.steps if request.plan else ()
    at_supplier = request.plan is not None and request.plan.is_for_supplier
    body: list[ElementT] = [
        title(t("undo.title")),
        request_header(t, request),
        *([warning(escape(problem))] if problem else []),
        text(t("undo.text_supplier" if at_supplier else "undo.text", **words)),
        *_listed(t, t("undo.back"), [one for one in steps[::-1] if one.undo is Undo.BACK]),
        *_listed(t, t("undo.hand"), [one for one in steps if one.undo is Undo.HAND]),
        *_listed(
            t, t("undo.supplier", **words), [one for one in steps if one.undo is Undo.SUPPLIER]
        ),
        small(t("undo.limit_supplier" if at_supplier else "undo.limit", **words)),
        InputText(
            id="reason",
            label=t.plain("undo.why"),
            placeholder=t.plain("undo.placeholder"),
            is_multiline=True,
            max_length=REASON_LENGTH,
        ),
    ]
    data = request_data(request)
    return card(
        body,
        [
            button(t, Verb.UNDO_SURE, data, style=DANGEROUS, with_inputs=True),
            button(t, Verb.REQUEST_SHOW, data, title=t.plain("button.not_undo")),
        ],
    )


def _listed(t: Texts, name: Safe, steps: list[PlannedStep]) -> list[ElementT]:
    labels = dict.fromkeys(step_label(t, step.name) for step in steps)
    return [heading(name), bullets(labels)] if labels else []
