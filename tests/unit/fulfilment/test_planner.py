"""Plans: what would change, what stands in the way, and that planning itself changes nothing."""

import pytest
from msgspec import structs

from fulfilment.tenant import GroupKind
from fulfilment.tenants.simulated.seed import DemoGroup, DemoPerson, DemoWorld
from mutations.case_finder import Outcome
from mutations.directory import DirectoryUnavailableError
from mutations.plan import Obstacle, Route, Undo
from tests.unit.fulfilment.stage import (
    COLLEAGUE,
    JOINED,
    MOVER,
    NEW,
    OLD,
    SITE,
    SOURCE,
    TARGET,
    WORLD,
    Stage,
    entity,
    register,
)

NEW_UPN = f"jan.peeters@{NEW}"
HOLDER = DemoPerson(number=7, name="Jan Peeters", upn=NEW_UPN, entity=TARGET)


def with_group(group: DemoGroup) -> DemoWorld:
    return structs.replace(WORLD, group=(group,))


async def test_plan_of_a_reads_before_and_after() -> None:
    stage = await Stage.of()

    plan = await stage.planner.plan(stage.move(Outcome.A))

    old = [f"jan.maes@{OLD}", f"jan.peeters@{OLD}", f"jpeeters@{OLD}"]
    access = "Intranet\nWaterlopen\nWinterdienst"
    assert plan.obstacles == ()
    assert [(step.name, step.before, step.after) for step in plan.steps] == [
        ("account.upn", f"jan.peeters@{OLD}", NEW_UPN),
        ("account.entity", "Entiteit 1", "Entiteit 2"),
        ("mailbox.aliases_kept", "\n".join(old), "\n".join(sorted([*old, NEW_UPN]))),
        ("groups.kept", access, access),
    ]


@pytest.mark.parametrize("outcome", [Outcome.A, Outcome.B])
async def test_upn_is_not_planned_where_the_domain_is_shared(outcome: Outcome) -> None:
    shared = register(entity(SOURCE, OLD), entity(TARGET, "", domains=(NEW, OLD)))
    stage = await Stage.of(known=shared)

    plan = await stage.planner.plan(stage.move(outcome))

    names = {step.name for step in plan.steps}
    assert "account.entity" in names
    assert names.isdisjoint({"account.upn", "mailbox.old_address"})


async def test_without_onedrive_there_is_nothing_to_keep_on_record() -> None:
    stage = await Stage.of()
    subject = stage.move(Outcome.B).subject
    await stage.world.change_account(
        "test", subject, lambda account: structs.replace(account, drive=None)
    )
    stage.settle()

    plan = await stage.planner.plan(stage.move(Outcome.B))

    assert "onedrive.retention_record" not in {step.name for step in plan.steps}


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.case("N14")
async def test_planning_writes_nothing(outcome: Outcome) -> None:
    stage = await Stage.of()
    before = await stage.seen()

    await stage.planner.plan(stage.move(outcome))

    assert await stage.objects.ledger() == ()
    assert await stage.seen() == before
    assert stage.records.records == {}


@pytest.mark.parametrize("outcome", [Outcome.D, Outcome.P])
async def test_other_outcomes_are_no_order(outcome: Outcome) -> None:
    stage = await Stage.of()

    plan = await stage.planner.plan(stage.move(outcome))

    assert plan.steps == ()
    assert plan.obstacles == (Obstacle("plan.obstacle.no_order", {"order": outcome.value}),)


TAKEN = Obstacle("plan.obstacle.upn_taken", {"address": NEW_UPN})


@pytest.mark.parametrize("outcome", [Outcome.A, Outcome.B])
@pytest.mark.parametrize(
    ("holder", "obstacle"),
    [
        (HOLDER, TAKEN),
        (structs.replace(HOLDER, upn=f"ander@{NEW}", aliases=(NEW_UPN,)), TAKEN),
        (
            structs.replace(HOLDER, is_deleted=True),
            Obstacle("plan.obstacle.upn_taken_deleted", {"address": NEW_UPN}),
        ),
    ],
    ids=["as UPN", "as alias", "by a deleted account"],
)
@pytest.mark.case("N11")
async def test_taken_upn_is_an_obstacle(
    outcome: Outcome, holder: DemoPerson, obstacle: Obstacle
) -> None:
    stage = await Stage.of(structs.replace(WORLD, person=(*WORLD.person, holder)))

    plan = await stage.planner.plan(stage.move(outcome))

    assert plan.obstacles == (obstacle,)


async def test_own_alias_does_not_stand_in_the_way() -> None:
    mover = structs.replace(MOVER, aliases=(NEW_UPN,))
    stage = await Stage.of(structs.replace(WORLD, person=(mover, COLLEAGUE)))

    assert (await stage.planner.plan(stage.move(Outcome.A))).obstacles == ()
    await stage.carry_out(Outcome.A)
    assert (await stage.seen()).mailbox.aliases == (f"jan.peeters@{OLD}",)


