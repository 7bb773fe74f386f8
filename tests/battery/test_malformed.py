"""Bodies that are meant to eat memory or time: refused at once, and the process stays small."""

import asyncio
import gzip
import os
from collections.abc import Callable

import psutil
import pytest

from tests.battery.conftest import Range
from tests.battery.letter import Letter

_MEGABYTE = 1024 * 1024
_ROUNDS = 10
_PATIENCE_S = 20.0


def _json(body: bytes) -> Callable[[Letter], None]:
    return lambda letter: setattr(letter, "body", body)


def _gzip_bomb(letter: Letter) -> None:
    letter.body = gzip.compress(b" " * (100 * _MEGABYTE))
    letter.http["Content-Encoding"] = "gzip"


_HUNGRY: dict[str, tuple[Callable[[Letter], None], set[int]]] = {
    "100,000 lists": (_json(b"[" * 100_000 + b"]" * 100_000), {400}),
    "100,000 open lists": (_json(b"[" * 100_000), {400}),
    "40,000 objects": (_json(b'{"a":' * 40_000 + b"1" + b"}" * 40_000), {400}),
    "100,000 lists in a field": (
        _json(b'{"type":"message","value":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        {400},
    ),
    "2 megabytes": (_json(b'{"text":"' + b"a" * (2 * _MEGABYTE) + b'"}'), {413}),
    "20,000 fields": (
        _json(b"{" + b",".join(b'"%d":1' % n for n in range(20_000)) + b"}"),
        {400},
    ),
    "80,000 numbers": (_json(b'{"type":"message","value":[' + b"1," * 80_000 + b"1]}"), {400}),
    "200,000 digits": (_json(b'{"type":"message","value":' + b"9" * 200_000 + b"}"), {400}),
    "gzip bomb": (_gzip_bomb, {400, 413}),
}


@pytest.mark.case("P02")
@pytest.mark.parametrize("name", _HUNGRY)
async def test_hungry_body_is_refused_and_takes_no_memory(field: Range, name: str) -> None:
    spoil, statuses = _HUNGRY[name]
    letter = field.ground.letter()
    spoil(letter)
    raw = letter.raw(f"127.0.0.1:{field.port}")
    await field.fire(raw)  # what is loaded once may stay
    before = _resident()
    for _ in range(_ROUNDS):
        answer = await field.fire(raw)
        assert answer.status in statuses

    assert _resident() - before < 50 * _MEGABYTE


@pytest.mark.case("P02")
async def test_chunks_without_end_are_cut_off(field: Range) -> None:
    letter = field.ground.letter()
    letter.body = b""
    letter.has_length = False
    letter.more = (("Transfer-Encoding", b"chunked"),)
    before = _resident()
    reader, writer = await asyncio.open_connection("127.0.0.1", field.port)
    writer.write(letter.raw(f"127.0.0.1:{field.port}"))
    chunk = b"%x\r\n" % 65_536 + b" " * 65_536 + b"\r\n"
    try:
        async with asyncio.timeout(_PATIENCE_S):
            while not reader.at_eof():
                writer.write(chunk)
                await writer.drain()
                await asyncio.sleep(0)
    except ConnectionError:
        pass
    answer = await _rest(reader)
    writer.close()

    assert answer.startswith(b"HTTP/1.1 413 ") or not answer
    assert _resident() - before < 50 * _MEGABYTE
    assert (await field.fire(field.ground.letter().raw(f"127.0.0.1:{field.port}"))).status == 200


async def _rest(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionError:
        return b""


def _resident() -> int:
    """Return the memory of this process, in which the bot runs."""
    return int(psutil.Process(os.getpid()).memory_info().rss)
