"""The kind of a group follows from what Microsoft Graph shows of it."""

from typing import Any

import pytest

from fulfilment.tenant import GroupKind, PermanentTenantError
from fulfilment.tenants.microsoft365.documents import GroupDocument, read
from fulfilment.tenants.microsoft365.groups import (
    has_site,
    kind_of,
    must_change_members,
    must_change_owners,
)

GROUP = "00000000-0000-4000-a000-000000000001"
UNIFIED = {"groupTypes": ["Unified"], "mailEnabled": True, "securityEnabled": False}
LICENCE = [{"skuId": "05e9a617-0261-4cee-bb44-138d3ef5d965", "disabledPlans": []}]
SYNCED = {"onPremisesSyncEnabled": True}
ROLE = {"isAssignableToRole": True}
DYNAMIC = {"groupTypes": ["DynamicMembership"], "membershipRule": '(user.city -eq "Gent")'}
LICENSING = {"assignedLicenses": LICENCE}
BY_MAIL = {"mailEnabled": True, "securityEnabled": False}

SHOWN: list[tuple[dict[str, Any], GroupKind]] = [
    ({}, GroupKind.CLOUD),
    (UNIFIED, GroupKind.CLOUD),
    (UNIFIED | {"securityEnabled": True}, GroupKind.CLOUD),
    (UNIFIED | {"onPremisesSyncEnabled": False, "isAssignableToRole": False}, GroupKind.CLOUD),
    (BY_MAIL, GroupKind.DISTRIBUTION),
    (BY_MAIL | {"securityEnabled": True}, GroupKind.MAIL_SECURITY),
    (DYNAMIC, GroupKind.DYNAMIC),
    (DYNAMIC | {"groupTypes": []}, GroupKind.CLOUD),  # a rule that is left over
    (UNIFIED | {"groupTypes": ["Unified", "DynamicMembership"]}, GroupKind.DYNAMIC),
    (SYNCED, GroupKind.SYNCED),
    (BY_MAIL | SYNCED, GroupKind.SYNCED),
    (LICENSING | SYNCED, GroupKind.SYNCED),
    (ROLE, GroupKind.ROLE),
    (UNIFIED | ROLE, GroupKind.ROLE),
    (ROLE | LICENSING, GroupKind.ROLE),
    (LICENSING, GroupKind.LICENSING),
    (UNIFIED | LICENSING, GroupKind.LICENSING),
    (DYNAMIC | LICENSING, GroupKind.DYNAMIC),
]


def group(**shown: object) -> GroupDocument:
    usual = {
        "id": GROUP,
        "displayName": "Winterdienst",
        "groupTypes": [],
        "mailEnabled": False,
        "securityEnabled": True,
        "membershipRule": None,
        "onPremisesSyncEnabled": None,
        "isAssignableToRole": None,
        "assignedLicenses": [],
    }
    return read({**usual, **shown}, GroupDocument)


@pytest.mark.parametrize(("shown", "kind"), SHOWN)
def test_kind(shown: dict[str, Any], kind: GroupKind) -> None:
    assert kind_of(group(**shown)) is kind


def test_every_kind_is_told_apart() -> None:
    assert {kind for _, kind in SHOWN} == set(GroupKind)


@pytest.mark.parametrize(("shown", "kind"), SHOWN)
def test_people_change_only_where_they_are_managed_in_the_cloud(
    shown: dict[str, Any], kind: GroupKind
) -> None:
    by_us = {GroupKind.CLOUD}
    by_exchange = {GroupKind.DISTRIBUTION, GroupKind.MAIL_SECURITY}

    assert _refusal(must_change_members, group(**shown)) == (
        None if kind in by_us | by_exchange else kind.value
    )
    assert _refusal(must_change_owners, group(**shown)) == (None if kind in by_us else kind.value)


def test_group_of_which_nothing_shows_is_not_guessed() -> None:
    hidden = group(displayName=None, mailEnabled=None, securityEnabled=None)

    with pytest.raises(PermanentTenantError) as refused:
        kind_of(hidden)

    assert refused.value.key == "tenant.permission_missing"
    assert refused.value.params["permission"] == "GroupMember.Read.All"


def test_only_microsoft_365_groups_have_a_site() -> None:
    assert has_site(group(**UNIFIED))
    assert not has_site(group())
    assert not has_site(group(**BY_MAIL))


def _refusal(must_change: Any, shown: GroupDocument) -> object:
    try:
        must_change(shown)
    except PermanentTenantError as error:
        is_meant = error.key == "tenant.group_kind" and error.params["group"] == "Winterdienst"
        return error.params["kind"] if is_meant else error
    return None
