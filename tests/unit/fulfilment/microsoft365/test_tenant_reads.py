"""What the real tenant tells, read from the fake one over HTTP."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from fulfilment.tenant import Drive, GroupKind, Holder, PermanentTenantError
from fulfilment.tenants.simulated.seed import demo_person_id
from mutations.identity import EntityCode
from tests.fakes.tenant_demo import change_group, change_user, group_id
from tests.fakes.tenant_rig import JAN
from tests.unit.fulfilment.microsoft365.real_tenant import NOBODY, RealTenant, real_tenant

UPN = "jan.peeters@wegenwater.vlaanderen.example"
ALIASES = {
    "jpeeters@wegenwater.vlaanderen.example",
    "jan.peeters-maes@wegenwater.vlaanderen.example",
}
DELETED = demo_person_id(19)
GUEST = demo_person_id(17)


@pytest.fixture
async def at() -> AsyncIterator[RealTenant]:
    async with real_tenant() as made:
        yield made
        assert made.writes == []


async def test_account_has_what_the_rules_ask_about(at: RealTenant) -> None:
    found = await at.tenant.account(JAN)

    assert found is not None
    assert (found.object_id, found.name, found.upn) == (JAN, "Jan Peeters", UPN)
    assert (found.entity, found.profile, found.status) == (
        "OVO000101",
        "Kenniswerker",
        "ambtenaar",
    )
    assert found.entitlements == {EntityCode(f"OVO00010{n}") for n in (1, 2, 3, 5)}
    assert found.employee_id == "700004"
    assert found.enabled
    assert not found.is_synced


async def test_account_that_is_deleted_or_nowhere_is_none(at: RealTenant) -> None:
    assert await at.tenant.account(DELETED) is None
    assert await at.tenant.account(NOBODY) is None
    assert await at.tenant.mailbox(NOBODY) is None
    assert await at.tenant.drive(NOBODY) is None


async def test_mailbox_shows_mail_addresses_only_and_not_the_routing_address(
    at: RealTenant,
) -> None:
    _change_mailbox(at, "SIP:" + UPN, "smtp:JPeeters@tenant.onmicrosoft.com", "X500:/o=x/cn=jan")

    found = await at.tenant.mailbox(JAN)

    assert found is not None
    assert found.guid == at.rig.mailbox().exchange_guid
    assert found.primary == UPN
    assert set(found.aliases) == ALIASES
    assert not found.litigation_hold
    assert found.hold_since is None


async def test_memberships_have_kind_owners_and_what_the_account_is(at: RealTenant) -> None:
    change_group(at.fake, 1, GroupKind.DISTRIBUTION)
    change_group(at.fake, 3, GroupKind.DYNAMIC)

    found = {one.group_id: one for one in await at.tenant.memberships(JAN)}

    assert found.keys() == {group_id(number) for number in (1, 2, 3, 5, 7)}
    assert found[group_id(1)].kind is GroupKind.DISTRIBUTION
    assert found[group_id(3)].kind is GroupKind.DYNAMIC
    owned = found[group_id(2)]
    assert (owned.name, owned.is_member, owned.is_owner) == ("Waterlopen onderhoud", True, True)
    assert not found[group_id(7)].is_owner


async def test_ownership_without_membership_is_told_apart(at: RealTenant) -> None:
    group = at.rig.group(group_id(2))
    at.fake.state.add(
        at.fake.state.groups, group.id, replace(group, members=group.members - {JAN})
    )

    found = {one.group_id: one for one in await at.tenant.memberships(JAN)}

    assert (found[group_id(2)].is_member, found[group_id(2)].is_owner) == (False, True)


async def test_account_in_the_recycle_bin_is_in_no_group_but_a_missing_one_is_no_answer(
    at: RealTenant,
) -> None:
    assert await at.tenant.memberships(DELETED) == ()
    assert await at.tenant.sites(DELETED) == ()
    for read in (at.tenant.memberships, at.tenant.sites):
        with pytest.raises(PermanentTenantError) as refused:
            await read(NOBODY)
        assert refused.value.key == "tenant.account_missing"


async def test_sites_are_those_of_microsoft_365_groups(at: RealTenant) -> None:
    change_group(at.fake, 1, GroupKind.DISTRIBUTION)
    change_group(at.fake, 3, GroupKind.SYNCED)

    found = {site.name: site for site in await at.tenant.sites(JAN)}

    assert found.keys() == {
        *("Waterlopen onderhoud", "Project Scheldebrug", "Vergunningen overleg"),
    }
    assert len({site.site_id for site in found.values()}) == len(found)


async def test_owners_answer_for_a_group_and_for_its_site(at: RealTenant) -> None:
    sites = {site.name: site.site_id for site in await at.tenant.sites(JAN)}

    found = await at.tenant.owners(JAN)

    assert [(one.name, one.object_id == JAN) for one in found[group_id(2)]] == [
        ("Arno Wouters", False),
        ("Jan Peeters", True),
    ]
    assert found[sites["Waterlopen onderhoud"]] == found[group_id(2)]
    assert [one.name for one in found[sites["Vergunningen overleg"]]] == [
        "Karel Maes",
        "Marleen Claes",
    ]
    assert await at.tenant.owners(DELETED) == {}


async def test_drive_has_its_address_and_size(at: RealTenant) -> None:
    found = await at.tenant.drive(JAN)

    url = at.fake.state.drives.true(JAN)
    assert url is not None
    assert found == Drive(url=url.web_url, size_bytes=8400 * 1024 * 1024)


@pytest.mark.parametrize(
    ("address", "holder"),
    [
        (UPN, Holder(object_id=JAN, is_deleted=False)),
        (UPN.upper(), Holder(object_id=JAN, is_deleted=False)),
        (min(ALIASES), Holder(object_id=JAN, is_deleted=False)),
        (
            "ines.dubois@omgevingruimte.vlaanderen.example",
            Holder(object_id=DELETED, is_deleted=True),
        ),
        ("idubois@omgevingruimte.vlaanderen.example", Holder(object_id=DELETED, is_deleted=True)),
        ("dubois@omgevingruimte.vlaanderen.example", None),
        ("nobody's@wegenwater.vlaanderen.example", None),
    ],
)
async def test_holder_of_an_address(at: RealTenant, address: str, holder: Holder | None) -> None:
    assert await at.tenant.holder(address) == holder


async def test_domains_of_the_tenant_are_known(at: RealTenant) -> None:
    assert await at.tenant.has_domain("wegenwater.vlaanderen.example")
    assert await at.tenant.has_domain("WegenWater.vlaanderen.example")
    assert not await at.tenant.has_domain("vlaanderen.example")


async def test_accounts_of_one_human_are_found_by_number(at: RealTenant) -> None:
    change_user(at.fake, 5, employee_id="700004")

    found = await at.tenant.accounts_of("700004")

    assert {one.object_id for one in found} == {JAN, demo_person_id(5)}
    assert await at.tenant.accounts_of("") == ()
    assert await at.tenant.accounts_of("70000") == ()


async def test_what_belongs_to_groups_takes_two_round_trips(at: RealTenant) -> None:
    """What belongs together goes out together: the groups, then all their owners and sites."""
    await asyncio.gather(at.tenant.memberships(JAN), at.tenant.owners(JAN), at.tenant.sites(JAN))

    assert at.fake.round_trips == 2


async def test_sites_that_are_known_by_their_group_take_one(at: RealTenant) -> None:
    known = await at.tenant.sites(JAN)
    before = at.fake.round_trips

    assert await at.tenant.sites(JAN) == known
    assert at.fake.round_trips == before + 1


async def test_plan_of_a_person_takes_few_round_trips(at: RealTenant) -> None:
    await asyncio.gather(
        at.tenant.account(JAN),
        at.tenant.memberships(JAN),
        at.tenant.sites(JAN),
        at.tenant.owners(JAN),
        at.tenant.drive(JAN),
        at.tenant.holder("jan.peeters@omgevingruimte.vlaanderen.example"),
        at.tenant.has_domain("omgevingruimte.vlaanderen.example"),
        at.tenant.accounts_of("700004"),
    )

    assert at.fake.round_trips <= 3
    assert len(at.asked) > 15


def _change_mailbox(at: RealTenant, *more: str) -> None:
    mailbox = at.rig.mailbox()
    addresses = (*mailbox.email_addresses, *more)
    at.fake.state.add(at.fake.state.mailboxes, JAN, replace(mailbox, email_addresses=addresses))
