"""The demo world: whom the directory finds, what it shows when, and that it fits the register."""

from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path

import pytest
from msgspec import structs

from bot.register_file import load_register
from fulfilment.progress import Finished
from fulfilment.tenants.simulated.seed import (
    DemoPool,
    DemoSite,
    DemoWorld,
    SeedError,
    demo_person_id,
    demo_world,
    seed,
)
from mutations.case_finder import Outcome
from mutations.directory import Directory, DirectoryUnavailableError, PoolCount
from mutations.identity import EntityCode
from mutations.plan import Move, Plan
from tests.unit.fulfilment.stage import REQUEST, SOURCE, WORLD, Stage

ROOT = Path(__file__).parents[3]
REGISTER = load_register(ROOT / "bot/demo/register.toml", today=date(2027, 3, 1))
JAN, LIES, TOM, ELS, WIM, INES, BERT = (demo_person_id(n) for n in (4, 11, 12, 16, 17, 18, 20))
NEXT = EntityCode("OVO000102")


async def demo_stage(**arguments: object) -> Stage:
    return await Stage.of(demo_world(), known=REGISTER, **arguments)


async def plan_of(stage: Stage, person: int, target: str, outcome: Outcome) -> Plan:
    found = await stage.directory.person(demo_person_id(person))
    assert found is not None
    assert found.entity is not None
    return await stage.planner.plan(
        Move(
            subject=found.object_id,
            source=found.entity,
            target=EntityCode(target),
            outcome=outcome,
            onedrive_days=30,
        )
    )


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Lies Vermeulen", ["Lies Vermeulen"]),
        ("jan peeters", ["Jan Peeters", "Jan Peeters"]),
        ("PEETERS Jan", ["Jan Peeters", "Jan Peeters"]),
        ("jan peters", ["Jan Peeters", "Jan Peeters"]),
        ("jan.peeters2@wegenwater.vlaanderen.example", ["Jan Peeters"]),
        ("JPeeters@wegenwater.vlaanderen.example", ["Jan Peeters"]),
        ("els.peeters@omgevingruimte.vlaanderen.example", ["Els van 't Hof"]),
        ("obrien", ["Piet O'Brien"]),
        ("Piet O\N{RIGHT SINGLE QUOTATION MARK}Brien", ["Piet O'Brien"]),
        ("nóra él amrani", ["Nora El Amrani"]),
        ("bert sm", ["Bert Smits"]),
        ("Ines Dubois", ["Ines Dubois"]),  # the deleted one is not found
        ("Wim Haven", ["Wim Haven"]),
        ("Zorro", []),
        ("  ", []),
        ("x" * 10_000, []),
        ("%_*", []),
    ],
)
async def test_search_finds_people_by_name_or_address(text: str, names: list[str]) -> None:
    stage = await demo_stage()

    found = await stage.directory.search(text, limit=10)

    assert [person.name for person in found] == names


async def test_search_gives_no_more_than_asked_for() -> None:
    stage = await demo_stage()

    assert len(await stage.directory.search("wegenwater", limit=3)) == 3


async def test_entitlements_are_there_come_after_a_minute_or_never_come() -> None:
    stage = await demo_stage()

    async def entitled() -> list[bool]:
        people = [await stage.directory.person(one) for one in (JAN, LIES, TOM)]
        return [person is not None and NEXT in person.entitlements for person in people]

    assert await entitled() == [True, False, False]
    stage.clock.advance(seconds=59)
    assert await entitled() == [True, False, False]
    stage.clock.advance(seconds=1)
    assert await entitled() == [True, True, False]
    stage.clock.advance(days=365)
    assert await entitled() == [True, True, False]


async def test_guest_belongs_to_no_entity_here() -> None:
    stage = await demo_stage()

    wim = await stage.directory.person(WIM)

    assert wim is not None
    assert (wim.is_guest, wim.entity, wim.entitlements) == (True, None, frozenset())


async def test_deleted_and_unknown_people_are_not_there() -> None:
    stage = await demo_stage()

    assert await stage.directory.person(demo_person_id(19)) is None
    assert await stage.directory.person(demo_person_id(99)) is None


@pytest.mark.parametrize(
    ("code", "pool", "count"),
    [
        ("OVO000103", "Kenniswerker", PoolCount(total=25, in_use=25)),
        ("OVO000101", "Kenniswerker", PoolCount(total=40, in_use=31)),
        ("OVO000101", "Delegate365", PoolCount(total=60, in_use=44)),
        ("OVO000101", "Directie", None),
        ("OVO999999", "Kenniswerker", None),
        ("OVO000106", "Kenniswerker", None),
    ],
)
async def test_licences_in_use(code: str, pool: str, count: PoolCount | None) -> None:
    stage = await demo_stage()

    assert await stage.directory.licences(EntityCode(code), pool) == count


async def test_every_pool_of_the_register_has_its_number_in_use() -> None:
    told = {(pool.entity, pool.name) for pool in demo_world().pool}

    known = {(entity.code, pool) for entity in REGISTER.entities.values() for pool in entity.pools}
    assert told == known


