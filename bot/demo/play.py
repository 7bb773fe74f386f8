"""The demo: the bot with a client page for every persona."""

import contextlib
import shutil
from pathlib import Path

import typer

from bot.demo.personas import personas
from bot.edge_wiring import LOCAL_BOT_ID
from bot.playground.launcher import Place, open_clients
from bot.playground.node_tools import prepare
from bot.playground.obstacle import ClientStartError, Obstacle
from bot.serve import running, stop_asked
from bot.settings import DEMO_TENANT_ID, Settings
from mutations.clock import Clock, local_date
from store.embedded import EmbeddedPostgres


async def play(settings: Settings, clock: Clock) -> None:
    """Serve until asked to stop; without Node the bot serves all the same and says so."""
    async with running(settings, clock) as serving, contextlib.AsyncExitStack() as stack:
        typer.echo(f"\nmutatiebot draait op http://{settings.host}:{settings.port}")
        typer.echo(
            f"De demo speelt op {local_date(clock.now()):%d/%m/%Y}, op een GESIMULEERDE tenant."
        )
        await _open_pages(settings, stack)
        typer.echo("Stoppen: Ctrl-C. Alles blijft bewaard; opnieuw beginnen: make run RESET=1\n")
        await stop_asked(serving.worker)


def forget(data_dir: Path) -> bool:
    """Remove what earlier demos left behind, the database and the chats.

    Returns:
        False, with everything left as it was, when another process uses the database.
    """
    database = data_dir / "postgres"
    if database.exists() and not EmbeddedPostgres.start(database).stop():
        return False
    for folder in (database, data_dir / "playground"):
        shutil.rmtree(folder, ignore_errors=True)
    return True


async def _open_pages(settings: Settings, stack: contextlib.AsyncExitStack) -> None:
    tools = await prepare()
    if isinstance(tools, Obstacle):
        _tell(tools)
        return
    place = Place(
        bot_url=f"http://{settings.host}:{settings.port}/api/messages",
        data_dir=Path(settings.data_dir) / "playground",
        tenant_id=DEMO_TENANT_ID,
        bot_id=LOCAL_BOT_ID,
    )
    people = personas(settings.playground_port)
    try:
        seats = await stack.enter_async_context(open_clients(people, place=place, tools=tools))
    except ClientStartError as error:
        _tell(error.obstacle)
        return
    for seat in seats:
        typer.echo(f"  {seat.persona.key:<14}{seat.persona.name:<18}{seat.page}")


def _tell(obstacle: Obstacle) -> None:
    typer.echo(f"{obstacle.dutch}\n({obstacle.english})")
