"""Taking an order back: from any point, last step first, to exactly what was before."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from fulfilment.journal import StepState
from fulfilment.progress import Again, Finished, NeedsPerson, Progress
from fulfilment.tenant import GroupKind
from fulfilment.tenants.simulated.seed import DemoWorld, demo_person_id
from mutations.case_finder import Outcome
from mutations.identity import Upn
from mutations.plan import Plan, Route
from tests.unit.fulfilment.stage import COLLEAGUE, JOINED, MOVER, OLD, REQUEST, WORLD, Seen, Stage
from tests.unit.fulfilment.test_laws import laws, orders, worlds


async def _take_back(stage: Stage, plan: Plan) -> Progress:
    """Take back until it is over, letting the time pass that is asked for."""
    engine = stage.engine()
    progress = await engine.take_back(REQUEST, plan)
    while isinstance(progress, Again):
        stage.clock.advance(seconds=progress.after_s)
        progress = await engine.take_back(REQUEST, plan)
    return progress


async def _run_a_while(stage: Stage, plan: Plan, rounds: int) -> None:
    """Carry out, and stop somewhere."""
    for _ in range(rounds):
        progress = await stage.engine().advance(REQUEST, plan)
        if not isinstance(progress, Again):
            return
        stage.clock.advance(seconds=progress.after_s)


def _comparable(seen: Seen) -> Seen:
    """Leave out in which order things are told."""
    mailbox = replace(seen.mailbox, aliases=tuple(sorted(seen.mailbox.aliases)))
    groups = tuple(sorted(seen.groups, key=lambda one: one.group_id))
    return replace(seen, mailbox=mailbox, groups=groups)


@laws
@given(demo=worlds(), outcome=orders, rounds=st.integers(0, 40))
def test_undone_at_any_point_the_account_is_as_it_was(
    demo: DemoWorld, outcome: Outcome, rounds: int
) -> None:
    async def law() -> None:
        stage = await Stage.of(demo)
        before = await stage.seen()
        plan = await stage.planner.plan(stage.move(outcome))
        if plan.obstacles:
            return
        await _run_a_while(stage, plan, rounds)

        assert await _take_back(stage, plan) == Finished()

        stage.settle()
        assert _comparable(await stage.seen()) == _comparable(before)
        assert await stage.records.get(REQUEST) is None

    asyncio.run(law())


@pytest.mark.parametrize("outcome", [Outcome.A, Outcome.B])
async def test_undone_step_by_step_backwards_and_each_is_read_back(outcome: Outcome) -> None:
    stage = await Stage.of()
    plan = await stage.carry_out(outcome)
    carried_out = len(await stage.effects())

    assert await _take_back(stage, plan) == Finished()

    undone = (await stage.effects())[carried_out:]
    assert undone[0] == "move_to_entity"
    assert outcome is not Outcome.B or undone[-1] == "release_litigation_hold"
    changed = [step for step in plan.steps if step.route is not Route.READ]
    states = {entry.name: entry.state for entry in await stage.journal.load(REQUEST)}
    assert {states[step.name] for step in changed} == {StepState.COMPENSATED}


async def test_undone_twice_is_undone_once() -> None:
    stage = await Stage.of()
    plan = await stage.carry_out(Outcome.B)
    await _take_back(stage, plan)
    effects = await stage.effects()

    assert await _take_back(stage, plan) == Finished()
    assert await stage.effects() == effects


async def test_old_name_that_somebody_took_needs_a_person_and_nothing_is_called_undone() -> None:
    stage = await Stage.of()
    plan = await stage.carry_out(Outcome.B)
    await stage.tenant.set_upn(demo_person_id(COLLEAGUE.number), Upn(MOVER.upn))
    stage.settle()

    progress = await _take_back(stage, plan)

    assert isinstance(progress, NeedsPerson)
    assert progress.key == "tenant.upn_taken"
    states = {entry.name: entry.state for entry in await stage.journal.load(REQUEST)}
    assert states["account.entity"] == StepState.COMPENSATED
    assert states["mailbox.litigation_hold"] == StepState.VERIFIED


async def test_hold_from_before_the_order_stays() -> None:
    stage = await Stage.of()
    subject = demo_person_id(MOVER.number)
    await stage.tenant.set_litigation_hold(subject, owner="somebody", comment="")
    stage.settle()
    plan = await stage.carry_out(Outcome.B)

    assert await _take_back(stage, plan) == Finished()

    stage.settle()
    assert (await stage.seen()).mailbox.hold_owner == "somebody"


async def test_what_a_person_did_by_hand_is_left_to_a_person() -> None:
    group = structs.replace(JOINED, kind=GroupKind.SYNCED)
    stage = await Stage.of(structs.replace(WORLD, group=(group,)))
    plan = await stage.planner.plan(stage.move(Outcome.B))
    await stage.run(plan)

    assert await _take_back(stage, plan) == Finished()

    assert (await stage.journal.load(REQUEST))[-1].state == StepState.WAITING
    assert "add_group_member" not in await stage.effects()


@pytest.mark.parametrize("fault", ["transient", "lost_reply"])
async def test_passing_faults_while_taking_back_hurt_nobody(fault: str) -> None:
    undoing = ("release_litigation_hold", "add_aliases", "add_group_member", "move_to_entity")
    faults = ",".join(f"{operation}={fault}" for operation in undoing)
    stage = await Stage.of(faults=faults.replace(f"move_to_entity={fault}", f"set_upn={fault}"))
    before = await stage.seen()
    plan = await stage.carry_out(Outcome.B)

    assert await _take_back(stage, plan) == Finished()

    stage.settle()
    assert _comparable(await stage.seen()) == _comparable(before)
    assert before.account.upn.endswith(OLD)


async def test_account_that_stays_away_is_waited_for_and_then_a_person_is_called() -> None:
    stage = await Stage.of()
    plan = await stage.carry_out(Outcome.A)
    subject = demo_person_id(MOVER.number)
    await stage.tenant.delete_account(subject)
    stage.settle()
    begun = stage.clock.now()

    progress = await _take_back(stage, plan)

    assert progress == NeedsPerson("account.entity", "tenant.account_missing", {})
    waited_s = (stage.clock.now() - begun).total_seconds()
    assert stage.pace.deadline_s <= waited_s < 2 * stage.pace.deadline_s
    await stage.tenant.restore_account(subject)
    stage.settle()
    assert await _take_back(stage, plan) == Finished()
