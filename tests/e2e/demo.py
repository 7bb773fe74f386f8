"""The demo as a newcomer starts it: one process, on ports and a data folder of its own."""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from bot.demo.personas import personas
from bot.playground.persona import Seat, seat_of
from tests.e2e.chromium import ARTEFACTS
from tests.e2e.ports import free_ports

ROOT = Path(__file__).parents[2]
STARTS_WITHIN_S = 120.0
READY = b"Stoppen: Ctrl-C"


@contextlib.asynccontextmanager
async def running_demo() -> AsyncIterator[dict[str, Seat]]:
    """Run `python -m bot demo` and yield the seat of each persona by key.

    Not below pytest's own folder: it closes that to other accounts at every start, and as root
    the embedded PostgreSQL runs under an account of its own.
    """
    with tempfile.TemporaryDirectory(prefix="mutatiebot-e2e-") as folder:
        async with _running(Path(folder)) as seats:
            yield seats


@contextlib.asynccontextmanager
async def _running(data_dir: Path) -> AsyncIterator[dict[str, Seat]]:
    bot_port, first_page, *_ = free_ports(1 + len(personas(2000)))
    environment = {
        **os.environ,  # noqa: TID251 - a child process needs a path and a home
        "MUTATIEBOT_PORT": str(bot_port),
        "MUTATIEBOT_PLAYGROUND_PORT": str(first_page),
        "MUTATIEBOT_DATA_DIR": str(data_dir),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "demo",
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said: list[bytes] = []
    reader = asyncio.create_task(_read(process, said))
    try:
        async with asyncio.timeout(STARTS_WITHIN_S):
            while not any(READY in line for line in said):
                assert process.returncode is None, b"".join(said).decode()
                await asyncio.sleep(0.1)
        yield {persona.key: seat_of(persona) for persona in personas(first_page)}
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
        await process.wait()
        await reader
        (ARTEFACTS / "e2e" / "demo.log").write_bytes(b"".join(said))
    assert process.returncode == 0, b"".join(said).decode()


async def _read(process: asyncio.subprocess.Process, said: list[bytes]) -> None:
    assert process.stdout is not None
    while line := await process.stdout.readline():
        said.append(line)
