"""Steps that a person does by hand: waited for, read back, never done by the engine."""

import pytest
from msgspec import structs

from fulfilment.entry_run import Pace
from fulfilment.journal import StepState
from fulfilment.progress import Again, Finished, HandReport, NeedsPerson, Progress, WaitsForHands
from fulfilment.tenant import GroupKind
from fulfilment.tenants.simulated.records import membership_id
from fulfilment.tenants.simulated.seed import demo_person_id
from mutations.case_finder import Outcome
from mutations.plan import Plan
from tests.unit.fulfilment.stage import COLLEAGUE, JOINED, MOVER, REQUEST, WORLD, Stage

HELPER = demo_person_id(5)
GROUP = "00000000-0000-4000-a000-000000000002"
PACE = Pace(poll_s=1.0, hand_poll_s=60.0, hand_deadline_s=600.0)


async def _with_a_synced_group() -> tuple[Stage, Plan]:
    group = structs.replace(JOINED, kind=GroupKind.SYNCED)
    stage = await Stage.of(structs.replace(WORLD, group=(group,)), pace=PACE)
    return stage, await stage.planner.plan(stage.move(Outcome.B))


async def _leave(stage: Stage) -> None:
    """Take the colleague out of the group, as the Active Directory does."""
    key = membership_id(group=GROUP, person=demo_person_id(MOVER.number))
    await stage.world.change_membership("by_hand", key, is_member=False)


def _report(stage: Stage, plan: Plan) -> dict[int, HandReport]:
    said = HandReport(by=HELPER, at=stage.clock.now(), evidence="uit AD gehaald")
    return {len(plan.steps) - 1: said}


async def _last_state(stage: Stage) -> str:
    return (await stage.journal.load(REQUEST))[-1].state


async def test_all_else_is_done_while_a_person_is_waited_for() -> None:
    stage, plan = await _with_a_synced_group()

    progress = await stage.run(plan)

    assert progress == WaitsForHands((len(plan.steps) - 1,))
    states = [entry.state for entry in await stage.journal.load(REQUEST)]
    assert states == [*[StepState.VERIFIED] * (len(plan.steps) - 1), StepState.WAITING]
    assert "remove_group_member" not in await stage.effects()


async def test_what_shows_without_a_word_is_enough() -> None:
    stage, plan = await _with_a_synced_group()
    await stage.run(plan)

    await _leave(stage)
    stage.settle()

    assert await stage.run(plan) == Finished()


async def test_a_report_alone_is_not_enough() -> None:
    stage, plan = await _with_a_synced_group()
    await stage.run(plan)
    reports = _report(stage, plan)

    progress: Progress = await stage.engine().advance(REQUEST, plan, reports)
    assert progress == Again(PACE.hand_poll_s)
    assert await _last_state(stage) == StepState.WAITING

    stage.clock.advance(seconds=PACE.hand_poll_s)
    await _leave(stage)
    stage.settle()
    assert await stage.run(plan) == Finished()


async def test_a_report_that_never_shows_calls_a_person_and_can_be_resumed() -> None:
    stage, plan = await _with_a_synced_group()
    await stage.run(plan)
    reports = _report(stage, plan)
    engine = stage.engine()
    progress = await engine.advance(REQUEST, plan, reports)
    while isinstance(progress, Again):
        stage.clock.advance(seconds=progress.after_s)
        progress = await engine.advance(REQUEST, plan, reports)
    assert progress == NeedsPerson("groups.leave", "attention.hand_not_seen", {"minutes": 10})

    await engine.resume(REQUEST)
    assert await engine.advance(REQUEST, plan) == WaitsForHands((len(plan.steps) - 1,))


@pytest.mark.parametrize("outcome", [Outcome.A, Outcome.B])
async def test_account_of_the_active_directory_is_never_written_to(outcome: Outcome) -> None:
    synced = structs.replace(MOVER, is_synced=True)
    stage = await Stage.of(structs.replace(WORLD, person=(synced, COLLEAGUE)), pace=PACE)
    plan = await stage.planner.plan(stage.move(outcome))

    assert isinstance(await stage.run(plan), WaitsForHands)

    forbidden = {"set_upn", "move_to_entity", "remove_aliases"}
    assert forbidden.isdisjoint(await stage.effects())
