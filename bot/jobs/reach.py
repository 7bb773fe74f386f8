"""Finding the personal chat of somebody, opening one where there is none yet."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.edge.connector import Connector
from bot.edge.delivery_errors import RejectedMessageError, UnreachableError
from mutations.identity import ObjectId
from store.conversation_references import ConversationReference, SqlConversationReferences


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where a first message to somebody goes.

    Attributes:
        service_url: The Bot Connector for people without an own address.
        own: Other addresses per person; the demo has one Playground for each persona.
    """

    service_url: str
    own: Mapping[ObjectId, str]
    tenant_id: str
    bot_id: str

    def of(self, person: ObjectId) -> str:
        """Return the Bot Connector that reaches a person."""
        return self.own.get(person, self.service_url)


class Reach:
    """Knows how to reach people."""

    def __init__(
        self, references: SqlConversationReferences, connector: Connector, addresses: Addresses
    ) -> None:
        self._references = references
        self._connector = connector
        self._addresses = addresses

    async def find(self, person: ObjectId) -> ConversationReference | None:
        """Return the personal chat with `person`, opened if need be; None when there is no way.

        Raises:
            ConnectorUnavailableError: The Bot Connector did not answer; try again later.
        """
        known = await self._references.find(person)
        return known or await self._open(person)

    async def lost(self, person: ObjectId) -> ConversationReference | None:
        """Return a new chat in the place of one that turned out to be gone, or None.

        Raises:
            ConnectorUnavailableError: The Bot Connector did not answer; try again later.
        """
        await self._references.forget(person)
        return await self._open(person)

    async def forget(self, person: ObjectId) -> None:
        """Drop the chat with a person, so that their next word to the bot counts as news."""
        await self._references.forget(person)

    async def is_known(self, person: ObjectId) -> bool:
        """Tell whether a chat with a person is known at this moment."""
        return await self._references.find(person) is not None

    async def _open(self, person: ObjectId) -> ConversationReference | None:
        addresses = self._addresses
        service_url = addresses.of(person)
        try:
            conversation_id = await self._connector.create_conversation(
                service_url,
                bot_id=addresses.bot_id,
                person_id=person,
                tenant_id=addresses.tenant_id,
            )
        except (UnreachableError, RejectedMessageError):
            return None
        reference = ConversationReference(
            person=person,
            conversation_id=conversation_id,
            service_url=service_url,
            tenant_id=addresses.tenant_id,
            bot_id=addresses.bot_id,
            account_id=person,
        )
        await self._references.remember(reference)
        return reference
