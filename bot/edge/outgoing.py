"""The messages the bot sends: cards as attachments, and plain text."""

from collections.abc import Mapping
from typing import Final, Self

from botbuilder.schema import Activity, ActivityTypes, Attachment

from bot.edge.codec import Json, encode_activity

CARD_TYPE: Final = "application/vnd.microsoft.card.adaptive"


class SealedCard(dict[str, object]):
    """A card that nobody changes any more, so that copying it is returning it.

    botbuilder copies every activity deeply before it is sent, which for a card of 6 KB costs
    a third of a millisecond.
    """

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self


def card_activity(card: Mapping[str, object], *, summary: str) -> Activity:
    """Return the message with one card; `summary` is the text of its notification."""
    attachment = Attachment(content_type=CARD_TYPE, content=SealedCard(card))
    return Activity(type=ActivityTypes.message, attachments=[attachment], summary=summary or None)


def text_activity(text: str) -> Activity:
    """Return a plain message."""
    return Activity(type=ActivityTypes.message, text=text, text_format="plain")


def card_message(card: Mapping[str, object], *, summary: str) -> Json:
    """Return the JSON of a message with one card, for `Connector.send` and `update`."""
    return encode_activity(card_activity(card, summary=summary))
