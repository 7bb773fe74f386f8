"""The process ends as it is asked to: in order, at once when asked twice, and when broken."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import aiohttp
import psycopg
import pytest

from bot.settings import Mode
from tests.conversations.outages import typed
from tests.conversations.stage import ARNO, MARLEEN
from tests.faults.scene import Scene, open_scene

pytestmark = pytest.mark.timeout(180)

_ROOT = Path(__file__).parents[2]
_BROKEN = """
import sys
from bot.bootstrap import Bot

async def broken(self):
    raise RuntimeError("no worker any more")

Bot.work = broken
from bot.command_line import app
app()
"""
# The job that is under way waits for this lock; so does a turn about a draft.
_LOCK = "lock table {} in access exclusive mode"


class _Acks:
    """What was acknowledged under load, and how the rest ended."""

    def __init__(self) -> None:
        self.taken = 0
        self.cut = 0

    async def type(self, scene: Scene, number: int, *, until: asyncio.Event) -> None:
        """Type one message after another; each acknowledged one is answered in the chat."""
        client = scene.person(number)
        while not until.is_set():
            try:
                answer = await typed(client, "help")
            except aiohttp.ClientConnectorError:
                return  # takes no more
            except aiohttp.ClientError:
                self.cut += 1
                return
            assert answer.status == 200
            self.taken += 1


@pytest.mark.case("C03")
async def test_stop_under_load_answers_what_it_took_and_ends_well(
    tmp_path: Path, fresh_url: str, tell: Callable[[str], None]
) -> None:
    async with open_scene(tmp_path, fresh_url, mode=Mode.LIVE) as scene:
        await scene.bot.start()
        for number in (MARLEEN, ARNO):
            await scene.join(number)
        acks, stop = _Acks(), asyncio.Event()
        before = sum(len(scene.person(number).inbox) for number in (MARLEEN, ARNO))
        load = [
            asyncio.create_task(acks.type(scene, number, until=stop))
            for number in (MARLEEN, ARNO) * 4
        ]
        await asyncio.sleep(1.0)
        started = time.monotonic()
        scene.bot.ask_to_stop()
        assert await scene.bot.ended() == 0, scene.bot.log.read_text()[-3000:]
        seconds = time.monotonic() - started
        stop.set()
        await asyncio.gather(*load)
        answered = sum(len(scene.person(number).inbox) for number in (MARLEEN, ARNO)) - before
        assert acks.taken
        assert answered >= acks.taken
        assert seconds < 30
        rows = await scene.rows("select count(*) as number from procrastinate_workers")
        assert rows == [{"number": 0}]  # it took leave
    tell(f"stopped under load in {seconds:.1f} s: acknowledged {acks.taken}, answered all")


@pytest.mark.long
async def test_second_signal_ends_at_once(
    tmp_path: Path, fresh_url: str, fresh_owner_url: str
) -> None:
    async with open_scene(tmp_path, fresh_url, mode=Mode.LIVE) as scene:
        await scene.bot.start()
        await scene.join(MARLEEN)
        async with await psycopg.AsyncConnection.connect(fresh_owner_url) as holder:
            await holder.execute(_LOCK.format("draft").encode())
            hanging = asyncio.create_task(typed(scene.person(MARLEEN), "nieuwe mutatie"))
            await asyncio.sleep(0.5)
            scene.bot.ask_to_stop()
            await asyncio.sleep(0.5)
            assert not hanging.done()
            started = time.monotonic()
            scene.bot.ask_to_stop()
            assert await scene.bot.ended() == 1
            assert time.monotonic() - started < 2
            with contextlib.suppress(aiohttp.ClientError):
                await hanging


async def test_dead_worker_ends_the_process_with_a_fault(tmp_path: Path, fresh_url: str) -> None:
    started = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _BROKEN),
        cwd=_ROOT,
        env={
            "PATH": os.defpath,
            "MUTATIEBOT_DATABASE_URL": fresh_url,
            "MUTATIEBOT_PORT": "0",
            "MUTATIEBOT_DATA_DIR": str(tmp_path),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 1, said.decode()
    assert "no worker any more" in said.decode()
    assert time.monotonic() - started < 60


@pytest.mark.long
async def test_stop_that_hangs_is_ended_hard() -> None:
    hanging = "import time; from bot.serve import _end_within; _end_within(0.2); time.sleep(60)"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", hanging, cwd=_ROOT, stdout=asyncio.subprocess.DEVNULL
    )
    async with asyncio.timeout(30):
        assert await process.wait() == 1
