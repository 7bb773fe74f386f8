"""Whose turn it is, since when: for every request that can exist."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mutations.authority import deciders_of, service_desk_of
from mutations.clock import local_date
from mutations.life_cycle import State
from mutations.preconditions import preconditions_of
from mutations.register import Contact, Register
from mutations.request import MutationRequest
from mutations.status import Status, Task, status_of
from mutations.working_days import is_working_day
from tests.unit.mutations.journeys import latest, reachable
from tests.unit.mutations.strategies import (
    SOURCE,
    entity_of,
    laws,
    pauses,
    people,
    register_of,
    registers,
)

ENDS = {"done", "rejected", "withdrawn", "expired", "referred", "self_service", "undone"}
# Whose turn it is by state (rulebook, "Life of a request"); a submitted request waits for each
# precondition that does not hold.
TASK_OF_STATE = {
    "to_confirm": Task.CONFIRM,
    "scheduled": Task.WAIT_FOR_DATE,
    "carrying_out": Task.CARRY_OUT,
    "attention": Task.HELP,
    "undoing": Task.UNDO,
}
# The checklist of D is the requester's, item by item, and then the bot's to read.
TASK_OF_CHECKLIST = (Task.DEACTIVATE, Task.CHANGE_WEBIDM, Task.ACTIVATE, Task.LOOK)
TASK_OF_PRECONDITION = {
    "entitlement": Task.GET_ENTITLEMENT,
    "consultation": Task.DECIDE,
    "licences": Task.FREE_LICENCES,
}
by_state = settings(laws, max_examples=12)  # for each of the states
BOT_DOES = {Task.WAIT_FOR_DATE, Task.CARRY_OUT, Task.UNDO, Task.LOOK}


def look(request: MutationRequest, register: Register, pause: timedelta) -> Status:
    return status_of(request, register, now=latest(request) + pause)


@pytest.mark.parametrize("state", State)
@by_state
@given(data=st.data(), register=registers, pause=pauses)
def test_it_is_somebodys_turn_exactly_until_the_request_ends(
    data: st.DataObject, state: State, register: Register, pause: timedelta
) -> None:
    request = data.draw(reachable([state]))
    turns = look(request, register, pause).turns

    assert bool(turns) is (request.state.value not in ENDS)


@pytest.mark.parametrize("state", State)
@by_state
@given(data=st.data(), register=registers, pause=pauses)
def test_tasks_are_those_of_the_state_and_of_what_is_missing(
    data: st.DataObject, state: State, register: Register, pause: timedelta
) -> None:
    request = data.draw(reachable([state]))
    tasks = [turn.task for turn in look(request, register, pause).turns]

    if request.state is State.SUBMITTED:
        missing = [one.kind.value for one in preconditions_of(request) if not one.holds]
        assert sorted(tasks) == sorted(TASK_OF_PRECONDITION[kind] for kind in missing)
    elif request.state is State.CHECKLIST:
        assert request.checklist is not None
        done = sum(line.said is not None for line in request.checklist.lines)
        assert tasks == [TASK_OF_CHECKLIST[done]]
    else:
        expected = TASK_OF_STATE.get(request.state.value)
        assert tasks == ([expected] if expected else [])


@laws
@given(request=reachable(), register=registers, pause=pauses)
def test_turn_without_names_is_the_bots_own_or_something_that_nobody_can_do(
    request: MutationRequest, register: Register, pause: timedelta
) -> None:
    found = deciders_of(request, register, on=local_date(latest(request) + pause))
    desk = service_desk_of(request, register)
    for turn in look(request, register, pause).turns:
        stuck = (turn.task is Task.DECIDE and not found) or (turn.task is Task.HELP and not desk)
        assert bool(turn.names) is not (turn.task in BOT_DOES or stuck)


undecided = reachable([State.SUBMITTED]).filter(lambda one: one.decision is None)


@laws
@given(request=undecided, desk=people)
def test_decision_that_nobody_can_take_stays_the_turn_of_the_source_entity(
    request: MutationRequest, desk: Contact
) -> None:
    register = register_of(entity_of(SOURCE), service_desk=(desk,))

    turns = {turn.task: turn.names for turn in look(request, register, timedelta()).turns}

    assert turns[Task.DECIDE] == ()
    assert not set(turns) & BOT_DOES


@pytest.mark.parametrize("state", State)
@by_state
@given(data=st.data(), register=registers, pause=pauses)
def test_names_are_those_whose_turn_it_is(
    data: st.DataObject, state: State, register: Register, pause: timedelta
) -> None:
    request = data.draw(reachable([state]))
    on = local_date(latest(request) + pause)
    deciders = {one.name for one in deciders_of(request, register, on=on).values()}
    desk = {one.name for one in service_desk_of(request, register)}
    allowed = {Task.DECIDE: deciders, Task.HELP: desk}

    for turn in look(request, register, pause).turns:
        own = set() if turn.task in BOT_DOES else {request.requester.name}
        assert set(turn.names) == allowed.get(turn.task, own)


@laws
@given(request=reachable(), register=registers, pause=pauses)
def test_since_lies_between_submission_and_now(
    request: MutationRequest, register: Register, pause: timedelta
) -> None:
    now = latest(request) + pause
    for turn in status_of(request, register, now=now).turns:
        assert request.created_at <= turn.since <= now


@laws
@given(request=reachable(), register=registers, pause=pauses)
def test_waiting_is_counted_in_working_days_of_brussels(
    request: MutationRequest, register: Register, pause: timedelta
) -> None:
    now = latest(request) + pause
    for turn in status_of(request, register, now=now).turns:
        first, last = local_date(turn.since), local_date(now)
        passed = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
        assert turn.working_days == sum(map(is_working_day, passed))


# (since UTC, now UTC, working days): 22:00 UTC is the next day in Brussels in summer, 23:00 in
# winter; 2026-04-06 is Easter Monday.
WAITS = [
    ("2026-03-02T10:00", "2026-03-02T22:59", 0),
    ("2026-03-02T10:00", "2026-03-02T23:00", 1),
    ("2026-06-01T10:00", "2026-06-01T22:00", 1),
    ("2026-04-02T10:00", "2026-04-07T08:00", 2),
    ("2026-12-24T10:00", "2027-01-04T10:00", 1),
]


@pytest.mark.parametrize(("since", "now", "expected"), WAITS)
def test_wait_of_known_length_is_counted_right(since: str, now: str, expected: int) -> None:
    begin, end = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (since, now))

    @settings(laws, max_examples=5)
    @given(request=reachable([State.SCHEDULED]))
    def waiting(request: MutationRequest) -> None:
        moved = request.moved(State.SCHEDULED, begin)
        (turn,) = status_of(moved, register_of(), now=end).turns
        assert turn.working_days == expected

    waiting()


@laws
@given(request=reachable(), register=registers, pause=pauses)
def test_status_shows_the_request_its_preconditions_and_what_is_next(
    request: MutationRequest, register: Register, pause: timedelta
) -> None:
    status = look(request, register, pause)

    assert status.request is request
    assert status.preconditions == preconditions_of(request)
    checklist = request.checklist
    stopped = request.state.value in {"withdrawn", "expired"}
    begun = stopped and checklist is not None and checklist.lines[0].said is not None
    assert status.next == request.state.value + ("_begun" if begun else "")
