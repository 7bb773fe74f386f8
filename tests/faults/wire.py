"""A wire between a process and PostgreSQL: it knows each statement and may cut at any.

What a process does outside itself, a statement or an HTTP call, is an `Act`. A watcher is asked
before an act goes out, and again after it was done but before its answer comes back.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol
from urllib.parse import quote

from psycopg import conninfo

from tests.faults.wire_frames import (
    Frame,
    StatementReader,
    asks_to_encrypt,
    read_frame,
    read_greeting,
)
from tests.tcp_server import tcp_server

_ENDS_TURN = frozenset("QSHX")  # Query, Sync, Flush, Terminate
_LARGEST_READ = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A statement or a call of a process.

    Attributes:
        before: The statements of the same transaction so far, without what was rolled back.
        has_found: Whether the answer holds a row with a value in its first column; False before
            the answer is there.
    """

    process: str
    text: str
    before: tuple[str, ...] = ()
    has_found: bool = False


class Watcher(Protocol):
    """Decides what happens to an act; False cuts its connection, both ways."""

    async def may_go(self, act: Act) -> bool:
        """Decide before the act goes out."""
        ...

    async def may_return(self, act: Act) -> bool:
        """Decide when the act was done and its answer waits here."""
        ...


@contextlib.asynccontextmanager
async def database_wire(process: str, database_url: str, watcher: Watcher) -> AsyncIterator[str]:
    """Stand before a database on a Unix socket; lend the URL that the process gets instead."""
    where = conninfo.conninfo_to_dict(database_url)
    socket = f"{where['host']}/.s.PGSQL.{where['port']}"

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _connect(_Link(reader, writer), socket, process, watcher)
        finally:
            writer.transport.abort()

    login = quote(str(where["user"]), safe="")
    async with tcp_server(take, limit=_LARGEST_READ) as port:
        yield f"postgresql://{login}@127.0.0.1:{port}/{where['dbname']}"


@dataclass(frozen=True, slots=True)
class _Link:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def frames(self) -> AsyncIterator[Frame]:
        while (frame := await read_frame(self.reader)) is not None:
            yield frame


async def _connect(client: _Link, socket: str, process: str, watcher: Watcher) -> None:
    greeting = await read_greeting(client.reader)
    while asks_to_encrypt(greeting):
        client.writer.write(b"N")
        greeting = await read_greeting(client.reader)
    server = _Link(*await asyncio.open_unix_connection(socket, limit=_LARGEST_READ))
    try:
        server.writer.write(greeting)
        await _Conversation(client, server, process, watcher).carry()
    finally:
        server.writer.transport.abort()


@dataclass
class _Conversation:
    """One connection: carries messages both ways until either side goes or the watcher cuts."""

    client: _Link
    server: _Link
    process: str
    watcher: Watcher
    statements: StatementReader = field(default_factory=StatementReader)
    transaction: tuple[str, ...] = ()
    asked: deque[Act | None] = field(default_factory=deque)

    async def carry(self) -> None:
        tasks = [asyncio.create_task(self._to_server()), asyncio.create_task(self._to_client())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _to_server(self) -> None:
        waiting: list[bytes] = []
        async for frame in self.client.frames():
            waiting.append(frame.raw)
            self.statements.see(frame)
            if frame.kind == "p" or frame.kind in _ENDS_TURN:
                if frame.kind in "QS" and not await self._may_go():
                    return
                self.server.writer.write(b"".join(waiting))
                waiting.clear()

    async def _may_go(self) -> bool:
        text = self.statements.take()
        act = None
        if text is not None:
            act = Act(process=self.process, text=text, before=self.transaction)
            if not await self.watcher.may_go(act):
                return False
        self.asked.append(act)
        return True

    async def _to_client(self) -> None:
        held: list[Frame] = []
        async for frame in self.server.frames():
            held.append(frame)
            act = self.asked[0] if self.asked else None
            if act is not None and frame.kind != "Z":
                continue
            if frame.kind == "Z" and self.asked:
                self.asked.popleft()
                if act is not None and not await self._may_return(act, held):
                    return
            self.client.writer.write(b"".join(_raw(held)))
            held.clear()

    async def _may_return(self, act: Act, answer: list[Frame]) -> bool:
        is_idle = answer[-1].body == b"I"
        self.transaction = () if is_idle else _effective((*self.transaction, act.text))
        has_found = any(frame.has_value for frame in answer)
        return await self.watcher.may_return(replace(act, has_found=has_found))


def _effective(statements: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out what has just been rolled back to a savepoint."""
    verb, _, name = statements[-1].partition("ROLLBACK TO ")
    savepoint = f"SAVEPOINT {name}"
    if verb or not name or savepoint not in statements:
        return statements
    last = len(statements) - statements[::-1].index(savepoint)
    return statements[:last]


def _raw(frames: list[Frame]) -> Iterator[bytes]:
    return (frame.raw for frame in frames)