async def test_last_owner_is_an_obstacle_of_b_only() -> None:
    stage = await Stage.of(with_group(structs.replace(JOINED, owners=(4,), members=(2,))))

    plan_a = await stage.planner.plan(stage.move(Outcome.A))
    plan_b = await stage.planner.plan(stage.move(Outcome.B))

    assert plan_a.obstacles == ()
    assert plan_b.obstacles == (Obstacle("plan.obstacle.last_owner", {"group": "Winterdienst"}),)


_ROUTES = {
    GroupKind.CLOUD: Route.GRAPH,
    GroupKind.DISTRIBUTION: Route.EXCHANGE,
    GroupKind.MAIL_SECURITY: Route.EXCHANGE,
    GroupKind.DYNAMIC: Route.HAND,
    GroupKind.SYNCED: Route.HAND,
    GroupKind.ROLE: Route.HAND,
    GroupKind.LICENSING: Route.HAND,
}


@pytest.mark.parametrize("kind", GroupKind)
async def test_each_kind_of_group_is_left_by_its_own_way(kind: GroupKind) -> None:
    stage = await Stage.of(with_group(structs.replace(JOINED, kind=kind)))

    plan = await stage.planner.plan(stage.move(Outcome.B))

    assert plan.obstacles == ()
    [step] = [one for one in plan.steps if one.title == "Winterdienst"]
    assert step.route is _ROUTES[kind]
    assert (step.undo is Undo.HAND) is (step.route is Route.HAND)
    if step.route is Route.HAND:
        assert plan.steps[-1] == step


async def test_what_the_active_directory_owns_is_done_by_hand() -> None:
    synced = structs.replace(MOVER, is_synced=True)
    stage = await Stage.of(structs.replace(WORLD, person=(synced, COLLEAGUE)))

    plan = await stage.planner.plan(stage.move(Outcome.B))

    by_hand = {step.name for step in plan.steps if step.route is Route.HAND}
    expected = {"account.upn", "account.entity", "mailbox.aliases", "mailbox.old_address"}
    assert by_hand == expected


async def test_missing_mailbox_is_an_obstacle() -> None:
    guest = structs.replace(MOVER, is_guest=True)
    stage = await Stage.of(structs.replace(WORLD, person=(guest, COLLEAGUE)))

    plan = await stage.planner.plan(stage.move(Outcome.A))

    assert plan.obstacles == (Obstacle("plan.obstacle.mailbox_missing", {"upn": MOVER.upn}),)


@pytest.mark.case("N11")
async def test_deleted_account_is_an_obstacle() -> None:
    gone = structs.replace(MOVER, is_deleted=True)
    stage = await Stage.of(structs.replace(WORLD, person=(gone, COLLEAGUE)))

    plan = await stage.planner.plan(stage.move(Outcome.A))

    assert plan.obstacles == (Obstacle("plan.obstacle.account_missing", {}),)


async def test_account_of_a_third_entity_is_an_obstacle() -> None:
    mover = structs.replace(MOVER, entity="OVO000103")
    stage = await Stage.of(structs.replace(WORLD, person=(mover, COLLEAGUE), site=(SITE,)))

    plan = await stage.planner.plan(stage.move(Outcome.A))

    params = {"expected": "Entiteit 1", "found": "OVO000103"}
    assert plan.obstacles == (Obstacle("plan.obstacle.entity_changed", params),)


@pytest.mark.parametrize("target", [entity("OVO000108", NEW), entity(TARGET, "")])
async def test_target_without_a_domain_is_an_obstacle(target: object) -> None:
    stage = await Stage.of(known=register(entity(SOURCE, OLD), target))  # type: ignore[arg-type] # an Entity

    plan = await stage.planner.plan(stage.move(Outcome.A))

    assert [one.key for one in plan.obstacles] == ["plan.obstacle.target_without_domain"]


async def test_domain_that_the_tenant_may_not_use_is_an_obstacle() -> None:
    stage = await Stage.of()
    elsewhere = register(entity(SOURCE, OLD), entity(TARGET, "elders.vlaanderen.example"))
    stage.planner = type(stage.planner)(stage.tenant, elsewhere)

    plan = await stage.planner.plan(stage.move(Outcome.A))

    params = {"domain": "elders.vlaanderen.example"}
    assert plan.obstacles == (Obstacle("plan.obstacle.domain_unknown", params),)


async def test_silent_tenant_means_that_nothing_is_known() -> None:
    stage = await Stage.of(faults="sites=transient")

    with pytest.raises(DirectoryUnavailableError):
        await stage.planner.plan(stage.move(Outcome.A))
