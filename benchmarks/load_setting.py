"""Everything that runs in a load, put together: database, world, bot, and its people."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import aiohttp
import psutil
import psycopg

from benchmarks.load_pace import Pacer
from benchmarks.load_people import Kind, Onlooker, PairAtWork, newest_card
from benchmarks.load_world import (
    Pair,
    Someone,
    make_onlookers,
    make_pairs,
    world_of,
    write_register,
)
from benchmarks.processes import cpu_s, postgres_of
from bot.clock import SystemClock
from bot.register_file import load_register
from fulfilment.tenants.simulated.seed import seed
from fulfilment.tenants.simulated.world import SimulatedWorld
from mutations.clock import local_date
from mutations.working_days import next_working_day
from store.database import Database
from store.embedded import EmbeddedPostgres
from store.migration import migrate
from store.simulated_objects import SqlSimulatedObjects
from tests.conversations.stage import APP_ID, TENANT_ID
from tests.fakes.teams_client import Place
from tests.faults.bot_process import BotProcess
from tests.world.client import WorldClient, world_process
from tests.world.live_bot import settings_for

_DAYS_AHEAD: Final = 30
_SEED: Final = 7


@dataclass
class Setting:
    """A bot under load and everything around it."""

    home: Path
    owner_url: str
    world: WorldClient
    bot: BotProcess
    pacer: Pacer
    place: Place
    pairs: list[PairAtWork]

    @property
    def bot_process(self) -> psutil.Process:
        """The process of the bot."""
        return psutil.Process(self.bot.pid)

    def cpu(self) -> Mapping[str, float]:
        """Return the CPU seconds that each process has used until now."""
        own = psutil.Process().cpu_times()
        return {
            "bot": cpu_s(self.bot_process),
            "PostgreSQL": cpu_s(postgres_of(self.home / "postgres")),
            "world": cpu_s(psutil.Process(self.world.process_id)),
            "generator": own.user + own.system,
        }

    async def audit(self) -> Mapping[str, int]:
        """Return how often each kind of entry is in the audit."""
        async with await psycopg.AsyncConnection.connect(self.owner_url) as connection:
            cursor = await connection.execute("select kind, count(*) from audit group by kind")
            return {str(kind): int(count) for kind, count in await cursor.fetchall()}

    async def failed_turns(self) -> int:
        """Return how many turns ended in a fault, were given up or turned away."""
        async with self.pacer.session.get(f"{self.bot.url}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        names = ("mutatiebot_failed_turns_total", "mutatiebot_interrupted_turns_total")
        return int(sum(float(line.split()[-1]) for line in lines if line.startswith(names)))


@asynccontextmanager
async def open_setting(home: Path, *, pairs: int, onlookers: int) -> AsyncIterator[Setting]:
    """Start everything, give everybody a card to press on, and stop everything in the end."""
    all_pairs, lookers = make_pairs(pairs), make_onlookers(onlookers)
    async with AsyncExitStack() as stack:
        server = await asyncio.to_thread(EmbeddedPostgres.start, home / "postgres")
        stack.push_async_callback(asyncio.to_thread, server.stop)
        await asyncio.to_thread(migrate, server.owner_url)
        world = await stack.enter_async_context(
            world_process(home, "--lean", "--unlimited", app_id=APP_ID, tenant_id=TENANT_ID)
        )
        settings = settings_for(home, server.url, world, recheck_s=900.0, job_polling_s=1.0)
        register_file = Path(str(settings["REGISTER"]))
        write_register(register_file, all_pairs)
        await _fill(register_file, server.owner_url, all_pairs, lookers)
        # The brake is not what is measured.
        more = {"LOG_LEVEL": "WARNING", "CHANGES_PER_HOUR": 10_000_000}
        bot = BotProcess({**settings, **more}, home / "bot.log")
        stack.push_async_callback(bot.close)
        await bot.start()
        session = await stack.enter_async_context(
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=30)
            )
        )
        pacer = Pacer(session, f"{bot.url}/api/messages", await world.token())
        place = Place(world.addresses.service_url, APP_ID, TENANT_ID)
        at_work = [PairAtWork(pair, place, world, day=_day()) for pair in all_pairs]
        setting = Setting(home, server.owner_url, world, bot, pacer, place, at_work)
        await _let_in(setting, lookers)
        yield setting


def _day() -> str:
    """Return a working day so far ahead that every order waits."""
    today = local_date(SystemClock().now())
    return next_working_day(today + timedelta(days=_DAYS_AHEAD)).isoformat()


async def _fill(
    register_file: Path, owner_url: str, pairs: list[Pair], lookers: list[Someone]
) -> None:
    """Put the people of the load in the simulated tenant, next to those of the demo."""
    clock = SystemClock()
    register = load_register(register_file, today=local_date(clock.now()))
    database = Database(owner_url)
    await database.open()
    world = SimulatedWorld(SqlSimulatedObjects(database, clock), clock=clock)
    await seed(world, world_of(pairs, lookers), register=register)
    await database.close()


async def _let_in(setting: Setting, lookers: list[Someone]) -> None:
    """Let everybody have the bot and a card, and give each pair requests that stay."""
    pairs = [work.pair for work in setting.pairs]
    involved = [one for pair in pairs for one in (pair.requester, pair.approver, *pair.leavers)]
    chats = {
        one.persona.conversation_id: [one.persona.object_id, one.persona.account_id]
        for one in (*involved, *lookers)
    }
    await setting.world.add_chats(chats)
    texts: dict[int, list[str]] = {}
    for work in setting.pairs:
        numbers = await _requests_that_stay(work, setting.pacer)
        asking = [*(f"status {number}" for number in numbers), "wat wacht er op mij", "overzicht"]
        for one in (work.pair.requester, work.pair.approver):
            texts[one.number] = asking
    chance = random.Random(_SEED)  # noqa: S311 - the same load every time
    for one in (*involved, *lookers):
        onlooker = Onlooker(one, setting.place, chance, texts.get(one.number, ["status", "hulp"]))
        for _ in range(2):
            await setting.pacer.at_once(Kind.MESSAGE, onlooker.message())
        onlooker.cards += [await newest_card(setting.world, one)]
        setting.pacer.onlookers.append(onlooker)
    chance.shuffle(setting.pacer.onlookers)
    if setting.pacer.errors:
        raise SystemExit("\n".join(["the load could not be set up", *setting.pacer.errors]))


async def _requests_that_stay(work: PairAtWork, pacer: Pacer) -> list[str]:
    return [(await work.submit(pacer.at_once, one, wish="keep"))[0] for one in work.pair.standing]
