"""`python -m bot` as an operator runs it, to be killed."""

import asyncio
import math
import os
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

_ROOT = Path(__file__).parents[2]
_START_S = 60.0


@dataclass
class BotProcess:
    """One command of the program with its settings; `start` may follow on `kill` and `stop`."""

    settings: Mapping[str, object]
    log: Path
    command: tuple[str, ...] = ()
    started_at: float = math.inf
    _process: asyncio.subprocess.Process | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings['PORT']}"

    @property
    def seconds_up(self) -> float:
        """Seconds since it last began to work; 0 while it starts."""
        return max(0.0, time.monotonic() - self.started_at)

    async def start(self) -> None:
        """Start it and wait until it says that it is at work."""
        assert self._process is None
        self.started_at = math.inf
        before = self._said("worker started")
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", *self.command),
                cwd=_ROOT,
                env=self._environment(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        async with asyncio.timeout(_START_S):
            while not await self._is_at_work(before):
                assert self._process.returncode is None, self.log.read_text(errors="replace")
                await asyncio.sleep(0.05)
        self.started_at = time.monotonic()

    async def kill(self) -> None:
        """End it with SIGKILL: it gets to do nothing more."""
        self.started_at = math.inf
        process, self._process = self._process, None
        assert process is not None
        process.kill()
        await process.wait()

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        assert self._process is not None
        self._process.terminate()

    async def ended(self) -> int:
        """Wait until it has ended by itself and return its exit code."""
        process, self._process = self._process, None
        assert process is not None
        return await process.wait()

    async def close(self) -> None:
        """Take it away if it still runs."""
        if self._process is not None and self._process.returncode is None:
            await self.kill()

    async def _is_at_work(self, before: int) -> bool:
        if self.command:
            return self._said("worker started") > before
        try:
            async with aiohttp.ClientSession() as session, session.get(f"{self.url}/livez"):
                return True
        except aiohttp.ClientError:
            return False

    def _said(self, words: str) -> int:
        return self.log.read_text(errors="replace").count(words) if self.log.exists() else 0

    def _environment(self) -> dict[str, str]:
        own = {f"MUTATIEBOT_{name}": str(value) for name, value in self.settings.items()}
        return {"PATH": os.defpath, "HOME": str(self.log.parent), **own}


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
