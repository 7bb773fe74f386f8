"""Where people can be written to later on: remembered when they write to the bot."""

from collections.abc import Mapping
from typing import Protocol, TypeAlias

from botbuilder.schema import Activity

from dialogs.turn import Tracked
from mutations.identity import ObjectId
from store.conversation_references import ConversationReference

Card: TypeAlias = Mapping[str, object]


class References(Protocol):
    """Keeps the personal chat of each person, and the cards in it that must follow a request."""

    async def remember(self, reference: ConversationReference) -> None:
        """Keep this reference in the place of an older one of the same person."""
        ...

    async def follow(
        self, reference: ConversationReference, tracked: Tracked, *, card_id: str, card: Card
    ) -> None:
        """Let the card that was just shown in the message `card_id` follow its request."""
        ...


def is_personal(activity: Activity) -> bool:
    """Tell whether an activity comes from a one-to-one chat.

    The Playground leaves the type of some chats out; Teams always names it.
    """
    conversation = activity.conversation
    return not conversation.is_group and conversation.conversation_type in {None, "personal"}


def reference_of(activity: Activity) -> ConversationReference:
    """Return where the sender of an admitted, personal activity can be written to."""
    channel_data = activity.channel_data if isinstance(activity.channel_data, dict) else {}
    tenant = channel_data.get("tenant") or {}
    return ConversationReference(
        person=ObjectId(activity.from_property.aad_object_id),
        conversation_id=activity.conversation.id,
        service_url=activity.service_url,
        tenant_id=tenant.get("id") or activity.conversation.tenant_id or "",
        bot_id=activity.recipient.id,
        account_id=activity.from_property.id,
    )
