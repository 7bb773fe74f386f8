"""Where the bot can reach a person: the one-to-one conversation of each who ever spoke to it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, LiteralString

from mutations.clock import Clock
from mutations.identity import ObjectId
from store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationReference:
    """The address of the personal chat between one person and the bot.

    Attributes:
        service_url: Base URL of the channel service that carries this conversation.
        bot_id: Channel account id of the bot in that conversation.
        account_id: Channel account id of the person, which is not the object id.
    """

    person: ObjectId
    conversation_id: str
    service_url: str
    tenant_id: str
    bot_id: str
    account_id: str


_TRUSTED: Final = timedelta(minutes=1)
_MOST_SEEN: Final = 4096

# Runs on every turn: nothing is locked or written while the address is the known one.
_REMEMBER: Final[LiteralString] = """
insert into conversation_reference
  (person, conversation_id, service_url, tenant_id, bot_id, account_id, updated_at)
select %(person)s, %(conversation_id)s, %(service_url)s, %(tenant_id)s, %(bot_id)s,
  %(account_id)s, %(at)s
where not exists (
  select from conversation_reference
  where person = %(person)s and conversation_id = %(conversation_id)s
    and service_url = %(service_url)s and tenant_id = %(tenant_id)s
    and bot_id = %(bot_id)s and account_id = %(account_id)s)
on conflict (person) do update set
  conversation_id = excluded.conversation_id, service_url = excluded.service_url,
  tenant_id = excluded.tenant_id, bot_id = excluded.bot_id,
  account_id = excluded.account_id, updated_at = excluded.updated_at
"""

_FIND: Final[LiteralString] = """
select person, conversation_id, service_url, tenant_id, bot_id, account_id
from conversation_reference where person = %s
"""


class SqlConversationReferences:
    """Keeps one address per person; the last one seen is the valid one."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._seen: dict[ObjectId, tuple[ConversationReference, datetime]] = {}

    async def remember(self, reference: ConversationReference) -> bool:
        """Keep this address; costs one read when it is known.

        During a conversation it costs nothing: an address kept less than a minute ago is not
        looked at again. If another replica found it dead within that minute, the person's first
        message after the minute brings it back.

        Returns:
            False when it was kept less than a minute ago. Otherwise see what waited for this
            person, and call `doubt` when that cannot be seen to.
        """
        now = self._clock.now()
        known, at = self._seen.get(reference.person, (None, now))
        if known == reference and now - at < _TRUSTED:
            return False
        await self._upsert(reference, now)
        if len(self._seen) >= _MOST_SEEN:
            self._seen.clear()
        self._seen[reference.person] = (reference, now)
        return True

    def doubt(self, person: ObjectId) -> None:
        """Look at the address of a person again when they speak next."""
        self._seen.pop(person, None)

    async def _upsert(self, reference: ConversationReference, now: datetime) -> None:
        async with self._database.connection() as connection:
            await connection.execute(
                _REMEMBER,
                {
                    "person": reference.person,
                    "conversation_id": reference.conversation_id,
                    "service_url": reference.service_url,
                    "tenant_id": reference.tenant_id,
                    "bot_id": reference.bot_id,
                    "account_id": reference.account_id,
                    "at": now,
                },
            )

    async def find(self, person: ObjectId) -> ConversationReference | None:
        """Return the address of a person, or None when the bot was never spoken to."""
        async with self._database.connection() as connection:
            cursor = await connection.execute(_FIND, (person,))
            row = await cursor.fetchone()
        return None if row is None else ConversationReference(**row)

    async def forget(self, person: ObjectId) -> None:
        """Drop the address: the person removed the bot. Does nothing for an unknown person."""
        self.doubt(person)
        async with self._database.connection() as connection:
            await connection.execute(
                "delete from conversation_reference where person = %s", (person,)
            )
