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
    """The program at work, and its address."""

    bot: Bot
    url: str


async def serve(settings: Settings, clock: Clock) -> None:
    """Serve until SIGTERM or Ctrl-C, then finish what is going on."""
    async with running(settings, clock):
        await stop_asked()


async def work(settings: Settings, clock: Clock) -> None:
    """Do jobs until SIGTERM or Ctrl-C, then finish the running ones."""
    async with assembled(settings, clock) as bot, _working(bot):
        _log.info("worker started")
        await stop_asked()


@contextlib.asynccontextmanager
async def running(settings: Settings, clock: Clock) -> AsyncIterator[Serving]:
    """Serve, and do jobs where the settings say so, for as long as the block lasts."""
    async with assembled(settings, clock) as bot, contextlib.AsyncExitStack() as stack:
        if settings.worker:
            await stack.enter_async_context(_working(bot))
        runner = make_runner(bot.app)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, settings.host, settings.port).start()
        host, port = runner.addresses[0][:2]
        _log.info("serving", mode=settings.mode, host=host, port=port)
        yield Serving(bot, f"http://{host}:{port}")


async def stop_asked() -> None:
    """Return when the process is asked to stop."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    await asked.wait()
    _log.info("stopping")


@contextlib.asynccontextmanager
async def _working(bot: Bot) -> AsyncIterator[None]:
    task = asyncio.create_task(bot.work())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
