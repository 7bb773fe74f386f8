"""Whatever ids and addresses reach them, calls have no other path than Microsoft's reference."""

import inspect
import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfilment.tenants.microsoft365 import calls
from fulfilment.tenants.microsoft365.call import Call, Verb
from fulfilment.tenants.microsoft365.operations import OPERATIONS
from mutations.identity import ObjectId, Upn

ANNE: Final = ObjectId("00000000-0000-4000-8000-000000000001")
GROUP: Final = "00000000-0000-4000-a000-000000000001"
SKU: Final = "05e9a617-0261-4cee-bb44-138d3ef5d965"
_GUID: Final = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

Maker = Callable[[str, str, str], Call]

# Every function of the module, from an id, another id and a text.
MAKERS: Final[dict[str, Maker]] = {
    "read_user": lambda one, _, __: calls.read_user(ObjectId(one)),
    "search_users": lambda _, __, text: calls.search_users(text, limit=20),
    "users_by_address": lambda _, __, text: calls.users_by_address(text),
    "users_by_employee_id": lambda _, __, text: calls.users_by_employee_id(text),
    "count_users": lambda one, _, text: calls.count_users(
        attribute="companyName", value=text, sku=one, enabled_only=True
    ),
    "deleted_users_by_address": lambda _, __, text: calls.deleted_users_by_address(text),
    "read_deleted_user": lambda one, _, __: calls.read_deleted_user(ObjectId(one)),
    "groups_of": lambda one, _, __: calls.groups_of(ObjectId(one)),
    "owned_groups_of": lambda one, _, __: calls.owned_groups_of(ObjectId(one)),
    "read_group": lambda one, _, __: calls.read_group(one),
    "owners_of": lambda one, _, __: calls.owners_of(one),
    "drive_of_group": lambda one, _, __: calls.drive_of_group(one),
    "drive_of": lambda one, _, __: calls.drive_of(ObjectId(one)),
    "list_skus": lambda _, __, ___: calls.list_skus(),
    "list_domains": lambda _, __, ___: calls.list_domains(),
    "rename_user": lambda one, _, text: calls.rename_user(ObjectId(one), Upn(text)),
    "set_sign_in": lambda one, _, __: calls.set_sign_in(ObjectId(one), enabled=False),
    "set_attribute": lambda one, _, text: calls.set_attribute(
        ObjectId(one), "extensionAttribute3", text
    ),
    "set_usage_location": lambda one, _, text: calls.set_usage_location(ObjectId(one), text),
    "revoke_sessions": lambda one, _, __: calls.revoke_sessions(ObjectId(one)),
    "assign_licences": lambda one, other, _: calls.assign_licences(
        ObjectId(one), add=[other], remove=[other]
    ),
    "delete_user": lambda one, _, __: calls.delete_user(ObjectId(one)),
    "restore_user": lambda one, _, __: calls.restore_user(ObjectId(one)),
    "add_member": lambda one, other, _: calls.add_member(one, ObjectId(other)),
    "remove_member": lambda one, other, _: calls.remove_member(one, ObjectId(other)),
    "add_owner": lambda one, other, _: calls.add_owner(one, ObjectId(other)),
    "remove_owner": lambda one, other, _: calls.remove_owner(one, ObjectId(other)),
}

hostile = st.one_of(
    st.text(),
    st.from_regex(_GUID, fullmatch=True),
    st.sampled_from(
        [
            "",
            "..",
            f"{ANNE}\n",
            f"{ANNE}/",
            f"{ANNE}?$select=id",
            f"{ANNE}#",
            f" {ANNE}",
            f"{ANNE}/memberOf/$ref",
            ANNE.replace("0", "\N{FULLWIDTH DIGIT ZERO}"),
            ANNE.upper(),
            f"{{{ANNE}}}",
            "' or 1 eq 1 or '",
            "x' or startswith(displayName,'",
            '" OR "displayName:a',
            "a&$top=999#",
            "jan@x.be%27",
            "\x00\r\nHost: elsewhere",
            "\ud800",
        ]
    ),
)


def test_every_function_that_makes_a_call_is_tried_here() -> None:
    made = {
        name
        for name, function in inspect.getmembers(calls, inspect.isfunction)
        if not name.startswith("_") and inspect.signature(function).return_annotation is Call
    }

    assert made == MAKERS.keys()


def test_every_operation_has_a_call() -> None:
    made = {make(ANNE, GROUP, "x").operation.name for make in MAKERS.values()}

    assert made == OPERATIONS.keys()


