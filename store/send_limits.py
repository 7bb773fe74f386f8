"""How fast the bot may send, counted over all its processes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, LiteralString

from store.database import Database

# The generic cell rate algorithm: `due_at` is when a key would be free if it had no slack. Kept
# by the clock of the database, the only one that all replicas share. A moment that lies further
# ahead than any reservation reaches means that this clock was put back: no burst then, but no
# wait for hours either.
_RESERVE: Final[LiteralString] = """
insert into send_limit as held (key, due_at, gap, slack)
select asked.key, clock_timestamp() + asked.gap, asked.gap, asked.slack
from unnest(%(keys)s::text[], %(gaps)s::interval[], %(slacks)s::interval[])
  with ordinality as asked (key, gap, slack, place)
order by asked.place
on conflict (key) do update set
  due_at = excluded.gap + case
    when held.due_at > clock_timestamp() + excluded.slack + %(patience)s + excluded.gap
      then clock_timestamp() + excluded.slack
    else greatest(held.due_at, clock_timestamp()) end,
  gap = excluded.gap,
  slack = excluded.slack
where held.due_at <= clock_timestamp() + excluded.slack + %(patience)s
  or held.due_at > clock_timestamp() + excluded.slack + %(patience)s + excluded.gap
returning greatest(0, extract(epoch from due_at - gap - slack - clock_timestamp()))::float8
  as wait_s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A steady rate with a small burst.

    Attributes:
        per_s: Sends a second in the long run.
        burst: Sends that may go out at once after a pause.
    """

    per_s: float
    burst: int

    @property
    def gap(self) -> timedelta:
        """The time that one send takes up."""
        return timedelta(seconds=1 / self.per_s)

    @property
    def slack(self) -> timedelta:
        """How far a burst may run ahead."""
        return (self.burst - 1) * self.gap


class SqlSendLimits:
    """Gives out moments to send at; a moment given is used up, whether it is used or not."""

    def __init__(self, database: Database, *, patience_s: float = 5.0) -> None:
        """Prepare.

        Args:
            database: What all replicas share.
            patience_s: Longest wait that is given out; nothing is reserved beyond.
        """
        self._database = database
        self.patience_s = patience_s

    async def reserve(self, wanted: Sequence[tuple[str, Limit]]) -> float | None:
        """Take the next moment that all of these keys have free.

        Args:
            wanted: Keys with their limits; keys shared by many come last, in one order, so that
                two callers never wait for each other.

        Returns:
            Seconds to wait before sending, or None: too long, come back later.

        Raises:
            DatabaseUnavailableError: The database does not answer in time.
        """
        async with self._database.connection() as connection:
            cursor = await connection.execute(
                _RESERVE,
                {
                    "keys": [key for key, _ in wanted],
                    "gaps": [limit.gap for _, limit in wanted],
                    "slacks": [limit.slack for _, limit in wanted],
                    "patience": timedelta(seconds=self.patience_s),
                },
            )
            waits = [float(row["wait_s"]) for row in await cursor.fetchall()]
        return max(waits, default=0.0) if len(waits) == len(wanted) else None

    async def remove_old(self) -> None:
        """Forget the keys that are free again; forgetting changes no wait."""
        async with self._database.connection() as connection:
            await connection.execute("delete from send_limit where due_at < clock_timestamp()")
