"""The simulated tenant obeys the rules of the real one, shows changes late and can fail."""

import pytest
from msgspec import structs

from fulfilment.tenant import (
    GroupKind,
    Holder,
    PermanentTenantError,
    TransientTenantError,
)
from fulfilment.tenants.simulated.faults import Fault, FaultKind, FaultPlan
from fulfilment.tenants.simulated.records import membership_id
from fulfilment.tenants.simulated.seed import DemoGroup, DemoPerson, demo_person_id
from mutations.identity import EntityCode, Upn
from tests.unit.fulfilment.stage import (
    COLLEAGUE,
    JOINED,
    LAG_S,
    MOVER,
    NEW,
    OLD,
    SOURCE,
    TARGET,
    WORLD,
    Stage,
)

SUBJECT = demo_person_id(MOVER.number)
NEW_UPN = Upn(f"jan.peeters@{NEW}")
WINTER = "00000000-0000-4000-a000-000000000002"


async def test_change_shows_after_the_lag_and_not_before() -> None:
    stage = await Stage.of()

    await stage.tenant.set_upn(SUBJECT, NEW_UPN)

    stage.clock.advance(seconds=LAG_S - 0.1)
    assert (await stage.seen()).account.upn == MOVER.upn
    stage.clock.advance(seconds=0.1)
    assert (await stage.seen()).account.upn == NEW_UPN


async def test_new_upn_takes_mailbox_and_onedrive_along_and_keeps_the_old_address() -> None:
    stage = await Stage.of()
    before = await stage.seen()

    await stage.tenant.set_upn(SUBJECT, NEW_UPN)
    stage.settle()

    after = await stage.seen()
    assert after.mailbox.primary == NEW_UPN
    assert set(after.mailbox.aliases) == {*before.mailbox.aliases, MOVER.upn}
    assert before.drive is not None
    assert after.drive is not None
    assert after.drive.url != before.drive.url
    assert await stage.tenant.holder(MOVER.upn) == Holder(object_id=SUBJECT, is_deleted=False)


HOLDER = DemoPerson(number=7, name="Ander", upn=NEW_UPN, entity=TARGET)


@pytest.mark.parametrize(
    ("holder", "key"),
    [
        (HOLDER, "tenant.upn_taken"),
        (structs.replace(HOLDER, upn=f"a@{NEW}", aliases=(NEW_UPN,)), "tenant.upn_taken"),
        (structs.replace(HOLDER, is_deleted=True), "tenant.upn_taken_deleted"),
    ],
)
@pytest.mark.case("N11")
async def test_taken_name_is_refused(holder: DemoPerson, key: str) -> None:
    stage = await Stage.of(structs.replace(WORLD, person=(*WORLD.person, holder)))

    with pytest.raises(PermanentTenantError) as refusal:
        await stage.tenant.set_upn(SUBJECT, NEW_UPN)

    assert (refusal.value.key, refusal.value.params) == (key, {"address": NEW_UPN})
    assert await stage.effects() == []


async def test_name_given_a_moment_ago_is_taken_though_nobody_sees_it_yet() -> None:
    stage = await Stage.of()
    await stage.tenant.set_upn(SUBJECT, NEW_UPN)

    with pytest.raises(PermanentTenantError):
        await stage.tenant.set_upn(demo_person_id(COLLEAGUE.number), NEW_UPN)


async def test_unknown_domain_is_refused() -> None:
    stage = await Stage.of()

    with pytest.raises(PermanentTenantError) as refusal:
        await stage.tenant.set_upn(SUBJECT, Upn("jan@elders.example"))

    assert refusal.value.key == "tenant.domain_unknown"


async def test_last_owner_cannot_stop_owning() -> None:
    group = structs.replace(JOINED, owners=(4,), members=())
    stage = await Stage.of(structs.replace(WORLD, group=(group,)))

    with pytest.raises(PermanentTenantError) as refusal:
        await stage.tenant.remove_group_owner(WINTER, SUBJECT)

    assert (refusal.value.key, refusal.value.params) == (
        "tenant.last_owner",
        {"group": "Winterdienst"},
    )


