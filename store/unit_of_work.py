"""One transaction: what a use case changes and the jobs that follow from it, or nothing at all."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Final, TypeVar

import structlog
from procrastinate.types import JSONValue

from store.database import Connection, Database, SerializationConflictError
from store.jobs import USUAL_PLACE, JobEngine, JobOptions, Place

_LOGGER = structlog.get_logger(__name__)
_MAX_RUNS: Final = 3
_Result = TypeVar("_Result")


class TransactionalJobs:
    """Queues jobs that exist only if the transaction commits."""

    def __init__(self, engine: JobEngine, connection: Connection) -> None:
        self._engine = engine
        self._connection = connection

    async def enqueue(
        self,
        task_name: str,
        *,
        lock: str | None = None,
        queueing_lock: str | None = None,
        at: datetime | None = None,
        delay_s: float | None = None,
        place: Place = USUAL_PLACE,
        **args: JSONValue,
    ) -> bool:
        """Queue a job that exists when, and only if, the transaction commits.

        Args:
            task_name: Name under which the handler is registered.
            lock: Jobs with one lock run one at a time, in the order of queueing: one that waits
                for its hour or for a retry holds up the later ones.
            queueing_lock: At most one job with it waits; queueing another only brings the waiting
                one forward where needed, and it keeps its arguments.
            at: Earliest start, aware; not together with `delay_s`.
            delay_s: Earliest start in seconds from now.
            place: Bulk work takes places of its own and leaves the others alone.
            **args: JSON values, given to the handler by name; ids, never personal data.

        Returns:
            False when a job with this queueing lock waits already; it then does for both.
        """
        return await self._engine.enqueue(
            self._connection,
            task_name,
            JobOptions(
                lock=lock,
                queueing_lock=queueing_lock,
                at=at,
                delay_s=delay_s,
                place=place,
            ),
            args,
        )


class UnitOfWork:
    """The open transaction, handed to those who read and write in it; it never commits itself."""

    def __init__(self, connection: Connection, jobs: TransactionalJobs) -> None:
        self.connection = connection
        self.jobs = jobs


class Store:
    """Begins units of work."""

    def __init__(self, database: Database, engine: JobEngine) -> None:
        self._database = database
        self._engine = engine

    @contextlib.asynccontextmanager
    async def begin(self) -> AsyncIterator[UnitOfWork]:
        """Open a unit of work: commits on a normal exit, rolls back on any exception.

        Raises:
            DatabaseUnavailableError: The database does not answer in time.
            ConcurrentUpdateError: Another transaction was in the way; begin anew.
        """
        async with self._database.transaction() as connection:
            yield UnitOfWork(connection, TransactionalJobs(self._engine, connection))

    def reading(self) -> contextlib.AbstractAsyncContextManager[Connection]:
        """Lend a connection for looking only: it saves the begin and the commit.

        Raises:
            DatabaseUnavailableError: The database does not answer in time.
        """
        return self._database.connection()

    async def run(self, work: Callable[[UnitOfWork], Awaitable[_Result]]) -> _Result:
        """Run `work` in a unit of its own, again when PostgreSQL sacrificed it to another.

        Args:
            work: Called up to three times, so without effects outside the database.

        Raises:
            DatabaseUnavailableError: The database does not answer in time.
            ConcurrentUpdateError: Sacrificed each time, or a repository refused a stale version.
        """
        for attempt in range(1, _MAX_RUNS):
            try:
                async with self.begin() as unit:
                    return await work(unit)
            except SerializationConflictError:
                _LOGGER.info("transaction run again", attempt=attempt)
        async with self.begin() as unit:
            return await work(unit)
