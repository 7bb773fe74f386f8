"""CPU per turn over HTTP with authentication on: this bot next to a stock botbuilder bot.

`python -m benchmarks.turn` starts the same fake Microsoft servers for each contestant, runs
each in a process of its own, in rounds so that all meet the same noise of the machine, and
prints one table. CPU is user plus
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
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import psutil

from benchmarks.contestants import (
    APP_ID,
    CONTESTANTS,
    LOGIN_TENANT,
    MANAGER,
    TENANT_ID,
    Contestant,
    Surroundings,
)
from benchmarks.processes import cpu_s, postgres_of
from bot.clock import SystemClock
from tests.fakes.bot_connector import FakeConnector
from tests.fakes.entra_login import FakeEntraLogin
from tests.fakes.signing import FakeBotFramework
from tests.fakes.teams_client import TeamsClient, World

MOST_OF_STOCK = 1 / 5
ROUNDS = 10
PACKAGES = ("botbuilder-core", "aiohttp", "msal", "PyJWT", "orjson", "cryptography")


@dataclass(frozen=True)
class Result:
    """One row of the table; times in milliseconds per turn."""

    name: str
    cpu_ms: float
    postgres_cpu_ms: float
    p50_ms: float
    p99_ms: float
    turns: int


@dataclass
class Measured:
    """A contestant at work, and what was measured of it so far; CPU in seconds, waits in ms."""

    contestant: Contestant
    client: TeamsClient
    process: psutil.Process
    postgres: psutil.Process | None
    text: str
    cpu_s: float = 0.0
    postgres_cpu_s: float = 0.0
    waits: list[float] = field(default_factory=list)

    async def run(self, turns: int) -> None:
        """Measure some turns more."""
        before, before_postgres = cpu_s(self.process), cpu_s(self.postgres)
        self.waits += await self.take(turns)
        self.cpu_s += cpu_s(self.process) - before
        self.postgres_cpu_s += cpu_s(self.postgres) - before_postgres

    async def take(self, count: int) -> list[float]:
        """Take turns, check that each was answered, and return their milliseconds."""
        client, name = self.client, self.contestant.name
        answered = len(client.inbox)
        waits = []
        for _ in range(count):
            if self.contestant.is_new_token:
                client.new_token()
            activity = client.activity(type="message", text=self.text)
            started = time.perf_counter()
            answer = await client.post(activity)
            waits.append((time.perf_counter() - started) * 1000)
            if answer.status not in {200, 201}:
                raise SystemExit(f"{name}: {answer}")
        if len(client.inbox) - answered != count:
            raise SystemExit(f"{name}: {len(client.inbox) - answered} answers to {count} turns")
        return waits

    def result(self) -> Result:
        """Return the row of the table."""
        turns = len(self.waits)
        return Result(
            self.contestant.name,
            cpu_ms=self.cpu_s / turns * 1000,
            postgres_cpu_ms=self.postgres_cpu_s / turns * 1000,
            p50_ms=statistics.median(self.waits),
            p99_ms=statistics.quantiles(self.waits, n=100)[98],
            turns=turns,
        )


async def measure(
    contestants: Sequence[Contestant], *, turns: int, stock_turns: int, warm_up: int
) -> list[Result]:
    """Run the contestants in turn, a round at a time, and return their rows."""
    async with AsyncExitStack() as stack:
        all_measured = [
            await stack.enter_async_context(_at_work(contestant)) for contestant in contestants
        ]
        for measured in all_measured:
            await measured.take(warm_up)
        for _ in range(ROUNDS):
            for measured in all_measured:
                is_stock = measured.contestant is CONTESTANTS["stock"]
                await measured.run((stock_turns if is_stock else turns) // ROUNDS)
        return [measured.result() for measured in all_measured]


@asynccontextmanager
async def _at_work(contestant: Contestant) -> AsyncIterator[Measured]:
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
            postgres = (
                postgres_of(around.folder / "data/postgres") if contestant.has_database else None
            )
            yield Measured(contestant, client, process, postgres, text)


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
    process = await asyncio.create_subprocess_exec(
        "/usr/bin/env", *command, stdout=log, stderr=log
    )
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
    results = asyncio.run(
        measure(
            [CONTESTANTS[name] for name in given.contestants],
            turns=given.turns,
            stock_turns=given.stock_turns,
            warm_up=given.warm_up,
        )
    )
    print_table(results)
    sys.exit(0 if is_light(results) else 1)


if __name__ == "__main__":
    main(sys.argv[1:])
