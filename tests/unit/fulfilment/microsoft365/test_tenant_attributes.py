"""Which property holds what is configuration: checked as a whole, then read as it says."""

from dataclasses import replace
from typing import Any

import pytest

from fulfilment.tenants.microsoft365.attributes import AttributesError, TenantAttributes
from fulfilment.tenants.microsoft365.documents import UserDocument, read
from fulfilment.tenants.microsoft365.licences import LicenceChange, change_to
from mutations.identity import EntityCode

ANNE = "00000000-0000-4000-8000-000000000001"
E3, F3, PHONE, VISIO = (f"00000000-0000-4000-b000-00000000000{n}" for n in range(1, 5))
GROUP = "00000000-0000-4000-a000-000000000001"
ATTRIBUTES = TenantAttributes(
    entity="companyName",
    entitlements="extensionAttribute7",
    status="employeeType",
    profiles={"Kenniswerker": (E3, PHONE.upper()), "Veldwerker": (F3,)},
)


def user(**shown: Any) -> UserDocument:
    return read({"id": ANNE, "userPrincipalName": "Anne@X.example", **shown}, UserDocument)


def having(*skus: str, inherited: tuple[str, ...] = ()) -> UserDocument:
    states = [{"skuId": sku, "assignedByGroup": None} for sku in skus]
    states += [{"skuId": sku, "assignedByGroup": GROUP} for sku in inherited]
    assigned = [{"skuId": sku} for sku in dict.fromkeys((*skus, *inherited))]
    return user(assignedLicenses=assigned, licenseAssignmentStates=states)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(AttributesError) as refused:
        TenantAttributes(
            entity="proxyAddresses",
            entitlements="department",
            status="department",
            profiles={"A": (E3,), "B": (E3.upper(),), "C": (), " ": ("E3",)},
            usage_location="be",
        )

    said = "\n".join(refused.value.problems)
    assert len(refused.value.problems) == 7
    for part in (
        "entity: 'proxyAddresses'",
        "'department' is used for more than one",
        "'C' needs",
        "' ' needs",
        "'E3' of ' ' is no GUID",
        "first licence of more than one profile",
        "usage_location",
    ):
        assert part in said


def test_at_least_one_profile_is_needed() -> None:
    with pytest.raises(AttributesError, match="at least one"):
        replace(ATTRIBUTES, profiles={})


@pytest.mark.parametrize(
    ("shown", "entity"),
    [
        ({"companyName": "OVO000101"}, "OVO000101"),
        ({"companyName": " ovo000101 "}, "OVO000101"),
        ({"companyName": "Departement Wegen"}, None),
        ({"companyName": None}, None),
        ({"companyName": "OVO000101;OVO000102"}, None),
        ({"companyName": "OVO000101", "userType": "Guest"}, None),
    ],
)
def test_entity_is_one_code_of_an_account_that_is_no_guest(
    shown: dict[str, Any], entity: str | None
) -> None:
    assert ATTRIBUTES.account(user(**shown)).entity == entity


def test_entitlements_are_the_codes_in_one_text() -> None:
    text = "OVO000101; ovo000102 ;;tijdelijk;OVO00010;OVO000103"
    shown = user(onPremisesExtensionAttributes={"extensionAttribute7": text})

    found = ATTRIBUTES.account(shown).entitlements

    assert found == {EntityCode(f"OVO00010{n}") for n in (1, 2, 3)}


def test_account_is_what_the_directory_shows() -> None:
    found = ATTRIBUTES.account(
        user(
            id=ANNE.upper(),
            displayName="Anne",
            accountEnabled=False,
            employeeType="Ambtenaar ",
            employeeId=" 700001",
            onPremisesSyncEnabled=True,
        )
    )

    assert (found.object_id, found.name, found.upn) == (ANNE, "Anne", "anne@x.example")
    assert (found.status, found.employee_id) == ("ambtenaar", "700001")
    assert found.is_synced
    assert not found.enabled


@pytest.mark.parametrize(
    ("held", "profile"),
    [
        ((), ""),
        ((PHONE,), ""),
        ((E3,), ""),
        ((E3, PHONE), "Kenniswerker"),
        ((F3,), "Veldwerker"),
        ((E3, PHONE, F3), "Kenniswerker"),
        ((F3, VISIO), "Veldwerker"),
    ],
)
def test_profile_is_the_largest_whose_licences_are_all_there(
    held: tuple[str, ...], profile: str
) -> None:
    assert ATTRIBUTES.account(having(*held)).profile == profile


@pytest.mark.parametrize(
    ("before", "add", "remove"),
    [
        (having(), (E3, PHONE), ()),
        (having(F3), (E3, PHONE), (F3,)),
        (having(F3, VISIO), (E3, PHONE), (F3,)),
        (having(E3), (PHONE,), ()),
        (having(E3, PHONE), (), ()),
        (having(inherited=(E3, PHONE)), (), ()),
        (having(inherited=(F3,)), (E3, PHONE), ()),
        (having(F3, inherited=(F3, E3)), (PHONE,), (F3,)),
    ],
)
def test_change_gives_what_is_not_there_and_takes_only_what_another_profile_gave(
    before: UserDocument, add: tuple[str, ...], remove: tuple[str, ...]
) -> None:
    assert change_to("Kenniswerker", before, ATTRIBUTES) == LicenceChange(add, remove)


def test_upn_from_before_a_deletion_is_known_again() -> None:
    dashed, plain = ANNE, ANNE.replace("-", "")
    for prefix in (dashed, plain, plain.upper()):
        assert user(userPrincipalName=f"{prefix}Anne@X.example").holds("anne@x.example")

    assert not user(userPrincipalName="joanne@x.example").holds("anne@x.example")
    assert user(proxyAddresses=["SMTP:other@x.example", "smtp:Anna@x.example"]).holds(
        "anna@x.example"
    )
