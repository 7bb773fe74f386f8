"""The worker: takes jobs one after the other, and those of workers that died."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from procrastinate import App
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.worker import Worker

from store.database import Database, DatabaseUnavailableError
from store.job_bookkeeping import JobBookkeeping
from store.job_runs import JobRuns, Task

_LOGGER = structlog.get_logger(__name__)
USUAL_QUEUE: Final = "default"
BULK_QUEUE: Final = "bulk"
_SWEEP_LOCK: Final = 5_620_004  # advisory lock: one replica at a time looks for stalled jobs


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """How one worker works.

    Attributes:
        concurrency: Jobs at the same time in this process, bulk work apart.
        bulk_concurrency: Jobs of bulk work at the same time in this process.
        polling_s: Longest delay before a timer that is due, or a retry, is noticed.
        heartbeat_s: Seconds between two signs of life of this worker.
        stalled_after_s: Without a sign of life for so long a worker counts as dead and its jobs
            are run by others; the same value on all replicas.
        sweep_s: Seconds between two looks for jobs of dead workers.
        shutdown_s: How long running jobs may finish when the worker is asked to stop.
        restart_wait_s: Pause before working on after the database was away.
    """

    concurrency: int = 4
    bulk_concurrency: int = 8
    polling_s: float = 2.0
    heartbeat_s: float = 3.0
    stalled_after_s: float = 15.0
    sweep_s: float = 5.0
    shutdown_s: float = 20.0
    restart_wait_s: float = 1.0


class JobWorker:
    """Works for as long as it is let."""

    def __init__(
        self,
        database: Database,
        app: App,
        jobs: JobBookkeeping,
        *,
        runs: JobRuns,
        tasks: Mapping[str, Task],
    ) -> None:
        self._database = database
        self._app = app
        self._jobs = jobs
        self._runs = runs
        self._tasks = tasks

    async def run(self, settings: WorkerSettings) -> None:
        """Run jobs until cancelled; see `JobEngine.run_worker`."""
        while True:
            try:
                await self._work(settings)
            except (ConnectorException, DatabaseUnavailableError) as error:
                _LOGGER.warning("worker lost the database", error=type(error).__name__)
            else:
                _LOGGER.warning("worker stopped by itself")
            _go_on_unless_cancelled()
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
        workers = [
            self._worker(settings, USUAL_QUEUE, settings.concurrency),
            self._worker(settings, BULK_QUEUE, settings.bulk_concurrency),
        ]
        sweeper = asyncio.create_task(self._sweep(workers, settings))
        sweeper.add_done_callback(lambda _: _stop(workers))
        try:
            await _together(workers)
        finally:
            sweeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sweeper

    def _worker(self, settings: WorkerSettings, queue: str, concurrency: int) -> Worker:
        return Worker(
            self._app,
            queues=[queue],
            concurrency=concurrency,
            fetch_job_polling_interval=settings.polling_s,
            shutdown_graceful_timeout=settings.shutdown_s,
            update_heartbeat_interval=settings.heartbeat_s,
            stalled_worker_timeout=settings.stalled_after_s,
            install_signal_handlers=False,
        )

    async def _sweep(self, workers: Sequence[Worker], settings: WorkerSettings) -> None:
        """Look for stalled jobs now and then; keeps the hearts beating while jobs finish."""
        while True:
            await asyncio.sleep(settings.sweep_s)
            try:
                # First: after the machine slept, our own jobs must not look like those of a dead.
                for worker in workers:
                    if worker.worker_id is not None:
                        await self._jobs.update_heartbeat(worker.worker_id)
                await self.retry_stalled(settings.stalled_after_s)
            except (ConnectorException, DatabaseUnavailableError) as error:
                _LOGGER.warning("stalled jobs not looked for", error=type(error).__name__)

    async def _revive(self, job: Job) -> None:
        """Let a job run again, or leave it for a person; when that fails, it is found again."""
        task = self._tasks.get(job.task_name)
        try:
            is_over = task is not None and await self._runs.count_death(task, job)
        except Exception:
            _LOGGER.exception("job of a dead worker left for the next look", job_id=job.id)
            return
        if is_over:
            await self._jobs.finish_job(job, Status.FAILED, delete_job=False)
            return
        _LOGGER.warning("job of a dead worker runs again", job_id=job.id, task=job.task_name)
        await self._jobs.retry_job(job)


def _go_on_unless_cancelled() -> None:
    """End here when that was asked while the worker failed by itself, which hides the asking."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _stop(workers: Sequence[Worker]) -> None:
    for worker in workers:
        worker.stop()  # type: ignore[no-untyped-call] # untyped upstream


async def _together(workers: Sequence[Worker]) -> None:
    """Run workers until one ends, and let the jobs of all finish; raises what ended the first."""
    running = [asyncio.create_task(_run(worker)) for worker in workers]
    try:
        await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in running:
            task.cancel()
        ended = await asyncio.gather(*running, return_exceptions=True)
    for fault in ended:
        if isinstance(fault, BaseException) and not isinstance(fault, asyncio.CancelledError):
            raise fault


async def _run(worker: Worker) -> None:
    await worker.run()  # type: ignore[no-untyped-call] # untyped upstream
