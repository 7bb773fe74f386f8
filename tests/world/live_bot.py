"""The bot as a process in live mode, in a world that is a process too, and people who visit it."""

import contextlib
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from fulfilment.tenants.simulated.seed import demo_person_id, demo_world
from tests.conversations.stage import APP_ID, TENANT_ID, live_settings
from tests.fakes.teams_client import Persona, Place, activity_of
from tests.faults.bot_process import BotProcess, free_port
from tests.world.client import WorldClient, world_process


@dataclass(frozen=True)
class Timed:
    """What the bot answered and how many seconds that took."""

    status: int
    seconds: float


@dataclass
class LiveBot:
    """The bot, not started yet, its world, and a session for its visitors."""

    process: BotProcess
    world: WorldClient
    session: aiohttp.ClientSession

    @property
    def messages_url(self) -> str:
        return f"{self.process.url}/api/messages"

    async def get(self, path: str) -> Timed:
        """Ask one of the addresses of the bot."""
        started = time.perf_counter()
        async with self.session.get(self.process.url + path) as answer:
            await answer.read()
            return Timed(answer.status, time.perf_counter() - started)

    async def say(self, token: str, text: str = "hulp", *, person: int = 1) -> Timed:
        """Post what a person types, with a token."""
        activity = self.activity(person, type="message", text=text)
        started = time.perf_counter()
        async with self.session.post(
            self.messages_url, json=activity, headers={"Authorization": f"Bearer {token}"}
        ) as answer:
            await answer.read()
            return Timed(answer.status, time.perf_counter() - started)

    def activity(self, person: int, **fields: Any) -> dict[str, Any]:
        """Return an activity of a person of the demo world."""
        name = next(each.name for each in demo_world().person if each.number == person)
        place = Place(self.world.addresses.service_url, APP_ID, TENANT_ID)
        return activity_of(Persona(name, demo_person_id(person)), place, **fields)


def settings_for(
    folder: Path, database_url: str, world: WorldClient, **changes: Any
) -> Mapping[str, object]:
    """Return the environment of a live bot in this world, without the prefix."""
    addresses = world.addresses
    settings = live_settings(
        folder,
        database_url,
        openid_metadata_url=addresses.metadata_url,
        authority_url=addresses.authority_url,
        ca_bundle=addresses.ca_bundle,
        service_url=addresses.service_url,
        **{"port": free_port(), **changes},
    )
    return {name.removeprefix("MUTATIEBOT_").upper(): value for name, value in settings.items()}


@contextlib.asynccontextmanager
async def live_bot(folder: Path, database_url: str, **changes: Any) -> AsyncIterator[LiveBot]:
    """Run a world without rate limits and prepare a bot in it."""
    timeout = aiohttp.ClientTimeout(total=30)
    async with (
        world_process(folder, "--unlimited", app_id=APP_ID, tenant_id=TENANT_ID) as world,
        aiohttp.ClientSession(timeout=timeout) as session,
    ):
        settings = settings_for(folder, database_url, world, **changes)
        process = BotProcess(settings, folder / "bot.log")
        try:
            yield LiveBot(process, world, session)
        finally:
            await process.close()
