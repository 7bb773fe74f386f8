"""A fake of a supplier's order portal: takes signed orders, calls back, can misbehave."""

import asyncio
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

import aiohttp
from aiohttp import web

from fulfilment.portal.signature import key_of, signed, verified
from mutations.clock import Clock
from tests.fakes.loopback_server import LoopbackServer

SECRET = "whsec_b3JkZXJzLW9mLXRoZS10ZXN0LXdpdGgtMzItYnl0ZXM="
CALLBACK_SECRET = "whsec_Y2FsbGJhY2tzLW9mLXRoZS10ZXN0LTMyLWJ5dGVzLi4="
FORMAT = "mutatiebot.order-status/1"


@dataclass(frozen=True)
class Script:
    """What becomes of one POST; `status` 0 cuts the connection."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    after_doing: bool = False


@dataclass
class FakePortal:
    """Keeps each order once, by its idempotency key; `posts` counts every attempt."""

    clock: Clock
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    bodies: list[bytes] = field(default_factory=list)
    answer_repeats: int = 409
    when_kept: Callable[[], None] | None = None

    def __post_init__(self) -> None:
        app = web.Application()
        app.router.add_post("/orders", self._take)
        self._server = LoopbackServer(app)
        self._scripts: deque[Script] = deque()
        self._always: Script | None = None
        self._numbers = count(1)
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/orders"

    async def start(self) -> None:
        await self._server.start()
        self.port = self._server.port

    async def stop(self) -> None:
        await self._server.stop()

    async def has_order(self) -> bool:
        return bool(self.orders)

    def answer_next(self, *scripts: Script) -> None:
        self._scripts.extend(scripts)

    def answer_always(self, script: Script | None) -> None:
        self._always = script

    async def call_back(
        self, session: aiohttp.ClientSession, bot_url: str, order: str, state: str, **more: Any
    ) -> int:
        """Tell the bot of a state under a new id, and return the status of its answer."""
        body = {"format": FORMAT, "order": order, "state": state, **more}
        return await self.post(session, bot_url, json.dumps(body).encode())

    async def done(self, session: aiohttp.ClientSession, bot_url: str, order: str) -> int:
        steps = [
            {"position": one["position"], "after": one["after"]}
            for one in self.orders[order]["steps"]
        ]
        return await self.call_back(session, bot_url, order, "done", steps=steps)

    async def post(
        self,
        session: aiohttp.ClientSession,
        bot_url: str,
        raw: bytes,
        headers: dict[str, str] | None = None,
    ) -> int:
        usual = {"Content-Type": "application/json", **self.headers(raw)}
        sent = usual if headers is None else headers
        url = f"{bot_url}/api/orders/status"
        async with session.post(url, data=raw, headers=sent) as answer:
            return answer.status

    def headers(
        self, raw: bytes, *, secret: str = CALLBACK_SECRET, message_id: str = "", late_s: int = 0
    ) -> dict[str, str]:
        identity = message_id or f"msg_{next(self._numbers)}"
        at = self.clock.now() - timedelta(seconds=late_s)
        return dict(signed(raw, message_id=identity, at=at, keys=[key_of(secret)]))

    async def _take(self, request: web.Request) -> web.Response:
        raw = await request.read()
        message_id = verified(raw, request.headers, now=self.clock.now(), keys=[key_of(SECRET)])
        order = json.loads(raw)
        assert request.headers["Idempotency-Key"] == order["order"] == message_id
        self.bodies.append(raw)
        script = self._scripts.popleft() if self._scripts else self._always
        if script is None:
            return self._keep(order)
        if script.after_doing:
            self._keep(order)
        if script.status == 0:
            assert request.transport is not None
            request.transport.abort()
            await asyncio.sleep(0)
        return web.json_response(script.body, status=script.status or 200, headers=script.headers)

    def _keep(self, order: dict[str, Any]) -> web.Response:
        if order["order"] in self.orders:
            return web.json_response({"order": order["order"]}, status=self.answer_repeats)
        self.orders[order["order"]] = order
        if self.when_kept is not None:
            self.when_kept()
        return web.json_response({"order": order["order"]}, status=202)
