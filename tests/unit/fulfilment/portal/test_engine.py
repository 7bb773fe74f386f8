"""Work of a supplier: read back, never done by the bot, and never called read when it was not."""

from typing import Any

import pytest

from fulfilment.entry_run import Pace
from fulfilment.journal import StepState
from fulfilment.portal.engine import NOT_SEEN, SupplierEngine
from fulfilment.portal.planner import SupplierPlanner
from fulfilment.progress import Finished, NeedsPerson
from mutations.case_finder import Outcome
from tests.unit.fulfilment.stage import REQUEST, Stage

PACE = Pace(poll_s=1.0, hand_poll_s=60.0, hand_deadline_s=600.0)


def _engine(stage: Stage, **parts: Any) -> SupplierEngine:
    return SupplierEngine(
        parts.get("tenant", stage.tenant),
        journal=stage.journal,
        records=stage.records,
        clock=stage.clock,
        pace=PACE,
    )


async def _states(stage: Stage) -> set[str]:
    return {entry.state for entry in await stage.journal.load(REQUEST)}


@pytest.mark.parametrize("outcome", [Outcome.A, Outcome.B])
async def test_work_that_shows_is_read_back_and_nothing_is_written(outcome: Outcome) -> None:
    stage = await Stage.of()
    plan = await SupplierPlanner(stage.planner).plan(stage.move(outcome))
    assert await _engine(stage).prepare(REQUEST, plan) is None
    assert await stage.effects() == []

    supplier = await Stage.of(objects=stage.objects, clock=stage.clock)
    assert await supplier.run(plan) == Finished()
    done = await stage.effects()
    stage.settle()

    assert await stage.run(plan, _engine(stage)) == Finished()
    assert await _states(stage) == {StepState.VERIFIED}
    assert await stage.effects() == done


async def test_work_that_does_not_show_calls_a_person_and_is_not_done() -> None:
    stage = await Stage.of()
    plan = await SupplierPlanner(stage.planner).plan(stage.move(Outcome.B))
    await _engine(stage).prepare(REQUEST, plan)

    progress = await stage.run(plan, _engine(stage))

    assert progress == NeedsPerson("mailbox.litigation_hold", NOT_SEEN, {"minutes": 10})
    assert await stage.effects() == []


async def test_what_may_not_be_read_is_unreadable_and_holds_up_nothing() -> None:
    supplier = await Stage.of()
    plan = await supplier.carry_out(Outcome.A)
    supplier.settle()
    faults = "memberships=permanent*1"
    stage = Stage(objects=supplier.objects, clock=supplier.clock, faults=faults)

    assert await _engine(stage).prepare(REQUEST, plan) is None
    assert await stage.run(plan, _engine(stage)) == Finished()

    states = {entry.name: entry.state for entry in await stage.journal.load(REQUEST)}
    assert states.pop("groups.kept") == StepState.UNREADABLE
    assert set(states.values()) == {StepState.VERIFIED}
    [line] = [
        one for one in (await _engine(stage).report(REQUEST)).lines if one.name == "groups.kept"
    ]
    assert (line.verified_at, line.after) == (None, "")
