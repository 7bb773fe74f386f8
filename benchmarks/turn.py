"""CPU per turn over HTTP with authentication on: this bot next to a stock botbuilder bot.

`python -m benchmarks.turn` starts the same fake Microsoft servers for each contestant, runs
each in a process of its own, one after the other, and prints one table. CPU is user plus
system time of that process (psutil) over the measured turns. The loads are equal: the same
activities, one after the other, on one kept connection, with a token that is valid for an
hour, as Teams sends them; "new token" sends another token each turn.
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
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import psutil

from tests.fakes.bot_connector import FakeConnector
from tests.fakes.entra_login import FakeEntraLogin
from tests.fakes.signing import FakeBotFramework
from tests.fakes.teams_client import Persona, TeamsClient, World

APP_ID = "11111111-2222-3333-4444-555555555555"
LOGIN_TENANT = "adfs"  # see stock_echo_bot
TENANT_ID = "99999999-8888-7777-6666-555555555555"
ANN = Persona("Ann Peeters", "aaaaaaaa-0000-4000-8000-000000000001")
PACKAGES = ("botbuilder-core", "aiohttp", "msal", "PyJWT", "orjson", "cryptography")


@dataclass(frozen=True)
class Surroundings:
    """The fake Microsoft servers of one run, and the port the bot is to take."""

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
        text: What is said each turn.
        is_new_token: Whether each turn has a token of its own.
    """

    name: str
    command: Callable[[Surroundings], list[str]]
    text: str = "status"
    is_new_token: bool = False


@dataclass(frozen=True)
class Result:
    """One row of the table; times in milliseconds per turn."""

    name: str
    cpu_ms: float
    children_cpu_ms: float
    p50_ms: float
    p99_ms: float
    turns: int


class SystemClock:
    """The time of this machine."""

    def now(self) -> datetime:
        """Return this moment."""
        return datetime.now(UTC)


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
    """Return the command of the whole bot in live mode, on an embedded database of its own."""
    settings = {
        "MODE": "live",
        "HOST": "127.0.0.1",
        "PORT": around.port,
        "DATA_DIR": around.login.folder / "data",
        "APP_ID": APP_ID,
        "APP_TENANT_ID": TENANT_ID,
        "APP_SECRET": "made-up-secret",
        "OPENID_METADATA_URL": around.signer.metadata_url,
        "AUTHORITY_URL": around.login.authority.removesuffix(f"/{LOGIN_TENANT}"),
        "CA_BUNDLE": around.login.ca_bundle,
        "SERVICE_HOSTS": "127.0.0.1",
        "TENANT": "simulated",
    }
    variables = [f"MUTATIEBOT_{name}={value}" for name, value in settings.items()]
    return [*variables, sys.executable, "-m", "bot"]


CONTESTANTS = {
    "stock": Contestant("stock botbuilder, echo", stock_echo),
    "edge": Contestant("mutatiebot edge, echo card", edge_echo),
    "edge-new-token": Contestant("the same, new token each turn", edge_echo, is_new_token=True),
    "bot": Contestant("mutatiebot whole, status", whole_bot),
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
        client = TeamsClient(world, ANN)
        async with _running(contestant.command(around), world) as process:
            await _turns(client, contestant, warm_up)
            before, before_children = _cpu_s(process)
            waits = await _turns(client, contestant, turns)
            after, after_children = _cpu_s(process)
    return Result(
        contestant.name,
        cpu_ms=(after - before) / turns * 1000,
        children_cpu_ms=(after_children - before_children) / turns * 1000,
        p50_ms=statistics.median(waits),
        p99_ms=statistics.quantiles(waits, n=100)[98],
        turns=turns,
    )


async def _turns(client: TeamsClient, contestant: Contestant, count: int) -> list[float]:
    """Take `count` turns, check that each was answered, and return their milliseconds."""
    answered = len(client.inbox)
    waits = []
    for _ in range(count):
        if contestant.is_new_token:
            client.new_token()
        activity = client.activity(type="message", text=contestant.text)
        started = time.perf_counter()
        answer = await client.post(activity)
        waits.append((time.perf_counter() - started) * 1000)
        if answer.status not in {200, 201}:
            raise SystemExit(f"{contestant.name}: {answer}")
    if len(client.inbox) - answered != count:
        raise SystemExit(f"{contestant.name}: {len(client.inbox) - answered} answers to {count}")
    return waits


def _cpu_s(process: psutil.Process) -> tuple[float, float]:
    """Return the CPU seconds of a process, and of the living processes it started."""
    own = process.cpu_times()
    children = [child.cpu_times() for child in process.children(recursive=True)]
    return own.user + own.system, sum(times.user + times.system for times in children)


@asynccontextmanager
async def _surroundings() -> AsyncIterator[Surroundings]:
    with tempfile.TemporaryDirectory() as folder:
        signer = FakeBotFramework(SystemClock(), APP_ID)
        connector = FakeConnector()
        login = FakeEntraLogin(Path(folder), LOGIN_TENANT)
        for server in (signer, connector, login):
            await server.start()
        yield Surroundings(signer, connector, login, _free_port())
        for server in (signer, connector, login):
            await server.stop()


@asynccontextmanager
async def _running(command: list[str], world: World) -> AsyncIterator[psutil.Process]:
    process = await asyncio.create_subprocess_exec("/usr/bin/env", *command)
    try:
        await _until_alive(process, world)
        yield psutil.Process(process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


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
    """Print the rows, with the first as the measure of the others."""
    print(
        f"{'bot':<32}{'CPU ms':>9}{'ratio':>8}{'children':>10}{'p50 ms':>9}{'p99 ms':>9}{'N':>7}"
    )
    for row in results:
        ratio = row.cpu_ms / results[0].cpu_ms
        print(
            f"{row.name:<32}{row.cpu_ms:>9.2f}{ratio:>8.3f}{row.children_cpu_ms:>10.2f}"
            f"{row.p50_ms:>9.2f}{row.p99_ms:>9.2f}{row.turns:>7}"
        )
    versions = [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES]
    print(f"Python {platform.python_version()}, {', '.join(versions)}; {os.cpu_count()} cores")


def main(arguments: list[str]) -> None:
    """Measure the named contestants and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=1000)
    parser.add_argument("--warm-up", type=int, default=100)
    parser.add_argument("--stock-turns", type=int, default=200, help="fewer: each is slow")
    parser.add_argument("contestants", nargs="*", default=["stock", "edge", "edge-new-token"])
    given = parser.parse_args(arguments)
    results = []
    for name in given.contestants:
        turns = given.stock_turns if name == "stock" else given.turns
        contestant = CONTESTANTS[name]
        results.append(asyncio.run(measure(contestant, turns=turns, warm_up=given.warm_up)))
    print_table(results)


if __name__ == "__main__":
    main(sys.argv[1:])
