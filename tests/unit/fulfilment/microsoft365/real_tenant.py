"""The real tenant and directory over real HTTP, on the fake tenant with the demo world in it."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

from bot.register_file import load_register
from fulfilment.tenants.microsoft365.attributes import TenantAttributes
from fulfilment.tenants.microsoft365.directory import Microsoft365Directory
from fulfilment.tenants.microsoft365.exchange_rest import RestExchange
from fulfilment.tenants.microsoft365.graph import HttpGraph
from fulfilment.tenants.microsoft365.quota import AtOnce
from fulfilment.tenants.microsoft365.tenant import Microsoft365Tenant
from fulfilment.tenants.microsoft365.wire import Wire
from mutations.identity import ObjectId
from tests.fakes.tenant_core import TenantCall
from tests.fakes.tenant_demo import (
    ENTITLEMENTS_PROPERTY,
    ENTITY_PROPERTY,
    PROFILE_SKUS,
    STATUS_PROPERTY,
)
from tests.fakes.tenant_faults import PlannedFault, TenantFault
from tests.fakes.tenant_rig import TenantRig, tenant_rig
from tests.fakes.tenant_side import FakeTenant
from tests.fakes.tenant_state import Lag
from tests.unit.fulfilment.microsoft365.scripted import QUICK

NOBODY: Final = ObjectId("00000000-0000-4000-8000-0000000000ff")
ATTRIBUTES: Final = TenantAttributes(
    entity=ENTITY_PROPERTY,
    entitlements=ENTITLEMENTS_PROPERTY,
    status=STATUS_PROPERTY,
    profiles={name: (sku,) for name, sku in PROFILE_SKUS.items()},
)
_REGISTER: Final = Path(__file__).parents[4] / "bot" / "demo" / "register.toml"


class Tokens:
    """Tokens of the fake tenant for one audience."""

    def __init__(self, tenant: FakeTenant, *, for_exchange: bool = False) -> None:
        self._issue = tenant.exchange_token if for_exchange else tenant.graph_token
        self._token = self._issue()

    async def token(self) -> str:
        return self._token

    def forget(self) -> None:
        self._token = self._issue()


@dataclass
class RealTenant:
    """The program's side, and the fake behind it.

    Attributes:
        rig: What is true on the fake, and its clock.
    """

    rig: TenantRig
    tenant: Microsoft365Tenant
    directory: Microsoft365Directory

    @property
    def fake(self) -> FakeTenant:
        return self.rig.tenant

    @property
    def writes(self) -> list[str]:
        """Operations of all writes that reached the tenant, in order."""
        return [call.operation for call in self.fake.writes]

    @property
    def asked(self) -> list[TenantCall]:
        """Everything that was asked."""
        return self.fake.calls

    def fail(
        self, fault: TenantFault, operation: str = "*", *, times: int = 1, seconds: float = 0.0
    ) -> None:
        """Plan one fault."""
        self.fake.fail(
            PlannedFault(fault=fault, operation=operation, times=times, seconds=seconds)
        )


@contextlib.asynccontextmanager
async def real_tenant(*, lag: Lag | None = None) -> AsyncIterator[RealTenant]:
    """Serve the fake for one block, with the program connected to it."""
    async with tenant_rig(lag=lag) as rig, aiohttp.ClientSession() as session:
        fake = rig.tenant
        wire = Wire(session, Tokens(fake), base=fake.origin)
        other = Wire(session, Tokens(fake, for_exchange=True), base=fake.origin)
        graph = HttpGraph(wire, quota=AtOnce(), patience=QUICK)
        exchange = RestExchange(
            other, tenant=fake.tokens.tenant_id, quota=AtOnce(), patience=QUICK
        )
        tenant = Microsoft365Tenant(graph, exchange, attributes=ATTRIBUTES)
        register = load_register(_REGISTER, today=rig.clock.now().date())
        directory = Microsoft365Directory(graph, tenant, attributes=ATTRIBUTES, register=register)
        yield RealTenant(rig, tenant, directory)
        await graph.drain()
