"""The question whether an order is to be taken back, and what that does: its own plan."""

from typing import Final

from adaptive_cards.card import ElementT, InputText

from cards.buttons import DANGEROUS, button, request_data
from cards.parts import Card, card, small, text, title, warning
from cards.request_header import request_header
from cards.undo_words import goes_back, stays
from cards.verbs import Verb
from cards.words import request_words
from mutations.register import Register
from mutations.status import Status
from texts.escaping import escape
from texts.translator import Texts

REASON_LENGTH: Final = 500


def undo_card(t: Texts, register: Register, status: Status, *, problem: str = "") -> Card:
    """Return the second confirmation for the service desk.

    `problem` says in words what was wrong with the last press.
    """
    request = status.request
    words = request_words(t, register, request)
    at_supplier = request.plan is not None and request.plan.is_for_supplier
    phase = "done" if request.done_at else "stopped"
    body: list[ElementT] = [
        title(t("undo.title")),
        request_header(t, request),
        *([warning(escape(problem))] if problem else []),
        text(t("undo.text.supplier" if at_supplier else f"undo.text.{phase}", **words)),
        *goes_back(t, register, request),
        *stays(t, register, request),
        small(t("undo.limit.supplier" if at_supplier else "undo.limit.own", **words)),
        InputText(
            id="reason",
            label=t.plain("undo.why"),
            placeholder=t.plain("undo.placeholder"),
            is_multiline=True,
            max_length=REASON_LENGTH,
        ),
    ]
    data = request_data(request)
    # A question about work that stopped does not take back what was finished since.
    sure = {**data, "state": request.state.value}
    return card(
        body,
        [
            button(t, Verb.UNDO_SURE, sure, style=DANGEROUS, with_inputs=True),
            button(t, Verb.REQUEST_SHOW, data, title=t.plain("button.not_undo")),
        ],
    )
