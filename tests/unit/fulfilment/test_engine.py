"""How an order advances: late reads, failures of the tenant, people who are needed."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from msgspec import structs

from fulfilment.engine import PlanChangedError
from fulfilment.entry_run import Pace
from fulfilment.journal import StepState
from fulfilment.progress import Again, Finished, NeedsPerson
from fulfilment.tenants.simulated.records import SimAccount
from mutations.case_finder import Outcome
from mutations.plan import Obstacle
from tests.unit.fulfilment.stage import (
    COLLEAGUE,
    EFFECTS,
    MOVER,
    NEW,
    OLD,
    PACE,
    REQUEST,
    SOURCE,
    TARGET,
    WORLD,
    Stage,
    assert_each_once,
    entity,
    register,
)


async def test_a_step_is_verified_only_by_consecutive_agreeing_reads() -> None:
    stage = await Stage.of()
    plan = await stage.planner.plan(stage.move(Outcome.A))
    engine = stage.engine()
    states = []
    while isinstance(progress := await engine.advance(REQUEST, plan), Again):
        states.append((await stage.journal.load(REQUEST))[0].state)
        stage.clock.advance(seconds=progress.after_s)

    # Written at 0 s, visible from 2 s on: read at 0, 1, 2 and again at 3 s.
    assert states == [StepState.CONVERGING] * 3
    assert progress == Finished()
    assert (await stage.journal.load(REQUEST))[0].state is StepState.VERIFIED


async def test_called_too_early_it_neither_reads_nor_writes() -> None:
    stage = await Stage.of()
    plan = await stage.planner.plan(stage.move(Outcome.A))
    engine = stage.engine()
    await engine.advance(REQUEST, plan)
    saved = stage.journal.saved

    stage.clock.advance(seconds=0.25)
    progress = await engine.advance(REQUEST, plan)

    assert progress == Again(0.75)
    assert stage.journal.saved == saved


async def test_finished_is_told_again_when_asked_again_without_a_new_change() -> None:
    stage = await Stage.of()
    plan = await stage.carry_out(Outcome.B)

    assert await stage.engine().advance(REQUEST, plan) == Finished()
    await assert_each_once(stage, Outcome.B)


async def test_a_change_that_never_shows_needs_a_person() -> None:
    stage = await Stage.of(faults="set_litigation_hold=late:100000")
    plan = await stage.planner.plan(stage.move(Outcome.B))

    progress = await stage.run(plan)

    assert progress == NeedsPerson(
        "mailbox.litigation_hold", "attention.not_confirmed", {"minutes": 1}
    )
    assert await stage.effects() == ["set_litigation_hold"]


@pytest.mark.case("N07")
async def test_a_slow_change_is_waited_for_and_not_repeated() -> None:
    stage = await Stage.of(faults="set_upn=late:40")

    await stage.carry_out(Outcome.A)

    await assert_each_once(stage, Outcome.A)


WRITES = (
    "set_litigation_hold",
    "remove_group_owner",
    "remove_group_member",
    "remove_aliases",
    "set_upn",
    "move_to_entity",
)


@pytest.mark.parametrize("operation", WRITES)
@pytest.mark.parametrize("kind", ["lost_reply", "transient:5", "transient*3"])
@pytest.mark.case("N06")
async def test_passing_failures_end_in_one_effect_each(operation: str, kind: str) -> None:
    stage = await Stage.of(faults=f"{operation}={kind}")

    await stage.carry_out(Outcome.B)

    await assert_each_once(stage, Outcome.B)


@pytest.mark.parametrize("operation", ["account", "mailbox", "memberships", "drive"])
async def test_failing_reads_only_cost_time(operation: str) -> None:
    stage = await Stage.of()
    plan = await stage.planner.plan(stage.move(Outcome.B))
    failing = Stage(objects=stage.objects, clock=stage.clock, faults=f"{operation}=transient*5")

    assert await failing.run(plan) == Finished()
    await assert_each_once(failing, Outcome.B)


async def test_the_wait_that_the_tenant_asks_for_is_kept() -> None:
    stage = await Stage.of(faults="set_litigation_hold=transient:33")
    plan = await stage.planner.plan(stage.move(Outcome.B))

    assert await stage.engine().advance(REQUEST, plan) == Again(33.0)


async def test_failures_are_counted_spaced_further_and_further_and_end_with_a_person() -> None:
    stage = await Stage.of(faults="set_litigation_hold=transient*99")
    plan = await stage.planner.plan(stage.move(Outcome.B))
    stage.pace = replace(PACE, settle_s=0.0, most_attempts=4, backoff_s=3.0)
    engine = stage.engine()
    waits = []
    while isinstance(progress := await engine.advance(REQUEST, plan), Again):
        waits.append(progress.after_s)
        stage.clock.advance(seconds=progress.after_s)

    assert waits == [3.0, 6.0, 12.0]
    assert progress == NeedsPerson(
        "mailbox.litigation_hold", "attention.tenant_unavailable", {"attempts": 4}
    )
    assert (await stage.journal.load(REQUEST))[0].attempts == 4


@pytest.mark.case("N12")
async def test_a_refusal_stops_before_the_next_step_and_stays_until_a_person_resumes() -> None:
    stage = await Stage.of(faults="set_litigation_hold=permanent")
    plan = await stage.planner.plan(stage.move(Outcome.B))
    refused = NeedsPerson(
        "mailbox.litigation_hold", "tenant.refused", {"operation": "set_litigation_hold"}
    )
    engine = stage.engine()

    assert await stage.run(plan) == refused
    stage.clock.advance(hours=5)
    assert await engine.advance(REQUEST, plan) == refused
    assert await stage.effects() == []

    await engine.resume(REQUEST)

    assert await stage.run(plan) == Finished()
    await assert_each_once(stage, Outcome.B)


async def test_what_a_person_did_by_hand_is_seen_and_not_done_again() -> None:
    stage = await Stage.of(faults="set_upn=permanent")
    plan = await stage.planner.plan(stage.move(Outcome.A))
    await stage.run(plan)
    by_hand = Stage(objects=stage.objects, clock=stage.clock)
    await by_hand.tenant.set_upn(by_hand.move(Outcome.A).subject, plan.steps[0].args["upn"])  # type: ignore[arg-type] # a text
    stage.settle()

    await stage.engine().resume(REQUEST)

    assert await stage.run(plan) == Finished()
    await assert_each_once(stage, Outcome.A)


async def test_what_was_undone_elsewhere_before_the_end_is_not_reported_done() -> None:
    stage = await Stage.of()
    plan = await stage.planner.plan(stage.move(Outcome.B))
    engine = stage.engine()
    subject = stage.move(Outcome.B).subject
    while (await stage.effects()).count("remove_aliases") < 2:  # the old address
        progress = await engine.advance(REQUEST, plan)
        assert isinstance(progress, Again)
        stage.clock.advance(seconds=progress.after_s)
    await stage.tenant.release_litigation_hold(subject)
    stage.settle()

    assert await stage.run(plan) == NeedsPerson(
        "mailbox.litigation_hold", "attention.not_confirmed", {"minutes": 1}
    )
    assert (await stage.effects()).count("set_litigation_hold") == 1


async def test_what_is_told_of_a_step_is_what_its_last_read_showed() -> None:
    stage = await Stage.of(faults="set_upn=late:30")
    plan = await stage.carry_out(Outcome.A)

    line = (await stage.engine().report(REQUEST)).lines[2]

    assert line.name == "mailbox.aliases_kept"
    assert line.after == plan.steps[2].after
    assert NEW in line.after


@pytest.mark.case("N11")
async def test_an_account_that_meanwhile_moved_elsewhere_is_not_touched() -> None:
    third = entity("OVO000103", "zorgwonen.vlaanderen.example")
    known = register(entity(SOURCE, OLD), entity(TARGET, NEW), third)
    mover = structs.replace(MOVER, entitled=(TARGET, third.code))
    stage = await Stage.of(structs.replace(WORLD, person=(mover, COLLEAGUE)), known=known)
    plan = await stage.planner.plan(stage.move(Outcome.B))
    await stage.tenant.move_to_entity(stage.move(Outcome.B).subject, third.code)
    stage.settle()

    progress = await stage.run(plan)

    assert progress == NeedsPerson(
        "account.entity",
        "tenant.entity_changed",
        {"expected": "Entiteit 1", "found": "OVO000103"},
    )
    assert await stage.effects() == ["move_to_entity"]  # the one from elsewhere


async def test_a_plan_with_an_obstacle_is_not_started() -> None:
    stage = await Stage.of()
    plan = await stage.planner.plan(stage.move(Outcome.B))
    obstacle = Obstacle("plan.obstacle.last_owner", {"group": "Waterlopen"})

    progress = await stage.run(replace(plan, obstacles=(obstacle,)))

    assert progress == NeedsPerson("plan", obstacle.key, obstacle.params)
    assert await stage.journal.load(REQUEST) == []


async def test_another_plan_for_a_running_request_is_a_fault() -> None:
    stage = await Stage.of()
    plan = await stage.planner.plan(stage.move(Outcome.B))
    await stage.engine().advance(REQUEST, plan)

    with pytest.raises(PlanChangedError):
        await stage.engine().advance(REQUEST, replace(plan, steps=plan.steps[1:]))


@pytest.mark.case("N12")
async def test_the_report_tells_every_step_before_and_after() -> None:
    stage = await Stage.of()
    plan = await stage.carry_out(Outcome.B)

    report = await stage.engine().report(REQUEST)

    assert [(line.name, line.title, line.before, line.after) for line in report.lines] == [
        (step.name, step.title, step.before, step.after) for step in plan.steps
    ]
    assert [(line.before, line.after) for line in report.lines] == [
        ("", "Litigation hold"),
        ("Waterlopen", ""),
        ("Winterdienst", ""),
        (f"jan.maes@{OLD}\njpeeters@{OLD}", ""),
        (f"jan.peeters@{OLD}", f"jan.peeters@{NEW}"),
        (f"jan.peeters@{OLD}", ""),
        ("Entiteit 1", "Entiteit 2"),
        ("", "30 d"),
    ]
    assert all(line.verified_at is not None for line in report.lines)


async def test_one_agreeing_read_is_enough_where_the_tenant_is_consistent() -> None:
    stage = await Stage.of(lag_s=0.0, pace=Pace(agreeing_reads=1))
    plan = await stage.planner.plan(stage.move(Outcome.B))

    assert await stage.engine().advance(REQUEST, plan) == Finished()


async def test_a_change_seen_only_after_a_long_standstill_still_counts() -> None:
    stage = await Stage.of(faults="set_upn=late:80")
    plan = await stage.planner.plan(stage.move(Outcome.A))
    await stage.engine().advance(REQUEST, plan)
    stage.clock.advance(seconds=PACE.deadline_s + 60)

    assert await stage.run(plan) == Finished()


async def test_a_hold_that_somebody_else_set_stays_theirs() -> None:
    stage = await Stage.of()
    subject = stage.move(Outcome.B).subject
    await stage.tenant.set_litigation_hold(subject, owner="juridische dienst", comment="")
    stage.settle()

    await stage.carry_out(Outcome.B)

    assert (await stage.seen()).mailbox.hold_owner == "juridische dienst"
    assert (await stage.effects()).count("set_litigation_hold") == 1


async def lose_an_alias(stage: Stage) -> None:
    await stage.tenant.remove_aliases(stage.move(Outcome.A).subject, (f"jpeeters@{OLD}",))


async def lose_an_ownership(stage: Stage) -> None:
    group = "00000000-0000-4000-a000-000000000001"
    await stage.tenant.remove_group_owner(group, stage.move(Outcome.A).subject)


@pytest.mark.parametrize(
    ("lose", "step"),
    [(lose_an_alias, "mailbox.aliases_kept"), (lose_an_ownership, "groups.kept")],
)
async def test_a_is_not_done_when_something_got_lost_on_the_way(
    lose: Callable[[Stage], Awaitable[None]], step: str
) -> None:
    stage = await Stage.of()
    plan = await stage.planner.plan(stage.move(Outcome.A))
    await stage.engine().advance(REQUEST, plan)
    await lose(stage)
    stage.settle()

    assert await stage.run(plan) == NeedsPerson(step, "attention.not_confirmed", {"minutes": 1})


@pytest.mark.parametrize("outcome", [Outcome.A, Outcome.B])
@pytest.mark.case("N11")
async def test_another_mailbox_than_planned_for_is_not_touched(outcome: Outcome) -> None:
    stage = await Stage.of()
    plan = await stage.planner.plan(stage.move(outcome))

    def replaced(account: SimAccount) -> SimAccount:
        assert account.mailbox is not None
        return structs.replace(account, mailbox=structs.replace(account.mailbox, guid="other"))

    await stage.world.change_account("replaced", stage.move(outcome).subject, replaced)
    stage.settle()

    progress = await stage.run(plan)

    assert isinstance(progress, NeedsPerson)
    assert (progress.key, progress.params) == ("tenant.mailbox_replaced", {"address": MOVER.upn})
    assert await stage.effects() == ["replaced"]


async def test_once_the_hold_shows_all_else_is_done_at_once_and_the_old_address_last() -> None:
    stage = await Stage.of()
    plan = await stage.planner.plan(stage.move(Outcome.B))
    engine = stage.engine()
    while isinstance(progress := await engine.advance(REQUEST, plan), Again):
        if len(await stage.effects()) > 1:
            break
        stage.clock.advance(seconds=progress.after_s)

    assert sorted(await stage.effects()) == sorted(EFFECTS[Outcome.B][:-1])
    states = {entry.name: entry.state for entry in await stage.journal.load(REQUEST)}
    assert states.pop("mailbox.litigation_hold") is StepState.VERIFIED
    assert states.pop("mailbox.old_address") is StepState.PENDING
    assert set(states.values()) == {StepState.CONVERGING}


async def test_a_refusal_holds_up_only_what_waits_for_it() -> None:
    stage = await Stage.of(faults="remove_aliases=permanent")
    plan = await stage.planner.plan(stage.move(Outcome.B))

    progress = await stage.run(plan)

    assert isinstance(progress, NeedsPerson)
    assert progress.step == "mailbox.aliases"
    assert "set_upn" not in await stage.effects()
