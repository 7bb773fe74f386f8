"""The life of a request goes exactly the ways that the rulebook draws, and no other."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutations.life_cycle import Event, IllegalTransitionError, State, next_state
from mutations.request import MutationRequest
from tests.unit.mutations.journeys import reachable
from tests.unit.mutations.strategies import laws

# "Life of a request" of the rulebook, written down apart from the code. A change of the outcome
# is the requester's to confirm; withdrawing is possible until something is changed, so also when
# the plan cannot be run (`attention`); only what still waits for others can expire; the work stops
# for a person and goes on, or is taken back. An order whose plan takes more than was decided on is
# decided anew.
LIFE = {
    ("submitted", "decided_otherwise"): "to_confirm",
    ("submitted", "ordered"): "scheduled",
    ("submitted", "refused"): "rejected",
    ("submitted", "withdrawn"): "withdrawn",
    ("submitted", "expired"): "expired",
    ("to_confirm", "outcome_confirmed"): "submitted",
    ("to_confirm", "handed_to_customer"): "checklist",
    ("checklist", "checked_off"): "self_service",
    ("checklist", "withdrawn"): "withdrawn",
    ("checklist", "expired"): "expired",
    ("to_confirm", "withdrawn"): "withdrawn",
    ("to_confirm", "expired"): "expired",
    ("scheduled", "started"): "carrying_out",
    ("scheduled", "withdrawn"): "withdrawn",
    ("scheduled", "asked_anew"): "submitted",
    ("carrying_out", "asked_anew"): "submitted",
    ("carrying_out", "person_needed"): "attention",
    ("carrying_out", "finished"): "done",
    ("attention", "resumed"): "carrying_out",
    ("attention", "withdrawn"): "withdrawn",
    ("attention", "undo_asked"): "undoing",
    ("done", "undo_asked"): "undoing",
    ("undoing", "person_needed"): "attention",
    ("undoing", "undone"): "undone",
}
BORN = {"submitted", "referred", "checklist"}  # P ends as it is sent, D begins its checklist
ENDS = {"done", "rejected", "withdrawn", "expired", "referred", "self_service", "undone"}
REGRET = (frozenset[Event](), frozenset({Event.UNDO_ASKED}))
AFTER_ORDER = {"scheduled", "carrying_out", "attention", "undoing", "done", "undone"}

events = st.lists(st.sampled_from(Event), max_size=30)


def states_from(begin: str, *, without: frozenset[Event] = frozenset()) -> set[str]:
    """States that can be reached, found by trying every event but `without` on the code."""
    found, fresh = {begin}, [begin]
    while fresh:
        state = fresh.pop()
        for event in set(Event) - without:
            try:
                after = next_state(State(state), event)
            except IllegalTransitionError:
                continue
            if after not in found:
                found.add(str(after))
                fresh.append(str(after))
    return found


def walk(begin: State, happens: list[Event]) -> list[State]:
    """States that a request goes through when refused events change nothing."""
    visited = [begin]
    for event in happens:
        try:
            visited.append(next_state(visited[-1], event))
        except IllegalTransitionError:
            continue
    return visited


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_every_event_in_every_state_goes_as_drawn_or_is_refused(
    state: State, event: Event
) -> None:
    drawn = LIFE.get((state.value, event.value))

    if drawn is not None:
        assert next_state(state, event) == drawn
    else:
        with pytest.raises(IllegalTransitionError) as refused:
            next_state(state, event)
        assert refused.value.params == {"state": state, "event": event}


def test_drawing_names_only_states_and_events_that_exist() -> None:
    drawn = {state for state, _ in LIFE} | set(LIFE.values()) | BORN

    assert drawn == {state.value for state in State}
    assert {event for _, event in LIFE} == {event.value for event in Event}


@pytest.mark.parametrize("state", State)
def test_only_an_end_has_no_way_out(state: State) -> None:
    # What is done is an end, but for who has it taken back.
    has_way_out = states_from(state, without=REGRET[state == "done"]) != {state}

    assert has_way_out is (state.value not in ENDS)


def test_every_state_is_born_at_submission_or_reached_from_it() -> None:
    reached = set().union(*(states_from(begin) for begin in BORN))

    assert reached == {state.value for state in State}


@pytest.mark.parametrize("state", sorted(set(State) - {State(end) for end in ENDS}))
def test_every_open_state_can_still_end(state: State) -> None:
    assert states_from(state) & ENDS


@pytest.mark.parametrize("state", sorted(AFTER_ORDER))
def test_nothing_but_a_new_round_goes_back_to_before_the_order(state: str) -> None:
    reached = states_from(state, without=frozenset({Event.ASKED_ANEW}))

    assert not reached & {"submitted", "to_confirm", "rejected", "expired"}


@laws
@given(happens=events.map(lambda found: [one for one in found if one is not Event.ASKED_ANEW]))
def test_begun_work_is_only_withdrawn_where_it_stopped(happens: list[Event]) -> None:
    visited = walk(State.CARRYING_OUT, happens)

    if State.WITHDRAWN in visited:
        assert visited[visited.index(State.WITHDRAWN) - 1] is State.ATTENTION


@laws
@given(happens=events)
def test_work_is_only_done_after_order_and_start_in_that_sequence(happens: list[Event]) -> None:
    visited = walk(State.SUBMITTED, happens)

    if State.DONE in visited:
        before = visited[: visited.index(State.DONE)]
        assert before.index(State.SCHEDULED) < before.index(State.CARRYING_OUT)
        assert before[-1] is State.CARRYING_OUT


@laws
@given(happens=events)
def test_work_that_is_taken_back_is_never_done_after_all(happens: list[Event]) -> None:
    visited = walk(State.DONE, [Event.UNDO_ASKED, *happens])

    # The request itself knows that it is being taken back: `resume` never goes forward then.
    if Event.RESUMED not in happens:
        assert State.DONE not in visited[1:]


@laws
@given(happens=events, begin=st.sampled_from([State(end) for end in sorted(ENDS)]))
def test_nothing_happens_after_an_end(happens: list[Event], begin: State) -> None:
    if begin is State.DONE:
        happens = [one for one in happens if one is not Event.UNDO_ASKED]
    assert walk(begin, happens) == [begin]


@laws
@given(request=reachable())
def test_request_is_open_exactly_until_its_end(request: MutationRequest) -> None:
    assert request.is_open is (request.state.value not in ENDS)


@pytest.mark.parametrize("state", State)
def test_strategy_reaches_each_state(state: State) -> None:
    @laws
    @given(request=reachable([state]))
    def arrives(request: MutationRequest) -> None:
        assert request.state is state

    arrives()
