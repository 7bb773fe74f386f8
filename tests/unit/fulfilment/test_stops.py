"""A run that is killed at any moment goes on afterwards, and each change happens once."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from fulfilment.progress import Again, Finished
from mutations.case_finder import Outcome
from mutations.plan import Plan
from tests.unit.fulfilment.stage import REQUEST, Stage, assert_each_once


class Killed(BaseException):
    """The process is gone: nothing may catch this."""


class Fuse:
    """Kills from the n-th moment on; every call of a fused object has one before and one after."""

    def __init__(self, moment: int) -> None:
        self.moment = moment
        self.passed = 0

    def burn(self) -> None:
        self.passed += 1
        if self.passed >= self.moment:
            raise Killed


class Fused:
    """Passes every call on to `inner`, if the fuse lets it; `only` fuses one method."""

    def __init__(self, inner: Any, fuse: Fuse, *, only: str = "") -> None:
        self._inner = inner
        self._fuse = fuse
        self._only = only

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        if self._only not in {"", name}:
            found: Callable[..., Awaitable[Any]] = getattr(self._inner, name)
            return found

        async def call(*args: Any, **kwargs: Any) -> Any:
            self._fuse.burn()
            result = await getattr(self._inner, name)(*args, **kwargs)
            self._fuse.burn()
            return result

        return call


async def run_until_killed(stage: Stage, plan: Plan, moment: int) -> bool:
    """Run with a fuse; tell whether it burnt before the end."""
    fuse = Fuse(moment)
    engine = stage.engine(
        tenant=Fused(stage.tenant, fuse),
        journal=Fused(stage.journal, fuse),
        records=Fused(stage.records, fuse),
    )
    try:
        await stage.run(plan, engine)
    except Killed:
        return True
    return False


@pytest.mark.parametrize("outcome", [Outcome.A, Outcome.B])
@pytest.mark.case("C02", "I05", "I11")
async def test_killed_at_every_moment_each_change_happens_once(outcome: Outcome) -> None:
    undisturbed = await Stage.of()
    await undisturbed.carry_out(outcome)
    wanted = await undisturbed.seen()
    await assert_each_once(undisturbed, outcome)

    moment = 0
    killed = True
    while killed:
        moment += 1
        stage = await Stage.of()
        plan = await stage.planner.plan(stage.move(outcome))
        killed = await run_until_killed(stage, plan, moment)

        assert await stage.run(plan) == Finished(), moment
        await assert_each_once(stage, outcome)
        seen = await stage.seen()
        assert (seen.account, seen.mailbox.addresses) == (
            wanted.account,
            wanted.mailbox.addresses,
        ), moment
        assert len(stage.records.records) == (outcome is Outcome.B), moment
    assert moment > 100


async def test_killed_again_and_again_it_still_gets_there() -> None:
    stage = await Stage.of()
    plan = await stage.planner.plan(stage.move(Outcome.B))
    kills = 0
    while await run_until_killed(stage, plan, 10 + kills // 2):
        kills += 1
        stage.clock.advance(seconds=0.3)
        assert kills < 1000

    assert kills > 10
    await assert_each_once(stage, Outcome.B)


@pytest.mark.case("C02")
async def test_after_a_kill_in_the_middle_of_a_write_it_reads_before_it_writes_again() -> None:
    stage = await Stage.of()
    plan = await stage.planner.plan(stage.move(Outcome.A))
    fuse = Fuse(moment=2)
    killed_after = Fused(stage.tenant, fuse, only="set_upn")
    with pytest.raises(Killed):
        await stage.run(plan, stage.engine(tenant=killed_after))
    assert (await stage.effects()).count("set_upn") == 1

    progress = await stage.engine().advance(REQUEST, plan)

    assert isinstance(progress, Again)
    assert (await stage.effects()).count("set_upn") == 1
