"""A press that was interrupted, packed into a button and out of it again."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.verbs import Verb
from dialogs.interruption import interruption_reply, unpacked
from dialogs.turn import Incoming, IncomingKind, Interruption, Standing
from mutations.identity import ObjectId
from tests.fakes.teams_client import find_action
from texts.translator import load

T = load("nl")
AGAIN = "Opnieuw proberen"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
inputs = st.dictionaries(st.text(max_size=20), json_values, max_size=5)
held = st.dictionaries(
    st.text(max_size=10), st.text(max_size=40) | st.integers(0, 2**31), max_size=4
)


def _press(**changes: Any) -> Incoming:
    usual = {
        "kind": IncomingKind.PRESS,
        "person": ObjectId("p"),
        "name": "Ann",
        "conversation_id": "c",
        "verb": Verb.DECISION_KEEP.value,
        "data": {"request": "r", "round": 1},
    }
    return Incoming(**{**usual, **changes})


def _button(incoming: Incoming) -> dict[str, Any] | None:
    [card] = interruption_reply(T, incoming, Interruption.PERHAPS_DONE).cards
    try:
        return find_action(card, AGAIN, "Action.Execute")
    except AssertionError:
        return None


@given(typed=inputs, data=held, times=st.integers(1, 3))
def test_repeated_press_is_the_press_however_often_it_is_interrupted(
    typed: dict[str, Any], data: dict[str, Any], times: int
) -> None:
    data = {name: value for name, value in data.items() if name not in {"verb", "repeated_inputs"}}
    first = _press(data=data, inputs=typed)
    pressed = first
    for _ in range(times):
        button = _button(pressed)
        assert button is not None
        sealed = {name: value for name, value in button["data"].items() if name != "verb"}
        pressed = _press(verb=button["verb"], data=sealed)

    assert unpacked(pressed) == first


@pytest.mark.parametrize(
    "changes",
    [
        {"standing": Standing.EXPIRED},
        {"standing": Standing.BROKEN, "verb": "", "data": {}},
        {"verb": "no.such"},
        {"inputs": {"reason": "x" * 12_000}},
        {"kind": IncomingKind.MESSAGE, "verb": "", "data": {}, "text": "ja"},
    ],
)
def test_what_cannot_or_may_not_be_repeated_has_no_button(changes: dict[str, Any]) -> None:
    assert _button(_press(**changes)) is None


def test_typed_inputs_do_not_pass_for_packed_ones() -> None:
    press = _press(inputs={"repeated_inputs": '{"reason": "other"}'})

    assert unpacked(press) == press
