"""CPU per turn over HTTP with authentication on: this bot next to a stock botbuilder bot.

`python -m benchmarks.turn` starts the same fake Microsoft servers for each contestant, runs
each in a process of its own, one after the other, and prints one table. CPU is user plus
system time of that process (psutil) over the measured turns; that of the whole bot includes its
job worker, that of its PostgreSQL has a column of its own. The loads are equal: the same
activities, one after the other, on one kept connection, with a token that is valid for an
hour, as Teams sends them; "new token" sends another token each turn. The whole bot is asked for
the status of a request that was made through a conversation before.

The exit code is 1 when the whole bot needs more than a fifth of the stock bot's CPU.
"""

import argparse
import asyncio
import importlib.metadata
import os
import platform
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import aiohttp
import psutil

from bot.clock import SystemClock
from bot.demo import DEMO_REGISTER
from fulfilment.tenants.simulated.seed import demo_person_id
from mutations.clock import local_date
from mutations.identity import find_request_number
from mutations.working_days import next_working_day
from tests.fakes.bot_connector import FakeConnector
from tests.fakes.entra_login import FakeEntraLogin
from tests.fakes.signing import FakeBotFramework
from tests.fakes.teams_client import Persona, TeamsClient, World

MOST_OF_STOCK = 1 / 5
APP_ID = "11111111-2222-3333-4444-555555555555"
LOGIN_TENANT = "adfs"  # see stock_echo_bot
TENANT_ID = "99999999-8888-7777-6666-555555555555"
MANAGER = Persona("Marleen Claes", demo_person_id(1))
APPROVERS = (
    Persona("Arno Wouters", demo_person_id(2)),
    Persona("Britt Jacobs", demo_person_id(3)),
)
PACKAGES = ("botbuilder-core", "aiohttp", "msal", "PyJWT", "orjson", "cryptography")


@dataclass(frozen=True)
class Surroundings:
    """The neighbours of the bot in one run, and the port it is to take."""

    folder: Path
    signer: FakeBotFramework
    connector: FakeConnector
    login: FakeEntraLogin
    port: int


@dataclass(frozen=True)
class Contestant:
    """A bot to measure.

    Attributes:
        name: Row of the table.
        command: Makes the command line; variables go in front, as for `env`.
        prepare: Comes before everything else and returns what is said each turn.
        is_new_token: Whether each turn has a token of its own.
        has_database: Whether it keeps its data in a PostgreSQL of its own.
    """

    name: str
    command: Callable[[Surroundings], list[str]]
    prepare: Callable[[TeamsClient], Awaitable[str]]
    is_new_token: bool = False
    has_database: bool = False


@dataclass(frozen=True)
class Result:
    """One row of the table; times in milliseconds per turn."""

    name: str
    cpu_ms: float
    postgres_cpu_ms: float
    p50_ms: float
    p99_ms: float
    turns: int


def _options(around: Surroundings) -> list[str]:
    return [
        *("--port", str(around.port)),
        *("--app-id", APP_ID),
        *("--tenant-id", TENANT_ID),
        *("--metadata-url", around.signer.metadata_url),
        *("--authority", around.login.authority),
    ]


def stock_echo(around: Surroundings) -> list[str]:
    """Return the command of the stock botbuilder echo bot."""
    trust = f"REQUESTS_CA_BUNDLE={around.login.ca_bundle}"
    return [trust, sys.executable, "-m", "benchmarks.stock_echo_bot", *_options(around)]


def edge_echo(around: Surroundings) -> list[str]:
    """Return the command of an echo bot on this project's edge."""
    trust = ["--ca-bundle", str(around.login.ca_bundle)]
    return [sys.executable, "-m", "benchmarks.edge_echo_bot", *_options(around), *trust]


