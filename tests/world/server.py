"""The fake Microsoft world: one server, one ledger, composed of the fakes in `tests/fakes`.

It holds the signing side of the Bot Framework, the Bot Connector, the tenant (Graph and Exchange
Online), and over https the Entra login, whose tokens the tenant knows. Each is a `Side`: it mounts
its routes and writes in the ledger it was given. Another one joins in the same way: write the fake
as a `Side` with paths of its own, name it in `MicrosoftWorld.sides`, and add what can be done to
it to `tests/world/control.py`.
What people or tests do to the world (`/control/...`) is not in the ledger; all that the bot sends
is, addresses that nobody serves included.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from aiohttp import web

from bot.clock import SystemClock
from tests.fakes.bot_connector import FakeConnector
from tests.fakes.entra_login import FakeEntraLogin
from tests.fakes.ledger import Call, call_of
from tests.fakes.loopback_server import LoopbackServer
from tests.fakes.signing import FakeBotFramework
from tests.fakes.teams_limits import TeamsLimits
from tests.fakes.tenant_side import FakeTenant


class Side(Protocol):
    """A part of the world behind the shared http address.

    Attributes:
        origin: Set to the shared address once it is served.
        ledger: The one ledger; appended to, never changed.
    """

    origin: str
    ledger: list[Call]

    def mount(self, router: web.UrlDispatcher) -> None:
        """Add its routes."""
        ...


@dataclass(frozen=True, kw_only=True)
class WorldOptions:
    """What the world is made for.

    Attributes:
        folder: Where the certificate of the login host goes.
        lean: For long loads: the ledger without bodies, and few messages of each conversation.
        limited: Whether Teams' rate limits are enforced from the start.
    """

    folder: Path
    app_id: str
    tenant_id: str
    lean: bool = False
    limited: bool = True


@dataclass
class MicrosoftWorld:
    """The sides, their ledger and their addresses."""

    options: WorldOptions
    ledger: list[Call] = field(default_factory=list)

    def __post_init__(self) -> None:
        options, ledger = self.options, self.ledger
        self.signer = FakeBotFramework(SystemClock(), options.app_id, ledger=ledger)
        self.connector = FakeConnector(
            ledger=ledger,
            limits=TeamsLimits() if options.limited else None,
            keep=20 if options.lean else 0,
            keeps_bodies=not options.lean,
        )
        self.login = FakeEntraLogin(options.folder, options.tenant_id, ledger=ledger)
        self.tenant = FakeTenant(
            SystemClock(),
            tenant_id=options.tenant_id,
            ledger=ledger,
            keeps_bodies=not options.lean,
        )
        self.tenant.tokens.scopes = self.login.scope_of

    @property
    def sides(self) -> tuple[Side, ...]:
        return (self.signer, self.connector, self.tenant)

    @asynccontextmanager
    async def served(self, app: web.Application, port: int = 0) -> AsyncIterator[str]:
        """Serve `app` with all sides on it and yield the address."""
        for side in self.sides:
            side.mount(app.router)
        app.router.add_route("*", "/{unknown:.*}", self._unknown)
        server = LoopbackServer(app)
        await self.login.start()
        await server.start(port)
        for side in self.sides:
            side.origin = server.origin
        try:
            yield server.origin
        finally:
            await server.stop()
            await self.login.stop()

    async def _unknown(self, request: web.Request) -> web.Response:
        self.ledger.append(call_of(request, None, 404))
        return web.Response(status=404)
