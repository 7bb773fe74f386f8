"""Running the program: the web server, the worker, and their orderly end."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass

import structlog
from aiohttp import web

from bot.bootstrap import Bot, assembled
from bot.edge.http import make_runner
from bot.settings import Settings
from mutations.clock import Clock

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
        await stop_asked(serving.worker)


async def work(settings: Settings, clock: Clock) -> None:
    """Do jobs until SIGTERM or Ctrl-C, then finish the running ones."""
    async with assembled(settings, clock) as bot, _working(bot) as worker:
        _log.info("worker started")
        await stop_asked(worker)


@contextlib.asynccontextmanager
async def running(settings: Settings, clock: Clock) -> AsyncIterator[Serving]:
    """Serve, and do jobs where the settings say so, for as long as the block lasts."""
    async with assembled(settings, clock) as bot, contextlib.AsyncExitStack() as stack:
        worker = None
        if settings.worker:
            worker = await stack.enter_async_context(_working(bot))
        runner = make_runner(bot.app)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, settings.host, settings.port).start()
        host, port = runner.addresses[0][:2]
        _log.info("serving", mode=settings.mode, host=host, port=port)
        yield Serving(bot, f"http://{host}:{port}", worker)


async def stop_asked(worker: asyncio.Task[None] | None = None) -> None:
    """Return when the process is asked to stop; raise what ended the worker, if it ends."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
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
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
