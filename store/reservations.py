"""Licences set aside for requests, in PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, LiteralString

from mutations.identity import EntityCode, RequestId
from store.database import Connection

_HELD: Final[LiteralString] = """
select pool, count(*) as held from licence_reservation
where entity = %s and request_id <> %s group by pool
"""

_HOLD: Final[LiteralString] = """
insert into licence_reservation (request_id, entity, pool, created_at)
select %s, %s, unnest(%s::text[]), %s on conflict do nothing
"""


class SqlReservations:
    """The reservations as one transaction sees them."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now

    async def lock(self, entity: EntityCode) -> None:
        """Let no other transaction count the licences of `entity` until this one ends."""
        await self._connection.execute(
            "select pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"licences:{entity}",)
        )

    async def held_by_others(self, request_id: RequestId, entity: EntityCode) -> Mapping[str, int]:
        """Return per pool how many licences other requests hold."""
        cursor = await self._connection.execute(_HELD, (entity, request_id))
        return {row["pool"]: row["held"] for row in await cursor.fetchall()}

    async def hold(self, request_id: RequestId, entity: EntityCode, pools: Sequence[str]) -> None:
        """Set one licence of each pool aside for a request; doing it twice is doing it once."""
        await self._connection.execute(_HOLD, (request_id, entity, list(pools), self._now))

    async def release(self, request_id: RequestId) -> None:
        """Give back what a request holds."""
        await self._connection.execute(
            "delete from licence_reservation where request_id = %s", (request_id,)
        )
