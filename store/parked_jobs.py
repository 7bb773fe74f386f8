"""The jobs that were left for a person, and running them again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString

from psycopg.errors import UniqueViolation

from store.database import Database

_PARKED: Final[LiteralString] = """
select job.id, job.task_name as task, job.args ->> 'request_id' as request_id,
  max(event.at) as parked_at
from procrastinate_jobs as job
left join procrastinate_events as event on event.job_id = job.id and event.type = 'failed'
where job.status = 'failed'
group by job.id order by job.id
"""
_AGAIN: Final[LiteralString] = """
select procrastinate_retry_job_v2(id, now(), null, null, null) from procrastinate_jobs
where id = %s and status = 'failed'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedJob:
    """A job that nobody runs any more.

    Attributes:
        parked_at: When its last run failed; None when that is not known any more.
    """

    id: int
    task: str
    request_id: str | None
    parked_at: datetime | None


class SqlParkedJobs:
    """Finds parked jobs and lets them run again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> Sequence[ParkedJob]:
        """Return the parked jobs, oldest first."""
        async with self._database.connection() as connection:
            cursor = await connection.execute(_PARKED)
            return [ParkedJob(**row) for row in await cursor.fetchall()]

    async def retry(self, job_id: int) -> bool:
        """Let a parked job run again in its old place, its faults forgotten.

        Returns:
            False when it is not parked, or when an equal job waits already and does for both.
        """
        try:
            async with self._database.transaction() as connection:
                await connection.execute("delete from job_fault where job_id = %s", (job_id,))
                cursor = await connection.execute(_AGAIN, (job_id,))
                return cursor.rowcount > 0
        except UniqueViolation:
            async with self._database.connection() as connection:
                await connection.execute(
                    "update procrastinate_jobs set status = 'aborted'"
                    " where id = %s and status = 'failed'",
                    (job_id,),
                )
            return False
