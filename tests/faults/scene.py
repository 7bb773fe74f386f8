"""The bot as a process of its own between fakes, and people who do not give up."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
from psycopg.rows import dict_row

from bot.clock import SystemClock
from bot.demo import DEMO_REGISTER
from bot.edge_wiring import LOCAL_BOT_ID
from bot.settings import DEMO_TENANT_ID, Mode
from fulfilment.tenants.simulated.seed import demo_person_id, demo_world
from tests.conversations.stage import APP_ID, TENANT_ID
from tests.fakes.bot_connector import FakeConnector, Message
from tests.fakes.entra_login import FakeEntraLogin
from tests.fakes.signing import FakeBotFramework
from tests.fakes.teams_client import Persona, TeamsClient, World, find_action
from tests.faults.bot_process import BotProcess, free_port

_PATIENCE_S = 60.0
_UNDER_WAY = """
select id from procrastinate_jobs where status = 'doing'
or (status = 'todo' and (scheduled_at is null or scheduled_at < now() + interval '60 s'))
"""
_JOBS = "select task_name, status, attempts, scheduled_at from procrastinate_jobs"


@dataclass
class Scene:
    """A bot that can be killed, its database and its people."""

    bot: BotProcess
    world: World
    database_url: str
    people: dict[int, TeamsClient] = field(default_factory=dict)

    def person(self, number: int) -> TeamsClient:
        """Return the Teams of a person of the demo world."""
        if number not in self.people:
            name = next(each.name for each in demo_world().person if each.number == number)
            self.people[number] = TeamsClient(self.world, Persona(name, demo_person_id(number)))
        return self.people[number]

    async def restart(self) -> None:
        """Kill the bot while nothing is going on and start it again."""
        await self.bot.kill()
        await self.bot.start()

    async def join(self, number: int) -> Message:
        """Install the bot, once more as long as nothing comes back."""
        client = self.person(number)

        async def welcomed() -> bool:
            with contextlib.suppress(aiohttp.ClientError):
                await client.join()
            return bool(client.inbox)

        await self._until(welcomed, what="a welcome")
        return client.last

    async def say(self, number: int, text: str) -> Message:
        """Type a message, once more as long as there is no answer."""
        client = self.person(number)
        before = len(client.inbox)

        async def answered() -> bool:
            with contextlib.suppress(aiohttp.ClientError):
                await client.say(text)
            return len(client.inbox) > before

        await self._until(answered, what="an answer")
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

        await self._until(answered, what=f"an answer to {button}")

    async def card_with(self, number: int, button: str) -> Message:
        """Wait for a card with a button and return the newest."""

        def found() -> Message | None:
            inbox = reversed(self.person(number).inbox)
            return next((one for one in inbox if has_button(one, button)), None)

        async def is_there() -> bool:
            return found() is not None

        await self._until(is_there, what=f"a card with {button}")
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

        await self._until(is_quiet, what="no job under way")

    async def in_state(self, state: str) -> None:
        """Wait until the only request is in a state."""

        async def is_there() -> bool:
            return [row["state"] for row in await self.rows("select state from request")] == [
                state
            ]

        await self._until(is_there, what=f"the request {state}")

    async def _until(self, look: Callable[[], Awaitable[bool]], *, what: str) -> None:
        """Wait until `look` says so; patience counts from the bot's last start."""
        while not await look():
            await asyncio.sleep(0.02)
            if self.bot.seconds_up > _PATIENCE_S:
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
    folder: Path, database_url: str, *, mode: Mode, **changes: object
) -> AsyncIterator[Scene]:
    """Prepare a bot in `mode`, not started yet.

    Only local mode has a clock on which today is always a working day; only live mode has
    authentication.
    """
    signer = FakeBotFramework(SystemClock(), APP_ID)
    connector = FakeConnector()
    login = FakeEntraLogin(folder, TENANT_ID)
    async with contextlib.AsyncExitStack() as stack:
        for fake in (signer, connector, login):
            await fake.start()
            stack.push_async_callback(fake.stop)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        is_live = mode is Mode.LIVE
        settings = _common(folder, database_url, connector)
        if is_live:
            settings |= _live(folder, signer, login)
        bot = BotProcess({**settings, **changes}, folder / "bot.log")
        stack.push_async_callback(bot.close)
        world = World(
            bot_url=bot.url,
            connector=connector,
            session=session,
            app_id=APP_ID if is_live else LOCAL_BOT_ID.removeprefix("28:"),
            tenant_id=TENANT_ID if is_live else DEMO_TENANT_ID,
            signer=signer if is_live else None,
        )
        yield Scene(bot, world, database_url)


def _common(folder: Path, database_url: str, connector: FakeConnector) -> dict[str, object]:
    return {
        "PORT": free_port(),
        "DATABASE_URL": database_url,
        "DATA_DIR": folder / "data",
        "SERVICE_URL": connector.url,
        "DEAD_WORKER_AFTER_S": 1,
        "RECHECK_S": 600,
        "JOB_POLLING_S": 0.05,
        "VERIFY_EVERY_S": 0.05,
        "SIMULATED_LAG_S": 0.1,
    }


def _live(folder: Path, signer: FakeBotFramework, login: FakeEntraLogin) -> dict[str, object]:
    register = folder / "register.toml"
    register.write_bytes(DEMO_REGISTER.read_bytes())
    return {
        "MODE": "live",
        "REGISTER": register,
        "APP_ID": APP_ID,
        "APP_TENANT_ID": TENANT_ID,
        "APP_SECRET": "a-secret-of-the-test",
        "OPENID_METADATA_URL": signer.metadata_url,
        "AUTHORITY_URL": login.authority.rsplit("/", 1)[0],
        "CA_BUNDLE": login.ca_bundle,
        "SERVICE_HOSTS": "127.0.0.1",
    }