async def test_of_two_owners_one_can_stop_and_then_the_other_cannot() -> None:
    group = structs.replace(JOINED, owners=(2, 4), members=())
    stage = await Stage.of(structs.replace(WORLD, group=(group,)))

    await stage.tenant.remove_group_owner(WINTER, SUBJECT)

    with pytest.raises(PermanentTenantError):
        await stage.tenant.remove_group_owner(WINTER, demo_person_id(2))


async def test_members_of_a_dynamic_group_cannot_be_changed() -> None:
    group = DemoGroup(number=2, name="Regel", owners=(2,), members=(4,), kind=GroupKind.DYNAMIC)
    stage = await Stage.of(structs.replace(WORLD, group=(group,)))

    with pytest.raises(PermanentTenantError) as refusal:
        await stage.tenant.remove_group_member(WINTER, SUBJECT)

    assert refusal.value.key == "tenant.group_kind"


async def test_ending_what_is_not_there_is_no_fault() -> None:
    stage = await Stage.of(structs.replace(WORLD, group=(structs.replace(JOINED, members=()),)))

    await stage.tenant.remove_group_member(WINTER, SUBJECT)

    assert await stage.tenant.memberships(SUBJECT) == ()
    key = membership_id(group=WINTER, person=SUBJECT)
    assert key not in await stage.world.memberships()


async def test_entity_without_entitlement_is_refused() -> None:
    stage = await Stage.of()

    with pytest.raises(PermanentTenantError) as refusal:
        await stage.tenant.move_to_entity(SUBJECT, EntityCode("OVO000103"))

    assert refusal.value.key == "tenant.entitlement_missing"


async def test_licence_seats_follow_the_account() -> None:
    stage = await Stage.of()
    seats = {
        entity: await stage.directory.licences(entity, "Kenniswerker")
        for entity in (SOURCE, TARGET)
    }

    await stage.tenant.move_to_entity(SUBJECT, TARGET)
    stage.settle()

    for entity, change in ((SOURCE, -1), (TARGET, 1)):
        now, then = await stage.directory.licences(entity, "Kenniswerker"), seats[entity]
        assert now is not None
        assert then is not None
        assert now.in_use == then.in_use + change


async def test_account_that_does_not_exist_cannot_be_changed() -> None:
    stage = await Stage.of()

    with pytest.raises(PermanentTenantError) as refusal:
        await stage.tenant.set_litigation_hold(demo_person_id(99), owner="x", comment="x")

    assert refusal.value.key == "tenant.account_missing"
    assert await stage.effects() == []


@pytest.mark.case("N06")
async def test_transient_fault_does_nothing_and_lost_reply_does_it() -> None:
    stage = await Stage.of(faults="set_upn=transient:7, remove_aliases=lost_reply")

    with pytest.raises(TransientTenantError) as refusal:
        await stage.tenant.set_upn(SUBJECT, NEW_UPN)
    assert refusal.value.retry_after_s == 7
    assert await stage.effects() == []

    with pytest.raises(TransientTenantError):
        await stage.tenant.remove_aliases(SUBJECT, (f"jpeeters@{OLD}",))
    assert await stage.effects() == ["remove_aliases"]


def test_faults_are_read_from_a_setting() -> None:
    plan = FaultPlan.parse("set_upn=transient:2.5*2, *=permanent")
    raised: list[str] = []
    for operation in ("set_upn", "set_upn", "set_upn", "mailbox"):
        try:
            plan.before(operation)
        except (TransientTenantError, PermanentTenantError) as error:
            raised.append(type(error).__name__)

    assert raised == ["PermanentTenantError", "TransientTenantError", "TransientTenantError"]


def test_no_faults_by_default() -> None:
    plan = FaultPlan.parse("")

    plan.before("set_upn")
    plan.after("set_upn")

    assert plan.extra_lag_s("set_upn") == 0.0


@pytest.mark.parametrize("text", ["set_upn", "=transient", "set_upn=sometimes", "a=late:x"])
def test_unreadable_fault_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        FaultPlan.parse(text)


def test_late_fault_strikes_as_often_as_planned() -> None:
    fault = Fault(operation="set_upn", kind=FaultKind.LATE, times=2, seconds=9)
    plan = FaultPlan([fault])

    assert [plan.extra_lag_s("set_upn") for _ in range(3)] == [9, 9, 0]
