"""A worker process that takes a job and never finishes it, to be killed."""

import asyncio
import sys

from store.database import Database
from store.jobs import JobEngine
from tests.contract.store.workers import FAST


async def hang(**_args: object) -> None:
    """Say that the job is under way, and stay there."""
    sys.stdout.write("started\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


async def main(url: str) -> None:
    """Work until killed."""
    database = Database(url)
    await database.open()
    engine = JobEngine(database)
    engine.register("hang", hang)
    await engine.open()
    await engine.run_worker(FAST)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
