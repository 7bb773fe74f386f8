"""The job engine: work that must happen later, once, on one of the workers (Procrastinate)."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, LiteralString

import psycopg
import structlog
from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job, JobDeferrer, Status
from procrastinate.types import JSONValue, TimeDeltaParams
from procrastinate.worker import Worker

from store.database import (
    Connection,
    Database,
    DatabaseUnavailableError,
    SerializationConflictError,
)
from store.job_bookkeeping import JobBookkeeping
from store.retry_policy import RetryPolicy, Strategy

_LOGGER = structlog.get_logger(__name__)

Handler = Callable[..., Awaitable[None]]
"""What a job does: called with the job's arguments by name; may be called twice for one job."""

REMOVE_OLD_JOBS: Final = "jobs.remove_old"
_SWEEP_LOCK: Final = 5_620_004  # advisory lock: one replica at a time looks for stalled jobs

# The row stays locked until the commit, so a worker cannot start it before our changes are seen.
_BRING_FORWARD: Final[LiteralString] = """
update procrastinate_jobs
set scheduled_at = case
  when scheduled_at is null or %(at)s::timestamptz is null then null
  else least(scheduled_at, %(at)s) end
where queueing_lock = %(queueing_lock)s and status = 'todo'
returning id
"""


class JobOutcome(StrEnum):
    """How one run of a job ended."""

    DONE = "done"
    RETRIED = "retried"
    PARKED = "parked"


JobObserver = Callable[[str, JobOutcome, float], None]
"""Told of every run: task name, outcome, seconds it took. For metrics; must not raise."""


