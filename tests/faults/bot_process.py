"""`python -m bot` as an operator runs it, to be killed."""

import asyncio
import contextlib
import json
import math
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import aiohttp

_ROOT = Path(__file__).parents[2]
_START_S = 60.0


class Running(Protocol):
    """A process of the bot that was started."""

    @property
    def pid(self) -> int:
        """Its process id."""
        ...

    async def wait(self) -> int:
        """Wait until it has ended and return its exit code."""
        ...


class Cradle(Protocol):
    """Where processes of the bot come from."""

    @property
    def command(self) -> tuple[str, ...]:
        """The command of the program that they run; none serves."""
        ...

    async def start(self, environment: Mapping[str, str], log: Path) -> Running:
        """Start one that writes what it says to `log`."""
        ...

    async def close(self) -> None:
        """Leave nothing behind."""
        ...


@dataclass(frozen=True)
class Program:
    """Starts the program itself."""

    command: tuple[str, ...] = ()

    async def start(self, environment: Mapping[str, str], log: Path) -> Running:
        with log.open("ab") as output:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", *self.command),
                cwd=_ROOT,
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    async def close(self) -> None:
        """Do nothing."""


@dataclass
class Nursery:
    """Forks from a process that has read the code already; for many starts in a row."""

    command: tuple[str, ...] = ()
    _process: asyncio.subprocess.Process | None = field(default=None, init=False)

    async def start(self, environment: Mapping[str, str], log: Path) -> Running:
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.faults.bot_nursery", *self.command),
                cwd=_ROOT,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        order = json.dumps({"environment": dict(environment), "log": str(log)})
        assert self._process.stdin is not None
        self._process.stdin.write(f"{order}\n".encode())
        return _Forked(await self._answer(), self)

    async def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            await self._process.wait()

    async def _answer(self) -> int:
        assert self._process is not None
        assert self._process.stdout is not None
        return int(await self._process.stdout.readline())


@dataclass(frozen=True)
class _Forked:
    pid: int
    nursery: Nursery

    async def wait(self) -> int:
        return await self.nursery._answer()  # noqa: SLF001 - the two are one


@dataclass
class BotProcess:
    """One command of the program with its settings; `start` may follow on `kill` and `stop`."""

    settings: Mapping[str, object]
    log: Path
    cradle: Cradle = field(default_factory=Program)
    started_at: float = math.inf
    _is_struck: bool = field(default=False, init=False)
    _process: Running | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings['PORT']}"

    @property
    def seconds_up(self) -> float:
        """Seconds since it last began to work; 0 while it starts."""
        return max(0.0, time.monotonic() - self.started_at)

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return None if self._process is None else self._process.pid

    async def start(self) -> None:
        """Start it and wait until it says that it is at work, or is struck on the way there."""
        assert self._process is None
        self.started_at = math.inf
        before = self._said("worker started")
        self._is_struck = False
        process = self._process = await self.cradle.start(self._environment(), self.log)
        async with asyncio.timeout(_START_S):
            while not await self._is_at_work(before):
                if self._is_struck:
                    return
                assert _is_there(process.pid), self.log.read_text(errors="replace")
                await asyncio.sleep(0.02)
        if not self._is_struck:
            self.started_at = time.monotonic()

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        assert self._process is not None
        os.kill(self._process.pid, number)

    def strike(self) -> None:
        """Send SIGKILL at this very moment; `kill` must follow."""
        self.started_at = math.inf
        self._is_struck = True
        self.send(signal.SIGKILL)

    async def kill(self) -> None:
        """End it with SIGKILL: it gets to do nothing more."""
        with contextlib.suppress(ProcessLookupError):
            self.strike()
        await self.ended()

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        self.send(signal.SIGTERM)

    async def ended(self) -> int:
        """Wait until it has ended by itself and return its exit code."""
        process, self._process = self._process, None
        assert process is not None
        return await process.wait()

    async def close(self) -> None:
        """Take it away if it still runs."""
        if self._process is not None and _is_there(self._process.pid):
            await self.kill()
        await self.cradle.close()

    async def _is_at_work(self, before: int) -> bool:
        if self.cradle.command:
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


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
