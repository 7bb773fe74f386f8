"""One run of a job: doing it, and deciding what becomes of it when it fails."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import structlog
from procrastinate.jobs import Job
from procrastinate.types import JSONValue

from store.database import DatabaseUnavailableError
from store.job_faults import FaultKind, SqlJobFaults
from store.retry_policy import Faults, JobAgainError, JobParkedError, RetryPolicy

_LOGGER = structlog.get_logger(__name__)

Handler = Callable[..., Awaitable[None]]
"""What a job does: called with the job's arguments by name; may be called twice for one job."""


class JobOutcome(StrEnum):
    """How one run of a job ended."""

    DONE = "done"
    RETRIED = "retried"
    PARKED = "parked"


JobObserver = Callable[[str, JobOutcome, float], None]
"""Told of every run: task name, outcome, seconds it took. For metrics; must not raise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """How one kind of job is done; see `JobEngine.register`."""

    name: str
    handler: Handler
    retry: RetryPolicy
    on_parked: Handler | None = None


class JobRuns:
    """Runs jobs and decides on their faults; the engine carries the decision out."""

    def __init__(
        self,
        faults: SqlJobFaults,
        *,
        transient: tuple[type[Exception], ...],
        observer: JobObserver,
    ) -> None:
        """Prepare.

        Args:
            faults: Counts what goes wrong.
            transient: Errors that are expected to pass; one with an attribute `retry_after_s`
                (the other side said when to come back) waits at least so long.
            observer: Told how each run ended.
        """
        self._faults = faults
        self._transient = transient
        self._observer = observer

    async def run(self, task: Task, job: Job, args: dict[str, JSONValue]) -> None:
        """Do one run.

        Raises:
            JobAgainError, JobParkedError: It failed, and this is decided.
        """
        started = time.monotonic()
        with structlog.contextvars.bound_contextvars(job_id=job.id, task=task.name):
            try:
                await task.handler(**args)
            except Exception as error:
                decision = await self._decide(task, job, error)
                is_over = isinstance(decision, JobParkedError)
                outcome = JobOutcome.PARKED if is_over else JobOutcome.RETRIED
                self._observer(task.name, outcome, time.monotonic() - started)
                raise decision from error
            self._observer(task.name, JobOutcome.DONE, time.monotonic() - started)

    async def count_death(self, task: Task, job: Job) -> bool:
        """Count the death of a worker; tell whether its job is left for a person, who knows then.

        Raises:
            Exception: Whatever `on_parked` raises; ask again later.
        """
        assert job.id is not None
        faults = await self._faults.count(job.id, FaultKind.DEATH)
        if not task.retry.is_over(faults):
            return False
        _LOGGER.error("job parked: its workers die", job_id=job.id, task=task.name)
        await _tell(task, job.task_kwargs)
        self._observer(task.name, JobOutcome.PARKED, 0.0)
        return True

    async def _decide(
        self, task: Task, job: Job, error: Exception
    ) -> JobAgainError | JobParkedError:
        faults = await self._count(job, error)
        is_expected = isinstance(error, self._transient)
        asked_s = getattr(error, "retry_after_s", None) or 0.0
        again = JobAgainError(task.retry.wait_s(faults, job_id=job.id or 0, asked_s=asked_s))
        if not task.retry.is_over(faults):
            trace: dict[str, Any] = {} if is_expected else {"exc_info": error}
            level = _LOGGER.warning if is_expected else _LOGGER.error
            level("job failed, tried again later", error=type(error).__name__, **trace)
            return again
        try:
            await _tell(task, job.task_kwargs)
        except Exception as failure:
            _LOGGER.exception("nobody told of a parked job, tried again", exc_info=failure)
            return again
        _LOGGER.error("job parked", error=type(error).__name__, exc_info=error)
        return JobParkedError(task.name)

    async def _count(self, job: Job, error: Exception) -> Faults:
        """Count one fault more; what cannot be counted does not count."""
        assert job.id is not None
        is_transient = isinstance(error, self._transient)
        kind = FaultKind.TRANSIENT if is_transient else FaultKind.UNEXPECTED
        try:
            return await self._faults.count(job.id, kind)
        except DatabaseUnavailableError:
            return Faults()


async def _tell(task: Task, args: dict[str, Any]) -> None:
    if task.on_parked is not None:
        await task.on_parked(**args)
