"""What a supplier tells of an order, in any sequence and any number of times."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from mutations.handover import (
    Asks,
    Handover,
    HandoverState,
    Reported,
    order_called,
    take_back_id,
)
from mutations.identity import RequestId

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TELLABLE = [one for one in HandoverState if one is not HandoverState.TO_SEND]
RANK = {one: at for at, one in enumerate(HandoverState)}
tellings = st.lists(
    st.tuples(st.integers(0, 5).map("msg_{}".format), st.sampled_from(TELLABLE)), max_size=12
)


def _told(handover: Handover, said: list[tuple[str, HandoverState]]) -> Handover:
    for at, (message_id, state) in enumerate(said):
        reported = (Reported(position=0, after="x"),) if state is HandoverState.DONE else ()
        moment = NOW + timedelta(minutes=at)
        handover = handover.told(message_id, state, reported, at=moment)
    return handover


@given(said=tellings)
def test_repeating_everything_changes_nothing(said: list[tuple[str, HandoverState]]) -> None:
    once = _told(Handover(asked_at=NOW), said)

    assert _told(once, said) == once


@given(said=tellings)
def test_nothing_goes_back_but_help_that_came(said: list[tuple[str, HandoverState]]) -> None:
    handover = Handover(asked_at=NOW)
    for one in said:
        later = _told(handover, [one])
        helped = (handover.state, later.state) == (
            HandoverState.NEEDS_PERSON,
            HandoverState.IN_PROGRESS,
        )
        assert RANK[later.state] >= RANK[handover.state] or helped
        handover = later


@given(said=tellings)
def test_done_stays_done_and_keeps_its_words(said: list[tuple[str, HandoverState]]) -> None:
    done = _told(Handover(asked_at=NOW), [("msg_done", HandoverState.DONE)])

    assert _told(done, said) == done
    assert done.again(NOW) == done
    assert done.taken() == done


@given(said=tellings)
def test_taking_back_starts_anew_and_no_call_back_works_twice(
    said: list[tuple[str, HandoverState]],
) -> None:
    order = _told(Handover(asked_at=NOW), said)
    back = order.back(NOW)

    assert (back.asks, back.state, back.reported) == (Asks.TAKE_BACK, HandoverState.TO_SEND, ())
    assert _told(back, [one for one in said if one[0] in order.heard]) == back
    assert back.back(NOW) == back


@given(identity=st.text("0123456789abcdef", min_size=32, max_size=32))
def test_names_of_an_order_and_of_its_taking_back_are_told_apart(identity: str) -> None:
    request_id = RequestId(identity)

    assert order_called(identity) == (request_id, Asks.ORDER)
    assert order_called(take_back_id(request_id)) == (request_id, Asks.TAKE_BACK)
