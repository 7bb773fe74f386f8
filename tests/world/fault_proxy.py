"""A TCP proxy that fails on command; it stands before PostgreSQL or an HTTP server.

What it does is changed while it runs, and holds for open connections too. Requests are what goes
to the server, answers are what comes back.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Self
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from tests.tcp_server import tcp_server

_CHUNK: Final = 64 * 1024


class Fault(Enum):
    """What happens to the connections."""

    NONE = auto()
    BLACK_HOLE = auto()  # connections stand, nothing passes either way
    REFUSE = auto()  # new connections are closed at once, open ones go on


@dataclass
class _Pipe:
    """One direction of a connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    is_answer: bool


class FaultProxy:
    """Passes bytes to `host:port`, or to a Unix socket, and fails as it is told.

    Attributes:
        fault: What happens to the connections from now on.
        delay_s: How late each piece passes, in each direction.
        connections: How many were accepted since the start.
        port: Where on loopback it listens.
    """

    def __init__(self, host: str, port: int, *, socket: str = "") -> None:
        self._host = host
        self._port = port
        self._socket = socket
        self._serving = contextlib.AsyncExitStack()
        self.port = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._changed = asyncio.Event()
        self._fault = Fault.NONE
        self._left = {False: -1, True: -1}  # bytes until the cut, by direction; -1 for no cut
        self.delay_s = 0.0
        self.connections = 0

    @property
    def fault(self) -> Fault:
        return self._fault

    @fault.setter
    def fault(self, fault: Fault) -> None:
        self._fault = fault
        self._changed.set()
        self._changed = asyncio.Event()

    def cut(self) -> int:
        """Cut all connections now, as a broken line does; return how many there were."""
        writers, self._writers = self._writers, set()
        for writer in writers:
            writer.transport.abort()
        return len(writers) // 2

    def cut_after(self, count: int, *, answers: bool = False) -> None:
        """Let `count` more bytes of requests (or of answers: half a reply) pass, then cut all."""
        self._left[answers] = count

    async def __aenter__(self) -> Self:
        self.port = await self._serving.enter_async_context(tcp_server(self._accept))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._serving.aclose()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self._fault is Fault.REFUSE:
            writer.transport.abort()
            return
        try:
            server_reader, server_writer = await self._connect()
        except OSError:
            writer.transport.abort()
            return
        both = {writer, server_writer}
        self._writers |= both
        try:
            await asyncio.gather(
                self._pump(_Pipe(reader, server_writer, is_answer=False)),
                self._pump(_Pipe(server_reader, writer, is_answer=True)),
            )
        except asyncio.CancelledError:
            server_writer.transport.abort()
            raise
        finally:
            self._writers -= both

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._socket:
            return await asyncio.open_unix_connection(self._socket)
        return await asyncio.open_connection(self._host, self._port)

    async def _pump(self, pipe: _Pipe) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await pipe.reader.read(_CHUNK):
                await self._hold()
                pipe.writer.write(self._let_through(data, is_answer=pipe.is_answer))
                await pipe.writer.drain()
                if self._left[pipe.is_answer] == 0:
                    self._left[pipe.is_answer] = -1
                    pipe.writer.close()  # what was let through arrives first
                    self.cut()
            pipe.writer.close()

    async def _hold(self) -> None:
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        while self._fault is Fault.BLACK_HOLE:
            await self._changed.wait()

    def _let_through(self, data: bytes, *, is_answer: bool) -> bytes:
        left = self._left[is_answer]
        if left < 0:
            return data
        passed = data[:left]
        self._left[is_answer] = left - len(passed)
        return passed


@contextlib.asynccontextmanager
async def proxied(url: str) -> AsyncIterator[tuple[FaultProxy, str]]:
    """Put a proxy before the server of an http or postgresql address; yield both.

    A postgresql address with a Unix socket, `?host=/folder`, becomes one with a port.
    """
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    folder = query.pop("host", "")
    port = int(query.pop("port", 0)) or parts.port or (80 if parts.scheme == "http" else 5432)
    socket = f"{folder}/.s.PGSQL.{port}" if folder else ""
    async with FaultProxy(parts.hostname or "127.0.0.1", port, socket=socket) as proxy:
        user, at, _ = parts.netloc.rpartition("@")
        place = f"{user}{at}127.0.0.1:{proxy.port}"
        yield proxy, urlunsplit(parts._replace(netloc=place, query=urlencode(query)))
