"""The tenant side of the fake Microsoft world: Graph and Exchange Online over one state."""

from collections.abc import Iterable
from typing import Final

from aiohttp import web

from mutations.clock import Clock
from tests.fakes.exchange_online import FakeExchange
from tests.fakes.graph_server import FakeGraph
from tests.fakes.ledger import Call
from tests.fakes.loopback_server import LoopbackServer
from tests.fakes.tenant_core import TenantCall, TenantCore
from tests.fakes.tenant_dual_write import DualWrite
from tests.fakes.tenant_faults import FaultPlan, PlannedFault
from tests.fakes.tenant_quota import Limits, TenantQuota
from tests.fakes.tenant_state import Lag, TenantState
from tests.fakes.tenant_tokens import EXCHANGE, GRAPH, TokenBook

_LARGEST: Final = 4 * 1024 * 1024


class FakeTenant:
    """One tenant; a `Side` of the world, or served by itself with `start` and `stop`.

    Attributes:
        state: What is true and what shows; filled by `tenant_demo` or by the test.
        plan: The faults to come.
        tokens: Issues access tokens, and holds what the application is granted.
        graph: Its Microsoft Graph.
        exchange: Its Exchange Online.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        tenant_id: str,
        lag: Lag | None = None,
        seed: int = 1,
        ledger: list[Call] | None = None,
        keeps_bodies: bool = True,
    ) -> None:
        """Make an empty tenant.

        Args:
            clock: Makes late things happen; a test that moves it waits for nothing.
            tenant_id: GUID, as in the path of Exchange.
            lag: How late things show.
            seed: Of everything that is left to chance: replicas, order of batches.
            ledger: Where every call is written; one of its own when left out.
            keeps_bodies: Whether the ledger holds what was sent.
        """
        self.state = TenantState(clock, lag=lag, seed=seed)
        self.tokens = TokenBook(clock, tenant_id)
        self._core = TenantCore(self.state, self.tokens, keeps_bodies=keeps_bodies)
        if ledger is not None:
            self._core.ledger = ledger
        DualWrite(self.state)
        self.graph = FakeGraph(self._core)
        self.exchange = FakeExchange(self._core)
        app = web.Application(client_max_size=_LARGEST)
        self.mount(app.router)
        self._server = LoopbackServer(app)

    @property
    def plan(self) -> FaultPlan:
        return self._core.plan

    @property
    def ledger(self) -> list[Call]:
        return self._core.ledger

    @ledger.setter
    def ledger(self, ledger: list[Call]) -> None:
        self._core.ledger = ledger

    @property
    def origin(self) -> str:
        """Address of the server, without a path: that of Graph and that of Exchange."""
        return self._core.origin

    @origin.setter
    def origin(self, origin: str) -> None:
        self._core.origin = origin

    @property
    def quota(self) -> TenantQuota | None:
        """The limits of Graph; None for none."""
        return self._core.quota

    @quota.setter
    def quota(self, quota: TenantQuota | None) -> None:
        self._core.quota = quota

    @property
    def calls(self) -> list[TenantCall]:
        """Everything that was asked, in order: HTTP requests and the items of batches."""
        return self._core.calls

    @property
    def writes(self) -> list[TenantCall]:
        """Every call that asked for a change, done or not; empty proves that nothing did."""
        return [call for call in self.calls if call.is_write]

    @property
    def round_trips(self) -> int:
        """HTTP requests so far, a batch counting as one."""
        return sum(call.is_round_trip for call in self.calls)

    def mount(self, router: web.UrlDispatcher) -> None:
        """Add the routes."""
        self.graph.mount(router)
        self.exchange.mount(router)

    async def start(self, port: int = 0) -> None:
        await self._server.start(port)
        self.origin = self._server.origin

    async def stop(self) -> None:
        await self._server.stop()

    def graph_token(self, *, lifetime_s: int = 3600) -> str:
        """Return a token for Graph with what is granted now."""
        return self.tokens.issue(GRAPH, lifetime_s=lifetime_s)

    def exchange_token(self, *, lifetime_s: int = 3600) -> str:
        """Return a token for Exchange Online with what is granted now."""
        return self.tokens.issue(EXCHANGE, lifetime_s=lifetime_s)

    def fail(self, *faults: PlannedFault) -> None:
        """Plan faults."""
        self.plan.add(*faults)

    def limit(self, *, on: bool = True, factor: float = 1.0) -> None:
        """Count calls anew against Microsoft's limits, smaller by a factor, or not at all."""
        self.quota = TenantQuota(Limits().scaled(factor)) if on else None

    def grant(self, permissions: Iterable[str]) -> None:
        """Let tokens from now on have exactly these permissions of Graph."""
        self.tokens.granted = frozenset(permissions)
