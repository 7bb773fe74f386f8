"""What readers of the fake tenant see after a write, and when."""

import itertools
from collections.abc import AsyncIterator

import pytest

from tests.fakes.tenant_demo import PROFILE_SKUS, group_id
from tests.fakes.tenant_rig import ADVANCED, JAN, TenantRig, tenant_rig
from tests.fakes.tenant_state import Lag

ME = f"/users/{JAN}"
NEW_UPN = "new.person@wegenwater.vlaanderen.example"
NEW_USER = {
    "accountEnabled": True,
    "displayName": "Nieuw",
    "mailNickname": "nieuw",
    "userPrincipalName": NEW_UPN,
    "usageLocation": "BE",
    "passwordProfile": {"password": "x"},
}


@pytest.fixture
async def rig() -> AsyncIterator[TenantRig]:
    async with tenant_rig(lag=Lag(read_s=30)) as made:
        yield made


async def _company(rig: TenantRig) -> str:
    answer = await rig.graph("GET", f"{ME}?$select=companyName")
    return str(answer.body["companyName"])


async def test_old_value_shows_until_the_lag_is_over(rig: TenantRig) -> None:
    await rig.graph("PATCH", ME, {"companyName": "OVO000102"})
    assert rig.user().company_name == "OVO000102"
    rig.clock.advance(seconds=29.9)
    assert await _company(rig) == "OVO000101"
    rig.clock.advance(seconds=0.1)
    assert await _company(rig) == "OVO000102"


async def test_undone_write_shows_too_before_the_old_is_back(rig: TenantRig) -> None:
    await rig.graph("PATCH", ME, {"companyName": "OVO000102"})
    rig.clock.advance(seconds=10)
    await rig.graph("PATCH", ME, {"companyName": "OVO000101"})
    rig.clock.advance(seconds=20)
    assert await _company(rig) == "OVO000102"
    rig.clock.advance(seconds=10)
    assert await _company(rig) == "OVO000101"


async def _seen_by_many(seed: int) -> list[str]:
    async with tenant_rig(lag=Lag(read_s=30, flips=True), seed=seed) as rig:
        await rig.graph("PATCH", ME, {"companyName": "OVO000102"})
        seen = [await _company(rig) for _ in range(20)]
        rig.clock.advance(seconds=30)
        assert {await _company(rig) for _ in range(10)} == {"OVO000102"}
        return seen


async def test_replicas_disagree_until_the_lag_is_over_and_alike_for_a_seed() -> None:
    seen = await _seen_by_many(1)
    assert set(seen) == {"OVO000101", "OVO000102"}
    assert any(later < earlier for earlier, later in itertools.pairwise(seen))
    assert await _seen_by_many(1) == seen
    assert await _seen_by_many(2) != seen


async def test_lists_lag_as_single_reads_do(rig: TenantRig) -> None:
    member = f"/groups/{group_id(1)}/members/{JAN}/$ref"
    await rig.graph("DELETE", member)
    path = f"{ME}/memberOf/microsoft.graph.group?$count=true"
    assert (await rig.graph("GET", path, headers=ADVANCED)).body["@odata.count"] == 5
    assert (await rig.graph("DELETE", member)).status == 404  # writes meet the truth
    rig.clock.advance(seconds=30)
    assert (await rig.graph("GET", path, headers=ADVANCED)).body["@odata.count"] == 4


async def test_new_account_is_not_there_yet_for_anything(rig: TenantRig) -> None:
    made = await rig.graph("POST", "/users", NEW_USER)
    path = f"/users/{made.body['id']}"
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0{path}"}
    assert (await rig.graph("GET", path)).status == 404
    assert (await rig.graph("PATCH", path, {"companyName": "x"})).status == 404
    added = await rig.graph("POST", f"/groups/{group_id(1)}/members/$ref", reference)
    assert added.status == 404
    assert (await rig.graph("POST", "/users", NEW_USER)).status == 400  # but its UPN is taken
    rig.clock.advance(seconds=30)
    assert (await rig.graph("GET", path)).status == 200
    assert (await rig.graph("PATCH", path, {"companyName": "x"})).status == 204


async def test_restored_account_is_not_back_yet(rig: TenantRig) -> None:
    await rig.graph("DELETE", ME)
    assert (await rig.graph("GET", ME)).status == 200
    rig.clock.advance(seconds=30)
    assert (await rig.graph("GET", ME)).status == 404
    assert (await rig.graph("POST", f"/directory/deletedItems/{JAN}/restore", {})).status == 200
    assert (await rig.graph("GET", ME)).status == 404
    rig.clock.advance(seconds=30)
    assert (await rig.graph("GET", ME)).status == 200


async def test_bin_keeps_accounts_for_thirty_days(rig: TenantRig) -> None:
    await rig.graph("DELETE", ME)
    rig.clock.advance(days=30, seconds=1)
    rig.token = rig.tenant.graph_token()
    restore = await rig.graph("POST", f"/directory/deletedItems/{JAN}/restore", {})
    assert restore.status == 404


async def test_first_licence_makes_a_mailbox_a_while_later(rig: TenantRig) -> None:
    rig.tenant.state.lag = Lag(to_exchange_s=120)
    made = await rig.graph("POST", "/users", NEW_USER)
    path = f"/users/{made.body['id']}"
    sku = PROFILE_SKUS["Kenniswerker"]
    body = {"addLicenses": [{"skuId": sku}], "removeLicenses": []}
    assert (await rig.graph("POST", f"{path}/assignLicense", body)).status == 200
    assert (await rig.cmdlet("Get-Mailbox", Identity=made.body["id"])).status == 404
    assert (await rig.graph("GET", f"{path}/drive")).status == 404
    rig.clock.advance(seconds=120)
    [mailbox] = (await rig.cmdlet("Get-Mailbox", Identity=made.body["id"])).values
    assert mailbox["PrimarySmtpAddress"] == NEW_UPN
    assert (await rig.graph("GET", f"{path}/drive")).status == 200


async def test_entitlement_of_the_demo_world_comes_a_minute_later(rig: TenantRig) -> None:
    def shown() -> str | None:
        return rig.user(11).on_premises_extension_attributes["extensionAttribute1"]

    assert shown() == "OVO000101"
    rig.clock.advance(seconds=60)
    assert shown() == "OVO000101;OVO000102"
