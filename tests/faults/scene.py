"""The bot as a process of its own between fakes, and people who do not give up."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import psycopg
from psycopg.rows import dict_row

from bot.clock import SystemClock
from bot.edge_wiring import LOCAL_BOT_ID
from bot.settings import DEMO_TENANT_ID, Mode
from fulfilment.tenants.simulated.seed import demo_person_id, demo_world
from tests.conversations.stage import APP_ID, TENANT_ID, words_of
from tests.fakes.bot_connector import FakeConnector, Message
from tests.fakes.entra_login import FakeEntraLogin
from tests.fakes.signing import FakeBotFramework
from tests.fakes.teams_client import Persona, TeamsClient, World, find_action
from tests.fakes.tenant_login import tenant_settings
from tests.fakes.tenant_side import FakeTenant
from tests.faults.bot_process import BotProcess, Nursery, Program, free_port
from tests.faults.real_tenant import serve_tenant
from tests.faults.scene_settings import common, live
from tests.faults.wire import Watcher, database_wire
from tests.faults.wire_http import http_wire

_PATIENCE_S = 60.0
_UNDER_WAY = """
select id from procrastinate_jobs where status = 'doing'
or (status = 'todo' and (scheduled_at is null or scheduled_at < now() + interval '60 s'))
"""
_SILENCE = """
update procrastinate_workers set last_heartbeat = last_heartbeat - interval '1 hour' returning id
"""
_JOBS = "select task_name, status, attempts, scheduled_at from procrastinate_jobs"


@dataclass(frozen=True)
class Wiring:
    """How the processes of a scene are wired.

    Attributes:
        watcher: Is asked at every statement and outgoing call; None leaves the wires out.
        workers: Processes that do the jobs; with none of them the bot does.
        is_forked: Whether processes come out of a nursery, which starts them sooner.
        is_real: Whether the orders change the fake Microsoft 365 tenant, not the simulated one.
    """

    watcher: Watcher | None = None
    workers: int = 0
    is_forked: bool = False
    is_real: bool = False


@dataclass
class Scene:
    """A bot that can be killed, its database and its people.

    Attributes:
        tenant: The fake Microsoft 365 tenant; None when the bot has a simulated one.
    """

    bot: BotProcess
    world: World
    database_url: str
    workers: dict[str, BotProcess] = field(default_factory=dict)
    people: dict[int, TeamsClient] = field(default_factory=dict)
    tenant: FakeTenant | None = None

    @property
    def processes(self) -> Mapping[str, BotProcess]:
        """All processes by name; `bot` is the one that answers."""
        return {"bot": self.bot, **self.workers}

    async def start(self) -> None:
        """Start all processes."""
        for process in self.processes.values():
            await process.start()

    async def all_up(self) -> None:
        """Wait until every process is at work."""

        async def are_up() -> bool:
            return all(process.seconds_up > 0 for process in self.processes.values())

        await self.until(are_up, what="all processes")

    def strike(self, name: str) -> None:
        """Send a process SIGKILL at this very moment."""
        self.processes[name].strike()

    async def bury(self, name: str) -> None:
        """Wait until a process that was struck is no more."""
        await self.processes[name].kill()

    async def revive(self, name: str) -> None:
        """Start a process again that is no more."""
        process = self.processes[name]
        if len(self.workers) <= 1 and name == [*self.processes][-1]:
            # The only worker: whatever has a heart has none any more, so nobody needs to wait.
            await self.rows(_SILENCE)
        await process.start()

    def caller(self, port: int) -> str | None:
        """Return which process called from a local port; None when it is gone already."""
        if not self.workers:
            return "bot"
        for name, process in self.processes.items():
            with contextlib.suppress(psutil.NoSuchProcess):
                sockets = psutil.Process(process.pid).net_connections(kind="tcp4")
                if any(one.laddr.port == port for one in sockets):
                    return name
        return None

    def person(self, number: int) -> TeamsClient:
        """Return the Teams of a person of the demo world."""
        if number not in self.people:
            name = next(each.name for each in demo_world().person if each.number == number)
            self.people[number] = TeamsClient(self.world, Persona(name, demo_person_id(number)))
        return self.people[number]

    async def restart(self, **changes: object) -> None:
        """Kill the bot while nothing is going on and start it again with changed settings."""
        await self.bot.kill()
        self.bot.settings = {**self.bot.settings, **changes}
        await self.bot.start()

    async def join(self, number: int) -> Message:
        """Install the bot, once more as long as nothing comes back."""
        client = self.person(number)

        async def welcomed() -> bool:
            with contextlib.suppress(aiohttp.ClientError):
                await client.join()
            return bool(client.inbox)

        await self.until(welcomed, what="a welcome")
        return client.last

    async def say(self, number: int, text: str) -> Message:
        """Type a message, once more as long as there is no answer."""
        client = self.person(number)
        before = len(client.inbox)

        async def answered() -> bool:
            with contextlib.suppress(aiohttp.ClientError):
                await client.say(text)
            return len(client.inbox) > before

        await self.until(answered, what="an answer")
        return client.last

    async def press(self, number: int, message: Message, button: str, **inputs: str) -> None:
        """Press a button until it is answered, or until the card no longer has it."""
        client = self.person(number)

        async def answered() -> bool:
            if not has_button(message, button):
                return True
            with contextlib.suppress(aiohttp.ClientError):
                await client.press(message, button, **inputs)
                return True
            return False

        await self.until(answered, what=f"an answer to {button}")

    async def card_with(self, number: int, button: str, *, words: str = "") -> Message:
        """Wait for a card with a button, and with these words, and return the newest."""

        def found() -> Message | None:
            inbox = [one for one in self.person(number).inbox if has_button(one, button)]
            return next((one for one in inbox[::-1] if words in words_of(one.card)), None)

        async def is_there() -> bool:
            return found() is not None

        await self.until(is_there, what=f"a card with {button}")
        card = found()
        assert card is not None
        return card

    async def rows(self, query: str) -> list[dict[str, Any]]:
        """Return what the database holds."""
        connection = await psycopg.AsyncConnection.connect(
            self.database_url, autocommit=True, row_factory=dict_row
        )
        async with connection:
            cursor = await connection.execute(query)
            return await cursor.fetchall()

    async def at_rest(self) -> None:
        """Wait until no job is due or under way."""

        async def is_quiet() -> bool:
            return await self.rows(_UNDER_WAY) == []

        await self.until(is_quiet, what="no job under way")

    async def in_state(self, state: str) -> None:
        """Wait until the only request is in a state."""

        async def is_there() -> bool:
            return [row["state"] for row in await self.rows("select state from request")] == [
                state
            ]

        await self.until(is_there, what=f"the request {state}")

    async def until(self, look: Callable[[], Awaitable[bool]], *, what: str) -> None:
        """Wait until `look` says so; patience counts from the bot's last start."""
        while not await look():
            await asyncio.sleep(0.02)
            if min(one.seconds_up for one in self.processes.values()) > _PATIENCE_S:
                log = self.bot.log.read_text(errors="replace").splitlines()[-20:]
                jobs = map(str, await self.rows(_JOBS))
                raise AssertionError("\n".join([f"{what} did not come", *jobs, *log]))


