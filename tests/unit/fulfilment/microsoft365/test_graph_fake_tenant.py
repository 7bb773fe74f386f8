"""The transport against the fake tenant, which was written from Microsoft's pages by itself."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest

from fulfilment.tenant import TransientTenantError
from fulfilment.tenants.microsoft365 import calls
from fulfilment.tenants.microsoft365.exchange_rest import RestExchange
from fulfilment.tenants.microsoft365.graph import HttpGraph, collect
from fulfilment.tenants.microsoft365.wire import Wire
from fulfilment.tenants.simulated.seed import demo_person_id
from tests.fakes.tenant_faults import PlannedFault, TenantFault
from tests.fakes.tenant_rig import JAN, tenant_rig
from tests.fakes.tenant_side import FakeTenant
from tests.unit.fulfilment.microsoft365.scripted import QUICK, Counting


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
class Setting:
    tenant: FakeTenant
    graph: HttpGraph
    exchange: RestExchange
    quota: Counting


@pytest.fixture
async def at() -> AsyncIterator[Setting]:
    async with tenant_rig() as rig, aiohttp.ClientSession() as session:
        tenant, quota = rig.tenant, Counting()
        wire = Wire(session, Tokens(tenant), base=tenant.origin)
        other = Wire(session, Tokens(tenant, for_exchange=True), base=tenant.origin)
        graph = HttpGraph(wire, quota=quota, patience=QUICK)
        exchange = RestExchange(other, tenant=tenant.tokens.tenant_id, quota=quota, patience=QUICK)
        yield Setting(tenant, graph, exchange, quota)
        await graph.drain()


async def test_preflight_of_a_person_is_one_round_trip(at: Setting) -> None:
    user = await at.graph.send(calls.read_user(JAN))
    before = at.tenant.round_trips

    found = await asyncio.gather(
        collect(at.graph, calls.groups_of(JAN)),
        collect(at.graph, calls.owned_groups_of(JAN)),
        collect(at.graph, calls.list_skus()),
        collect(at.graph, calls.users_by_address("nobody@wegenwater.vlaanderen.example")),
        collect(at.graph, calls.list_domains()),
    )

    assert user.body["id"] == JAN
    assert found[0]
    assert found[3] == []
    assert at.tenant.round_trips == before + 1
    assert at.tenant.writes == []


async def test_writes_of_one_moment_are_one_round_trip_and_are_done(at: Setting) -> None:
    people = [JAN, *(demo_person_id(number) for number in (2, 3))]
    await asyncio.gather(*(at.graph.send(calls.revoke_sessions(one)) for one in people))

    assert at.tenant.round_trips == 1
    assert len(at.tenant.writes) == len(people)


FOR_A_MOMENT = [
    TenantFault.OUTER_429,
    TenantFault.OUTER_503,
    TenantFault.OUTER_504_DONE,
    TenantFault.OUTER_GARBAGE,
    TenantFault.LOST_REQUEST,
    TenantFault.LOST_RESPONSE,
    TenantFault.TOKEN_EXPIRED,
    TenantFault.ITEM_429,
    TenantFault.ITEM_429_NO_HINT,
    TenantFault.ITEM_503,
    TenantFault.ITEM_MISSING,
]


@pytest.mark.parametrize("fault", FOR_A_MOMENT)
async def test_read_survives_what_passes(at: Setting, fault: TenantFault) -> None:
    at.tenant.fail(PlannedFault(fault=fault))
    user, domains = await asyncio.gather(
        at.graph.send(calls.read_user(JAN)), collect(at.graph, calls.list_domains())
    )

    assert user.body["id"] == JAN
    assert domains


@pytest.mark.parametrize("fault", [one for one in FOR_A_MOMENT if "TOKEN" not in one.name])
async def test_deletion_is_asked_for_once_and_stays_open(at: Setting, fault: TenantFault) -> None:
    at.tenant.fail(PlannedFault(fault=fault, target=JAN))
    other = demo_person_id(2)
    outcomes = await asyncio.gather(
        at.graph.send(calls.delete_user(JAN)),
        at.graph.send(calls.revoke_sessions(other)),
        return_exceptions=True,
    )

    assert isinstance(outcomes[0], TransientTenantError)
    assert [call.target for call in at.tenant.writes].count(JAN) <= 1


async def test_throttled_tenant_lowers_the_quota(at: Setting) -> None:
    at.tenant.limit(factor=1000.0)  # three writes in the window
    people = [demo_person_id(number) for number in range(1, 11)]
    outcomes = await asyncio.gather(
        *(at.graph.send(calls.delete_user(one)) for one in people), return_exceptions=True
    )

    late = [one for one in outcomes if isinstance(one, TransientTenantError)]
    assert 0 < len(late) < len(people)
    assert all(one.retry_after_s for one in late)
    assert len(at.quota.paused) == 1


async def test_mailbox_is_read_and_held(at: Setting) -> None:
    [found] = await at.exchange.run("Get-Mailbox", Identity=JAN)
    identity = found["ExchangeGuid"]
    await at.exchange.run(
        "Set-Mailbox", Identity=identity, LitigationHoldEnabled=True, LitigationHoldOwner="r"
    )
    [held] = await at.exchange.run("Get-Mailbox", Identity=identity)

    assert found["LitigationHoldEnabled"] is False
    assert held["LitigationHoldEnabled"] is True


@pytest.mark.parametrize(
    "fault",
    [
        TenantFault.OUTER_503_DONE,
        TenantFault.LOST_RESPONSE,
        TenantFault.OUTER_GARBAGE,
        TenantFault.EXCHANGE_500,
        TenantFault.TOKEN_EXPIRED,
    ],
)
async def test_cmdlet_survives_what_passes(at: Setting, fault: TenantFault) -> None:
    at.tenant.fail(PlannedFault(fault=fault, operation="Get-Mailbox"))

    assert await at.exchange.run("Get-Mailbox", Identity=JAN)


async def test_warning_of_exchange_is_noticed(at: Setting) -> None:
    at.tenant.fail(PlannedFault(fault=TenantFault.EXCHANGE_WARNING, operation="Set-Mailbox"))

    ran = await at.exchange.ran("Set-Mailbox", {"Identity": JAN, "LitigationHoldEnabled": True})

    assert ran.warnings == ("no_effect",)
