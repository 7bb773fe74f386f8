"""How often each job went wrong: the engine itself counts runs only, whatever ended them."""

from enum import StrEnum
from types import MappingProxyType
from typing import Final, LiteralString

from store.database import Database
from store.retry_policy import Faults


class FaultKind(StrEnum):
    """How a run of a job can go wrong."""

    TRANSIENT = "transient"
    UNEXPECTED = "unexpected"
    DEATH = "deaths"


_COUNT: Final[LiteralString] = """
insert into job_fault as known (job_id, transient, unexpected, deaths)
values (%(job_id)s, %(transient)s, %(unexpected)s, %(deaths)s)
on conflict (job_id) do update set
  transient = known.transient + excluded.transient,
  unexpected = known.unexpected + excluded.unexpected,
  deaths = known.deaths + excluded.deaths
returning transient, unexpected, deaths
"""
_ONE_OF: Final = MappingProxyType(
    {kind: {each.value: int(each is kind) for each in FaultKind} for kind in FaultKind}
)


class SqlJobFaults:
    """Counts the faults of jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, job_id: int, kind: FaultKind) -> Faults:
        """Count one more fault and return all of this job.

        Raises:
            DatabaseUnavailableError: It was not counted.
        """
        async with self._database.connection() as connection:
            cursor = await connection.execute(_COUNT, {"job_id": job_id, **_ONE_OF[kind]})
            row = await cursor.fetchone()
        assert row is not None
        return Faults(**row)

    async def remove_old(self) -> None:
        """Forget the faults of jobs that are gone."""
        async with self._database.connection() as connection:
            await connection.execute(
                "delete from job_fault where not exists"
                " (select from procrastinate_jobs where id = job_id)"
            )
