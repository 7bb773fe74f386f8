"""Contract check: every call this program makes exists in Microsoft's metadata of Graph v1.0.

It proves names: path, verb, query option, property, page, and that nothing documented as
read-only is written. It proves neither behaviour nor permissions. The cmdlets of Exchange Online
are in no published metadata, so their allow-list cannot be checked like this; only a look on a
real tenant (`python -m bot check`) can.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fulfilment.tenants.microsoft365 import calls
from fulfilment.tenants.microsoft365.call import Call, Operation, Verb
from fulfilment.tenants.microsoft365.operations import OPERATIONS
from mutations.identity import ObjectId, Upn
from tests.contract.microsoft365.check import call_faults, is_read_only, operation_faults
from tests.contract.microsoft365.metadata import (
    FOLDER,
    GraphMetadata,
    MetadataMissingError,
    pinned_wheel,
)

ID = ObjectId("6f1c2b3a-0000-4000-8000-000000000001")
GROUP = "6f1c2b3a-0000-4000-8000-000000000002"
SKU = "6f1c2b3a-0000-4000-8000-000000000003"
ADDRESS = "o'brien@agency.example"

CALLS = (
    calls.read_user(ID),
    calls.search_users('Jan "the', limit=5),
    calls.users_by_address(ADDRESS),
    calls.users_by_employee_id("4711"),
    calls.count_users(attribute="companyName", value="AZW", sku=SKU, enabled_only=True),
    calls.count_users(attribute="extensionAttribute5", value="AZW"),
    calls.deleted_users_by_address(ADDRESS),
    calls.read_deleted_user(ID),
    calls.groups_of(ID),
    calls.owned_groups_of(ID),
    calls.read_group(GROUP),
    calls.owners_of(GROUP),
    calls.drive_of_group(GROUP),
    calls.drive_of(ID),
    calls.list_skus(),
    calls.list_domains(),
    calls.rename_user(ID, Upn(ADDRESS)),
    calls.set_sign_in(ID, enabled=False),
    calls.set_attribute(ID, "department", "AZW"),
    calls.set_attribute(ID, "extensionAttribute5", "AZW"),
    calls.set_usage_location(ID, "BE"),
    calls.revoke_sessions(ID),
    calls.assign_licences(ID, add=[SKU], remove=[GROUP]),
    calls.delete_user(ID),
    calls.restore_user(ID),
    calls.add_member(GROUP, ID),
    calls.remove_member(GROUP, ID),
    calls.add_owner(GROUP, ID),
    calls.remove_owner(GROUP, ID),
)


@pytest.fixture(scope="module")
def metadata() -> GraphMetadata:
    return GraphMetadata(pinned_wheel())


def test_every_operation_is_known_to_microsoft(
    metadata: GraphMetadata, tell: Callable[[str], None]
) -> None:
    faulty = {
        name: faults
        for name, operation in OPERATIONS.items()
        if (faults := operation_faults(operation, metadata))
    }
    assert faulty == {}
    tell(f"contract check {len(OPERATIONS) - len(faulty)} of {len(OPERATIONS)} calls known")


def test_every_call_is_one_that_its_operation_allows(metadata: GraphMetadata) -> None:
    faults = [fault for call in CALLS for fault in call_faults(call, metadata)]

    assert faults == []
    assert {call.operation.name for call in CALLS} == set(OPERATIONS), "a call is not tried"


WRONG = {
    "membership removed without $ref": (
        replace(
            OPERATIONS["group.remove_member"],
            path="/groups/{group-id}/members/{directoryObject-id}",
        ),
        "without /$ref deletes the account",
    ),
    "read-only property written": (
        replace(OPERATIONS["user.rename"], properties={"user": ("proxyAddresses",)}),
        "user.proxyAddresses is read-only",
    ),
    "property misspelt": (
        replace(OPERATIONS["user.read"], properties={"user": ("userPrincipleName",)}),
        "user has no userPrincipleName",
    ),
    "wrong verb": (
        replace(OPERATIONS["user.assign_licences"], verb=Verb.PATCH),
        "/users/{user-id}/assignLicense has no PATCH, only POST",
    ),
    "path that does not exist": (
        replace(OPERATIONS["user.rename"], path="/users/{user-id}/litigationHold"),
        "there is no such path",
    ),
    "another page": (
        replace(OPERATIONS["user.read"], source=OPERATIONS["user.delete"].source),
        "is not its page, that is https://learn.microsoft.com/graph/api/user-get",
    ),
    "type that does not exist": (
        replace(OPERATIONS["user.read"], properties={"mailboxHold": ("enabled",)}),
        "mailboxHold: there is no such type",
    ),
}


@pytest.mark.parametrize(("operation", "reason"), WRONG.values(), ids=WRONG.keys())
def test_wrong_operation_is_refused_for_its_own_reason(
    metadata: GraphMetadata, operation: Operation, reason: str
) -> None:
    faults = operation_faults(operation, metadata)

    assert len(faults) == 1
    assert reason in faults[0]


WRONG_CALLS = {
    "shape": (
        replace(calls.read_user(ID), path=f"/users/{ID}/manager"),
        f"/users/{ID}/manager has not the shape of /users/{{user-id}}",
    ),
    "query option": (
        replace(calls.drive_of(ID), path=f"/users/{ID}/drive?$top=1"),
        "/users/{user-id}/drive takes no $top",
    ),
    "selected property": (
        replace(calls.drive_of(ID), path=f"/users/{ID}/drive?$select=id,size"),
        "drive has no size",
    ),
    "parameter of an action": (
        replace(calls.assign_licences(ID, add=[], remove=[]), body={"addLicences": []}),
        "/users/{user-id}/assignLicense has no addLicences",
    ),
    "reference": (
        replace(calls.add_member(GROUP, ID), body={"id": ID}),
        "referenceCreate has no id",
    ),
    "read-only property": (
        replace(calls.rename_user(ID, Upn(ADDRESS)), body={"proxyAddresses": []}),
        "user.proxyAddresses is read-only and cannot be written",
    ),
}


@pytest.mark.parametrize(("call", "reason"), WRONG_CALLS.values(), ids=WRONG_CALLS.keys())
def test_wrong_call_is_refused_for_its_own_reason(
    metadata: GraphMetadata, call: Call, reason: str
) -> None:
    assert call_faults(call, metadata) == [reason]


def test_read_only_for_synced_users_is_not_read_only(metadata: GraphMetadata) -> None:
    user = metadata.documented("user")

    assert is_read_only(user["proxyAddresses"])
    assert is_read_only(user["createdDateTime"])
    assert not is_read_only(user["businessPhones"])
    assert not is_read_only(user["onPremisesExtensionAttributes"])


def test_metadata_that_was_not_downloaded_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(MetadataMissingError, match="make metadata"):
        pinned_wheel(tmp_path)


def test_other_metadata_than_the_pinned_is_refused(tmp_path: Path) -> None:
    (tmp_path / pinned_wheel(FOLDER).name).write_bytes(b"something else")

    with pytest.raises(MetadataMissingError, match="not the one that is pinned"):
        pinned_wheel(tmp_path)
