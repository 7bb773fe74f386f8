"""The commands about jobs that were left for a person."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from bot.commands.terminal import database_url, problems_told, refuse, settings_in_use
from store.database import Database
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
        refuse(["give the number of a job, or --all"])

    async def act(jobs: SqlParkedJobs) -> tuple[int, int]:
        wanted = [job.id for job in await jobs.all() if every or job.id == job_id]
        return len(wanted), sum([await jobs.retry(one) for one in wanted])

    wanted, started = _with_jobs(act)
    if not every and not wanted:
        refuse([f"job {job_id} is not parked"])
    note = "" if started == wanted else "; an equal job waited already for the others"
    typer.echo(f"{started} of {wanted} run again{note}")


def _with_jobs(act: Callable[[SqlParkedJobs], Awaitable[T]]) -> T:
    with problems_told(), database_url(settings_in_use()) as url:
        return asyncio.run(_acted(url, act))


async def _acted(url: str, act: Callable[[SqlParkedJobs], Awaitable[T]]) -> T:
    database = Database(url, max_connections=2)
    await database.open()
    try:
        return await act(SqlParkedJobs(database))
    finally:
        await database.close()
