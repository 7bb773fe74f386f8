"""One bot under the battery: what it refused, what it heard, how it took a fault of the keys."""

import asyncio
import contextlib
import re
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.battery.environments import python_of
from benchmarks.contestants import (
    APP_ID,
    LOGIN_TENANT,
    MANAGER,
    TENANT_ID,
    Surroundings,
    whole_bot,
)
from bot.clock import SystemClock
from tests.battery.catalogue import all_forgeries, publish_unfit
from tests.battery.forgery import Group
from tests.battery.jws import rs
from tests.battery.letter import Ground, Letter
from tests.battery.wire import Answer, send
from tests.fakes.bot_connector import FakeConnector
from tests.fakes.entra_login import FakeEntraLogin
from tests.fakes.signing import KEYS_PATH, FakeBotFramework
from tests.faults.bot_process import free_port

SEED: Final = 20261123
LONGEST_S: Final = 75.0
"""No fault of the keys is watched for longer."""

_HOST: Final = "127.0.0.1"
_START_S: Final = 120.0
_SETTLE_S: Final = 0.2
_PATIENCE_S: Final = 12.0
_HUNG_FOR_S: Final = 15.0
_SERVER_FAULT: Final = 500


class Outcome(StrEnum):
    """What became of a forgery."""

    REFUSED = "refused"
    HEARD = "heard"
    FAULT = "fault"


@dataclass(frozen=True)
class Contestant:
    """A bot of the table; `module` is empty for this project's own."""

    name: str
    title: str
    module: str = ""


CONTESTANTS: Final = (
    Contestant("mutatiebot", "mutatiebot"),
    Contestant("stock", "botbuilder 4.17.1", "benchmarks.battery.bots.stock"),
    Contestant("agents", "Agents SDK 1.9.0", "benchmarks.battery.bots.agents"),
    Contestant("teams", "Teams SDK 2.1.1", "benchmarks.battery.bots.teams"),
)


@dataclass(frozen=True)
class Result:
    """What the table says of one contestant.

    Attributes:
        rollover_s: Seconds until a token with a new key was heard; None when not in the time.
        stalled_s: Longest wait for another answer of the process while the keys hung; it is not
            waited for longer than `LONGEST_S`.
        recovered_s: Seconds until a good token was heard after the keys came back.
    """

    contestant: Contestant
    outcomes: dict[Group, Counter[Outcome]]
    heard: tuple[str, ...]
    faults: tuple[str, ...]
    rollover_s: float | None
    stalled_s: float
    recovered_s: float | None


@dataclass
class Arena:
    """One running bot and the channel that the forgers misuse."""

    around: Surroundings
    ground: Ground
    tally: Callable[[], Awaitable[int]]
    probe: tuple[int, str]

    @property
    def said(self) -> str:
        """The end of the bot's log."""
        return _end_of(self.around.folder / "bot.log")

    async def fire(self, letter: Letter) -> tuple[Answer, bool]:
        """Send a request; tell the answer and whether the handler heard it."""
        before = await self.tally()
        raw = letter.raw(f"{_HOST}:{self.around.port}")
        answer = Answer(0)
        with contextlib.suppress(TimeoutError):
            answer = await send(_HOST, self.around.port, raw, patience_s=_PATIENCE_S)
        heard = await self.tally()
        if heard == before and 200 <= answer.status < 300:  # noqa: PLR2004 - plain HTTP
            await asyncio.sleep(_SETTLE_S)  # it may be heard after the answer
            heard = await self.tally()
        return answer, heard > before

    async def is_good_heard(self) -> bool:
        """Tell whether a request with the channel's key of now is heard."""
        letter, kid = self.ground.letter(), self.ground.signer.current_kid
        letter.header["kid"], letter.signature = kid, rs(kid)
        with contextlib.suppress(TimeoutError, OSError):
            return (await self.fire(letter))[1]
        return False


async def contend(contestant: Contestant) -> Result:
    """Put one bot through everything."""
    async with _arena(contestant) as arena:
        if not await arena.is_good_heard():
            raise SystemExit(f"{contestant.title}: a good request is not heard\n{arena.said}")
        outcomes, heard, faults = await _battery(arena)
        if not await arena.is_good_heard():
            raise SystemExit(
                f"{contestant.title}: a good request is no longer heard\n{arena.said}"
            )
        arena.ground.signer.rotate("k2")
        rollover_s = await _until_heard(arena)
    async with _arena(contestant, fault="hang") as arena:
        stalled_s = await _longest_stall(arena)
        arena.ground.signer.fault = ""
        recovered_s = await _until_heard(arena)
    return Result(contestant, outcomes, heard, faults, rollover_s, stalled_s, recovered_s)


