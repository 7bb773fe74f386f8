"""The commands about jobs that were left for a person."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, NoReturn, TypeVar

import typer

from bot.logs import configure_logs
from bot.settings import Settings, SettingsError, read_settings
from store.database import Database, DatabaseUnavailableError
from store.embedded import EmbeddedPostgres, EmbeddedPostgresError
from store.parked_jobs import SqlParkedJobs

T = TypeVar("T")

jobs_app = typer.Typer(
    help="Jobs that failed for good and wait for a person.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@jobs_app.command()
def parked() -> None:
    """List the jobs that nobody runs any more: number, task, request, when it was left."""
    found = _with_jobs(lambda jobs: jobs.all())
    for job in found:
        moment = job.parked_at.isoformat(timespec="seconds") if job.parked_at else "-"
        typer.echo(f"{job.id}\t{job.task}\t{job.request_id or '-'}\t{moment}")
    typer.echo(f"{len(found)} parked")


@jobs_app.command()
def retry(
    job_id: Annotated[int | None, typer.Argument(help="number of one job")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="every parked job")] = False,
) -> None:
    """Let a parked job run again, or all of them; a worker picks them up."""
    if (job_id is None) is not every:
        _refuse("give the number of a job, or --all")

    async def act(jobs: SqlParkedJobs) -> tuple[int, int]:
        wanted = [job.id for job in await jobs.all() if every or job.id == job_id]
        return len(wanted), sum([await jobs.retry(one) for one in wanted])

    wanted, started = _with_jobs(act)
    if not every and not wanted:
        _refuse(f"job {job_id} is not parked")
    note = "" if started == wanted else "; an equal job waited already for the others"
    typer.echo(f"{started} of {wanted} run again{note}")


def _with_jobs(act: Callable[[SqlParkedJobs], Awaitable[T]]) -> T:
    try:
        settings = read_settings()
        configure_logs(settings.log_level)
        return asyncio.run(_acted(settings, act))
    except (SettingsError, DatabaseUnavailableError, EmbeddedPostgresError) as error:
        _refuse(str(error))


async def _acted(settings: Settings, act: Callable[[SqlParkedJobs], Awaitable[T]]) -> T:
    async with _database(settings) as database:
        return await act(SqlParkedJobs(database))


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[Database]:
    """Open the database of the settings, beside whoever uses it."""
    url, server = settings.database_url.get_secret_value(), None
    if not url:
        server = await asyncio.to_thread(EmbeddedPostgres.start, settings.data_dir / "postgres")
        url = server.url
    try:
        database = Database(url, max_connections=2)
        await database.open()
        try:
            yield database
        finally:
            await database.close()
    finally:
        if server is not None:
            await asyncio.to_thread(server.stop)


def _refuse(problem: str) -> NoReturn:
    typer.echo(problem, err=True)
    sys.exit(2)