def has_button(message: Message, button: str) -> bool:
    """Tell whether a message shows a button now, by its title or verb."""
    if not message.has_card:
        return False
    try:
        find_action(message.card, button, "Action.Execute")
    except AssertionError:
        return False
    return True


@contextlib.asynccontextmanager
async def open_scene(
    folder: Path,
    database_url: str,
    *,
    mode: Mode,
    wiring: Wiring | None = None,
    **changes: object,
) -> AsyncIterator[Scene]:
    """Prepare a bot in `mode`, and workers where the wiring has them, not started yet.

    Only local mode has a clock on which today is always a working day; only live mode has
    authentication.
    """
    wiring = wiring or Wiring()
    signer = FakeBotFramework(SystemClock(), APP_ID)
    connector = FakeConnector()
    login = FakeEntraLogin(folder, TENANT_ID)
    async with contextlib.AsyncExitStack() as stack:
        for fake in (signer, connector, login):
            await fake.start()
            stack.push_async_callback(fake.stop)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        is_live = mode is Mode.LIVE
        bot = BotProcess({"PORT": free_port()}, folder / "bot.log", _cradle(wiring))
        scene = Scene(
            bot,
            World(
                bot_url=bot.url,
                connector=connector,
                session=session,
                app_id=APP_ID if is_live else LOCAL_BOT_ID.removeprefix("28:"),
                tenant_id=TENANT_ID if is_live else DEMO_TENANT_ID,
                signer=signer if is_live else None,
            ),
            database_url,
        )
        for number in range(wiring.workers):
            name = f"worker {number + 1}"
            log = folder / f"worker-{number + 1}.log"
            scene.workers[name] = BotProcess({}, log, _cradle(wiring, "worker"))
        await _meet_microsoft(stack, scene, wiring, signer=signer, login=login)
        settings = common(folder, connector) | {"WORKER": not wiring.workers}
        if is_live:
            settings |= live(folder, signer, login)
        settings |= tenant_settings(scene.tenant, login) if scene.tenant else {}
        for name, process in scene.processes.items():
            url = database_url
            if wiring.watcher is not None:
                wire = database_wire(name, database_url, wiring.watcher)
                url = await stack.enter_async_context(wire)
            process.settings = {**process.settings, **settings, "DATABASE_URL": url, **changes}
            stack.push_async_callback(process.close)
        yield scene


def _cradle(wiring: Wiring, *command: str) -> Nursery | Program:
    return Nursery(command) if wiring.is_forked else Program(command)


async def _meet_microsoft(
    stack: contextlib.AsyncExitStack,
    scene: Scene,
    wiring: Wiring,
    *,
    signer: FakeBotFramework,
    login: FakeEntraLogin,
) -> None:
    """Serve the tenant where there is one, and put the wires before everything of Microsoft's."""
    if wiring.is_real:
        scene.tenant = await serve_tenant(stack, login)
    if wiring.watcher is not None:
        await _wire_calls(stack, scene, wiring.watcher, signer=signer, login=login)


async def _wire_calls(
    stack: contextlib.AsyncExitStack,
    scene: Scene,
    watcher: Watcher,
    *,
    signer: FakeBotFramework,
    login: FakeEntraLogin,
) -> None:
    """Stand before the fakes, which from then on give out the address of the wire."""
    fakes: list[FakeBotFramework | FakeConnector | FakeTenant] = [signer, scene.world.connector]
    if scene.tenant is not None:
        fakes.append(scene.tenant)
    for fake in fakes:
        port = await stack.enter_async_context(http_wire(fake.origin, watcher, scene.caller))
        fake.origin = f"http://127.0.0.1:{port}"
    front = http_wire(
        login.authority.rsplit("/", 1)[0],
        watcher,
        scene.caller,
        key_and_certificate=login.folder / "server.pem",
    )
    login.port = await stack.enter_async_context(front)
