"""Groups and licences of the fake Graph: who may change them, and what gets in the way."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec.structs import replace

from fulfilment.tenant import GroupKind
from fulfilment.tenants.simulated.seed import demo_person_id
from tests.fakes.tenant_demo import PROFILE_SKUS, change_group, change_user, group_id
from tests.fakes.tenant_rig import ADVANCED, JAN, TenantRig, tenant_rig
from tests.fakes.tenant_tokens import PERMISSIONS

ONE, TWO = group_id(1), group_id(2)  # 4 is a member of both and an owner of the second
REFERENCE = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{JAN}"}
OFFICE, FIELD = PROFILE_SKUS["Kenniswerker"], PROFILE_SKUS["Veldwerker"]
ASSIGN = f"/users/{JAN}/assignLicense"


@pytest.fixture
async def rig() -> AsyncIterator[TenantRig]:
    async with tenant_rig() as made:
        yield made


def _licences(add: tuple[str, ...] = (), remove: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"addLicenses": [{"skuId": one} for one in add], "removeLicenses": list(remove)}


async def test_membership_and_ownership_end_apart_and_once(rig: TenantRig) -> None:
    member = f"/groups/{TWO}/members/{JAN}/$ref"
    assert (await rig.graph("DELETE", member)).status == 204
    assert (await rig.graph("DELETE", member)).status == 404
    assert JAN in rig.group(TWO).owners
    assert (await rig.graph("DELETE", f"/groups/{TWO}/owners/{JAN}/$ref")).status == 204

    last = f"/groups/{TWO}/owners/{demo_person_id(2)}/$ref"
    answer = await rig.graph("DELETE", last)
    assert answer.status == 400
    assert answer.message.startswith("The group must have at least one owner")
    assert not rig.user().is_deleted


async def test_member_is_added_once(rig: TenantRig) -> None:
    path = f"/groups/{group_id(4)}/members/$ref"
    assert (await rig.graph("POST", path, REFERENCE)).status == 204
    answer = await rig.graph("POST", path, REFERENCE)
    assert answer.status == 400
    assert "'members'" in answer.message
    assert JAN in rig.group(group_id(4)).members


@pytest.mark.parametrize(
    "body",
    [
        {"id": JAN},
        {"@odata.id": JAN},
        {"@odata.id": f"https://graph.example/v1.0/directoryObjects/{JAN}"},
        {**REFERENCE, "more": "x"},
        [],
    ],
)
async def test_reference_has_one_shape(rig: TenantRig, body: Any) -> None:
    answer = await rig.graph("POST", f"/groups/{group_id(4)}/members/$ref", body)
    assert answer.status == 400
    assert JAN not in rig.group(group_id(4)).members


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        (GroupKind.CLOUD, 204, ""),
        (GroupKind.LICENSING, 204, ""),
        (GroupKind.DYNAMIC, 403, "Insufficient privileges"),
        (GroupKind.ROLE, 403, "Insufficient privileges"),
        (GroupKind.SYNCED, 400, "on-premises mastered"),
        (GroupKind.DISTRIBUTION, 400, "Cannot Update a mail-enabled security groups"),
        (GroupKind.MAIL_SECURITY, 400, "Cannot Update a mail-enabled security groups"),
    ],
)
async def test_kind_of_a_group_says_who_changes_its_members(
    rig: TenantRig, kind: GroupKind, status: int, words: str
) -> None:
    change_group(rig.tenant, 1, kind)
    answer = await rig.graph("DELETE", f"/groups/{ONE}/members/{JAN}/$ref")
    assert answer.status == status
    assert words in ("" if status == 204 else answer.message)
    assert (JAN in rig.group(ONE).members) == (status != 204)


async def test_role_group_opens_with_a_permission_of_its_own(rig: TenantRig) -> None:
    change_group(rig.tenant, 1, GroupKind.ROLE)
    rig.tenant.grant(PERMISSIONS | {"RoleManagement.ReadWrite.Directory"})
    rig.token = rig.tenant.graph_token()
    assert (await rig.graph("DELETE", f"/groups/{ONE}/members/{JAN}/$ref")).status == 204


async def test_licences_change_in_one_act_or_not_at_all(rig: TenantRig) -> None:
    answer = await rig.graph("POST", ASSIGN, _licences((FIELD,), (OFFICE,)))
    assert answer.status == 200
    assert [one.sku_id for one in rig.user().direct_licences] == [FIELD]

    both = await rig.graph("POST", ASSIGN, _licences((OFFICE,)))
    assert both.body["error"]["details"][0]["code"] == "MutuallyExclusiveViolation"
    gone = await rig.graph("POST", ASSIGN, _licences((), (OFFICE,)))
    assert gone.message == "User does not have a corresponding license."
    assert [one.sku_id for one in rig.user().direct_licences] == [FIELD]


async def test_seats_are_counted(rig: TenantRig) -> None:
    listed = await rig.graph("GET", "/subscribedSkus")
    [field] = [one for one in listed.values if one["skuId"] == FIELD]
    assert field["consumedUnits"] == 25  # what the demo world says is in use
    assert field["prepaidUnits"]["enabled"] == 50

    sku = rig.tenant.state.skus.true(FIELD)
    assert sku is not None
    rig.tenant.state.add(rig.tenant.state.skus, FIELD, replace(sku, others=50))
    answer = await rig.graph("POST", ASSIGN, _licences((FIELD,), (OFFICE,)))
    assert answer.body["error"]["details"][0]["code"] == "CountViolation"
    assert [one.sku_id for one in rig.user().direct_licences] == [OFFICE]


async def test_inherited_licence_is_shown_and_stays_with_its_group(rig: TenantRig) -> None:
    change_group(rig.tenant, 1, GroupKind.LICENSING)
    change_user(rig.tenant, 4, direct_licences=())
    shown = await rig.graph(
        "GET", f"/users/{JAN}?$select=assignedLicenses,licenseAssignmentStates"
    )
    assert [one["skuId"] for one in shown.body["assignedLicenses"]] == [OFFICE]
    assert shown.body["licenseAssignmentStates"][0]["assignedByGroup"] == ONE

    answer = await rig.graph("POST", ASSIGN, _licences((), (OFFICE,)))
    assert "inherited from a group membership" in answer.message
    assert (await rig.graph("DELETE", f"/groups/{ONE}/members/{JAN}/$ref")).status == 204
    after = await rig.graph("GET", f"/users/{JAN}?$select=assignedLicenses")
    assert after.body["assignedLicenses"] == []


async def test_licence_needs_a_usage_location(rig: TenantRig) -> None:
    change_user(rig.tenant, 4, usage_location=None, direct_licences=())
    answer = await rig.graph("POST", ASSIGN, _licences((OFFICE,)))
    assert "usage location" in answer.message


async def test_drives_are_of_people_and_of_microsoft_365_groups(rig: TenantRig) -> None:
    own = await rig.graph("GET", f"/users/{JAN}/drive?$select=webUrl,quota")
    assert own.body["quota"]["used"] == 8400 * 1024 * 1024
    of_group = await rig.graph("GET", f"/groups/{ONE}/drive?$select=webUrl,sharePointIds")
    assert of_group.body["sharePointIds"]["siteUrl"].endswith("/sites/groep1")
    change_group(rig.tenant, 1, GroupKind.SYNCED)
    assert (await rig.graph("GET", f"/groups/{ONE}/drive")).status == 404
    assert (await rig.graph("GET", f"/users/{demo_person_id(17)}/drive")).status == 404  # a guest


async def test_others_of_the_demo_world_can_be_counted_as_accounts() -> None:
    clauses = [
        "companyName eq 'OVO000103'",
        f"assignedLicenses/any(one:one/skuId eq {OFFICE})",
        "accountEnabled eq true",
    ]
    query = {"$filter": " and ".join(clauses), "$count": "true", "$top": "1", "$select": "id"}
    async with tenant_rig(with_others=True) as rig:
        answer = await rig.graph("GET", "/users", headers=ADVANCED, query=query)
        listed = await rig.graph("GET", "/subscribedSkus")

    assert answer.body["@odata.count"] == 25  # all that the entity has
    assert {one["skuId"]: one["consumedUnits"] for one in listed.values} == {
        OFFICE: 130,
        FIELD: 25,
    }
