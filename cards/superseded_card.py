"""What takes the place of a card that is no longer the right one."""

from cards.buttons import button, request_data
from cards.parts import Card, card, heading, small
from cards.verbs import Verb
from mutations.status import Status
from texts.translator import Texts


def superseded_card(t: Texts, status: Status) -> Card:
    """Return one line that points to the newest message about the request."""
    request = status.request
    show = button(t, Verb.REQUEST_SHOW, request_data(request), title=t.plain("button.show"))
    number = heading(t("superseded.number", number=request.number))
    return card([number, small(t("superseded.text"))], [show])