class UnknownTaskError(Exception):
    """A job was queued for a task that nobody registered: a fault of the program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOptions:
    """When and beside what a job may run; see `TransactionalJobs.enqueue`."""

    lock: str | None = None
    queueing_lock: str | None = None
    at: datetime | None = None
    delay_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """How one worker works.

    Attributes:
        concurrency: Jobs at the same time in this process.
        polling_s: Longest delay before a timer that is due, or a retry, is noticed.
        heartbeat_s: Seconds between two signs of life of this worker.
        stalled_after_s: Without a sign of life for so long a worker counts as dead and its jobs
            are run by others; the same value on all replicas.
        sweep_s: Seconds between two looks for jobs of dead workers.
        shutdown_s: How long running jobs may finish when the worker is asked to stop.
        restart_wait_s: Pause before working on after the database was away.
    """

    concurrency: int = 4
    polling_s: float = 2.0
    heartbeat_s: float = 3.0
    stalled_after_s: float = 15.0
    sweep_s: float = 5.0
    shutdown_s: float = 20.0
    restart_wait_s: float = 1.0


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
        self._transient = (*transient, DatabaseUnavailableError, SerializationConflictError)
        self._policy = policy or RetryPolicy()
        self._observer = observer or _nobody
        self._keep_finished_h = keep_finished_h
        connector = PsycopgConnector()
        self._app = App(connector=connector)
        self._jobs = JobBookkeeping(connector)
        self._app.job_manager = self._jobs
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
    ) -> None:
        """Let jobs called `name` be done by `handler`; before the worker runs.

        Args:
            name: Stable: jobs in the database carry it.
            handler: Asynchronous; a second run of the same job must do no harm.
            retry: Retries other than the engine's.
            cron: Five fields (six: seconds), UTC; runs it then, once over all replicas.
        """
        strategy = Strategy(retry or self._policy, self._transient)

        async def run(context: JobContext, /, **args: JSONValue) -> None:
            if cron is not None:
                args.pop("timestamp", None)
            await self._run(context.job, strategy, lambda: handler(**args))

        task = self._app.task(name=name, retry=strategy, pass_context=True)(run)
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
        settings = settings or WorkerSettings()
        while True:
            try:
                await self._work(settings)
            except (ConnectorException, DatabaseUnavailableError) as error:
                _LOGGER.warning("worker lost the database", error=type(error).__name__)
            else:
                _LOGGER.warning("worker stopped by itself")
            await asyncio.sleep(settings.restart_wait_s)

    async def retry_stalled(self, stalled_after_s: float) -> int:
        """Let the jobs of dead workers run again; one replica does it at a time.

        Returns:
            The number of jobs found.
        """
        async with self._database.transaction() as connection:
            cursor = await connection.execute(
                "select pg_try_advisory_xact_lock(%s) as mine", (_SWEEP_LOCK,)
            )
            row = await cursor.fetchone()
            if row is None or not row["mine"]:
                return 0
            stalled = await self._jobs.get_stalled_jobs(seconds_since_heartbeat=stalled_after_s)
            found = list(stalled)
            for job in found:
                await self._revive(job)
        return len(found)

    async def _work(self, settings: WorkerSettings) -> None:
        await self.retry_stalled(settings.stalled_after_s)
        worker = Worker(
            self._app,
            concurrency=settings.concurrency,
            fetch_job_polling_interval=settings.polling_s,
            shutdown_graceful_timeout=settings.shutdown_s,
            update_heartbeat_interval=settings.heartbeat_s,
            stalled_worker_timeout=settings.stalled_after_s,
            install_signal_handlers=False,
        )
        sweeper = asyncio.create_task(self._sweep(worker, settings))
        sweeper.add_done_callback(lambda _: worker.stop())  # type: ignore[no-untyped-call] # untyped upstream
        try:
            await worker.run()  # type: ignore[no-untyped-call] # untyped upstream
        finally:
            sweeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sweeper

    async def _sweep(self, worker: Worker, settings: WorkerSettings) -> None:
        """Look for stalled jobs now and then; keeps the heart beating while jobs finish."""
        while True:
            await asyncio.sleep(settings.sweep_s)
            try:
                # First: after the machine slept, our own jobs must not look like those of a dead.
                if worker.worker_id is not None:
                    await self._jobs.update_heartbeat(worker.worker_id)
                await self.retry_stalled(settings.stalled_after_s)
            except (ConnectorException, DatabaseUnavailableError) as error:
                _LOGGER.warning("stalled jobs not looked for", error=type(error).__name__)

    async def _revive(self, job: Job) -> None:
        if job.attempts + 1 >= self._policy.transient_attempts:
            _LOGGER.error("job parked: its workers die", job_id=job.id, task=job.task_name)
            await self._jobs.finish_job(job, Status.FAILED, delete_job=False)
            self._observer(job.task_name, JobOutcome.PARKED, 0.0)
            return
        _LOGGER.warning("job of a dead worker runs again", job_id=job.id, task=job.task_name)
        await self._jobs.retry_job(job)

    async def _run(
        self, job: Job, strategy: Strategy, work: Callable[[], Awaitable[None]]
    ) -> None:
        """Do one run; the engine decides on the error with the same strategy afterwards."""
        started = time.monotonic()
        with structlog.contextvars.bound_contextvars(job_id=job.id, task=job.task_name):
            try:
                await work()
            except Exception as error:
                is_last = strategy.is_last(error, job)
                _log_failure(error, is_expected=strategy.is_transient(error), is_last=is_last)
                outcome = JobOutcome.PARKED if is_last else JobOutcome.RETRIED
                self._observer(job.task_name, outcome, time.monotonic() - started)
                raise
            self._observer(job.task_name, JobOutcome.DONE, time.monotonic() - started)

    async def _remove_old(self) -> None:
        await self._jobs.delete_old_jobs(
            self._keep_finished_h, include_cancelled=True, include_aborted=True
        )
        await self._jobs.delete_old_jobs(90 * 24, include_failed=True)

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


def _log_failure(error: Exception, *, is_expected: bool, is_last: bool) -> None:
    if is_expected and not is_last:
        _LOGGER.warning("job failed, tried again later", error=type(error).__name__)
    elif is_last:
        _LOGGER.error("job parked", error=type(error).__name__, exc_info=error)
    else:
        _LOGGER.error("job failed, tried again later", exc_info=error)


def _nobody(_task: str, _outcome: JobOutcome, _seconds: float) -> None:
    """Watch nothing."""
