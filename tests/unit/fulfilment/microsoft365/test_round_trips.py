"""How often an order asks the real tenant something: the figures that orders are held to.

A round trip is one HTTP request to Microsoft Graph, a `$batch` counting as one. Exchange takes one
cmdlet a request, at the same moments; those are counted apart. A poll is what is read only to see
whether a change that was read once still shows.
"""

from dataclasses import dataclass

import pytest
from msgspec.structs import replace

from fulfilment.progress import Again, Finished, Progress, WaitsForHands
from fulfilment.steps.catalogue import STEP_TYPES
from fulfilment.tenants.microsoft365.operations import OPERATIONS
from fulfilment.tenants.microsoft365.step_calls import calls_of
from mutations.case_finder import Outcome
from mutations.plan import PlannedStep, Route
from tests.unit.fulfilment.microsoft365.real_tenant import RealTenant, real_tenant
from tests.unit.fulfilment.microsoft365.test_order_c import new_id
from tests.unit.fulfilment.microsoft365.work import REQUEST, Work


@dataclass(frozen=True, kw_only=True)
class Trips:
    """What was asked between two moments."""

    graph: int
    cmdlets: int

    @classmethod
    def since(cls, real: RealTenant, first: int) -> "Trips":
        asked = [call for call in real.asked[first:] if call.is_round_trip]
        cmdlets = sum("-" in call.operation.split(" ")[0] for call in asked)
        return cls(graph=len(asked) - cmdlets, cmdlets=cmdlets)


async def _trips(real: RealTenant, outcome: Outcome) -> tuple[Trips, list[Trips]]:
    """Return what the plan took, and each run of the order until it was done."""
    work = Work.on(real)
    first = len(real.asked)
    plan = await work.plan(outcome)
    planned = Trips.since(real, first)
    runs: list[Trips] = []
    while True:
        first = len(real.asked)
        progress = await work.engine.advance(REQUEST, plan)
        runs.append(Trips.since(real, first))
        if not isinstance(progress, Again):
            assert progress == Finished()
            return planned, runs
        real.rig.clock.advance(seconds=progress.after_s)


@pytest.mark.parametrize(
    ("outcome", "most", "polls", "cmdlets"), [(Outcome.A, 4, 1, 3), (Outcome.B, 8, 1, 11)]
)
async def test_round_trips_of_an_order(
    outcome: Outcome, most: int, polls: int, cmdlets: int
) -> None:
    async with real_tenant() as real:
        planned, runs = await _trips(real, outcome)

    assert planned == Trips(graph=3, cmdlets=1)
    assert sum(run.graph for run in runs) <= most + polls
    assert sum(run.cmdlets for run in runs) <= cmdlets


async def test_round_trips_of_order_c() -> None:
    """Most of its reads are polls: for people, and for what spreads through the tenant."""
    async with real_tenant() as real:
        work, state = Work.on(real), real.fake.state
        plan = await work.plan(Outcome.C)
        first, polls = len(real.asked), 0
        progress: Progress = Again(0.0)
        while progress != Finished():
            assert work.outside is not None
            work.outside.done_by_hand(plan.steps[at] for at in work.reports)
            if (fresh := state.users.true(new_id(plan))) is not None:
                settled = replace(fresh, usage_location="BE")  # WebIDM knows the country
                state.users.put(fresh.id, settled, now=state.now, shows_at=state.now)
            before = len(real.asked)
            progress = await work.engine.advance(REQUEST, plan, work.reports)
            writes = [call for call in real.asked[before:] if call.is_write]
            polls += 0 if writes else Trips.since(real, before).graph
            if isinstance(progress, WaitsForHands):
                for position in progress.positions:
                    work.report(position)
            elif isinstance(progress, Again):
                real.rig.clock.advance(seconds=progress.after_s)
        asked = Trips.since(real, first)

    assert asked.graph - polls <= 10
    assert polls <= 8
    assert asked.cmdlets <= 9


async def test_more_groups_take_no_more_round_trips() -> None:
    """Order B of this colleague leaves five groups; four go out in the same request."""
    async with real_tenant() as real:
        await _trips(real, Outcome.B)
        left = [call for call in real.fake.writes if call.operation.startswith("DELETE")]

    assert len(left) > sum(call.is_round_trip for call in left) + 3  # as said


@pytest.mark.parametrize("outcome", [Outcome.A, Outcome.B, Outcome.C])
async def test_orders_ask_what_their_plan_says_and_nothing_else(outcome: Outcome) -> None:
    async with real_tenant() as real:
        work = Work.on(real)
        plan = await work.plan(outcome)
        first = len(real.asked)
        assert await work.run_to_end(plan) == Finished()
        asked = {call.operation for call in real.asked[first:]} - {"$batch"}

    said = [calls_of(step) for step in plan.steps]
    names = {name for one in said for name in (*one.reads, *one.writes)}
    known = {_asked_as(name) for name in names}
    assert asked <= known
    # Sites that are known by their group, kinds read with the groups, and what is there already.
    assert known - asked <= {_asked_as("group.drive"), _asked_as("group.read")}
    assert all(one.permissions for one in said)


def _asked_as(name: str) -> str:
    """Return what the fake calls an operation or a cmdlet."""
    operation = OPERATIONS.get(name)
    return name if operation is None else f"{operation.verb} {operation.path}"


def test_calls_of_every_step_are_known_and_those_of_other_hands_only_read() -> None:
    for name in STEP_TYPES:
        step = PlannedStep(name=name, target="", before="", after="", args={}, route=Route.HAND)
        assert calls_of(step).writes == ()
        assert calls_of(step).permissions
