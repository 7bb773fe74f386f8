"""A server that answers as a test says, and everything that a client of it needs."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from fulfilment.tenants.microsoft365.call import Call, Operation, Verb
from fulfilment.tenants.microsoft365.graph import HttpGraph
from fulfilment.tenants.microsoft365.patience import Patience
from fulfilment.tenants.microsoft365.quota import AtOnce, Now, Quota, Turn
from fulfilment.tenants.microsoft365.wire import Wire
from tests.fakes.loopback_server import LoopbackServer

QUICK = Patience(attempts=4, total_s=5.0, first_wait_s=0.001, longest_wait_s=0.01, jitter_s=0.001)
ANNE = "00000000-0000-4000-8000-000000000001"
BEN = "00000000-0000-4000-8000-000000000002"


@dataclass
class Asked:
    """One request as it came in."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any

    @property
    def items(self) -> list[dict[str, Any]]:
        """What is in a batch."""
        items: list[dict[str, Any]] = self.body["requests"]
        return items


@dataclass
class Said:
    """One answer; `status` 0 cuts the connection, in a batch the item is missing."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    text: str | None = None
    content_type: str = "application/json"


def refused(status: int, code: str, message: str = "", **headers: str) -> Said:
    """Return a refusal in the form of Graph; `Retry_After` becomes a header."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Said(status, {"error": {"code": code, "message": message}}, named)


class Scripted:
    """Answers batches item by item, in reverse order, and everything else at once.

    Attributes:
        asked: What came in, batches as one.
        answer: Says what becomes of one call: of its method, its path and how often it came.
        outer: Says it of a whole request first; None for nothing special.
        holds: While it is not set no request is answered.
    """

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answer: Callable[[str, str, int], Said] = lambda _, path, __: Said(body={"of": path})
        self.outer: Callable[[Asked], Said | None] = lambda _: None
        self.holds = asyncio.Event()
        self.holds.set()
        self.arrived = asyncio.Semaphore(0)
        self._counts: dict[tuple[str, str], int] = {}
        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self.server = LoopbackServer(app)

    def count(self, method: str, path: str) -> int:
        """Return how often a call came in, alone or in a batch."""
        return self._counts.get((method, path), 0)

    async def _handle(self, request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body else None
        asked = Asked(request.method, str(request.rel_url), request.headers, body)
        self.asked.append(asked)
        self.arrived.release()
        await self.holds.wait()
        said = self.outer(asked) or self._said(asked)
        if said.status == 0:
            assert request.transport is not None
            request.transport.abort()
        if said.text is not None:
            return web.Response(
                status=said.status,
                text=said.text,
                content_type=said.content_type,
                headers=said.headers,
            )
        if said.status == 204:
            return web.Response(status=204)
        return web.json_response(said.body, status=said.status or 200, headers=said.headers)

    def _said(self, asked: Asked) -> Said:
        if not asked.path.endswith("/$batch"):
            return self._one(asked.method, asked.path.removeprefix("/v1.0"))
        answers = []
        for item in asked.items:
            said = self._one(item["method"], item["url"])
            if said.status:
                answers.append(
                    {
                        "id": item["id"],
                        "status": said.status,
                        "headers": said.headers,
                        "body": said.body,
                    }
                )
        return Said(body={"responses": answers[::-1]})

    def _one(self, method: str, path: str) -> Said:
        self._counts[method, path] = count = self._counts.get((method, path), 0) + 1
        return self.answer(method, path, count)


class Tokens:
    """Counts the tokens it gives; each that is forgotten is followed by another."""

    def __init__(self) -> None:
        self.number = 1

    async def token(self) -> str:
        return f"token-{self.number}"

    def forget(self) -> None:
        self.number += 1


@dataclass
class Counting:
    """A quota that gives every turn and remembers what was asked.

    Attributes:
        turn: What is answered.
        fault: Raised instead.
        opens: Turns are given once it is set.
    """

    taken: list[tuple[str, int, bool]] = field(default_factory=list)
    paused: list[tuple[str, float]] = field(default_factory=list)
    turn: Turn = field(default_factory=Now)
    fault: Exception | None = None
    opens: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.opens.set()

    async def take(self, resource: str, cost: int, *, urgent: bool) -> Turn:
        self.taken.append((resource, cost, urgent))
        self.asked.set()
        await self.opens.wait()
        if self.fault is not None:
            raise self.fault
        return self.turn

    async def pause(self, resource: str, seconds: float) -> None:
        self.paused.append((resource, seconds))


@dataclass
class Setting:
    """A client of a scripted server."""

    server: Scripted
    graph: HttpGraph
    tokens: Tokens
    wire: Wire


@asynccontextmanager
async def graph_setting(
    *, quota: Quota | None = None, patience: Patience = QUICK, **wire: Any
) -> AsyncIterator[Setting]:
    """Serve, and connect to it."""
    scripted, tokens = Scripted(), Tokens()
    async with scripted.server, aiohttp.ClientSession() as session:
        line = Wire(session, tokens, base=scripted.server.origin, **wire)
        graph = HttpGraph(line, quota=quota or AtOnce(), patience=patience, window_s=0.02)
        yield Setting(scripted, graph, tokens, line)
        scripted.holds.set()
        await graph.drain()


def read(path: str = f"/users/{ANNE}", **fields: Any) -> Call:
    """Return a read."""
    return Call(operation=_operation(Verb.GET, path, repeatable=True), path=path, **fields)


def write(
    path: str = f"/users/{ANNE}",
    *,
    verb: Verb = Verb.PATCH,
    repeatable: bool = False,
    **fields: Any,
) -> Call:
    """Return a write, which is not repeatable unless it says so."""
    return Call(operation=_operation(verb, path, repeatable=repeatable), path=path, **fields)


def _operation(verb: Verb, path: str, *, repeatable: bool) -> Operation:
    return Operation(
        name="some.thing", verb=verb, path=path, permission="Some.Thing", repeatable=repeatable
    )
