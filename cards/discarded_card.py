"""What is left of a draft that was thrown away."""

from cards.buttons import button
from cards.parts import Card, card, text, title
from cards.verbs import Verb
from texts.translator import Texts


def discarded_card(t: Texts) -> Card:
    """Return that a draft was thrown away and nothing was sent."""
    body = [title(t("discarded.title")), text(t("discarded.text"))]
    return card(body, [button(t, Verb.DRAFT_OPEN), button(t, Verb.LIST_MINE)])
