"""Leaving and joining groups of every kind, and owning them, on the fake tenant."""

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from fulfilment.tenant import GroupKind, PermanentTenantError, TransientTenantError
from fulfilment.tenants.simulated.seed import demo_person_id
from tests.fakes.tenant_demo import change_group, group_id
from tests.fakes.tenant_faults import TenantFault
from tests.fakes.tenant_rig import JAN
from tests.fakes.tenant_state import Lag
from tests.unit.fulfilment.microsoft365.real_tenant import NOBODY, RealTenant, real_tenant

BRIDGE = group_id(5)  # a member
RIVERS = group_id(2)  # a member and one of two owners
ARNO = demo_person_id(2)
BY_GRAPH = GroupKind.CLOUD
BY_EXCHANGE = [GroupKind.DISTRIBUTION, GroupKind.MAIL_SECURITY]
BY_NOBODY = [GroupKind.DYNAMIC, GroupKind.SYNCED, GroupKind.ROLE, GroupKind.LICENSING]
LEAVE = "DELETE /groups/{group-id}/members/{directoryObject-id}/$ref"
DISOWN = "DELETE /groups/{group-id}/owners/{directoryObject-id}/$ref"


@pytest.fixture
async def at() -> AsyncIterator[RealTenant]:
    async with real_tenant() as made:
        yield made
        assert not made.rig.user().is_deleted  # as an address without /$ref would do


def test_kinds_are_all_here() -> None:
    assert {BY_GRAPH, *BY_EXCHANGE, *BY_NOBODY} == set(GroupKind)


@pytest.mark.parametrize("kind", [BY_GRAPH, *BY_EXCHANGE])
async def test_member_leaves_and_comes_back_and_twice_is_once(
    at: RealTenant, kind: GroupKind
) -> None:
    change_group(at.fake, 5, kind)

    for _ in range(2):
        await at.tenant.remove_group_member(BRIDGE, JAN)
    assert JAN not in at.rig.group(BRIDGE).members

    for _ in range(2):
        await at.tenant.add_group_member(BRIDGE, JAN)
    assert JAN in at.rig.group(BRIDGE).members
    ways = (
        {"DELETE", "POST"}
        if kind is BY_GRAPH
        else {
            "Remove-DistributionGroupMember",
            "Add-DistributionGroupMember",
        }
    )
    assert {operation.partition(" ")[0] for operation in at.writes} == ways


@pytest.mark.parametrize("kind", BY_NOBODY)
async def test_members_of_other_kinds_are_refused_before_anything_is_written(
    at: RealTenant, kind: GroupKind
) -> None:
    change_group(at.fake, 2, kind)

    for act in (
        at.tenant.remove_group_member,
        at.tenant.add_group_member,
        at.tenant.remove_group_owner,
        at.tenant.add_group_owner,
    ):
        with pytest.raises(PermanentTenantError) as refused:
            await act(RIVERS, JAN)
        assert refused.value.key == "tenant.group_kind"
        assert refused.value.params == {"group": "Waterlopen onderhoud", "kind": kind.value}
    assert at.writes == []


@pytest.mark.parametrize("kind", BY_EXCHANGE)
async def test_owners_of_lists_are_not_ours_to_change(at: RealTenant, kind: GroupKind) -> None:
    change_group(at.fake, 2, kind)

    with pytest.raises(PermanentTenantError) as refused:
        await at.tenant.remove_group_owner(RIVERS, JAN)

    assert refused.value.key == "tenant.group_kind"
    assert at.writes == []


async def test_owner_goes_and_comes_back_and_stays_a_member(at: RealTenant) -> None:
    for _ in range(2):
        await at.tenant.remove_group_owner(RIVERS, JAN)
    group = at.rig.group(RIVERS)
    assert (JAN in group.owners, JAN in group.members) == (False, True)

    for _ in range(2):
        await at.tenant.add_group_owner(RIVERS, JAN)
    assert JAN in at.rig.group(RIVERS).owners


async def test_last_owner_stays(at: RealTenant) -> None:
    _owned_by_jan_alone(at)

    with pytest.raises(PermanentTenantError) as refused:
        await at.tenant.remove_group_owner(RIVERS, JAN)

    assert refused.value.key == "tenant.last_owner"
    assert refused.value.params["group"] == "Waterlopen onderhoud"
    assert at.rig.group(RIVERS).owners == {JAN}


async def test_last_owner_that_microsoft_only_says_passes(at: RealTenant) -> None:
    at.fail(TenantFault.LAST_OWNER, DISOWN)

    with pytest.raises(TransientTenantError):
        await at.tenant.remove_group_owner(RIVERS, JAN)
    await at.tenant.remove_group_owner(RIVERS, JAN)

    assert at.rig.group(RIVERS).owners == {ARNO}


async def test_owner_who_became_the_last_one_meanwhile_stays(at: RealTenant) -> None:
    """The list that was read is older than what Microsoft decides by."""
    group = at.rig.group(RIVERS)
    state = at.fake.state
    state.lag = Lag(read_s=60)
    state.write(state.groups, RIVERS, replace(group, owners=frozenset({JAN})))

    with pytest.raises(TransientTenantError):
        await at.tenant.remove_group_owner(RIVERS, JAN)
    at.rig.clock.advance(seconds=60)
    with pytest.raises(PermanentTenantError) as refused:
        await at.tenant.remove_group_owner(RIVERS, JAN)

    assert refused.value.key == "tenant.last_owner"
    assert at.rig.group(RIVERS).owners == {JAN}


@pytest.mark.parametrize(
    "fault",
    [TenantFault.GROUP_MAIL_ENABLED, TenantFault.GROUP_SYNCED],
)
async def test_group_of_another_kind_than_it_showed_is_refused_by_name(
    at: RealTenant, fault: TenantFault
) -> None:
    at.fail(fault, LEAVE)

    with pytest.raises(PermanentTenantError) as refused:
        await at.tenant.remove_group_member(BRIDGE, JAN)

    assert refused.value.key == "tenant.group_kind"
    assert refused.value.params["group"] == "Project Scheldebrug"


async def test_group_that_is_gone_is_missing(at: RealTenant) -> None:
    for act in (at.tenant.remove_group_member, at.tenant.add_group_owner):
        with pytest.raises(PermanentTenantError) as refused:
            await act(str(NOBODY), JAN)
        assert refused.value.key == "tenant.group_missing"


async def test_what_is_no_id_of_a_group_is_sent_nowhere(at: RealTenant) -> None:
    with pytest.raises(ValueError, match="GUID"):
        await at.tenant.remove_group_member("Project Scheldebrug", JAN)

    assert at.asked == []


async def test_lost_answers_do_not_matter_for_what_may_be_repeated(at: RealTenant) -> None:
    at.fail(TenantFault.LOST_RESPONSE, LEAVE)

    await at.tenant.remove_group_member(BRIDGE, JAN)

    assert JAN not in at.rig.group(BRIDGE).members


async def test_exchange_that_does_nothing_but_warn_is_seen_when_read_back(at: RealTenant) -> None:
    change_group(at.fake, 5, GroupKind.DISTRIBUTION)
    at.fail(TenantFault.EXCHANGE_WARNING, "Remove-DistributionGroupMember")

    await at.tenant.remove_group_member(BRIDGE, JAN)

    found = await at.tenant.memberships(JAN)
    assert BRIDGE in {one.group_id for one in found if one.is_member}


def _owned_by_jan_alone(at: RealTenant) -> None:
    group = at.rig.group(RIVERS)
    at.fake.state.add(at.fake.state.groups, RIVERS, replace(group, owners=frozenset({JAN})))