@pytest.mark.parametrize("name", MAKERS)
@settings(max_examples=30)
@given(one=hostile, other=hostile, text=hostile)
def test_no_call_ever_has_another_shape(name: str, one: str, other: str, text: str) -> None:
    try:
        call = MAKERS[name](one, other, text)
    except ValueError:
        return

    path, _, query = call.path.partition("?")
    assert re.fullmatch(_shape(call.operation.path), path)
    assert re.fullmatch(r"[A-Za-z0-9_.~%$=&-]*", query)
    assert set(parse_qs(query, keep_blank_values=True, strict_parsing=bool(query))) <= {
        *("$select", "$filter", "$search", "$top", "$count"),
    }
    if call.operation.verb is not Verb.GET:
        assert query == ""


@given(one=hostile, other=hostile)
def test_deletion_is_of_a_reference_or_of_a_user_as_such(one: str, other: str) -> None:
    reference = rf"/groups/{_GUID}/(members|owners)/{_GUID}/\$ref"
    for make in MAKERS.values():
        try:
            call = make(one, other, "x")
        except ValueError:
            continue
        if call.operation.verb is Verb.DELETE:
            assert re.fullmatch(rf"{reference}|/users/{_GUID}", call.path)


def test_only_three_operations_delete_and_none_deletes_a_member_itself() -> None:
    found = {one.path for one in OPERATIONS.values() if one.verb is Verb.DELETE}

    assert found == {
        "/users/{user-id}",
        "/groups/{group-id}/members/{directoryObject-id}/$ref",
        "/groups/{group-id}/owners/{directoryObject-id}/$ref",
    }


@pytest.mark.parametrize("wrong", ["", "me", "jan@x.be", f"{ANNE}/", f"{ANNE}\n", f"{{{ANNE}}}"])
def test_what_is_no_guid_is_refused_and_not_repeated_in_the_message(wrong: str) -> None:
    with pytest.raises(ValueError, match="must be a GUID") as refused:
        calls.read_user(ObjectId(wrong))

    assert not wrong or wrong not in str(refused.value)


@given(hostile)
def test_filter_has_the_address_as_one_literal(address: str) -> None:
    try:
        call = calls.users_by_address(address)
    except ValueError:  # half a character, which no address can be written with
        return

    [wanted] = parse_qs(urlsplit(call.path).query)["$filter"]
    literals = [one.replace("''", "'") for one in re.findall(r"'((?:[^']|'')*)'", wanted)]
    bare = re.sub(r"'(?:[^']|'')*'", "_", wanted)
    assert literals == [address, address, f"smtp:{address}", f"SMTP:{address}"]
    assert bare == (
        "userPrincipalName eq _ or mail eq _"
        " or proxyAddresses/any(one:one eq _) or proxyAddresses/any(one:one eq _)"
    )


def test_search_quotes_what_would_end_a_clause() -> None:
    call = calls.search_users('Jan" OR "id:\\', limit=5)

    [search] = parse_qs(urlsplit(call.path).query)["$search"]
    escaped = 'Jan\\" OR \\"id:\\\\'
    assert search == (
        f'"displayName:{escaped}" OR "userPrincipalName:{escaped}" OR "mail:{escaped}"'
    )


@pytest.mark.parametrize("name", MAKERS)
def test_advanced_queries_say_so_in_header_and_query(name: str) -> None:
    call = MAKERS[name](ANNE, GROUP, "x")

    counts = "$count=true" in call.path
    assert counts == (call.headers == {"ConsistencyLevel": "eventual"})
    is_list_of_users = call.operation.path in {
        "/users",
        "/directory/deletedItems/microsoft.graph.user",
    }
    assert not is_list_of_users or counts


@pytest.mark.parametrize("attribute", ["proxyAddresses", "accountEnabled", "x", "id or 1 eq 1"])
def test_attribute_that_is_not_allowed_is_neither_written_nor_counted(attribute: str) -> None:
    with pytest.raises(ValueError, match="no attribute"):
        calls.set_attribute(ANNE, attribute, "x")
    with pytest.raises(ValueError, match="no attribute"):
        calls.count_users(attribute=attribute, value="x")


def test_bodies_are_as_microsoft_writes_them() -> None:
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{ANNE}"}
    bodies: dict[str, Any] = {
        "companyName": calls.set_attribute(ANNE, "companyName", "OVO000101").body,
        "extension": calls.set_attribute(ANNE, "extensionAttribute3", "OVO000101").body,
        "licences": calls.assign_licences(ANNE, add=[SKU], remove=[GROUP]).body,
        "member": calls.add_member(GROUP, ANNE).body,
    }

    assert bodies == {
        "companyName": {"companyName": "OVO000101"},
        "extension": {"onPremisesExtensionAttributes": {"extensionAttribute3": "OVO000101"}},
        "licences": {
            "addLicenses": [{"skuId": SKU, "disabledPlans": []}],
            "removeLicenses": [GROUP],
        },
        "member": reference,
    }


def _shape(template: str) -> str:
    return re.sub(r"\\\{[^}]*\\\}", _GUID, re.escape(template).replace(r"\-id", "-id"))