async def test_everyone_of_the_register_exists_under_the_same_name() -> None:
    stage = await demo_stage()
    contacts = [
        contact
        for entity in REGISTER.entities.values()
        for contact in (*entity.requesters, *entity.deciders(date(2027, 3, 1)).values())
    ]

    for contact in (*contacts, *REGISTER.service_desk):
        person = await stage.directory.person(contact.object_id)
        assert person is not None
        assert (person.name, person.upn) == (contact.name, contact.upn)


async def test_footprint_names_groups_sites_and_their_owners() -> None:
    stage = await demo_stage()

    footprint = await stage.directory.footprint(BERT)

    assert [group.name for group in footprint.groups] == [
        "Digitale werkplek Wegen",
        "Project Scheldebrug",
        "Servicepunt werkplek",
        "Waterlopen onderhoud",
        "Wegen en Water - iedereen",
    ]
    assert footprint.sites[0].owners == ("Britt Jacobs", "Rik Goossens")
    assert all(access.owners for access in (*footprint.groups, *footprint.sites))


@pytest.mark.parametrize("number", [4, 11, 12, 13, 14, 15, 16, 18, 20])
async def test_whoever_can_move_has_groups_sites_and_aliases(number: int) -> None:
    stage = await demo_stage()

    seen = await stage.seen(demo_person_id(number))

    assert 3 <= len(seen.groups) <= 5
    assert len(seen.sites) == 2
    assert 2 <= len(seen.mailbox.aliases) <= 3


@pytest.mark.parametrize(
    ("person", "target"),
    [(4, "OVO000102"), (4, "OVO000105"), (13, "OVO000102"), (14, "OVO000102"), (20, "OVO000102")],
)
@pytest.mark.parametrize("outcome", [Outcome.A, Outcome.B])
async def test_orders_that_the_demo_promises_can_be_carried_out(
    person: int, target: str, outcome: Outcome
) -> None:
    stage = await demo_stage()
    plan = await plan_of(stage, person, target, outcome)

    assert plan.obstacles == ()
    assert await stage.run(plan) == Finished()
    assert (await stage.engine().report(REQUEST)).lines


async def test_piet_keeps_his_upn_and_ines_meets_an_obstacle() -> None:
    stage = await demo_stage()

    piet = await plan_of(stage, 15, "OVO000102", Outcome.A)
    ines = await plan_of(stage, 18, "OVO000102", Outcome.A)

    assert "account.upn" not in {step.name for step in piet.steps}
    assert [one.key for one in ines.obstacles] == ["plan.obstacle.upn_taken_deleted"]


async def test_seeding_again_adds_nothing_and_overwrites_nothing() -> None:
    stage = await demo_stage()
    await stage.run(await plan_of(stage, 20, "OVO000102", Outcome.B))
    stage.settle()
    before = await stage.seen(BERT)
    effects = await stage.effects()

    added = await seed(stage.world, demo_world(), register=REGISTER)

    assert added == 0
    assert await stage.seen(BERT) == before
    assert await stage.effects() == effects


@pytest.mark.parametrize(
    "world",
    [
        structs.replace(WORLD, pool=(DemoPool("OVO000109", "Kenniswerker", 3),)),
        structs.replace(WORLD, pool=(DemoPool(SOURCE, "Directie", 3),)),
        structs.replace(WORLD, pool=(DemoPool(SOURCE, "Kenniswerker", 1),)),
        structs.replace(WORLD, pool=(DemoPool(SOURCE, "Kenniswerker", 41),)),
        structs.replace(WORLD, site=(DemoSite(number=1, name="x", owners=(9,), members=()),)),
    ],
    ids=["unknown entity", "unknown pool", "fewer than people", "more than there are", "no owner"],
)
async def test_a_world_that_does_not_fit_is_refused_as_a_whole(world: DemoWorld) -> None:
    stage = Stage()

    with pytest.raises(SeedError):
        await seed(stage.world, world, register=stage.register)

    assert await stage.world.accounts() == {}


ASK: dict[str, Callable[[Directory], Awaitable[object]]] = {
    "search": lambda directory: directory.search("jan", limit=1),
    "person": lambda directory: directory.person(JAN),
    "footprint": lambda directory: directory.footprint(JAN),
    "sites": lambda directory: directory.footprint(JAN),
    "licences": lambda directory: directory.licences(SOURCE, "Kenniswerker"),
}


@pytest.mark.parametrize("fault", ["transient", "permanent"])
@pytest.mark.parametrize("operation", list(ASK))
async def test_a_directory_that_fails_says_that_it_is_unavailable(
    operation: str, fault: str
) -> None:
    stage = await demo_stage(faults=f"{operation}={fault}")

    with pytest.raises(DirectoryUnavailableError):
        await ASK[operation](stage.directory)
    await ASK[operation](stage.directory)


async def test_every_member_has_an_employee_number_of_their_own() -> None:
    stage = await demo_stage()
    everybody = [demo_person_id(each.number) for each in demo_world().person]
    found = [await stage.directory.person(one) for one in everybody]
    members = [person for person in found if person is not None and not person.is_guest]

    numbers = {person.employee_id for person in members}
    assert len(numbers) == len(members) > 10
    assert "" not in numbers
    assert all(person.is_enabled for person in members)
