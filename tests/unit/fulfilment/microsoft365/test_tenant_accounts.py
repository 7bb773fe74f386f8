"""What the real tenant changes about accounts and mailboxes, seen on the fake one."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from msgspec.structs import replace

from fulfilment.tenant import PermanentTenantError, TransientTenantError
from fulfilment.tenants.simulated.seed import demo_person_id
from mutations.identity import EntityCode, Upn
from tests.fakes.tenant_demo import PROFILE_SKUS, change_user
from tests.fakes.tenant_faults import TenantFault
from tests.fakes.tenant_records import BEGINNING
from tests.fakes.tenant_rig import JAN
from tests.fakes.tenant_state import Lag
from tests.unit.fulfilment.microsoft365.real_tenant import NOBODY, RealTenant, real_tenant

OLD = "jan.peeters@wegenwater.vlaanderen.example"
NEW = Upn("jan.peeters@omgevingruimte.vlaanderen.example")
ALIAS = "jpeeters@wegenwater.vlaanderen.example"
TARGET = EntityCode("OVO000102")
DELETED = demo_person_id(19)
PATCH = "PATCH /users/{user-id}"
REVOKE = "POST /users/{user-id}/revokeSignInSessions"
ASSIGN = "POST /users/{user-id}/assignLicense"
KNOWLEDGE, FIELD = PROFILE_SKUS["Kenniswerker"], PROFILE_SKUS["Veldwerker"]


@pytest.fixture
async def at() -> AsyncIterator[RealTenant]:
    async with real_tenant() as made:
        yield made


async def refused(act: Awaitable[object]) -> PermanentTenantError:
    with pytest.raises(PermanentTenantError) as caught:
        await act
    return caught.value


async def test_new_upn_moves_the_mailbox_address_and_keeps_the_old_one(at: RealTenant) -> None:
    await at.tenant.set_upn(JAN, NEW)

    assert at.rig.user().user_principal_name == NEW
    mailbox = await at.tenant.mailbox(JAN)
    assert mailbox is not None
    assert mailbox.primary == NEW
    assert OLD in mailbox.aliases
    assert at.writes == [PATCH]


@pytest.mark.parametrize(
    ("upn", "key", "params"),
    [
        ("x@elsewhere.example", "tenant.domain_unknown", {"domain": "elsewhere.example"}),
        (
            "marleen.claes@omgevingruimte.vlaanderen.example",
            "tenant.upn_taken",
            {"address": "marleen.claes@omgevingruimte.vlaanderen.example"},
        ),
        (
            "idubois@omgevingruimte.vlaanderen.example",
            "tenant.upn_taken_deleted",
            {"address": "idubois@omgevingruimte.vlaanderen.example"},
        ),
    ],
)
async def test_upn_that_is_not_free_is_refused_before_anything_is_written(
    at: RealTenant, upn: str, key: str, params: dict[str, object]
) -> None:
    error = await refused(at.tenant.set_upn(JAN, Upn(upn)))

    assert (error.key, error.params) == (key, params)
    assert at.writes == []


async def test_name_that_was_taken_meanwhile_is_refused_with_the_address(at: RealTenant) -> None:
    at.fail(TenantFault.UPN_TAKEN_BY_DELETED, PATCH)

    error = await refused(at.tenant.set_upn(JAN, NEW))

    assert error.key == "tenant.upn_taken"
    assert error.params["address"] == NEW


async def test_own_alias_may_become_the_upn(at: RealTenant) -> None:
    await at.tenant.set_upn(JAN, Upn(ALIAS))

    assert at.rig.user().user_principal_name == ALIAS


WRITES_OF_AD: dict[str, tuple[Callable[[RealTenant], Awaitable[None]], str]] = {
    "set_upn": (lambda at: at.tenant.set_upn(JAN, NEW), "userPrincipalName"),
    "move": (lambda at: at.tenant.move_to_entity(JAN, TARGET), "companyName"),
    "block": (lambda at: at.tenant.set_sign_in(JAN, enabled=False), "accountEnabled"),
    "delete": (lambda at: at.tenant.delete_account(JAN), "account"),
    "remove": (lambda at: at.tenant.remove_aliases(JAN, [ALIAS]), "proxyAddresses"),
    "add": (lambda at: at.tenant.add_aliases(JAN, ["new@x.example"]), "proxyAddresses"),
}


@pytest.mark.parametrize("name", WRITES_OF_AD)
async def test_what_the_active_directory_masters_is_not_even_tried(
    at: RealTenant, name: str
) -> None:
    change_user(at.fake, 4, on_premises_sync_enabled=True)
    act, prop = WRITES_OF_AD[name]

    error = await refused(act(at))

    assert (error.key, error.params) == ("tenant.synced", {"property": prop})
    assert at.writes == []


async def test_synced_account_gets_licences_and_hold_all_the_same(at: RealTenant) -> None:
    change_user(at.fake, 4, on_premises_sync_enabled=True)

    await at.tenant.give_profile(JAN, "Veldwerker")
    await at.tenant.set_litigation_hold(JAN, owner="r1", comment="mutatiebot r1")

    assert [one.sku_id for one in at.rig.user().direct_licences] == [FIELD]
    assert at.rig.mailbox().litigation_hold_enabled


async def test_block_ends_the_sessions_first_so_that_half_of_it_never_passes_for_done(
    at: RealTenant,
) -> None:
    at.fail(TenantFault.ITEM_503, REVOKE, times=99)
    with pytest.raises(TransientTenantError):
        await at.tenant.set_sign_in(JAN, enabled=False)
    assert at.rig.user().account_enabled

    at.fake.plan.clear()
    await at.tenant.set_sign_in(JAN, enabled=False)

    assert not at.rig.user().account_enabled
    assert at.rig.user().sign_in_sessions_valid_from_date_time > BEGINNING
    assert at.writes[-2:] == [REVOKE, PATCH]


async def test_unblock_leaves_the_sessions(at: RealTenant) -> None:
    change_user(at.fake, 4, account_enabled=False)

    await at.tenant.set_sign_in(JAN, enabled=True)

    assert at.rig.user().account_enabled
    assert at.writes == [PATCH]


async def test_entity_moves_only_with_its_entitlement(at: RealTenant) -> None:
    await at.tenant.move_to_entity(JAN, TARGET)
    error = await refused(at.tenant.move_to_entity(JAN, EntityCode("OVO000109")))

    moved = await at.tenant.account(JAN)
    assert moved is not None
    assert moved.entity == TARGET
    assert at.rig.user().company_name == TARGET
    assert error.key == "tenant.entitlement_missing"
    assert at.writes == [PATCH]


async def test_profile_changes_in_one_call_and_twice_is_once(at: RealTenant) -> None:
    await at.tenant.give_profile(JAN, "Veldwerker")
    await at.tenant.give_profile(JAN, "Veldwerker")

    assert [one.sku_id for one in at.rig.user().direct_licences] == [FIELD]
    assert at.writes == [ASSIGN]


async def test_country_is_written_before_the_first_licence(at: RealTenant) -> None:
    change_user(at.fake, 4, usage_location=None, direct_licences=())

    await at.tenant.give_profile(JAN, "Kenniswerker")

    assert at.rig.user().usage_location == "BE"
    assert [one.sku_id for one in at.rig.user().direct_licences] == [KNOWLEDGE]
    assert at.writes == [PATCH, ASSIGN]


async def test_profile_without_a_seat_left_is_refused(at: RealTenant) -> None:
    sku = at.fake.state.skus.true(FIELD)
    assert sku is not None
    at.fake.state.add(at.fake.state.skus, FIELD, replace(sku, enabled=sku.others))

    error = await refused(at.tenant.give_profile(JAN, "Veldwerker"))

    assert error.key == "tenant.licence_none_left"
    assert error.params["profile"] == "Veldwerker"
    assert [one.sku_id for one in at.rig.user().direct_licences] == [KNOWLEDGE]


async def test_profile_that_the_configuration_does_not_know_is_refused(at: RealTenant) -> None:
    error = await refused(at.tenant.give_profile(JAN, "Directie"))

    assert (error.key, error.params) == ("tenant.profile_unknown", {"profile": "Directie"})


async def test_change_of_licences_that_readers_do_not_see_yet_is_read_anew() -> None:
    async with real_tenant(lag=Lag(read_s=60)) as at:
        at.fail(TenantFault.LOST_RESPONSE, ASSIGN)
        for _ in range(2):
            with pytest.raises(TransientTenantError):
                await at.tenant.give_profile(JAN, "Veldwerker")
        at.rig.clock.advance(seconds=60)

        await at.tenant.give_profile(JAN, "Veldwerker")

        assert [one.sku_id for one in at.rig.user().direct_licences] == [FIELD]


async def test_deleted_account_can_come_back_and_both_may_be_asked_twice(at: RealTenant) -> None:
    for _ in range(2):
        await at.tenant.delete_account(JAN)
    assert at.rig.user().is_deleted
    assert await at.tenant.account(JAN) is None

    for _ in range(2):
        await at.tenant.restore_account(JAN)
    assert not at.rig.user().is_deleted
    assert at.rig.user().user_principal_name == OLD
    assert [operation.partition(" ")[0] for operation in at.writes] == ["DELETE", "POST"]


async def test_account_that_is_nowhere_is_neither_deleted_nor_restored(at: RealTenant) -> None:
    for act in (at.tenant.delete_account, at.tenant.restore_account):
        assert (await refused(act(NOBODY))).key == "tenant.account_missing"
    assert at.writes == []


async def test_account_whose_name_is_in_use_again_stays_in_the_bin(at: RealTenant) -> None:
    change_user(at.fake, 5, user_principal_name="ines.dubois@omgevingruimte.vlaanderen.example")

    error = await refused(at.tenant.restore_account(DELETED))

    assert error.key == "tenant.restore_conflict"


@pytest.mark.parametrize("fault", [TenantFault.LOST_RESPONSE, TenantFault.OUTER_504_DONE])
async def test_deletion_without_an_answer_is_open_and_shows_as_done_when_looked_at(
    at: RealTenant, fault: TenantFault
) -> None:
    at.fail(fault, "DELETE /users/{user-id}")
    with pytest.raises(TransientTenantError):
        await at.tenant.delete_account(JAN)
    before = len(at.writes)

    await at.tenant.delete_account(JAN)

    assert at.rig.user().is_deleted
    assert len(at.writes) == before
