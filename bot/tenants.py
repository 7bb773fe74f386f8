"""The tenant whose accounts the orders change, opened by what the settings say."""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

from bot.clock import SystemClock
from bot.edge.delivery_errors import TokenUnavailableError
from bot.edge.tokens import MsalTokenSource
from bot.edge.trust import trusting
from bot.edge_wiring import entra_app
from bot.settings import Settings
from bot.tenant_parts import TenantParts
from bot.tenant_reads_only import ReadsOnlyExchange, ReadsOnlyGraph
from bot.tenant_settings import ExchangeWay
from fulfilment.engine import OneLook
from fulfilment.tenant import Tenant, TransientTenantError
from fulfilment.tenants.microsoft365.call import Exchange, Graph
from fulfilment.tenants.microsoft365.directory import Microsoft365Directory
from fulfilment.tenants.microsoft365.exchange_pwsh import PwshExchange, PwshSession
from fulfilment.tenants.microsoft365.exchange_rest import RestExchange
from fulfilment.tenants.microsoft365.graph import HttpGraph
from fulfilment.tenants.microsoft365.look import one_look
from fulfilment.tenants.microsoft365.quota import AtOnce, Quota, bulk
from fulfilment.tenants.microsoft365.tenant import Microsoft365Tenant
from fulfilment.tenants.microsoft365.wire import Wire
from fulfilment.tenants.simulated.directory import SimulatedDirectory
from fulfilment.tenants.simulated.faults import FaultPlan
from fulfilment.tenants.simulated.seed import demo_world, seed
from fulfilment.tenants.simulated.tenant import SimulatedTenant
from fulfilment.tenants.simulated.world import SimulatedWorld
from mutations.clock import Clock
from mutations.directory import Directory
from mutations.register import Register
from store.database import Database
from store.simulated_objects import SqlSimulatedObjects
from store.tenant_quota import SqlTenantQuota

_GRAPH_SCOPE: Final = "https://graph.microsoft.com/.default"
_EXCHANGE_SCOPE: Final = "https://outlook.office365.com/.default"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTenant:
    """A tenant that can be read and changed.

    Attributes:
        one_look: Within its block the tenant is asked one thing once.
        bulk: Within its block the tenant is asked as bulk work.
        world: The simulated world behind it; None for a real tenant.
    """

    tenant: Tenant
    directory: Directory
    one_look: OneLook = nullcontext
    bulk: OneLook = nullcontext
    world: SimulatedWorld | None = None


class FulfilmentTokens:
    """Tokens of the app that changes accounts, which is another one than the bot."""

    def __init__(self, source: MsalTokenSource) -> None:
        self._source = source

    async def token(self) -> str:
        """Return a valid token.

        Raises:
            TransientTenantError: None could be had; nothing was sent.
        """
        try:
            token = await self._source.token()
        except TokenUnavailableError as error:
            raise TransientTenantError from error
        assert token is not None
        return token

    def forget(self) -> None:
        """Drop the present token, because the other side refused it."""
        self._source.forget()


async def simulated(
    settings: Settings, clock: Clock, register: Register, objects: SqlSimulatedObjects
) -> OpenTenant:
    """Return the simulated tenant, with the demo world in it."""
    world = SimulatedWorld(
        objects,
        clock=clock,
        lag_s=settings.simulated_lag_s,
        faults=FaultPlan.parse(settings.simulated_faults),
    )
    await seed(world, demo_world(), register=register)
    return _simulated(world, register)


@asynccontextmanager
async def microsoft365(
    settings: Settings, register: Register, quota: SqlTenantQuota
) -> AsyncIterator[OpenTenant]:
    """Open the real tenant; nothing is sent before it is asked something."""
    async with _parts(settings, quota) as parts:
        yield _real(settings, register, parts.graph, parts.exchange)


@asynccontextmanager
async def opened_to_look(
    settings: Settings, clock: Clock, register: Register, database: Database
) -> AsyncIterator[OpenTenant]:
    """Open the tenant of the settings for reads alone: what would write raises.

    Nothing is seeded, and no quota is counted, because that is written down: what looks gives way
    to orders by Microsoft's own priority (`quota.bulk`).
    """
    if not settings.is_real:
        world = SimulatedWorld(SqlSimulatedObjects(database, clock), clock=clock)
        yield _simulated(world, register)
        return
    async with _parts(settings, AtOnce()) as parts:
        graph, exchange = ReadsOnlyGraph(parts.graph), ReadsOnlyExchange(parts.exchange)
        with bulk():
            yield _real(settings, register, graph, exchange)


@asynccontextmanager
async def parts_to_check(settings: Settings) -> AsyncIterator[TenantParts | None]:
    """Open the ways to the real tenant for `check`; None for the simulated one."""
    if not settings.is_real:
        yield None
        return
    async with _parts(settings, AtOnce()) as parts:
        yield parts


def _simulated(world: SimulatedWorld, register: Register) -> OpenTenant:
    tenant = SimulatedTenant(world, domains=register.tenant_domains)
    directory = SimulatedDirectory(world, tenant, register=register)
    return OpenTenant(tenant=tenant, directory=directory, world=world)


def _real(settings: Settings, register: Register, graph: Graph, exchange: Exchange) -> OpenTenant:
    attributes = settings.attributes
    tenant = Microsoft365Tenant(graph, exchange, attributes=attributes)
    directory = Microsoft365Directory(graph, tenant, attributes=attributes, register=register)
    return OpenTenant(tenant=tenant, directory=directory, one_look=one_look, bulk=bulk)


@asynccontextmanager
async def _parts(settings: Settings, quota: Quota) -> AsyncIterator[TenantParts]:
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=trusting(settings.ca_bundle)),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        )
        graph_tokens = _tokens(settings, _GRAPH_SCOPE, stack)
        wire = Wire(session, graph_tokens, base=settings.graph_url)
        graph = HttpGraph(wire, quota=quota)
        stack.push_async_callback(graph.drain)
        exchange: Exchange
        if settings.exchange is ExchangeWay.PWSH:
            shell = PwshExchange(_pwsh_session(settings), quota=quota)
            stack.push_async_callback(shell.aclose)
            yield TenantParts(tokens=graph_tokens, graph=graph, exchange=shell)
            return
        exchange_tokens = _tokens(settings, _EXCHANGE_SCOPE, stack)
        assert settings.app_tenant_id
        exchange = RestExchange(
            Wire(session, exchange_tokens, base=settings.exchange_url),
            tenant=settings.app_tenant_id,
            quota=quota,
        )
        yield TenantParts(
            tokens=graph_tokens,
            graph=graph,
            exchange=exchange,
            exchange_tokens=exchange_tokens,
        )


def _tokens(settings: Settings, scope: str, stack: AsyncExitStack) -> FulfilmentTokens:
    assert settings.fulfilment_app_id
    app = entra_app(
        settings,
        settings.fulfilment_app_id,
        secret=settings.fulfilment_app_secret,
        certificate=settings.fulfilment_app_certificate,
    )
    source = MsalTokenSource(app, clock=SystemClock(), scope=scope)
    stack.callback(source.close)
    return FulfilmentTokens(source)


def _pwsh_session(settings: Settings) -> PwshSession:
    assert settings.fulfilment_app_id
    return PwshSession(
        app_id=settings.fulfilment_app_id,
        organization=settings.exchange_organization,
        environment={"PATH": os.defpath, "HOME": str(Path.home())},
        certificate_file=str(settings.exchange_certificate),
    )
