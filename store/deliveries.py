"""Every message that is owed to somebody, and whether it arrived."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, LiteralString

from mutations.clock import Clock
from mutations.identity import ObjectId, RequestId
from store.database import Database

_KEEP: Final[LiteralString] = """
insert into delivery (key, person, kind, request_id, state, created_at, updated_at)
values (%(key)s, %(person)s, %(message)s, %(request_id)s, %(state)s, %(at)s, %(at)s)
on conflict (key) do update set state = excluded.state, updated_at = excluded.updated_at
"""


class DeliveryState(StrEnum):
    """How far a message is."""

    SENT = "sent"
    UNREACHABLE = "unreachable"  # waits until the person has the bot


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message for one person; `key` is the same however often it is tried."""

    key: str
    person: ObjectId
    message: str
    request_id: RequestId


class SqlDeliveries:
    """Remembers what happened to messages."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def state(self, key: str) -> DeliveryState | None:
        """Return how far a message is, or None when it was never tried."""
        async with self._database.connection() as connection:
            cursor = await connection.execute("select state from delivery where key = %s", (key,))
            row = await cursor.fetchone()
        return None if row is None else DeliveryState(row["state"])

    async def keep(self, delivery: Delivery, state: DeliveryState) -> None:
        """Record how far a message is."""
        async with self._database.connection() as connection:
            await connection.execute(
                _KEEP,
                {
                    "key": delivery.key,
                    "person": delivery.person,
                    "message": delivery.message,
                    "request_id": delivery.request_id,
                    "state": state,
                    "at": self._clock.now(),
                },
            )

    async def unreachable_for(self, person: ObjectId) -> Sequence[Delivery]:
        """Return the messages that wait until `person` can be reached, oldest first."""
        async with self._database.connection() as connection:
            cursor = await connection.execute(
                "select key, person, kind as message, request_id from delivery"
                " where person = %s and state = 'unreachable' order by created_at",
                (person,),
            )
            return [Delivery(**row) for row in await cursor.fetchall()]
