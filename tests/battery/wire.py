"""Sends bytes as they are: no client library mends what a forger spoilt."""

import asyncio
from dataclasses import dataclass

_PATIENCE_S = 30.0


@dataclass(frozen=True)
class Answer:
    """What came back; status 0 is a connection that was closed without a word."""

    status: int
    body: bytes = b""


async def send(host: str, port: int, raw: bytes, *, patience_s: float = _PATIENCE_S) -> Answer:
    """Send one request on a connection of its own and read until the other side closes.

    Raises:
        TimeoutError: Nothing came in time.
    """
    async with asyncio.timeout(patience_s):
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(raw)
            return _parsed(await _read(reader))
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> bytes:
    raw = b""
    try:
        while not _is_whole(raw) and (more := await reader.read(65_536)):
            raw += more
    except ConnectionError:
        pass
    return raw


def _is_whole(raw: bytes) -> bool:
    head, separator, body = raw.partition(b"\r\n\r\n")
    if not separator:
        return False
    for line in head.lower().split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name == b"content-length":
            return len(body) >= int(value)
    return b" 204 " in head.split(b"\r\n")[0]


def _parsed(raw: bytes) -> Answer:
    head, _, body = raw.partition(b"\r\n\r\n")
    words = head.split(b"\r\n")[0].split(b" ")
    if len(words) < 2 or not words[1].isdigit():
        return Answer(0)
    return Answer(int(words[1]), body)
