"""The command that shows what an order would do, without doing any of it."""

import asyncio
import sys
from typing import Annotated, Final

import typer

from bot.clock import SystemClock, demo_clock
from bot.commands.terminal import database_url, problems_told, refuse, settings_in_use
from bot.plan.document import document_of
from bot.plan.report import report_of
from bot.register_file import load_register
from bot.settings import Mode
from mutations.clock import local_date
from mutations.directory import DirectoryUnavailableError
from mutations.identity import find_request_number
from store.migration import require_up_to_date
from texts.translator import load

_HINDERED: Final = 1


def plan(
    number: Annotated[str, typer.Argument(help="number of a request, as M-2026-00001")],
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="the JSON document instead of the Dutch report")
    ] = False,
) -> None:
    """Show what the order of a request would change now; writes nothing anywhere.

    Ends with 1 when something stands in its way: the report says what to do.
    """
    from bot.plan.look import look  # noqa: PLC0415 - other commands start faster without

    wanted = find_request_number(number)
    if wanted is None:
        refuse([f"{number} is no number of a request"])
    settings = settings_in_use()
    clock = demo_clock() if settings.mode is Mode.LOCAL else SystemClock()
    with problems_told():
        register = load_register(settings.register_file, today=local_date(clock.now()))
        with database_url(settings) as url:
            require_up_to_date(url)
            try:
                run = asyncio.run(look(settings, url, wanted, register=register, clock=clock))
            except DirectoryUnavailableError:
                refuse(["the tenant does not answer; try again in a moment"])
    if run is None:
        refuse([f"there is no request {wanted}"])
    written = document_of(run) if as_json else report_of(load("nl"), register, run).encode()
    typer.echo(written, nl=False)
    if run.plan.obstacles:
        sys.exit(_HINDERED)
