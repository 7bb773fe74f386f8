"""Every message that is owed to somebody, and whether it arrived."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, LiteralString

from mutations.clock import Clock
from mutations.identity import ObjectId, RequestId
from store.database import Connection, Database

_KEEP: Final[LiteralString] = """
insert into delivery (key, person, kind, request_id, state, uncertain, reason, created_at,
  updated_at)
values (%(key)s, %(person)s, %(message)s, %(request_id)s, %(state)s, %(uncertain)s, %(reason)s,
  %(at)s, %(at)s)
on conflict (key) do update set state = excluded.state, uncertain = excluded.uncertain,
  reason = excluded.reason, updated_at = excluded.updated_at
  where delivery.state not in ('sent', 'rejected', 'moot')
"""


class DeliveryState(StrEnum):
    """How far a message is."""

    SENDING = "sending"  # it is on its way, or was when something broke
    WAITING = "waiting"  # an attempt certainly failed; its job tries again
    SENT = "sent"
    UNREACHABLE = "unreachable"  # waits until the person has the bot
    REJECTED = "rejected"  # the Bot Connector will never take it
    MOOT = "moot"  # what it asked was answered before it could be asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message for one person; `key` is the same however often it is tried."""

    key: str
    person: ObjectId
    message: str
    request_id: RequestId


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a message is.

    Attributes:
        uncertain: It may hang in the chat although nothing says so: the outcome of an attempt
            is not known.
    """

    state: DeliveryState
    uncertain: bool = False
    reason: str = ""


class DeliveryRecord:
    """What happens to messages, written in one transaction with what follows from it."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now

    async def keep(self, delivery: Delivery, standing: Standing) -> bool:
        """Record how far a message is; False when another worker has seen to it for good."""
        cursor = await self._connection.execute(
            _KEEP,
            {
                "key": delivery.key,
                "person": delivery.person,
                "message": delivery.message,
                "request_id": delivery.request_id,
                "state": standing.state,
                "uncertain": standing.uncertain,
                "reason": standing.reason or None,
                "at": self._now,
            },
        )
        return cursor.rowcount == 1


class SqlDeliveries:
    """Remembers what happened to messages; each call is committed on its own."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def standing(self, key: str) -> Standing | None:
        """Return how far a message is, or None when it was never tried.

        One that was on its way is uncertain from then on.
        """
        async with self._database.connection() as connection:
            cursor = await connection.execute(
                "select state, uncertain or state = 'sending' as uncertain,"
                " coalesce(reason, '') as reason from delivery where key = %s",
                (key,),
            )
            row = await cursor.fetchone()
        if row is None:
            return None
        return Standing(
            state=DeliveryState(row["state"]), uncertain=row["uncertain"], reason=row["reason"]
        )

    async def keep(self, delivery: Delivery, standing: Standing) -> bool:
        """Record how far a message is; False when another worker has seen to it for good."""
        async with self._database.connection() as connection:
            return await DeliveryRecord(connection, self._clock.now()).keep(delivery, standing)

    async def unreachable_for(self, person: ObjectId) -> Sequence[Delivery]:
        """Return the messages that wait until `person` can be reached, oldest first."""
        async with self._database.connection() as connection:
            cursor = await connection.execute(
                "select key, person, kind as message, request_id from delivery"
                " where person = %s and state = 'unreachable' order by created_at",
                (person,),
            )
            return [Delivery(**row) for row in await cursor.fetchall()]
