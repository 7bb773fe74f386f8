"""The tenant in the world that runs as a process: told, asked, and remembered."""

import ssl
from collections.abc import AsyncIterator

import aiohttp
import pytest

from fulfilment.tenant import GroupKind
from tests.conversations.stage import TENANT_ID
from tests.fakes.tenant_controls import TenantRemote
from tests.fakes.tenant_demo import group_id
from tests.fakes.tenant_faults import PlannedFault, TenantFault
from tests.fakes.tenant_rig import JAN
from tests.fakes.tenant_state import Lag
from tests.fakes.tenant_tokens import EXCHANGE, GRAPH
from tests.world.client import WorldClient

ME = f"/v1.0/users/{JAN}"
CHANGE = {"companyName": "OVO000102"}


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
async def tenant(world: WorldClient, session: aiohttp.ClientSession) -> TenantRemote:
    remote = TenantRemote(session, world.addresses.service_url.removesuffix("/emea"))
    await remote.fill()
    session.headers["Authorization"] = f"Bearer {await remote.token()}"
    return remote


async def test_tokens_of_the_login_host_are_known_for_their_scope(
    world: WorldClient, tenant: TenantRemote, session: aiohttp.ClientSession
) -> None:
    trust = ssl.create_default_context(cafile=world.addresses.ca_bundle)
    url = f"{world.addresses.authority_url}/{TENANT_ID}/oauth2/v2.0/token"
    statuses = []
    for audience in (GRAPH, EXCHANGE, "https://api.botframework.com"):
        form = {"client_secret": "s", "scope": f"{audience}/.default"}
        async with session.post(url, data=form, ssl=trust) as answer:
            token = (await answer.json())["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        async with session.get(tenant.origin + ME, headers=headers) as answer:
            statuses.append(answer.status)
    assert statuses == [200, 401, 401]
    headers = {"Authorization": "Bearer token-99"}
    async with session.get(tenant.origin + ME, headers=headers) as answer:
        assert answer.status == 401


async def test_faults_lag_limits_and_grants_are_told_from_outside(
    tenant: TenantRemote, session: aiohttp.ClientSession
) -> None:
    async def change() -> int:
        async with session.patch(tenant.origin + ME, json=CHANGE) as answer:
            return answer.status

    await tenant.fail(PlannedFault(fault=TenantFault.ITEM_503, on=2))
    assert [await change(), await change()] == [204, 503]
    await tenant.fail(PlannedFault(fault=TenantFault.ITEM_503, times=9))
    await tenant.mend()
    await tenant.limit(factor=1000)
    assert [await change() for _ in range(4)] == [204, 204, 204, 429]
    await tenant.limit(on=False)
    assert [await change() for _ in range(4)] == [204] * 4
    await tenant.grant({"User.Read.All"})
    session.headers["Authorization"] = f"Bearer {await tenant.token()}"
    assert await change() == 403
    await tenant.set_lag(Lag(read_s=60))


async def test_people_and_groups_are_changed_and_looked_at_from_outside(
    tenant: TenantRemote,
) -> None:
    await tenant.change_user(4, on_premises_sync_enabled=True)
    await tenant.change_group(1, GroupKind.DYNAMIC)
    user, group = await tenant.true("user", JAN), await tenant.true("group", group_id(1))
    assert user is not None
    assert group is not None
    assert user["onPremisesSyncEnabled"] is True
    assert "DynamicMembership" in group["groupTypes"]
    assert JAN in group["members"]
    mailbox = await tenant.true("mailbox", JAN)
    assert mailbox is not None
    assert mailbox["IsDirSynced"] is True
    assert await tenant.true("user", "nobody") is None


async def test_calls_are_in_the_shared_ledger_and_in_full_apart(
    world: WorldClient, tenant: TenantRemote, session: aiohttp.ClientSession
) -> None:
    requests = [
        {"id": "1", "method": "GET", "url": f"/users/{JAN}"},
        {
            "id": "2",
            "method": "PATCH",
            "url": f"/users/{JAN}",
            "headers": {"Content-Type": "application/json"},
            "body": CHANGE,
        },
    ]
    url = f"{tenant.origin}/v1.0/$batch"
    async with session.post(url, json={"requests": requests}) as answer:
        assert answer.status == 200

    shared = await world.ledger(under="/v1.0")
    assert [call.path for call in shared] == ["/v1.0/$batch", ME, ME]
    batch, *items = await tenant.calls()
    assert {item.batch for item in items} == {batch.batch}
    assert sum(call.is_round_trip for call in (batch, *items)) == 1
    [write] = [item for item in items if item.is_write]
    assert (write.operation, write.was_done) == ("PATCH /users/{user-id}", True)
    assert write.body == CHANGE
