"""A conversation that gives back what it was told, and remembers it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dialogs.turn import Incoming, Interruption, Reply, Tracked
from store.conversation_references import ConversationReference


def echo_card(text: str, **data: object) -> Mapping[str, object]:
    """Return a card that shows `text` and has a button, an input and a fallback."""
    return {
        "type": "AdaptiveCard",
        "version": "1.5",
        "body": [
            {"type": "TextBlock", "text": text, "wrap": True},
            {"type": "Input.Text", "id": "note", "label": "Note"},
        ],
        "actions": [
            {
                "type": "Action.Execute",
                "title": "Again",
                "verb": "echo.again",
                "data": data,
                "fallback": {
                    "type": "Action.Submit",
                    "title": "Again",
                    "data": {"verb": "echo.again", **data},
                },
            }
        ],
    }


@dataclass
class EchoConversation:
    """Answers every act with one card; `fault` is raised instead when it is set."""

    heard: list[Incoming] = field(default_factory=list)
    fault: Exception | None = None
    reply: Reply | None = None

    async def respond(self, incoming: Incoming) -> Reply:
        self.heard.append(incoming)
        if self.fault is not None:
            raise self.fault
        if self.reply is not None:
            return self.reply
        said = incoming.text or incoming.verb or incoming.kind.value
        return Reply(cards=(echo_card(said, turn=len(self.heard)),), summary=said)

    def problem(self, correlation_id: str) -> Reply:
        return Reply(cards=(echo_card(f"problem {correlation_id}"),), summary="problem")

    def interrupted(self, incoming: Incoming, interruption: Interruption) -> Reply:
        card = echo_card(f"{interruption} {incoming.verb}", **incoming.data)
        return Reply(cards=(card,), summary=interruption.value)


@dataclass
class RecordingReferences:
    """Keeps references and followed cards in memory, in the order of their coming."""

    remembered: list[ConversationReference] = field(default_factory=list)
    followed: list[tuple[Tracked, str]] = field(default_factory=list)

    async def remember(self, reference: ConversationReference) -> None:
        self.remembered.append(reference)

    async def follow(
        self,
        reference: ConversationReference,
        tracked: Tracked,
        *,
        card_id: str,
        card: Mapping[str, object],
    ) -> None:
        assert reference.conversation_id
        assert card
        self.followed.append((tracked, card_id))
