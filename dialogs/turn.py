"""The small protocol between the edge and the conversations; no framework shows through it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from mutations.identity import ObjectId, RequestId


class Standing(StrEnum):
    """What the card was worth whose button was pressed."""

    GENUINE = "genuine"
    EXPIRED = "expired"
    BROKEN = "broken"


class IncomingKind(StrEnum):
    """What a person did."""

    MESSAGE = "message"
    PRESS = "press"
    JOINED = "joined"


@dataclass(frozen=True, slots=True)
class Incoming:
    """One authenticated act of one person.

    Attributes:
        person: Object id out of the authenticated activity, never out of card data.
        name: Display name as the channel gave it: user text, for greeting only.
        text: What was typed, without the mention of the bot; empty for a press.
        verb: Verb of the pressed button, empty for a message.
        data: What the pressed button held when we sent it to this person, in this conversation.
        inputs: What was typed on the card, and whatever else came along: hostile input.
        standing: Whether the button was one of ours; a broken one has no verb and no data.
        personal: True in a one-to-one chat, False in a group chat or channel.
        has_attachment: True when a file or picture came along.
        conversation_id: Conversation in which it happened.
        card_id: Activity id of the card whose button was pressed; empty when unknown.
    """

    kind: IncomingKind
    person: ObjectId
    name: str
    conversation_id: str
    personal: bool = True
    text: str = ""
    verb: str = ""
    data: Mapping[str, object] = field(default_factory=dict)
    inputs: Mapping[str, object] = field(default_factory=dict)
    standing: Standing = Standing.GENUINE
    has_attachment: bool = False
    card_id: str = ""


class Interruption(StrEnum):
    """How far an act got that the bot could not finish."""

    NOT_BEGUN = "not_begun"
    PERHAPS_DONE = "perhaps_done"


class CardKind(StrEnum):
    """What a card that was sent shows, so that it can be shown anew when the state changes."""

    REQUEST = "request"
    DECISION = "decision"
    COLLEAGUE = "colleague"
    ATTENTION = "attention"
    HAND = "hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """A card that must follow its request from now on.

    Attributes:
        lasting: What the card shows once its headline has been read; None for all that it shows.
    """

    kind: CardKind
    request_id: RequestId
    lasting: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What the person gets back: Adaptive Cards as plain JSON objects, in order.

    A press is answered by the first card, which takes the place of the pressed one;
    every further card is a new message. `summary` is the plain text of notifications.
    `tracked` says that the pressed card now shows a request and must follow it.
    """

    cards: tuple[Mapping[str, object], ...] = ()
    summary: str = ""
    tracked: Tracked | None = None


class Conversation(Protocol):
    """The conversations as the edge sees them."""

    async def respond(self, incoming: Incoming) -> Reply:
        """Do what the person asks and return the answer.

        Never raises for anything a person can cause.
        """
        ...

    def problem(self, correlation_id: str) -> Reply:
        """Return the card for a fault of ours, with the id by which it can be found."""
        ...

    def interrupted(self, incoming: Incoming, interruption: Interruption) -> Reply:
        """Return the card for an act that could not be finished; needs nothing but memory.

        Where the act was the press of a genuine button, the card can do the same press again.
        """
        ...
