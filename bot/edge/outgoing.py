"""The messages the bot sends: cards as attachments, and plain text."""

from collections.abc import Mapping
from copy import copy
from typing import Final, Self

from botbuilder.schema import Activity, ActivityTypes, Attachment

from bot.edge.codec import Json, encode_activity

CARD_TYPE: Final = "application/vnd.microsoft.card.adaptive"


class OutgoingActivity(Activity):
    """A message whose parts nobody changes any more, so that a copy may share them.

    botbuilder copies every activity deeply before it addresses and sends it; for a card of
    6 KB that would cost a third of a millisecond.
    """

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return copy(self)


def card_activity(card: Mapping[str, object], *, summary: str, text: str = "") -> Activity:
    """Return the message with one card, `text` above it; `summary` is for its notification."""
    attachment = Attachment(content_type=CARD_TYPE, content=card)
    return OutgoingActivity(
        type=ActivityTypes.message,
        text=text or None,
        attachments=[attachment],
        summary=summary or None,
    )


def text_activity(text: str) -> Activity:
    """Return a plain message."""
    return OutgoingActivity(type=ActivityTypes.message, text=text, text_format="plain")


def card_message(card: Mapping[str, object], *, summary: str, text: str = "") -> Json:
    """Return the JSON of a message with one card, for `Connector.send` and `update`."""
    return encode_activity(card_activity(card, summary=summary, text=text))
