"""With the brake on nothing is changed; what was changed before is still read."""

import pytest

from fulfilment.brake import BRAKE_KEY, Free
from fulfilment.engine import Engine
from fulfilment.journal import StepState
from fulfilment.progress import Again, Finished, NeedsPerson
from mutations.case_finder import Outcome
from mutations.identity import RequestId
from tests.unit.fulfilment.stage import REQUEST, Stage, assert_each_once


class Limited:
    """Lets so many changes pass, then calls once."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.left = most
        self.is_on = False

    async def pass_by(self, request_id: RequestId, effects: int) -> Free:
        assert request_id == REQUEST
        if not self.is_on and effects <= self.left:
            self.left -= effects
            return Free()
        was_on, self.is_on = self.is_on, True
        return Free(is_free=False, calls=not was_on)

    async def release(self, request_id: RequestId | None) -> bool:
        assert request_id == REQUEST
        was_on, self.is_on, self.left = self.is_on, False, 1_000
        return was_on


def _engine(stage: Stage, brake: Limited) -> Engine:
    return Engine(
        stage.tenant,
        journal=stage.journal,
        records=stage.records,
        clock=stage.clock,
        pace=stage.pace,
        brake=brake,
    )


async def test_order_stops_before_the_change_too_many_and_goes_on_when_a_person_looked() -> None:
    stage, brake = await Stage.of(), Limited(1)
    plan = await stage.planner.plan(stage.move(Outcome.B))
    engine = _engine(stage, brake)

    assert await stage.run(plan, engine) == NeedsPerson("", BRAKE_KEY, {"most": 1})

    assert await stage.effects() == ["set_litigation_hold"]
    states = {entry.state for entry in (await stage.journal.load(REQUEST))[1:]}
    assert states == {StepState.PENDING}
    assert await engine.advance(REQUEST, plan) == Again(60.0)

    await engine.resume(REQUEST)
    assert await stage.run(plan, engine) == Finished()
    await assert_each_once(stage, Outcome.B)


async def test_steps_that_only_look_need_no_passage() -> None:
    stage, brake = await Stage.of(), Limited(2)
    plan = await stage.planner.plan(stage.move(Outcome.A))

    assert await stage.run(plan, _engine(stage, brake)) == Finished()
    assert (brake.left, brake.is_on) == (0, False)


@pytest.mark.parametrize("most", [0, 1, 3])
async def test_taking_back_is_held_up_as_well(most: int) -> None:
    stage = await Stage.of()
    plan = await stage.carry_out(Outcome.B)
    done = len(await stage.effects())
    engine = _engine(stage, Limited(most))

    progress = await engine.take_back(REQUEST, plan)
    while isinstance(progress, Again):
        stage.clock.advance(seconds=progress.after_s)
        progress = await engine.take_back(REQUEST, plan)

    assert progress == NeedsPerson("", BRAKE_KEY, {"most": most})
    assert len(await stage.effects()) - done <= most
