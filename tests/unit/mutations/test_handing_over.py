"""Which steps that stopped a person can take over, and what becomes of the request then."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutations.case_finder import Outcome
from mutations.hand_work import HandedOver, open_tasks
from mutations.handing_over import hand_over, to_hand_over
from mutations.life_cycle import IllegalTransitionError, State
from mutations.party import Party
from mutations.plan import Route
from mutations.request import MutationRequest
from tests import samples as s
from tests.unit.mutations.strategies import laws

BY = Party(object_id=s.SOFIE.object_id, name=s.SOFIE.name)
STOPPED = s.in_state(State.ATTENTION, Outcome.B)
AT = next(at for at, one in enumerate(s.PLANS[Outcome.B].steps) if one.name == "account.upn")


def _with_route(route: Route) -> MutationRequest:
    assert STOPPED.plan is not None
    steps = list(STOPPED.plan.steps)
    steps[AT] = replace(steps[AT], route=route)
    return replace(STOPPED, plan=replace(STOPPED.plan, steps=tuple(steps)))


def _about(**changes: object) -> MutationRequest:
    assert STOPPED.attention is not None
    return replace(STOPPED, attention=replace(STOPPED.attention, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("route", Route)
def test_only_what_a_program_would_do_can_be_handed_over(route: Route) -> None:
    found = to_hand_over(_with_route(route))

    assert found == ((AT,) if route not in {Route.HAND, Route.RECORD, Route.SUPPLIER} else ())


@pytest.mark.parametrize(
    "request_",
    [
        _about(positions=()),
        _about(key="tenant.hold_missing"),
        replace(STOPPED, undo=s.UNDO),
        replace(STOPPED, plan=s.BLOCKED),
        replace(STOPPED, handed=(HandedOver(position=AT, by=BY, at=s.NOW),)),
        *(s.in_state(state, Outcome.B) for state in State if state is not State.ATTENTION),
    ],
)
def test_what_does_not_stand_still_or_must_not_pass_is_not_handed_over(
    request_: MutationRequest,
) -> None:
    assert to_hand_over(request_) == ()
    with pytest.raises(IllegalTransitionError):
        hand_over(request_, by=BY, at=s.NOW, within=2)


@laws
@given(positions=st.sets(st.integers(0, 12)), days=st.integers(1, 5))
def test_everything_that_stands_still_becomes_a_task_and_nothing_else(
    positions: set[int], days: int
) -> None:
    stopped = _about(positions=tuple(sorted(positions)))
    expected = to_hand_over(stopped)
    if not expected:
        return
    after = hand_over(stopped, by=BY, at=s.NOW + timedelta(minutes=1), within=days)

    assert set(expected) <= positions
    assert after.state is State.CARRYING_OUT
    assert tuple(one.position for one in open_tasks(after.tasks)) == expected
    assert tuple(one.position for one in after.handed) == expected
    assert to_hand_over(after) == ()
