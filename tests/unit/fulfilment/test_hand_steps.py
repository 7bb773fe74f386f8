"""Steps that a person does by hand: waited for, read back, never done by the engine."""

import pytest
from msgspec import structs

from fulfilment.entry_run import Pace
from fulfilment.journal import StepState
from fulfilment.progress import Again, Finished, HandReport, NeedsPerson, Progress, WaitsForHands
from fulfilment.tenant import GroupKind
from fulfilment.tenants.simulated import changes
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


async def _stopped_at_the_name() -> tuple[Stage, Plan, int]:
    """Let order B stop because the tenant refuses the new name for good."""
    stage = await Stage.of(faults="set_upn=permanent", pace=PACE)
    plan = await stage.planner.plan(stage.move(Outcome.B))
    assert isinstance(await stage.run(plan), NeedsPerson)
    at = next(at for at, step in enumerate(plan.steps) if step.name == "account.upn")
    return stage, plan, at


async def test_blocked_step_that_a_person_took_over_waits_for_them_and_is_never_written() -> None:
    stage, plan, at = await _stopped_at_the_name()
    assert await stage.engine().stuck(REQUEST) == (at,)

    # Nobody called `resume`: a run that came in between must not stop the order again.
    while isinstance(
        progress := await stage.engine().advance(REQUEST, plan, {}, frozenset({at})), Again
    ):
        stage.clock.advance(seconds=progress.after_s)

    assert progress == WaitsForHands((at,))
    assert "set_upn" not in await stage.effects()
    entry = (await stage.journal.load(REQUEST))[at]
    assert (entry.state, entry.before is not None) == (StepState.WAITING, True)
    assert await stage.engine().stuck(REQUEST) == ()


async def test_rest_goes_on_once_what_a_person_took_over_shows() -> None:
    stage, plan, at = await _stopped_at_the_name()
    handed = frozenset({at})
    await stage.engine().advance(REQUEST, plan, {}, handed)
    subject = demo_person_id(MOVER.number)
    new = str(plan.steps[at].args["upn"])
    await stage.world.change_account("by_hand", subject, changes.renamed(new))
    stage.settle()

    progress = await stage.engine().advance(REQUEST, plan, {}, handed)
    while isinstance(progress, Again):
        stage.clock.advance(seconds=progress.after_s)
        progress = await stage.engine().advance(REQUEST, plan, {}, handed)

    assert progress == Finished()
    assert "set_upn" not in await stage.effects()
    assert (await stage.seen()).account.upn == new


async def test_report_of_a_step_taken_over_that_never_shows_stays_blocked() -> None:
    stage, plan, at = await _stopped_at_the_name()
    said = {at: HandReport(by=HELPER, at=stage.clock.now(), evidence="gedaan")}
    progress = await stage.engine().advance(REQUEST, plan, said, frozenset({at}))
    while isinstance(progress, Again):
        stage.clock.advance(seconds=progress.after_s)
        progress = await stage.engine().advance(REQUEST, plan, said, frozenset({at}))
    not_seen = NeedsPerson("account.upn", "attention.hand_not_seen", {"minutes": 10})
    assert progress == not_seen

    assert await stage.engine().advance(REQUEST, plan, said, frozenset({at})) == not_seen
