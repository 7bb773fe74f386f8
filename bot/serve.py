"""Running the program: the web server, the worker, and their orderly end."""

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

import structlog
from aiohttp import web

from bot.bootstrap import Bot, assembled
from bot.edge.http import make_runner
from bot.settings import Settings
from mutations.clock import Clock

_STOP_S: Final = 28.0  # platforms kill after 30 s; jobs get 20 of these, turns 12 beside them
_KILLED: Final = 1

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Serving:
    """The program at work, its address, and its worker where it has one."""

    bot: Bot
    url: str
    worker: asyncio.Task[None] | None = None


async def serve(settings: Settings, clock: Clock) -> None:
    """Serve until SIGTERM or Ctrl-C, then finish what is going on."""
    async with running(settings, clock) as serving:
        try:
            await stop_asked(serving.worker)
        finally:
            _end_within(_STOP_S)


async def work(settings: Settings, clock: Clock) -> None:
    """Do jobs until SIGTERM or Ctrl-C, then finish the running ones."""
    async with assembled(settings, clock) as bot, _working(bot) as worker:
        _log.info("worker started")
        try:
            await stop_asked(worker)
        finally:
            _end_within(_STOP_S)


@contextlib.asynccontextmanager
async def running(settings: Settings, clock: Clock) -> AsyncIterator[Serving]:
    """Serve, and do jobs where the settings say so, for as long as the block lasts.

    At its end turns and jobs finish side by side. What must be written after the last of them
    is pushed on the stack of `assembled`, which closes last.
    """
    async with assembled(settings, clock) as bot, contextlib.AsyncExitStack() as stack:
        worker = None
        if settings.worker:
            worker = await stack.enter_async_context(_working(bot))
        runner = make_runner(bot.app)
        await runner.setup()
        stack.push_async_callback(_drain, runner, worker)
        await web.TCPSite(runner, settings.host, settings.port).start()
        host, port = runner.addresses[0][:2]
        _log.info("serving", mode=settings.mode, host=host, port=port)
        yield Serving(bot, f"http://{host}:{port}", worker)


async def stop_asked(worker: asyncio.Task[None] | None = None) -> None:
    """Return when the process is asked to stop; raise what ended the worker, if it ends.

    Asked a second time, the process ends at once.
    """
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask() -> None:
        if asked.is_set():
            _end("asked twice")
        asked.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ask)
    signalled = asyncio.create_task(asked.wait())
    waited_for = {signalled} if worker is None else {signalled, worker}
    await asyncio.wait(waited_for, return_when=asyncio.FIRST_COMPLETED)
    if worker is not None and worker.done():
        signalled.cancel()
        await worker
    _log.info("stopping")


@contextlib.asynccontextmanager
async def _working(bot: Bot) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(bot.work())
    try:
        yield task
    finally:
        _stop(task)
        await asyncio.gather(task, return_exceptions=True)


async def _drain(runner: web.AppRunner, worker: asyncio.Task[None] | None) -> None:
    """Take no more and let the turns finish, while the worker finishes its jobs."""
    if worker is not None:
        _stop(worker)
    await runner.cleanup()


def _stop(worker: asyncio.Task[None]) -> None:
    """Ask the worker to finish; a second request would end its jobs in the middle."""
    if not worker.cancelling():
        worker.cancel()


def _end_within(seconds: float) -> None:
    """End the process when it is still there after so long, whatever hangs."""
    timer = threading.Timer(seconds, _end, ["did not stop in time"])
    timer.daemon = True
    timer.start()


def _end(why: str) -> None:
    _log.error("killed", why=why)
    os._exit(_KILLED)
