"""A real HTTP server on a free loopback port, for fakes of the outside world."""

import asyncio
from typing import Self

from aiohttp import web


async def end(runner: web.AppRunner) -> None:
    """Clean a runner up and close every connection for good."""
    served = runner.server
    connections = [] if served is None else list(served.connections)
    transports = [one.transport for one in connections if one.transport is not None]
    await runner.cleanup()
    for transport in transports:
        transport.abort()
    await asyncio.sleep(0)  # the sockets are closed in the next round of the loop


class LoopbackServer:
    """Serves an application between `start` and `stop`, or as an async context manager."""

    def __init__(self, app: web.Application) -> None:
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        self.port = 0

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self, port: int = 0) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def stop(self) -> None:
        """Stop, and leave no connection: one with TLS would wait for the farewell of the other."""
        await end(self._runner)

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
