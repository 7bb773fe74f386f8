"""`python -m tests.world FOLDER`: the world as a process.

It serves until SIGTERM, or until its input closes when that is a pipe. Its address is
printed as one line of JSON once it serves.
"""

import argparse
import asyncio
import json
import os
import signal
import stat
import sys
from pathlib import Path

import uvloop
from aiohttp import web

from tests.world.control import Controls
from tests.world.server import MicrosoftWorld, WorldOptions


async def serve(options: WorldOptions, port: int) -> None:
    """Serve the world until it is asked to stop."""
    world = MicrosoftWorld(options)
    app = web.Application(client_max_size=4 * 1024 * 1024)
    Controls(world).mount(app.router)
    async with world.served(app, port) as origin:
        print(json.dumps({"origin": origin}), flush=True)  # noqa: T201 - the agreed first line
        await _stop_asked()


async def _stop_asked() -> None:
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    stdin = sys.stdin.fileno()
    if stat.S_ISFIFO(os.fstat(stdin).st_mode):
        # Whoever started it holds the other end: when that is gone, so is the need for a world.
        loop.add_reader(stdin, asked.set)
    await asked.wait()


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--app-id", required=True)
    parser.add_argument("--tenant-id", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--lean", action="store_true", help="for long loads")
    parser.add_argument("--unlimited", action="store_true", help="without Teams' rate limits")
    given = parser.parse_args()
    options = WorldOptions(
        folder=given.folder,
        app_id=given.app_id,
        tenant_id=given.tenant_id,
        lean=given.lean,
        limited=not given.unlimited,
    )
    uvloop.run(serve(options, given.port))


if __name__ == "__main__":
    main()
