"""The fake Graph takes what the real one takes and refuses what it refuses."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from fulfilment.tenants.simulated.seed import demo_person_id
from tests.fakes.tenant_demo import change_user, group_id
from tests.fakes.tenant_rig import ADVANCED, JAN, TenantRig, tenant_rig

ME = f"/users/{JAN}"
NEW_UPN = "jan.peeters@omgevingruimte.vlaanderen.example"
NOBODY = "00000000-0000-4000-8000-000000009999"
NEW_USER: dict[str, Any] = {
    "accountEnabled": True,
    "displayName": "Jan Peeters",
    "mailNickname": "jan.peeters",
    "userPrincipalName": NEW_UPN,
    "passwordProfile": {"password": "x"},
}


@pytest.fixture
async def rig() -> AsyncIterator[TenantRig]:
    async with tenant_rig() as made:
        yield made


REFUSALS: tuple[tuple[str, str, Any, int, str], ...] = (
    ("GET", "/nothing/here", None, 400, "BadRequest"),
    ("GET", f"/users/{NOBODY}", None, 404, "Request_ResourceNotFound"),
    ("GET", "/users/nobody@wegenwater.vlaanderen.example", None, 404, "Request_ResourceNotFound"),
    ("GET", "/groups/no-guid", None, 400, "Request_BadRequest"),
    ("GET", f"{ME}?$select=shoeSize", None, 400, "Request_BadRequest"),
    ("GET", f"{ME}?select=id", None, 400, "Request_BadRequest"),
    ("GET", "/subscribedSkus?$top=5", None, 400, "Request_UnsupportedQuery"),
    ("GET", "/users?$top=1000", None, 400, "Request_BadRequest"),
    ("GET", "/users/$count", None, 400, "Request_BadRequest"),
    ("GET", '/users?$search="displayName:jan"', None, 400, "Request_UnsupportedQuery"),
    ("GET", f"{ME}/memberOf/microsoft.graph.group", None, 400, "Request_UnsupportedQuery"),
    ("PUT", ME, {}, 405, "Request_BadRequest"),
    ("DELETE", f"/groups/{group_id(1)}/owners/{JAN}", None, 400, "BadRequest"),
    ("PATCH", ME, None, 400, "Request_BadRequest"),
    ("PATCH", ME, [], 400, "Request_BadRequest"),
    ("PATCH", ME, {"id": NOBODY}, 400, "Request_BadRequest"),
    ("PATCH", ME, {"shoeSize": "43"}, 400, "Request_BadRequest"),
    ("PATCH", ME, {"accountEnabled": "no"}, 400, "Request_BadRequest"),
    ("PATCH", ME, {"companyName": ""}, 400, "Request_BadRequest"),
    ("PATCH", ME, {"userPrincipalName": "jan@elsewhere.example"}, 400, "Request_BadRequest"),
    ("POST", "/users", {"displayName": "x"}, 400, "Request_BadRequest"),
    ("POST", f"{ME}/assignLicense", {"addLicenses": []}, 400, "Request_BadRequest"),
    ("POST", f"/directory/deletedItems/{JAN}/restore", {}, 404, "Request_ResourceNotFound"),
)


@pytest.mark.parametrize(("method", "path", "body", "status", "code"), REFUSALS)
async def test_wrong_calls_are_refused_and_change_nothing(
    rig: TenantRig, method: str, path: str, body: Any, status: int, code: str
) -> None:
    before = rig.user()
    answer = await rig.graph(method, path, body)

    assert (answer.status, answer.code) == (status, code)
    assert rig.user() == before
    assert not any(call.was_done for call in rig.tenant.calls)


@pytest.mark.parametrize(
    "name", ["proxyAddresses", "mail", "assignedLicenses", "onPremisesSyncEnabled"]
)
async def test_what_graph_only_shows_cannot_be_written(rig: TenantRig, name: str) -> None:
    answer = await rig.graph("PATCH", ME, {name: ["smtp:x@tenant.example"]})
    assert answer.status == 400
    assert answer.message == f"Property '{name}' is read-only and cannot be set."


async def test_only_a_known_token_for_graph_is_taken(rig: TenantRig) -> None:
    good = rig.token
    for token in ("", "made up", rig.tenant.exchange_token(), good[:-2] + "xx"):
        rig.token = token
        answer = await rig.graph("GET", ME)
        assert (answer.status, answer.code) == (401, "InvalidAuthenticationToken")
    rig.token = good
    assert (await rig.graph("GET", ME)).status == 200
    rig.clock.advance(seconds=3600)
    answer = await rig.graph("GET", ME)
    assert answer.message == "Lifetime validation failed, the token is expired."


@pytest.mark.parametrize(
    ("method", "path", "body", "permission"),
    [
        ("GET", ME, None, "User.Read.All"),
        ("PATCH", ME, {"accountEnabled": False}, "User.EnableDisableAccount.All"),
        ("PATCH", ME, {"companyName": "OVO000102"}, "User.ReadWrite.All"),
        ("POST", f"{ME}/revokeSignInSessions", None, "User.RevokeSessions.All"),
        ("GET", f"/groups/{group_id(1)}/owners", None, "GroupMember.Read.All"),
        ("DELETE", ME, None, "User.DeleteRestore.All"),
        ("GET", f"{ME}/drive", None, "Files.Read.All"),
        ("GET", "/subscribedSkus", None, "LicenseAssignment.Read.All"),
        ("GET", "/domains", None, "Domain.Read.All"),
    ],
)
async def test_least_permission_is_enough_and_without_it_nothing_goes(
    rig: TenantRig, method: str, path: str, body: Any, permission: str
) -> None:
    rig.tenant.grant({"Mail.Read"})
    rig.token = rig.tenant.graph_token()
    answer = await rig.graph(method, path, body)
    assert (answer.status, answer.code) == (403, "Authorization_RequestDenied")

    rig.tenant.grant({permission})
    rig.token = rig.tenant.graph_token()
    assert (await rig.graph(method, path, body)).status < 300


async def test_enabling_an_account_is_all_that_its_permission_allows(rig: TenantRig) -> None:
    rig.tenant.grant({"User.EnableDisableAccount.All"})
    rig.token = rig.tenant.graph_token()
    assert (await rig.graph("PATCH", ME, {"companyName": "x"})).status == 403


async def test_body_needs_its_content_type(rig: TenantRig) -> None:
    answer = await rig.graph("PATCH", ME, {"companyName": "x"}, headers={"Content-Type": "a/b"})
    assert answer.status == 400


async def test_selected_properties_come_and_no_others(rig: TenantRig) -> None:
    usual = await rig.graph("GET", ME)
    assert "employeeId" not in usual.body
    chosen = await rig.graph("GET", f"{ME}?$select=employeeId,onPremisesExtensionAttributes")
    assert chosen.body["employeeId"] == "700004"
    attributes = chosen.body["onPremisesExtensionAttributes"]
    assert attributes["extensionAttribute1"] == "OVO000101;OVO000102;OVO000103;OVO000105"
    assert attributes["extensionAttribute15"] is None
    assert set(chosen.body) == {"@odata.context", "employeeId", "onPremisesExtensionAttributes"}


@pytest.mark.parametrize(
    "text",
    [
        "companyName eq 'OVO000101'",
        "employeeType eq 'ambtenaar'",
        "onPremisesExtensionAttributes/extensionAttribute1 eq 'x'",
        "accountEnabled ne true",
        "not startsWith(displayName,'J')",
        "endsWith(mail,'.example')",
        "employeeId eq null",
    ],
)
async def test_advanced_filters_need_header_and_count(rig: TenantRig, text: str) -> None:
    for headers, count in (({}, {"$count": "true"}), (ADVANCED, {}), ({}, {})):
        answer = await rig.graph(
            "GET", "/users", headers=headers, query={"$filter": text, **count}
        )
        assert (answer.status, answer.code) == (400, "Request_UnsupportedQuery")
    query = {"$filter": text, "$count": "true"}
    answer = await rig.graph("GET", "/users", headers=ADVANCED, query=query)
    assert answer.status == 200
    assert answer.body["@odata.count"] == len(answer.values)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("employeeId eq '700004'", [4]),
        ("userPrincipalName eq 'PIET.OBRIEN@omgevingruimte.vlaanderen.example'", [15]),
        ("displayName eq 'Piet O''Brien'", [15]),
        ("proxyAddresses/any(p:p eq 'smtp:jpeeters@wegenwater.vlaanderen.example')", [4]),
        ("startsWith(displayName,'jan') and accountEnabled eq true", [4, 13]),
        (f"id in ('{demo_person_id(1)}', '{demo_person_id(2)}')", [1, 2]),
        ("(employeeId eq '700001' or employeeId eq '700002') and surname eq 'x'", []),
    ],
)
async def test_simple_filters_find_what_they_say(
    rig: TenantRig, text: str, numbers: list[int]
) -> None:
    answer = await rig.graph("GET", "/users", query={"$filter": text, "$select": "id"})
    assert [one["id"] for one in answer.values] == [demo_person_id(one) for one in numbers]


@pytest.mark.parametrize(
    "text", ["id eq", "shoeSize eq 4", "id eq 'x' or", "eq", "'x", "a/any(b:"]
)
async def test_broken_filters_are_refused(rig: TenantRig, text: str) -> None:
    assert (await rig.graph("GET", "/users", query={"$filter": text})).status == 400


async def test_pages_follow_one_another_by_their_link(rig: TenantRig) -> None:
    found, pages = [], 0
    link = f"{ME}/memberOf/microsoft.graph.group?$count=true&$top=2&$select=id"
    while link:
        answer = await rig.graph("GET", link, headers=ADVANCED)
        found += [one["id"] for one in answer.values]
        pages, link = pages + 1, answer.body.get("@odata.nextLink", "")
        assert answer.body["@odata.count"] == 5
    assert pages == 3
    assert found == [group_id(number) for number in (1, 2, 3, 5, 7)]


async def test_member_without_ref_is_the_account_itself(rig: TenantRig) -> None:
    path = f"/groups/{group_id(1)}/members/{JAN}"
    assert (await rig.graph("DELETE", path)).status == 204
    assert rig.user().is_deleted
    assert (await rig.graph("GET", ME)).status == 404


async def test_deleted_account_lies_in_the_bin_under_another_upn_and_comes_back(
    rig: TenantRig,
) -> None:
    upn = rig.user().user_principal_name
    assert (await rig.graph("DELETE", ME)).status == 204
    assert (await rig.graph("DELETE", ME)).status == 404
    item = await rig.graph("GET", f"/directory/deletedItems/{JAN}?$select=userPrincipalName")
    assert item.body["userPrincipalName"] == JAN.replace("-", "") + upn
    everyone = await rig.graph("GET", f"/groups/{group_id(1)}/members?$select=id")
    assert JAN not in {one["id"] for one in everyone.values}

    back = await rig.graph("POST", f"/directory/deletedItems/{JAN}/restore", {})
    assert (back.status, back.body["userPrincipalName"]) == (200, upn)
    assert (await rig.graph("GET", ME)).status == 200


async def test_creation_is_refused_the_second_time(rig: TenantRig) -> None:
    made = await rig.graph("POST", "/users", NEW_USER)
    assert made.status == 201
    again = await rig.graph("POST", "/users", NEW_USER)
    assert again.body["error"]["details"][0]["code"] == "ObjectConflict"
    assert (await rig.graph("GET", f"/users/{NEW_UPN}")).body["id"] == made.body["id"]


async def test_account_of_the_active_directory_changes_there(rig: TenantRig) -> None:
    change_user(rig.tenant, 4, on_premises_sync_enabled=True)
    for body in ({"userPrincipalName": NEW_UPN}, {"accountEnabled": False}, {"companyName": "x"}):
        answer = await rig.graph("PATCH", ME, body)
        assert answer.status == 400
        assert "on-premises mastered Directory Sync objects" in answer.message
    assert (await rig.graph("PATCH", ME, {"usageLocation": "NL"})).status == 204


async def test_address_of_somebody_else_is_taken(rig: TenantRig) -> None:
    theirs = "awouters@wegenwater.vlaanderen.example"  # an alias of person 2
    answer = await rig.graph("PATCH", ME, {"userPrincipalName": theirs})
    assert answer.body["error"]["details"][0]["code"] == "ObjectConflict"


async def test_ledger_tells_reads_from_writes(rig: TenantRig) -> None:
    await rig.graph("GET", ME, headers={"client-request-id": "step-1"})
    assert rig.tenant.writes == []
    await rig.graph("PATCH", ME, {"companyName": "OVO000102"})
    await rig.graph("PATCH", ME, {"id": "x"})

    assert [(call.operation, call.was_done) for call in rig.tenant.writes] == [
        ("PATCH /users/{user-id}", True),
        ("PATCH /users/{user-id}", False),
    ]
    assert rig.tenant.calls[0].stamp == "step-1"
    assert rig.tenant.round_trips == 3
