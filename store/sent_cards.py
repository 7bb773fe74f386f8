"""Every card that was sent about a request, so that all copies become final."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final, LiteralString

from mutations.identity import ObjectId, RequestId
from store.database import Connection, Database

_REMEMBER: Final[LiteralString] = """
insert into sent_card (person, kind, request_id, conversation_id, activity_id, service_url,
  digest, is_repeat, sent_at)
values (%(person)s, %(kind)s, %(request_id)s, %(conversation_id)s, %(activity_id)s,
  %(service_url)s, %(digest)s, %(is_repeat)s, %(at)s)
on conflict (conversation_id, activity_id) do update
  set kind = excluded.kind, request_id = excluded.request_id, digest = excluded.digest,
    is_repeat = excluded.is_repeat, is_final = false
"""

_LIVE: Final[LiteralString] = """
select id, person, kind, conversation_id, activity_id, service_url, digest, is_repeat
from sent_card where request_id = %s and not is_final order by id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCard:
    """A card that was just sent.

    Attributes:
        digest: Fingerprint of what it shows, so that an unchanged card is not sent again.
        is_repeat: It says that it may hang in the chat twice, and goes on saying so.
    """

    person: ObjectId
    kind: str
    request_id: RequestId
    conversation_id: str
    activity_id: str
    service_url: str
    digest: str
    is_repeat: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SentCard:
    """A card that may still change; a higher id was sent later."""

    id: int
    person: ObjectId
    kind: str
    conversation_id: str
    activity_id: str
    service_url: str
    digest: str
    is_repeat: bool = False


class SentCardRecord:
    """Sent cards, written in one transaction with what follows from the sending."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now

    async def remember(self, card: NewCard) -> None:
        """Keep where a card is; a card that took the place of another one counts as the new."""
        await self._connection.execute(_REMEMBER, {**asdict(card), "at": self._now})


class SqlSentCards:
    """Remembers sent cards; each call is committed on its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def live(self, request_id: RequestId) -> Sequence[SentCard]:
        """Return the cards of a request that may still change, oldest first."""
        async with self._database.connection() as connection:
            cursor = await connection.execute(_LIVE, (request_id,))
            return [SentCard(**row) for row in await cursor.fetchall()]

    async def shown(self, card: SentCard, digest: str, *, is_final: bool) -> None:
        """Record what a card shows now, and whether it will never change again."""
        async with self._database.connection() as connection:
            await connection.execute(
                "update sent_card set digest = %s, is_final = %s, is_stale = false where id = %s",
                (digest, is_final, card.id),
            )

    async def out_of_reach(self, card: SentCard) -> None:
        """Record that a card shows something old until its person can be reached again."""
        async with self._database.connection() as connection:
            await connection.execute(
                "update sent_card set is_stale = true where id = %s", (card.id,)
            )

    async def stale_for(self, person: ObjectId) -> Sequence[RequestId]:
        """Return the requests about which a person has cards that were out of reach."""
        async with self._database.connection() as connection:
            cursor = await connection.execute(
                "select distinct request_id from sent_card where person = %s and is_stale",
                (person,),
            )
            return [RequestId(row["request_id"]) for row in await cursor.fetchall()]