async def _battery(
    arena: Arena,
) -> tuple[dict[Group, Counter[Outcome]], tuple[str, ...], tuple[str, ...]]:
    outcomes: dict[Group, Counter[Outcome]] = {group: Counter() for group in Group}
    ids: dict[Outcome, list[str]] = {outcome: [] for outcome in Outcome}
    for forgery in all_forgeries():
        letter = arena.ground.letter()
        forgery.spoil(letter)
        answer, is_heard = await arena.fire(letter)
        outcome = Outcome.REFUSED
        if is_heard:
            outcome = Outcome.HEARD
        elif answer.status == 0 or answer.status >= _SERVER_FAULT:
            outcome = Outcome.FAULT
        outcomes[forgery.group][outcome] += 1
        ids[outcome].append(forgery.id)
    return outcomes, tuple(ids[Outcome.HEARD]), tuple(ids[Outcome.FAULT])


async def _until_heard(arena: Arena) -> float | None:
    started = time.monotonic()
    while time.monotonic() - started < LONGEST_S:
        if await arena.is_good_heard():
            return time.monotonic() - started
        await asyncio.sleep(1.0)
    return None


async def _longest_stall(arena: Arena) -> float:
    """Send a token while its keys hang and return the longest wait for another answer."""
    letter = arena.ground.letter()
    raw = letter.raw(f"{_HOST}:{arena.around.port}")
    waiting = asyncio.create_task(send(_HOST, arena.around.port, raw))
    await asyncio.sleep(_SETTLE_S)
    longest, started = 0.0, time.monotonic()
    while time.monotonic() - started < _HUNG_FOR_S:
        asked = time.monotonic()
        with contextlib.suppress(TimeoutError):
            await _get(*arena.probe)
        longest = max(longest, time.monotonic() - asked)
        await asyncio.sleep(0.1)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    return longest


@asynccontextmanager
async def _arena(contestant: Contestant, fault: str = "") -> AsyncIterator[Arena]:
    with tempfile.TemporaryDirectory() as name:
        signer = FakeBotFramework(SystemClock(), APP_ID, fault=fault)
        connector, login = FakeConnector(), FakeEntraLogin(Path(name), LOGIN_TENANT)
        async with AsyncExitStack() as stack:
            for server in (signer, connector, login):
                await server.start()
                stack.push_async_callback(server.stop)
            ground = Ground(
                signer=signer,
                app_id=APP_ID,
                tenant_id=TENANT_ID,
                service_url=connector.url,
                sender=MANAGER,
                random=Random(SEED),  # noqa: S311 - a seed is the point
            )
            publish_unfit(ground)
            around = Surroundings(Path(name), signer, connector, login, free_port())
            yield await stack.enter_async_context(_running(contestant, around, ground))


@asynccontextmanager
async def _running(
    contestant: Contestant, around: Surroundings, ground: Ground
) -> AsyncIterator[Arena]:
    tally_port = free_port()
    if contestant.module:
        python = await python_of(contestant.name)
        command = [str(python), "-m", contestant.module, *_options(around, tally_port)]
        probe = (tally_port, "/")
        arena = Arena(around, ground, lambda: _tally(probe, r"(\d+)"), probe)
    else:
        command = whole_bot(around)
        counters = (around.port, "/metrics")
        pattern = r"mutatiebot_turn_seconds_count ([0-9.]+)"
        arena = Arena(around, ground, lambda: _tally(counters, pattern), (around.port, "/livez"))
    with (around.folder / "bot.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            "/usr/bin/env", *command, stdout=log, stderr=log
        )
        try:
            await _until_up(process, arena.probe, around.folder / "bot.log")
            yield arena
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


def _options(around: Surroundings, tally_port: int) -> list[str]:
    return [
        *("--app-id", APP_ID, "--tenant-id", TENANT_ID),
        *("--port", str(around.port), "--tally-port", str(tally_port)),
        *("--metadata-url", around.signer.metadata_url),
        *("--keys-url", f"{around.signer.origin}{KEYS_PATH}"),
        *("--service-url", around.connector.url),
    ]


async def _until_up(
    process: asyncio.subprocess.Process, probe: tuple[int, str], log: Path
) -> None:
    async with asyncio.timeout(_START_S):
        while process.returncode is None:
            with contextlib.suppress(OSError):
                await _get(*probe)
                return
            await asyncio.sleep(0.2)
    raise SystemExit(f"the bot did not start:\n{_end_of(log)}")


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-4_000:]


async def _tally(probe: tuple[int, str], pattern: str) -> int:
    found = re.search(pattern, (await _get(*probe)).body.decode())
    return int(float(found[1])) if found else 0


async def _get(port: int, path: str) -> Answer:
    head = f"GET {path} HTTP/1.1\r\nHost: {_HOST}:{port}\r\nConnection: close\r\n\r\n"
    return await send(_HOST, port, head.encode(), patience_s=LONGEST_S)
