"""How many changes all replicas together made in the last hour, and the brake on them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, LiteralString

from mutations.identity import RequestId
from store.database import Database

_BE_THERE: Final[LiteralString] = """
insert into tenant_brake default values on conflict do nothing
"""
_LOCK: Final[LiteralString] = """
select pulled_at, called_at < clock_timestamp() - %(again)s as is_long_ago
from tenant_brake for update
"""
_COUNT: Final[LiteralString] = """
select coalesce(sum(effects), 0) as effects from tenant_effects
where at > greatest(clock_timestamp() - %(window)s,
  (select counts_from from tenant_brake))
"""
_ADD: Final[LiteralString] = """
insert into tenant_effects (request_id, effects) values (%(request)s, %(effects)s)
"""
_SWEEP: Final[LiteralString] = """
delete from tenant_effects where at < clock_timestamp() - 2 * %(window)s::interval
"""
_PULL: Final[LiteralString] = """
update tenant_brake set pulled_at = coalesce(pulled_at, clock_timestamp()),
  called_at = clock_timestamp(), called_for = %(request)s
"""
_RELEASE: Final[LiteralString] = """
update tenant_brake set pulled_at = null, called_at = null, called_for = null,
  counts_from = clock_timestamp()
where pulled_at is not null and (%(request)s::text is null or called_for = %(request)s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Whether changes were counted and may be made, and whether a person is to be called."""

    is_free: bool = False
    calls: bool = False


class SqlBrake:
    """Counts the changes of all replicas, by one row that everybody locks for a moment."""

    def __init__(
        self,
        database: Database,
        *,
        most: int,
        window: timedelta = timedelta(hours=1),
        call_again: timedelta = timedelta(hours=1),
    ) -> None:
        """Prepare.

        Args:
            database: What all replicas share; the times are those of its clock.
            most: Changes in `window`; the next ones pull the brake.
            window: Time that is counted over.
            call_again: Time after which another order calls a person, if nobody came.
        """
        self._database = database
        self._most = most
        self._times = {"window": window, "again": call_again}

    @property
    def most(self) -> int:
        """Changes an hour."""
        return self._most

    async def pass_by(self, request_id: RequestId, effects: int) -> Passage:
        """Ask for so many changes for a request; counted at once if they may be made.

        Raises:
            DatabaseUnavailableError: The database does not answer in time.
        """
        values = {**self._times, "request": request_id, "effects": effects}
        async with self._database.connection() as connection, connection.transaction():
            await connection.execute(_BE_THERE)
            row = await (await connection.execute(_LOCK, values)).fetchone()
            assert row is not None
            if row["pulled_at"] is not None:
                if not row["is_long_ago"]:
                    return Passage()
                await connection.execute(_PULL, values)
                return Passage(calls=True)
            counted = await (await connection.execute(_COUNT, values)).fetchone()
            assert counted is not None
            made = int(counted["effects"])
            if made and made + effects > self._most:
                await connection.execute(_PULL, values)
                return Passage(calls=True)
            await connection.execute(_ADD, values)
            await connection.execute(_SWEEP, values)
        return Passage(is_free=True)

    async def release(self, request_id: RequestId | None) -> bool:
        """Let everything go on, if this order called the person (None: whoever did).

        Raises:
            DatabaseUnavailableError: The database does not answer in time.
        """
        async with self._database.connection() as connection:
            cursor = await connection.execute(_RELEASE, {"request": request_id})
            return cursor.rowcount > 0

    async def pulled_at(self) -> datetime | None:
        """Return since when everything stands still; None when it does not.

        Raises:
            DatabaseUnavailableError: The database does not answer in time.
        """
        async with self._database.connection() as connection:
            row = await (await connection.execute("select pulled_at from tenant_brake")).fetchone()
        pulled_at: datetime | None = row["pulled_at"] if row else None
        return pulled_at
