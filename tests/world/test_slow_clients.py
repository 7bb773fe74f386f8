"""Clients that talk slowly on purpose are cut off, and cost the others nothing."""

import asyncio
import contextlib
import json
import statistics
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.world.live_bot import LiveBot, live_bot

SLOW = 200
CLOSED_WITHIN_S = 15.0
MARGIN_S = 3.0  # the machine may be shared


async def _lasts(bot: LiveBot, head: bytes, drop: bytes) -> float:
    """Send `head`, then a drop now and then, and return the seconds until the bot hangs up."""
    parts = urlsplit(bot.process.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    started = time.monotonic()
    writer.write(head)

    async def drip() -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                await asyncio.sleep(0.5)
                writer.write(drop)
                await writer.drain()

    dripping = asyncio.create_task(drip())
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(60):
            while await reader.read(1024):
                pass
    dripping.cancel()
    writer.close()
    return time.monotonic() - started


async def _slow(bot: LiveBot, token: str) -> list[float]:
    """Let many talk slowly: in the head, in the body with and without login, and not at all."""
    head = b"POST /api/messages HTTP/1.1\r\nHost: bot\r\n"
    typed = head + b"Content-Type: application/json\r\n"
    body = typed + f"Authorization: Bearer {token}\r\nContent-Length: 5000\r\n\r\n{{".encode()
    kinds = [
        (head, b"X: y\r\n"),
        (head[:20], b"x"),
        (body, b" "),
        (typed + b"Content-Length: 5000\r\n\r\n{", b" "),
        (b"", b""),
    ]
    talkers = [_lasts(bot, *kinds[number % len(kinds)]) for number in range(SLOW)]
    return await asyncio.gather(*talkers)


@pytest.mark.case("P03")
async def test_slow_clients_are_cut_off_and_the_others_served(
    tmp_path: Path, database_url: str, tell: Callable[[str], None]
) -> None:
    async with live_bot(tmp_path, database_url) as bot:
        await bot.process.start()
        token = await bot.world.token()
        slow = asyncio.create_task(_slow(bot, token))
        waits = []
        while not slow.done():
            answer = await bot.say(token)
            assert answer.status == 200
            waits.append(answer.seconds)
            await asyncio.sleep(0.05)
        lasted = await slow
    p99 = statistics.quantiles(waits, n=100)[98]

    assert len(waits) > 50
    assert p99 < 1.0
    assert max(lasted) <= CLOSED_WITHIN_S + MARGIN_S
    assert min(waits) < 1.0
    tell(
        f"slow clients: {len(lasted)} of {SLOW} closed, the last after {max(lasted):.1f} s;"
        f" the others p99 {p99 * 1000:.0f} ms of {len(waits)}"
    )


@pytest.mark.case("P03")
async def test_slow_body_is_told_so(tmp_path: Path, database_url: str) -> None:
    async with live_bot(tmp_path, database_url) as bot:
        await bot.process.start()

        async def slow_body() -> AsyncIterator[bytes]:
            yield json.dumps(bot.activity(1, type="message", text="hulp")).encode()[:100]
            await asyncio.sleep(30)

        headers = {
            "Authorization": f"Bearer {await bot.world.token()}",
            "Content-Type": "application/json",
        }
        async with bot.session.post(bot.messages_url, data=slow_body(), headers=headers) as answer:
            assert answer.status == 408