def whole_bot(around: Surroundings) -> list[str]:
    """Return the command of the whole bot in live mode."""
    register = around.folder / "register.toml"
    register.write_bytes(DEMO_REGISTER.read_bytes())
    settings = {
        "MODE": "live",
        "HOST": "127.0.0.1",
        "PORT": around.port,
        "DATA_DIR": around.folder / "data",
        "REGISTER": register,
        "APP_ID": APP_ID,
        "APP_TENANT_ID": TENANT_ID,
        "APP_SECRET": "made-up-secret",
        "OPENID_METADATA_URL": around.signer.metadata_url,
        "AUTHORITY_URL": around.login.authority.removesuffix(f"/{LOGIN_TENANT}"),
        "CA_BUNDLE": around.login.ca_bundle,
        "SERVICE_HOSTS": "127.0.0.1",
        "SERVICE_URL": around.connector.url,
        "LOG_LEVEL": "WARNING",
    }
    variables = [f"MUTATIEBOT_{name}={value}" for name, value in settings.items()]
    return [*variables, sys.executable, "-m", "bot"]


async def nothing(_: TeamsClient) -> str:
    """Return what an echo bot is told."""
    return "status M-2026-00001"


async def a_request(client: TeamsClient) -> str:
    """Ask for a move through a conversation and return the question about its status."""
    for approver in APPROVERS:
        await TeamsClient(client.world, approver).join()
    await client.say("nieuwe mutatie")
    form = client.last
    soon = next_working_day(local_date(SystemClock().now()) + timedelta(days=1))
    await client.press(
        form,
        "draft.fill",
        colleague="jan.peeters@wegenwater.vlaanderen.example",
        target="OVO000102",
        effective_on=soon.isoformat(),
        status_changes="no",
        wish="keep",
    )
    sent = await client.press(form, "Indienen")
    for approver in APPROVERS:
        await client.world.connector.wait_for(approver.conversation_id, count=2)
    number = find_request_number(str(sent))
    assert number is not None, sent
    [status] = await client.say(f"status {number}")
    assert number in str(status.card)
    return f"status {number}"


CONTESTANTS = {
    "stock": Contestant("stock botbuilder, echo", stock_echo, nothing),
    "edge": Contestant("mutatiebot edge, echo card", edge_echo, nothing),
    "edge-new-token": Contestant(
        "the same, new token each turn", edge_echo, nothing, is_new_token=True
    ),
    "bot": Contestant("mutatiebot whole, status", whole_bot, a_request, has_database=True),
}


async def measure(contestant: Contestant, *, turns: int, warm_up: int) -> Result:
    """Run one contestant and return its row."""
    async with _surroundings() as around, aiohttp.ClientSession() as session:
        world = World(
            bot_url=f"http://127.0.0.1:{around.port}",
            connector=around.connector,
            session=session,
            app_id=APP_ID,
            tenant_id=TENANT_ID,
            signer=around.signer,
        )
        client = TeamsClient(world, MANAGER)
        async with _running(contestant.command(around), around, world) as process:
            text = await contestant.prepare(client)
            await _turns(client, contestant, text, warm_up)
            postgres = _postgres(around) if contestant.has_database else None
            before, before_postgres = _cpu_s(process), _cpu_s(postgres)
            waits = await _turns(client, contestant, text, turns)
            after, after_postgres = _cpu_s(process), _cpu_s(postgres)
    return Result(
        contestant.name,
        cpu_ms=(after - before) / turns * 1000,
        postgres_cpu_ms=(after_postgres - before_postgres) / turns * 1000,
        p50_ms=statistics.median(waits),
        p99_ms=statistics.quantiles(waits, n=100)[98],
        turns=turns,
    )


async def _turns(
    client: TeamsClient, contestant: Contestant, text: str, count: int
) -> list[float]:
    """Take `count` turns, check that each was answered, and return their milliseconds."""
    answered = len(client.inbox)
    waits = []
    for _ in range(count):
        if contestant.is_new_token:
            client.new_token()
        activity = client.activity(type="message", text=text)
        started = time.perf_counter()
        answer = await client.post(activity)
        waits.append((time.perf_counter() - started) * 1000)
        if answer.status not in {200, 201}:
            raise SystemExit(f"{contestant.name}: {answer}")
    if len(client.inbox) - answered != count:
        raise SystemExit(f"{contestant.name}: {len(client.inbox) - answered} answers to {count}")
    return waits


