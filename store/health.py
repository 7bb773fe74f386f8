"""What the database knows of the health of the program: itself, the workers, the queue."""

from collections.abc import Mapping
from typing import Any, Final, LiteralString

from store.database import Database
from store.job_worker import BULK_QUEUE

_CAN_WRITE: Final[LiteralString] = """
select pg_is_in_recovery() as is_standby,
  current_setting('transaction_read_only')::boolean as is_read_only
"""

_SILENCE: Final[LiteralString] = """
select extract(epoch from now() - max(last_heartbeat))::float as seconds
from procrastinate_workers
"""

# Only jobs that a worker could take: one that waits for an earlier job of its lock, such as the
# messages for somebody who cannot be reached, says nothing about the workers. Nor does one of a
# reorganisation: a thousand orders wait for the quota, for hours.
_OLDEST_DUE: Final[LiteralString] = """
select extract(epoch from now() - min(since))::float as seconds from (
  select coalesce(job.scheduled_at,
    (select min(event.at) from procrastinate_events event where event.job_id = job.id)) as since
  from procrastinate_jobs job
  where job.status = 'todo' and job.queue_name <> %(bulk)s
    and (job.scheduled_at is null or job.scheduled_at <= now())
    and (job.lock is null or not exists (
      select from procrastinate_jobs other
      where other.lock = job.lock and other.id <> job.id
        and (other.status = 'doing' or (other.status = 'todo' and other.id < job.id))))
  union all
  select (select max(event.at) from procrastinate_events event
    where event.job_id = job.id and event.type = 'started')
  from procrastinate_jobs job where job.status = 'doing'
) due
"""


class Health:
    """Looks at the health of the program, cheaply; each look is one round trip."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def cannot_write(self) -> str:
        """Return why nothing can be written, or nothing.

        Raises:
            DatabaseUnavailableError: The database does not answer.
        """
        row = await self._row(_CAN_WRITE)
        if row["is_standby"]:
            return "standby"
        return "read-only" if row["is_read_only"] else ""

    async def worker_silence_s(self) -> float | None:
        """Return the seconds since any worker last showed a sign of life; None without one.

        The sign is a write: a database that takes no more writes silences every worker.

        Raises:
            DatabaseUnavailableError: The database does not answer.
        """
        return _seconds(await self._row(_SILENCE))

    async def oldest_job_s(self) -> float:
        """Return for how many seconds the oldest job waits that could run, or runs; 0: none.

        Bulk work counts from when it runs.

        Raises:
            DatabaseUnavailableError: The database does not answer.
        """
        return _seconds(await self._row(_OLDEST_DUE, {"bulk": BULK_QUEUE})) or 0.0

    async def _row(
        self, query: LiteralString, values: Mapping[str, object] | None = None
    ) -> dict[str, Any]:
        async with self._database.connection() as connection:
            row = await (await connection.execute(query, values)).fetchone()
        assert row is not None
        return row


def _seconds(row: dict[str, Any]) -> float | None:
    seconds = row["seconds"]
    return None if seconds is None else float(seconds)
