"""What every bot of the table has: a count of what its handler heard, on a port of its own.

Standard library only, for each bot runs where nothing else of this project is installed. The
server lives in the loop of the bot, so that its silence shows a loop that stands still.
"""

import argparse
import asyncio
from collections.abc import Sequence


class Tally:
    """Counts what got through and tells the count over HTTP."""

    def __init__(self) -> None:
        self.heard = 0

    async def serve(self, port: int) -> None:
        """Answer every request with the count, in the loop of the bot."""
        await asyncio.start_server(self._answer, "127.0.0.1", port)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = str(self.heard).encode()
        head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        writer.write(head % len(body) + body)
        await writer.drain()
        writer.close()


def options(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line that all bots share."""
    parser = argparse.ArgumentParser()
    for name in ("app-id", "tenant-id", "metadata-url", "keys-url", "service-url"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("port", "tally-port"):
        parser.add_argument(f"--{name}", required=True, type=int)
    return parser.parse_args(arguments)
