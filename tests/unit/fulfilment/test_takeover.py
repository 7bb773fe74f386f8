"""A run that was stopped for so long that another took over does no harm when it goes on."""

import asyncio
from typing import Any

import pytest

from fulfilment.journal import Entry
from fulfilment.progress import Again, Finished
from mutations.case_finder import Outcome
from mutations.errors import ConcurrentUpdateError
from mutations.plan import Plan
from tests.unit.fulfilment.stage import PACE, REQUEST, Stage, assert_each_once


class StoppingJournal:
    """Stops for a while each time that an intent has been saved; others may work meanwhile."""

    def __init__(self, stage: Stage, *, seconds: float, plan: Plan | None = None) -> None:
        self._stage = stage
        self._seconds = seconds
        self._taken_over = plan
        self._one_by_one = asyncio.Lock()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stage.journal, name)

    async def save(self, entry: Entry, *, seen: Entry) -> None:
        async with self._one_by_one:
            await self._stage.journal.save(entry, seen=seen)
            if entry.intent_at != seen.intent_at:
                self._stage.clock.advance(seconds=self._seconds)
                if self._taken_over is not None:
                    assert await self._stage.run(self._taken_over) == Finished()


@pytest.mark.case("D08")
@pytest.mark.parametrize("outcome", [Outcome.A, Outcome.B])
async def test_run_that_was_taken_over_writes_nothing(outcome: Outcome) -> None:
    stage = await Stage.of()
    plan = await stage.planner.plan(stage.move(outcome))
    stopping = StoppingJournal(stage, seconds=PACE.fresh_s, plan=plan)

    with pytest.raises(ConcurrentUpdateError):
        await stage.run(plan, stage.engine(journal=stopping))

    await assert_each_once(stage, outcome)
    assert await stage.engine().advance(REQUEST, plan) == Finished()


async def test_run_that_was_stopped_too_long_looks_before_it_writes() -> None:
    stage = await Stage.of()
    plan = await stage.planner.plan(stage.move(Outcome.A))
    stopping = StoppingJournal(stage, seconds=PACE.fresh_s)

    assert isinstance(await stage.engine(journal=stopping).advance(REQUEST, plan), Again)

    assert await stage.effects() == []
    assert await stage.run(plan) == Finished()
    await assert_each_once(stage, Outcome.A)


async def test_run_that_was_stopped_shortly_goes_on() -> None:
    stage = await Stage.of()
    plan = await stage.planner.plan(stage.move(Outcome.A))
    stopping = StoppingJournal(stage, seconds=PACE.fresh_s - 1)

    assert await stage.run(plan, stage.engine(journal=stopping)) == Finished()

    await assert_each_once(stage, Outcome.A)


class StoppingAtUndo:
    """Stops for a while when it has been saved that a step is about to be taken back."""

    def __init__(self, stage: Stage, *, seconds: float) -> None:
        self._stage = stage
        self._seconds = seconds
        self.stops = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stage.journal, name)

    async def save(self, entry: Entry, *, seen: Entry) -> None:
        await self._stage.journal.save(entry, seen=seen)
        if entry.detail.get("undo_at") != seen.detail.get("undo_at") and not self.stops:
            self.stops += 1
            self._stage.clock.advance(seconds=self._seconds)


@pytest.mark.parametrize(("seconds", "writes"), [(PACE.fresh_s - 1, 1), (PACE.fresh_s, 0)])
async def test_taking_back_that_was_stopped_too_long_looks_before_it_writes(
    seconds: float, writes: int
) -> None:
    stage = await Stage.of()
    plan = await stage.carry_out(Outcome.A)
    done = len(await stage.effects())
    stopping = StoppingAtUndo(stage, seconds=seconds)

    progress = await stage.engine(journal=stopping).take_back(REQUEST, plan)

    assert (stopping.stops, isinstance(progress, Again)) == (1, True)
    assert len(await stage.effects()) - done == writes
    while isinstance(progress, Again):
        stage.clock.advance(seconds=progress.after_s)
        progress = await stage.engine().take_back(REQUEST, plan)
    assert progress == Finished()


class HeldUpTenant:
    """Is held up for a while on its way to the change of the name."""

    def __init__(self, stage: Stage, *, seconds: float) -> None:
        self._stage = stage
        self._seconds = seconds

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stage.tenant, name)

    async def set_upn(self, *what: Any) -> None:
        self._stage.clock.advance(seconds=self._seconds)
        await self._stage.tenant.set_upn(*what)


@pytest.mark.parametrize(("seconds", "writes"), [(PACE.settle_s - 1, 1), (PACE.settle_s, 0)])
@pytest.mark.case("D08")
async def test_write_that_comes_so_late_that_another_may_have_done_it_is_not_made(
    seconds: float, writes: int
) -> None:
    stage = await Stage.of()
    plan = await stage.planner.plan(stage.move(Outcome.A))
    late: Any = HeldUpTenant(stage, seconds=seconds)

    assert isinstance(await stage.engine(tenant=late).advance(REQUEST, plan), Again)

    assert (await stage.effects()).count("set_upn") == writes
    assert await stage.run(plan) == Finished()
    await assert_each_once(stage, Outcome.A)
