"""The directory over HTTP: people, what they reach, and how many licences are in use."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from fulfilment.tenants.simulated.seed import demo_person_id
from mutations.directory import DirectoryUnavailableError, PoolCount
from mutations.identity import EntityCode
from tests.fakes.tenant_demo import PROFILE_SKUS, change_user
from tests.fakes.tenant_faults import TenantFault
from tests.fakes.tenant_records import Licence
from tests.fakes.tenant_rig import JAN
from tests.unit.fulfilment.microsoft365.real_tenant import NOBODY, RealTenant, real_tenant

SOURCE = EntityCode("OVO000101")


@pytest.fixture
async def at() -> AsyncIterator[RealTenant]:
    async with real_tenant() as made:
        yield made
        assert made.writes == []


async def names(at: RealTenant, text: str, limit: int = 10) -> list[str]:
    return [one.name for one in await at.directory.search(text, limit=limit)]


@pytest.mark.parametrize(
    "text",
    [
        "Jan Peeters",
        "peeters jan",
        "jan peet",
        "jan.peeters@wegenwater.vlaanderen.example",
        "JPEETERS@wegenwater.vlaanderen.example",
        " Jan Peeters ",
    ],
)
async def test_person_is_found_first_by_name_or_any_address(at: RealTenant, text: str) -> None:
    assert (await names(at, text))[0] == "Jan Peeters"


async def test_search_keeps_to_its_limit_and_finds_nobody_by_nothing(at: RealTenant) -> None:
    assert len(await names(at, "jan", limit=1)) == 1
    assert await names(at, "") == []
    assert await names(at, "   ") == []
    assert await names(at, "jan", limit=0) == []
    assert await names(at, "zzz") == []


@pytest.mark.parametrize("text", ['" OR "', "'", "a" * 1000, "\\", "id:jan", "x@y'@z", "&$"])
async def test_hostile_text_finds_nobody_and_breaks_nothing(at: RealTenant, text: str) -> None:
    assert await names(at, text) == []


async def test_deleted_people_are_not_found(at: RealTenant) -> None:
    found = await at.directory.search("Ines Dubois", limit=10)

    assert [one.object_id for one in found] != []
    assert demo_person_id(19) not in {one.object_id for one in found}


async def test_person_is_what_the_directory_shows(at: RealTenant) -> None:
    change_user(at.fake, 4, account_enabled=False)

    found = await at.directory.person(JAN)

    assert found is not None
    assert (found.name, found.entity, found.profile) == ("Jan Peeters", SOURCE, "Kenniswerker")
    assert (found.is_guest, found.is_enabled, found.employee_id) == (False, False, "700004")
    assert await at.directory.person(NOBODY) is None


async def test_guest_is_one_and_has_no_entity(at: RealTenant) -> None:
    change_user(at.fake, 17, company_name=SOURCE)

    found = await at.directory.person(demo_person_id(17))

    assert found is not None
    assert found.is_guest
    assert found.entity is None


async def test_footprint_has_groups_and_their_sites_by_name_with_owners(at: RealTenant) -> None:
    found = await at.directory.footprint(JAN)

    assert [one.name for one in found.groups] == sorted(one.name for one in found.groups)
    assert len(found.groups) == 5
    assert found.sites == found.groups  # each demo group is a Microsoft 365 group with its site
    assert found.groups[-1].owners == ("Arno Wouters", "Britt Jacobs")


async def test_pool_of_a_profile_counts_who_holds_its_licence(at: RealTenant) -> None:
    holders = [
        user.id
        for user in at.fake.state.users.all_true().values()
        if user.company_name == SOURCE
        and not user.is_deleted
        and user.direct_licences[0].sku_id == PROFILE_SKUS["Kenniswerker"]
    ]
    before = await at.directory.licences(SOURCE, "Kenniswerker")
    change_user(at.fake, 4, direct_licences=(Licence(sku_id=PROFILE_SKUS["Veldwerker"]),))
    after = await at.directory.licences(SOURCE, "Kenniswerker")

    assert JAN in holders
    assert before == PoolCount(total=40, in_use=len(holders))
    assert after == PoolCount(total=40, in_use=len(holders) - 1)


async def test_shared_pool_counts_who_may_sign_in(at: RealTenant) -> None:
    before = await at.directory.licences(SOURCE, "OASE")
    change_user(at.fake, 4, account_enabled=False)
    after = await at.directory.licences(SOURCE, "OASE")

    assert before is not None
    assert after == PoolCount(total=60, in_use=before.in_use - 1)


async def test_pool_that_is_not_known_has_no_numbers(at: RealTenant) -> None:
    assert await at.directory.licences(SOURCE, "Directie") is None
    assert await at.directory.licences(EntityCode("OVO999999"), "Kenniswerker") is None


READS: dict[str, Callable[[RealTenant], Awaitable[object]]] = {
    "search": lambda at: at.directory.search("jan", limit=5),
    "person": lambda at: at.directory.person(JAN),
    "footprint": lambda at: at.directory.footprint(JAN),
    "licences": lambda at: at.directory.licences(SOURCE, "Kenniswerker"),
}


@pytest.mark.parametrize("name", READS)
async def test_tenant_that_does_not_answer_is_an_unavailable_directory(
    at: RealTenant, name: str
) -> None:
    at.fail(TenantFault.OUTER_503, times=99)

    with pytest.raises(DirectoryUnavailableError):
        await READS[name](at)


@pytest.mark.parametrize("name", READS)
async def test_tenant_that_refuses_is_an_unavailable_directory(at: RealTenant, name: str) -> None:
    at.fake.grant(())
    at.fail(TenantFault.TOKEN_EXPIRED)  # so that a token is asked for with what is granted now

    with pytest.raises(DirectoryUnavailableError):
        await READS[name](at)


async def test_people_of_a_search_take_one_round_trip(at: RealTenant) -> None:
    await at.directory.search("jan.peeters@wegenwater.vlaanderen.example", limit=5)

    assert at.fake.round_trips == 1
