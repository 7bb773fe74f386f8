"""Writes down how a job ended, also where Procrastinate would leave it running for ever."""

from datetime import datetime

import stamina
import structlog
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Status
from procrastinate.manager import JobManager
from typing_extensions import override

_LOGGER = structlog.get_logger(__name__)


def _may_pass(error: Exception) -> bool:
    return isinstance(error, ConnectorException) and not isinstance(error, UniqueViolation)


class JobBookkeeping(JobManager):
    """Procrastinate's job manager with two gaps closed.

    In both the job would stay "doing" under a living worker, which nothing ever retries: the
    result cannot be written because the database is away for a moment, and a job to run again
    meets a waiting one with its queueing lock.
    """

    @override
    async def finish_job_by_id_async(self, job_id: int, status: Status, delete_job: bool) -> None:
        """Write the final status, trying again while the database is away."""
        async for attempt in stamina.retry_context(on=_may_pass, attempts=6, timeout=30.0):
            with attempt:
                await super().finish_job_by_id_async(job_id, status, delete_job)

    @override
    async def retry_job_by_id_async(
        self,
        job_id: int,
        retry_at: datetime,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        """Let the job run again, or end it as aborted when an equal one waits already."""
        try:
            async for attempt in stamina.retry_context(on=_may_pass, attempts=6, timeout=30.0):
                with attempt:
                    await super().retry_job_by_id_async(job_id, retry_at, priority, queue, lock)
        except UniqueViolation:
            _LOGGER.info("job superseded by a waiting one", job_id=job_id)
            await self.finish_job_by_id_async(job_id, Status.ABORTED, delete_job=False)
