"""The fault proxy does what it is told, to HTTP and to PostgreSQL."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import psycopg
import pytest
from aiohttp import web

from tests.fakes.loopback_server import LoopbackServer
from tests.world.fault_proxy import Fault, FaultProxy, proxied

ANSWER = "x" * 50_000


@asynccontextmanager
async def _behind_proxy(
    seen: list[bytes],
) -> AsyncIterator[tuple[FaultProxy, str, aiohttp.ClientSession]]:
    async def answer(request: web.Request) -> web.Response:
        seen.append(await request.read())
        return web.Response(text=ANSWER)

    app = web.Application()
    app.router.add_post("/", answer)
    timeout = aiohttp.ClientTimeout(total=5)
    async with (
        LoopbackServer(app) as server,
        proxied(server.origin) as (proxy, url),
        aiohttp.ClientSession(timeout=timeout) as session,
    ):
        yield proxy, url, session


async def _post(session: aiohttp.ClientSession, url: str, body: bytes = b"question") -> str:
    async with session.post(url, data=body) as answer:
        return await answer.text()


async def test_passes_what_comes() -> None:
    seen: list[bytes] = []
    async with _behind_proxy(seen) as (proxy, url, session):
        assert await _post(session, url) == ANSWER
        assert seen == [b"question"]
        assert proxy.connections == 1


async def test_delays_each_way() -> None:
    async with _behind_proxy([]) as (proxy, url, session):
        proxy.delay_s = 0.1
        started = time.monotonic()
        assert await _post(session, url) == ANSWER
        assert time.monotonic() - started >= 0.2


async def test_cuts_connections_in_use() -> None:
    async with _behind_proxy([]) as (proxy, url, session):
        proxy.delay_s = 5
        waiting = asyncio.create_task(_post(session, url))
        await asyncio.sleep(0.1)
        assert proxy.cut() == 1
        with pytest.raises(aiohttp.ClientError):
            await waiting
        proxy.delay_s = 0
        assert await _post(session, url) == ANSWER


async def test_cuts_a_request_after_some_bytes() -> None:
    seen: list[bytes] = []
    async with _behind_proxy(seen) as (proxy, url, session):
        proxy.cut_after(200)
        with pytest.raises(aiohttp.ClientError):
            await _post(session, url, b"y" * 100_000)
        assert seen == []
        assert await _post(session, url) == ANSWER


async def test_lets_half_a_reply_through() -> None:
    seen: list[bytes] = []
    async with _behind_proxy(seen) as (proxy, url, session):
        proxy.cut_after(10_000, answers=True)
        async with session.post(url, data=b"q") as answer:
            assert answer.status == 200  # the head of it is whole
            with pytest.raises(aiohttp.ClientPayloadError):
                await answer.read()
        assert seen == [b"q"]


async def test_loses_a_whole_reply() -> None:
    seen: list[bytes] = []
    async with _behind_proxy(seen) as (proxy, url, session):
        proxy.cut_after(1, answers=True)
        with pytest.raises(aiohttp.ClientError):
            await _post(session, url)
        assert seen == [b"question"]


async def test_black_hole_swallows_until_it_ends() -> None:
    async with _behind_proxy([]) as (proxy, url, session):
        assert await _post(session, url) == ANSWER
        proxy.fault = Fault.BLACK_HOLE
        waiting = asyncio.create_task(_post(session, url))
        done, _ = await asyncio.wait({waiting}, timeout=0.3)
        assert not done
        proxy.fault = Fault.NONE
        assert await waiting == ANSWER


async def test_refuses_new_connections_until_told_otherwise() -> None:
    async with _behind_proxy([]) as (proxy, url, session):
        proxy.fault = Fault.REFUSE
        with pytest.raises(aiohttp.ClientError):
            await _post(session, url)
        proxy.fault = Fault.NONE
        assert await _post(session, url) == ANSWER


async def test_nobody_behind_it_is_a_broken_connection() -> None:
    async with FaultProxy("127.0.0.1", 1) as proxy, aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientError):
            await session.get(f"http://127.0.0.1:{proxy.port}/")


async def test_stands_before_postgresql(database_url: str) -> None:
    async with proxied(database_url) as (proxy, url):
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            cursor = await connection.execute("select 1")
            assert await cursor.fetchone() == (1,)
            proxy.cut_after(5, answers=True)
            with pytest.raises(psycopg.OperationalError):
                await connection.execute("select 2")
        assert proxy.connections == 1
