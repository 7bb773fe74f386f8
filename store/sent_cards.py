"""Every card that was sent about a request, so that all copies become final."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, LiteralString

from mutations.clock import Clock
from mutations.identity import ObjectId, RequestId
from store.database import Database

_REMEMBER: Final[LiteralString] = """
insert into sent_card (person, kind, request_id, conversation_id, activity_id, service_url,
  digest, sent_at)
values (%(person)s, %(kind)s, %(request_id)s, %(conversation_id)s, %(activity_id)s,
  %(service_url)s, %(digest)s, %(at)s)
on conflict (conversation_id, activity_id) do update
  set kind = excluded.kind, request_id = excluded.request_id, digest = excluded.digest,
    is_final = false
"""

_LIVE: Final[LiteralString] = """
select id, person, kind, conversation_id, activity_id, service_url, digest
from sent_card where request_id = %s and not is_final order by id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCard:
    """A card that was just sent.

    Attributes:
        digest: Fingerprint of what it shows, so that an unchanged card is not sent again.
    """

    person: ObjectId
    kind: str
    request_id: RequestId
    conversation_id: str
    activity_id: str
    service_url: str
    digest: str


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


class SqlSentCards:
    """Remembers sent cards; each call is committed on its own."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def remember(self, card: NewCard) -> None:
        """Keep where a card is; a card that took the place of another one counts as the new."""
        async with self._database.connection() as connection:
            await connection.execute(
                _REMEMBER,
                {
                    "person": card.person,
                    "kind": card.kind,
                    "request_id": card.request_id,
                    "conversation_id": card.conversation_id,
                    "activity_id": card.activity_id,
                    "service_url": card.service_url,
                    "digest": card.digest,
                    "at": self._clock.now(),
                },
            )

    async def live(self, request_id: RequestId) -> Sequence[SentCard]:
        """Return the cards of a request that may still change, oldest first."""
        async with self._database.connection() as connection:
            cursor = await connection.execute(_LIVE, (request_id,))
            return [SentCard(**row) for row in await cursor.fetchall()]

    async def shown(self, card: SentCard, digest: str, *, is_final: bool) -> None:
        """Record what a card shows now, and whether it will never change again."""
        async with self._database.connection() as connection:
            await connection.execute(
                "update sent_card set digest = %s, is_final = %s where id = %s",
                (digest, is_final, card.id),
            )
