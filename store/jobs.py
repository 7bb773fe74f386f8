"""The job engine: work that must happen later, once, on one of the workers (Procrastinate)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString

import psycopg
from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import JobDeferrer
from procrastinate.types import JSONValue, TimeDeltaParams

from store.database import (
    Connection,
    Database,
    DatabaseUnavailableError,
    SerializationConflictError,
)
from store.job_bookkeeping import JobBookkeeping
from store.job_faults import SqlJobFaults
from store.job_runs import Handler, JobObserver, JobOutcome, JobRuns, Task
from store.job_worker import BULK_QUEUE, USUAL_QUEUE, JobWorker, WorkerSettings
from store.retry_policy import RetryPolicy, Strategy

REMOVE_OLD_JOBS: Final = "jobs.remove_old"

# The row stays locked until the commit, so a worker cannot start it before our changes are seen.
_BRING_FORWARD: Final[LiteralString] = """
update procrastinate_jobs
set scheduled_at = case
  when scheduled_at is null or %(at)s::timestamptz is null then null
  else least(scheduled_at, %(at)s) end
where queueing_lock = %(queueing_lock)s and status = 'todo'
returning id
"""


class UnknownTaskError(Exception):
    """A job was queued for a task that nobody registered: a fault of the program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which places of a worker a job takes, and its rank among those that may start."""

    queue: str = USUAL_QUEUE
    priority: int = 0


USUAL_PLACE: Final = Place()
BULK_PLACE: Final = Place(queue=BULK_QUEUE)
BULK_PLACE_AT_THE_END: Final = Place(queue=BULK_QUEUE, priority=-1)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOptions:
    """When and beside what a job may run; see `TransactionalJobs.enqueue`."""

    lock: str | None = None
    queueing_lock: str | None = None
    at: datetime | None = None
    delay_s: float | None = None
    place: Place = USUAL_PLACE


class JobEngine:
    """Queues jobs in the caller's transaction and runs them, at least once each."""

    def __init__(
        self,
        database: Database,
        *,
        transient: tuple[type[Exception], ...] = (),
        policy: RetryPolicy | None = None,
        observer: JobObserver | None = None,
        keep_finished_h: int = 48,
    ) -> None:
        """Prepare the engine; call `open` before use.

        Args:
            database: Where the jobs are; its connections are shared.
            transient: Errors of handlers that are expected to pass, beside those of the database.
            policy: Retries of every task that does not bring its own.
            observer: Told how each run ended.
            keep_finished_h: Hours after which succeeded and superseded jobs are deleted; failed
                ones stay for 90 days.
        """
        self._database = database
        self._policy = policy or RetryPolicy()
        self._tasks: dict[str, Task] = {}
        self._faults = SqlJobFaults(database)
        self._runs = JobRuns(
            self._faults,
            transient=(*transient, DatabaseUnavailableError, SerializationConflictError),
            observer=observer or _nobody,
        )
        self._keep_finished_h = keep_finished_h
        connector = PsycopgConnector()
        self._app = App(connector=connector)
        self._jobs = JobBookkeeping(connector)
        self._app.job_manager = self._jobs
        self._worker = JobWorker(
            database, self._app, self._jobs, runs=self._runs, tasks=self._tasks
        )
        self.register(REMOVE_OLD_JOBS, self._remove_old, cron="17 * * * *")

    async def open(self) -> None:
        """Use the connections of the (opened) database; closing the database ends the engine."""
        await self._app.open_async(self._database.pool)

    def register(
        self,
        name: str,
        handler: Handler,
        *,
        retry: RetryPolicy | None = None,
        cron: str | None = None,
        on_parked: Handler | None = None,
    ) -> None:
        """Let jobs called `name` be done by `handler`; before the worker runs.

        Args:
            name: Stable: jobs in the database carry it.
            handler: Asynchronous; a second run of the same job must do no harm.
            retry: Retries other than the engine's.
            cron: Five fields (six: seconds), UTC; runs it then, once over all replicas.
            on_parked: Called with the job's arguments before the job is left as failed, also
                when its workers die; may be called twice, and again later when it raises.
        """
        how = Task(name=name, handler=handler, retry=retry or self._policy, on_parked=on_parked)
        self._tasks[name] = how

        async def run(context: JobContext, /, **args: JSONValue) -> None:
            if cron is not None:
                args.pop("timestamp", None)
            await self._runs.run(how, context.job, args)

        task = self._app.task(name=name, retry=Strategy(), pass_context=True)(run)
        if cron is not None:
            self._app.periodic(cron=cron, queueing_lock=name)(task)  # type: ignore[arg-type] # one more argument

    async def enqueue(
        self,
        connection: Connection,
        task_name: str,
        options: JobOptions,
        args: Mapping[str, JSONValue],
    ) -> bool:
        """Queue a job on `connection`; see `TransactionalJobs.enqueue`.

        Returns:
            False when a job with this queueing lock waits already.

        Raises:
            UnknownTaskError: No handler is registered under this name.
        """
        deferrer = self._configured(connection, task_name, options)
        if options.queueing_lock is None:
            await _defer(deferrer, args)
            return True
        for _ in range(3):
            try:
                # A savepoint: the refusal must not spoil the caller's transaction.
                async with connection.transaction():
                    await _defer(deferrer, args)
            except AlreadyEnqueued:
                waiting = {"queueing_lock": options.queueing_lock, "at": deferrer.job.scheduled_at}
                cursor = await connection.execute(_BRING_FORWARD, waiting)
                if cursor.rowcount:
                    return False
                # It was started in between, perhaps too early to see our changes: queue again.
            else:
                return True
        raise SerializationConflictError

    async def run_worker(self, settings: WorkerSettings | None = None) -> None:
        """Run jobs until cancelled, which lets the running ones finish (up to `shutdown_s`).

        Works on by itself after the database was away.
        """
        await self._worker.run(settings or WorkerSettings())

    async def retry_stalled(self, stalled_after_s: float) -> int:
        """Let the jobs of dead workers run again; returns how many there were."""
        return await self._worker.retry_stalled(stalled_after_s)

    async def _remove_old(self) -> None:
        await self._jobs.delete_old_jobs(
            self._keep_finished_h, include_cancelled=True, include_aborted=True
        )
        await self._jobs.delete_old_jobs(90 * 24, include_failed=True)
        await self._faults.remove_old()

    def _configured(
        self, connection: Connection, task_name: str, options: JobOptions
    ) -> JobDeferrer:
        if task_name not in self._app.tasks:
            raise UnknownTaskError(task_name)
        delay: TimeDeltaParams | None = None
        if options.delay_s is not None:
            delay = {"milliseconds": round(options.delay_s * 1000)}
        return self._app.configure_task(
            task_name,
            queue=options.place.queue,
            priority=options.place.priority,
            lock=options.lock,
            queueing_lock=options.queueing_lock,
            schedule_at=options.at,
            schedule_in=delay,
            connection=connection,
        )


async def _defer(deferrer: JobDeferrer, args: Mapping[str, JSONValue]) -> None:
    try:
        await deferrer.defer_async(**args)
    except ConnectorException as error:
        if isinstance(error.__cause__, psycopg.Error):
            raise error.__cause__ from None  # the database's own word, to be translated as such
        raise


def _nobody(_task: str, _outcome: JobOutcome, _seconds: float) -> None:
    """Watch nothing."""
