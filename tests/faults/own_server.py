"""A PostgreSQL of one test, to be killed and started again."""

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from store.embedded import EmbeddedPostgres
from store.migration import migrate


class OwnServer:
    """A server that goes away and comes back; its addresses stay."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._holds = [EmbeddedPostgres.start(home)]
        self.url = self._holds[0].url
        self.owner_url = self._holds[0].owner_url

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End it: SIGKILL as the kernel does, SIGQUIT as an immediate stop."""
        lines = (self._home / "cluster" / "postmaster.pid").read_text().splitlines()
        os.kill(int(lines[0]), number)

    async def start(self) -> None:
        """Start it again and wait until it answers."""
        self._holds.append(await asyncio.to_thread(EmbeddedPostgres.start, self._home))

    def stop(self) -> None:
        """Let go of it for good."""
        for hold in self._holds:
            hold.stop()


@contextlib.asynccontextmanager
async def own_server() -> AsyncIterator[OwnServer]:
    """Lend a migrated server of one's own."""
    # Not below pytest's own folder, which it closes to the account that the server runs as.
    folder = Path(tempfile.mkdtemp(prefix="mutatiebot-outage-"))
    server = await asyncio.to_thread(OwnServer, folder / "postgres")
    try:
        await asyncio.to_thread(migrate, server.owner_url)
        yield server
    finally:
        await asyncio.to_thread(server.stop)
        shutil.rmtree(folder)
