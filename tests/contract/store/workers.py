"""Workers that react fast enough for a test."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

from procrastinate.types import JSONValue

from store.database import Database
from store.job_worker import WorkerSettings
from store.jobs import REMOVE_OLD_JOBS, JobEngine
from store.unit_of_work import Store

FAST = WorkerSettings(
    polling_s=0.1,
    heartbeat_s=0.2,
    stalled_after_s=1.0,
    sweep_s=0.2,
    shutdown_s=5.0,
    restart_wait_s=0.1,
)


@contextlib.asynccontextmanager
async def working(engine: JobEngine, settings: WorkerSettings = FAST) -> AsyncIterator[None]:
    """Run a worker for the length of the block, and stop it gracefully."""
    worker = asyncio.create_task(engine.run_worker(settings))
    try:
        yield
    finally:
        worker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await worker


async def until(condition: Callable[[], bool | Awaitable[bool]]) -> None:
    """Wait until something is so; fails the test when it does not become so."""
    async with asyncio.timeout(30):
        while True:
            answer = condition()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(0.02)


class Recorder:
    """A handler that notes when it was called, and with what."""

    def __init__(self) -> None:
        self.calls: list[dict[str, JSONValue]] = []
        self.times: list[datetime] = []

    async def __call__(self, **args: JSONValue) -> None:
        self.calls.append(args)
        self.times.append(datetime.now(UTC))


class Jobs:
    """An engine with its store over one database."""

    def __init__(self, database: Database, engine: JobEngine) -> None:
        self.database = database
        self.engine = engine
        self.store = Store(database, engine)

    async def count(self, status: str) -> int:
        """Return how many jobs are in a status, housekeeping apart: that depends on the hour."""
        async with self.database.connection() as connection:
            cursor = await connection.execute(
                "select count(*) as n from procrastinate_jobs"
                " where status = %s and task_name <> %s",
                (status, REMOVE_OLD_JOBS),
            )
            row = await cursor.fetchone()
        assert row is not None
        return int(row["n"])
