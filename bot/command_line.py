"""The commands of the program."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop

from bot import __version__
from bot.clock import SystemClock, demo_clock
from bot.commands.audit import audit_app
from bot.commands.evidence import evidence
from bot.commands.jobs import jobs_app
from bot.commands.maintenance import maintenance_app
from bot.commands.plan import plan
from bot.commands.terminal import problems_told, refuse, settings_in_use
from bot.register_file import load_register
from bot.settings import Mode, Settings
from manifest.packer import ManifestError, Publisher, build
from mutations.clock import Clock, local_date

app = typer.Typer(
    help="mutatiebot: moves people between entities on one Microsoft 365 tenant.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(audit_app, name="audit")
app.add_typer(jobs_app, name="jobs")
app.add_typer(maintenance_app)
app.command()(evidence)
app.command()(plan)


@app.callback(invoke_without_command=True)
def serve(context: typer.Context) -> None:
    """Serve: answer Teams and, by default, do the jobs as well."""
    if context.invoked_subcommand is None:
        from bot.serve import serve as run  # noqa: PLC0415 - other commands start faster without

        settings = settings_in_use()
        _run(run(settings, _clock(settings)))


@app.command()
def demo(
    *,
    reset: Annotated[bool, typer.Option("--reset", help="start with empty data")] = False,
) -> None:
    """Serve with a client page for every person of the demo; local mode only."""
    from bot.demo.play import forget, play  # noqa: PLC0415 - other commands start faster without

    settings = settings_in_use()
    if settings.mode is not Mode.LOCAL:
        refuse(["the demo runs in local mode only"])
    if reset and not forget(settings.data_dir):
        refuse([f"another process uses the data in {settings.data_dir}; stop it first"])
    _run(play(settings, _clock(settings)))


@app.command()
def worker() -> None:
    """Do jobs only; as many of these as wanted beside the serving processes."""
    from bot.serve import work  # noqa: PLC0415 - other commands start faster without

    settings = settings_in_use()
    _run(work(settings, _clock(settings)))


@app.command()
def register(
    path: Annotated[Path | None, typer.Argument(help="the file; default: the one in use")] = None,
) -> None:
    """Check a register of entities and name every fault in it."""
    chosen = path or settings_in_use().register_file
    with problems_told():
        loaded = load_register(chosen, today=local_date(SystemClock().now()))
    typer.echo(f"{chosen}: {len(loaded.entities)} entities, no faults")


@app.command()
def check() -> None:
    """Look whether everything is in place; changes nothing."""
    from bot.commands.check import run_check  # noqa: PLC0415 - other commands start faster without
    from bot.tenants import parts_to_check  # noqa: PLC0415 - other commands start faster without

    run_check(parts_to_check)


@app.command()
def manifest(
    *,
    out: Annotated[Path, typer.Argument(help="zip file to write")] = Path("dist/mutatiebot.zip"),
    publisher: Annotated[str, typer.Option(help="who answers for the app, as people see it")],
    website: Annotated[str, typer.Option(help="https address of the publisher")],
    privacy: Annotated[str, typer.Option(help="https address of the privacy statement")],
    terms: Annotated[str, typer.Option(help="https address of the terms of use")],
) -> None:
    """Make the app package that a Teams administrator uploads; needs MUTATIEBOT_APP_ID."""
    settings = settings_in_use()
    if settings.app_id is None:
        refuse(["MUTATIEBOT_APP_ID: is required for the package"])
    who = Publisher(
        name=publisher, website_url=website, privacy_url=privacy, terms_of_use_url=terms
    )
    try:
        typer.echo(build(settings.app_id, out, publisher=who, version=__version__))
    except ManifestError as error:
        refuse(str(error).splitlines())


def _clock(settings: Settings) -> Clock:
    return demo_clock() if settings.mode is Mode.LOCAL else SystemClock()


def _run(main: Coroutine[Any, Any, None]) -> None:
    try:
        with problems_told(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(main)
    except KeyboardInterrupt:
        typer.echo("stopped")
