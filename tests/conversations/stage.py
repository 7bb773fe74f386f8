"""The whole bot, with authentication on, between fakes of everything around it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from bot.bootstrap import Bot
from bot.clock import ShiftedClock
from bot.demo import DEMO_REGISTER
from bot.serve import running
from bot.settings import Mode, Settings
from fulfilment.tenants.simulated.seed import demo_person_id, demo_world
from mutations.clock import Clock
from mutations.identity import ObjectId, RequestNumber
from mutations.request import MutationRequest
from tests.fakes.audit_files import audit_files
from tests.fakes.bot_connector import FakeConnector, Message
from tests.fakes.entra_login import FakeEntraLogin
from tests.fakes.signing import FakeBotFramework
from tests.fakes.teams_client import Persona, TeamsClient, World

APP_ID = "11111111-2222-3333-4444-555555555555"
TENANT_ID = "99999999-8888-7777-6666-555555555555"
CARD_KEY = "a-card-key-of-the-test-32-characters"
MONDAY_MORNING = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)

MARLEEN, ARNO, BRITT, JAN, SOFIE = 1, 2, 3, 4, 5
LIES, TOM, NORA, PIET, INES, BERT, RIK, HILDE = 11, 12, 14, 15, 18, 20, 21, 22


@dataclass
class Stage:
    """A running bot and the people who talk to it."""

    bot: Bot
    world: World
    clock: Clock
    people: dict[int, TeamsClient] = field(default_factory=dict)

    def person(self, number: int) -> TeamsClient:
        """Return the Teams of a person of the demo world."""
        if number not in self.people:
            name = next(each.name for each in demo_world().person if each.number == number)
            persona = Persona(name, demo_person_id(number))
            self.people[number] = TeamsClient(self.world, persona)
        return self.people[number]

    async def request(self, number: str) -> MutationRequest:
        """Return a request as it is stored."""
        found = await self.bot.storage.store.run(
            lambda work: work.requests.by_number(RequestNumber(number))
        )
        assert found is not None
        return found

    async def audit(self) -> list[dict[str, Any]]:
        """Return the audit, oldest first."""
        async with self.bot.storage.database.connection() as connection:
            cursor = await connection.execute("select * from audit order by seq")
            return list(await cursor.fetchall())


async def eventually(look: Callable[[], Awaitable[Any] | Any], *, timeout_s: float = 20.0) -> Any:
    """Return what `look` finds, as soon as that is true."""
    async with asyncio.timeout(timeout_s):
        while True:
            found = look()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(0.02)


def message_with(client: TeamsClient, text: str) -> Message | None:
    """Return the newest message of somebody whose card holds `text` now."""
    for message in reversed(client.inbox):
        if message.has_card and text in words_of(message.card):
            return message
    return None


def words_of(card: Any) -> str:
    """Return every text that a card shows, one a line, without markdown's backslashes."""
    return "\n".join(_words(card)).replace("\\", "")


def _words(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for child in node:
            yield from _words(child)
    if not isinstance(node, dict):
        return
    shown = (node.get(name) for name in ("text", "title", "value", "label", "placeholder"))
    yield from (word for word in shown if isinstance(word, str))
    for name, child in node.items():
        if name not in {"data", "fallback"}:
            yield from _words(child)


def live_settings(folder: Path, database_url: str, **changes: Any) -> dict[str, Any]:
    """Return the settings of a live bot on the simulated tenant, quick enough for tests."""
    register = folder / "register.toml"
    register.write_bytes(DEMO_REGISTER.read_bytes())
    anchor, audit_key = audit_files(folder)
    return {
        "mode": Mode.LIVE,
        "port": 0,
        "database_url": database_url,
        "audit_anchor": anchor,
        "audit_key": audit_key,
        "app_id": APP_ID,
        "app_tenant_id": TENANT_ID,
        "app_secret": "a-secret-of-the-test",
        "card_keys": CARD_KEY,
        "service_hosts": "127.0.0.1",
        "service_url": "https://127.0.0.1/emea",
        "MUTATIEBOT_REGISTER": register,
        "recheck_s": 0.3,
        "job_polling_s": 0.05,
        "verify_every_s": 0.05,
        "simulated_lag_s": 0.1,
        **changes,
    }


@contextlib.asynccontextmanager
async def open_stage(
    folder: Path,
    database_url: str,
    *,
    start: datetime = MONDAY_MORNING,
    connector: FakeConnector | None = None,
    clock: Clock | None = None,
    **changes: Any,
) -> AsyncIterator[Stage]:
    """Run the bot as it runs in production, but for its neighbours, which are fakes.

    A `connector` that was given runs already and goes on, with the chats and their messages.
    """
    clock = clock or ShiftedClock(start)
    signer = FakeBotFramework(clock, APP_ID)
    login = FakeEntraLogin(folder, TENANT_ID)
    async with contextlib.AsyncExitStack() as stack:
        await signer.start()
        stack.push_async_callback(signer.stop)
        if connector is None:
            connector = FakeConnector()
            await connector.start()
            stack.push_async_callback(connector.stop)
        await login.start()
        stack.push_async_callback(login.stop)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        settings = Settings(
            **live_settings(
                folder,
                database_url,
                openid_metadata_url=signer.metadata_url,
                authority_url=login.authority.rsplit("/", 1)[0],
                ca_bundle=login.ca_bundle,
                service_url=connector.url,
                **changes,
            )
        )
        serving = await stack.enter_async_context(running(settings, clock))
        world = World(
            bot_url=serving.url,
            connector=connector,
            session=session,
            app_id=APP_ID,
            tenant_id=TENANT_ID,
            signer=signer,
            seals=serving.bot.seals,
        )
        yield Stage(serving.bot, world, clock)


def object_id(number: int) -> ObjectId:
    """Return the object id of a person of the demo world."""
    return demo_person_id(number)