def _cpu_s(process: psutil.Process | None) -> float:
    """Return the CPU seconds of a process and of all it ever started; 0 for none."""
    if process is None:
        return 0.0
    times = process.cpu_times()
    gone = times.children_user + times.children_system
    living = sum(_cpu_s(child) for child in process.children())
    return float(times.user + times.system + gone + living)


def _postgres(around: Surroundings) -> psutil.Process:
    """Return the first process of the bot's PostgreSQL, which is not a child of the bot."""
    lines = (around.folder / "data/postgres/cluster/postmaster.pid").read_text().splitlines()
    return psutil.Process(int(lines[0]))


@asynccontextmanager
async def _surroundings() -> AsyncIterator[Surroundings]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        signer = FakeBotFramework(SystemClock(), APP_ID)
        connector = FakeConnector()
        login = FakeEntraLogin(folder, LOGIN_TENANT)
        for server in (signer, connector, login):
            await server.start()
        yield Surroundings(folder, signer, connector, login, _free_port())
        for server in (signer, connector, login):
            await server.stop()


@asynccontextmanager
async def _running(
    command: list[str], around: Surroundings, world: World
) -> AsyncIterator[psutil.Process]:
    log = (around.folder / "bot.log").open("wb")
    process = await asyncio.create_subprocess_exec("/usr/bin/env", *command, stdout=log, stderr=log)
    try:
        await _until_alive(process, world)
        yield psutil.Process(process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        log.close()


async def _until_alive(process: asyncio.subprocess.Process, world: World) -> None:
    async with asyncio.timeout(90):
        while process.returncode is None:
            try:
                async with world.session.get(f"{world.bot_url}/livez") as answer:
                    if answer.status == 200:  # noqa: PLR2004 - plain HTTP
                        return
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)
    raise SystemExit("the bot did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def print_table(results: list[Result]) -> None:
    """Print the rows, with the first as the measure of the others; milliseconds per turn."""
    print(
        f"{'per turn':<32}{'CPU ms':>9}{'ratio':>8}{'PostgreSQL':>12}"
        f"{'p50 ms':>9}{'p99 ms':>9}{'N':>7}"
    )
    for row in results:
        ratio = row.cpu_ms / results[0].cpu_ms
        print(
            f"{row.name:<32}{row.cpu_ms:>9.2f}{ratio:>8.3f}{row.postgres_cpu_ms:>12.2f}"
            f"{row.p50_ms:>9.2f}{row.p99_ms:>9.2f}{row.turns:>7}"
        )
    versions = [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES]
    print(f"Python {platform.python_version()}, {', '.join(versions)}; {os.cpu_count()} cores")


def is_light(results: list[Result]) -> bool:
    """Tell whether the whole bot, where it was measured, keeps within its part of stock."""
    whole = [row.cpu_ms for row in results if row.name == CONTESTANTS["bot"].name]
    return all(cpu_ms <= MOST_OF_STOCK * results[0].cpu_ms for cpu_ms in whole)


def main(arguments: list[str]) -> None:
    """Measure the named contestants, print the table and end with its verdict."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=1000)
    parser.add_argument("--warm-up", type=int, default=100)
    parser.add_argument("--stock-turns", type=int, default=200, help="fewer: each is slow")
    parser.add_argument("contestants", nargs="*", default=["stock", "edge", "bot"])
    given = parser.parse_args(arguments)
    results = []
    for name in given.contestants:
        turns = given.stock_turns if name == "stock" else given.turns
        contestant = CONTESTANTS[name]
        results.append(asyncio.run(measure(contestant, turns=turns, warm_up=given.warm_up)))
    print_table(results)
    sys.exit(0 if is_light(results) else 1)


if __name__ == "__main__":
    main(sys.argv[1:])
