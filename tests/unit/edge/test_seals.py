"""Seals vouch for verb, data, person, conversation and age, and for nothing else."""

import copy
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.edge.seals import Opened, Seals
from cards.list_card import list_card
from dialogs.turn import Standing
from tests import samples
from tests.card_gallery import ORDER_STATES, T, gallery
from tests.fakes.clock import FakeClock
from tests.unit.cards.walk import nodes

KEY, OLD_KEY, OTHER_KEY = "k" * 32, "o" * 32, "x" * 32
PERSON, CHAT = "aaaaaaaa-0000-4000-8000-000000000001", "a:chat"
VERB = "decision.keep"
DATA = {"request": "0123456789abcdef" * 2, "round": 1}
LONG_CHAT = "a:" + "1" * 150
HALF_A_YEAR = timedelta(days=180)
LIMIT = 20 * 1024
GALLERY = gallery()
PRESSED = {"Action.Execute", "Action.Submit"}

names = st.text(st.characters(codec="utf-8"), max_size=12)
values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | names,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
some_data = st.dictionaries(names.filter(lambda name: name != "verb"), values, max_size=5)
verbs = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)


def seals(*keys: str, clock: FakeClock | None = None) -> Seals:
    return Seals(keys or (KEY,), clock=clock or FakeClock(), max_age=HALF_A_YEAR)


def button(verb: str = VERB, data: object = None, kind: str = "Action.Execute") -> dict[str, Any]:
    return {"type": kind, "title": "Ja", "verb": verb, "data": DATA if data is None else data}


def pressed(by: Seals, verb: str = VERB, data: object = None) -> dict[str, Any]:
    """Return the data of a sealed button."""
    sealed: Any = by.sealed(button(verb, data), person=PERSON, conversation_id=CHAT)
    return dict(sealed["data"])


def opened(by: Seals, data: Mapping[str, object], verb: str = VERB, **other: str) -> Opened:
    context = {"person": PERSON, "conversation_id": CHAT, **other}
    return by.opened(
        verb, data, person=context["person"], conversation_id=context["conversation_id"]
    )


@given(verbs, some_data)
def test_what_was_sealed_comes_back_as_it_was(verb: str, data: dict[str, Any]) -> None:
    by = seals()
    found = opened(by, pressed(by, verb, data), verb)

    assert found == Opened(Standing.GENUINE, data, {})


@given(some_data, some_data)
def test_what_was_typed_never_shadows_what_was_sealed(
    data: dict[str, Any], typed: dict[str, Any]
) -> None:
    by = seals()
    mine = pressed(by, data=data)
    found = opened(by, {**data, **typed, **mine})

    assert found.data == data
    assert found.inputs == {
        name: value
        for name, value in {**data, **typed}.items()
        if name not in {"verb", "seal", "msteams"}
    }


@pytest.mark.parametrize("position", range(len(pressed(seals())["seal"])))
def test_no_character_of_a_seal_can_be_changed(position: int) -> None:
    by = seals()
    data = pressed(by)
    token = data["seal"]
    for other in "Aaz09-_.=+/ \n\x00é":
        if other != token[position]:
            spoiled = token[:position] + other + token[position + 1 :]
            assert opened(by, {**data, "seal": spoiled}).standing is Standing.BROKEN
    for spoiled in (
        token[:position],
        token[:position] + token[position + 1 :],
        token[:position] + "=" + token[position:],
    ):
        assert opened(by, {**data, "seal": spoiled}).standing is Standing.BROKEN


@given(st.data())
def test_no_bit_of_a_seal_can_be_flipped(draw: st.DataObject) -> None:
    by = seals()
    data = pressed(by)
    raw = bytearray(data["seal"].encode())
    raw[draw.draw(st.integers(0, len(raw) - 1))] ^= draw.draw(st.integers(1, 255))

    assert opened(by, {**data, "seal": raw.decode("latin-1")}) == Opened(Standing.BROKEN)


@given(st.none() | values | st.text())
def test_anything_else_than_a_seal_is_broken(junk: object) -> None:
    assert opened(seals(), {"seal": junk, "request": "1"}) == Opened(Standing.BROKEN)


@pytest.mark.parametrize("token", ["", ".", "..", "a.b", "=.=", "." * 99, "\ud800.a", "\x00.\x00"])
def test_text_without_a_signature_is_broken(token: str) -> None:
    assert opened(seals(), {"seal": token}) == Opened(Standing.BROKEN)


def test_data_without_a_seal_is_broken() -> None:
    assert opened(seals(), DATA) == Opened(Standing.BROKEN)


@given(verbs)
def test_seal_holds_for_its_own_verb_only(verb: str) -> None:
    assume(verb != VERB)
    by = seals()

    assert opened(by, pressed(by), verb).standing is Standing.BROKEN


@given(st.text(max_size=40))
def test_seal_holds_for_its_own_person_only(person: str) -> None:
    assume(person.lower() != PERSON)
    by = seals()

    assert opened(by, pressed(by), person=person).standing is Standing.BROKEN


@given(st.text(max_size=40))
def test_seal_holds_in_its_own_conversation_only(chat: str) -> None:
    assume(chat.split(";messageid=", maxsplit=1)[0] != CHAT)
    by = seals()

    assert opened(by, pressed(by), conversation_id=chat).standing is Standing.BROKEN


@given(names, names, names, names)
def test_no_text_moves_from_one_part_of_the_context_to_another(
    verb: str, person: str, more: str, chat: str
) -> None:
    assume(verb and more and ";messageid=" not in chat + more)
    by = seals()
    sealed: Any = by.sealed(button(verb), person=person + more, conversation_id=chat)
    moved = by.opened(verb, sealed["data"], person=person, conversation_id=more + chat)

    assert moved.standing is Standing.BROKEN


def test_person_is_the_same_in_upper_case_and_chat_with_a_message_behind_it() -> None:
    by = seals()
    found = opened(
        by, pressed(by), person=PERSON.upper(), conversation_id=f"{CHAT};messageid=1700000000001"
    )

    assert found.standing is Standing.GENUINE


def test_seal_of_an_old_key_holds_as_long_as_the_key_is_listed() -> None:
    before = pressed(seals(OLD_KEY))

    assert opened(seals(KEY, OLD_KEY), before).standing is Standing.GENUINE
    assert opened(seals(KEY), before).standing is Standing.BROKEN


def test_first_key_seals() -> None:
    data = pressed(seals(KEY, OLD_KEY))

    assert opened(seals(KEY), data).standing is Standing.GENUINE
    assert opened(seals(OLD_KEY), data).standing is Standing.BROKEN
    assert opened(seals(OTHER_KEY), data).standing is Standing.BROKEN


def test_no_key_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a key"):
        Seals((), clock=FakeClock(), max_age=HALF_A_YEAR)


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(), Standing.GENUINE),
        (HALF_A_YEAR, Standing.GENUINE),
        (HALF_A_YEAR + timedelta(hours=1), Standing.EXPIRED),
        (HALF_A_YEAR * 9, Standing.EXPIRED),
        (timedelta(days=-2), Standing.GENUINE),
    ],
)
def test_seal_has_a_term_after_which_it_still_tells_what_it_was_about(
    age: timedelta, expected: Standing
) -> None:
    clock = FakeClock()
    by = seals(clock=clock)
    data = pressed(by)
    clock.moment += age

    assert opened(by, {**data, "reason": "Ja"}) == Opened(expected, DATA, {"reason": "Ja"})


def test_expired_seal_with_another_hour_in_it_is_broken() -> None:
    clock = FakeClock()
    by = seals(clock=clock)
    old = pressed(by)
    clock.moment += HALF_A_YEAR * 2
    new = pressed(by)
    payload, signature = new["seal"].split(".")[0], old["seal"].split(".")[1]

    assert opened(by, {**old, "seal": f"{payload}.{signature}"}).standing is Standing.BROKEN


def test_buttons_are_sealed_wherever_they_sit() -> None:
    submit = {"type": "Action.Submit", "title": "Ja", "data": {"verb": VERB, **DATA}}
    inner = {"type": "AdaptiveCard", "body": [], "actions": [button()]}
    link = {"type": "Action.OpenUrl", "title": "x", "url": "https://a.example", "data": {"a": 1}}
    card = {
        "type": "AdaptiveCard",
        "refresh": {"action": button(), "userIds": []},
        "selectAction": button(),
        "body": [
            {
                "type": "TextBlock",
                "text": "x",
                "fallback": {"type": "ActionSet", "actions": [submit]},
            },
            {"type": "ActionSet", "actions": [button(), submit, link]},
            {"type": "Container", "selectAction": submit, "items": []},
            {"type": "ColumnSet", "columns": [{"type": "Column", "selectAction": button()}]},
            {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "selectAction": submit}]},
            {"type": "Table", "rows": [{"cells": [{"items": [{"selectAction": button()}]}]}]},
        ],
        "actions": [
            {**button(), "fallback": submit},
            {"type": "Action.ShowCard", "title": "x", "card": inner},
            {"type": "Action.ToggleVisibility", "targetElements": ["a"], "fallback": button()},
        ],
    }
    original = copy.deepcopy(card)
    by = seals()
    sealed = by.sealed(card, person=PERSON, conversation_id=CHAT)

    assert card == original
    found = [node for node in nodes(sealed) if node.get("type") in PRESSED]
    assert len(found) == len([node for node in nodes(card) if node.get("type") in PRESSED]) == 13
    for node in found:
        assert set(node["data"]) == {"verb", "seal"}
        assert opened(by, node["data"]) == Opened(Standing.GENUINE, DATA, {})
    assert link in sealed["body"][1]["actions"]  # type: ignore[index]


def test_button_and_its_fallback_carry_the_same_seal() -> None:
    action = {**button(), "fallback": button(kind="Action.Submit", data={"verb": VERB, **DATA})}
    sealed: Any = seals().sealed(action, person=PERSON, conversation_id=CHAT)

    assert sealed["data"] == sealed["fallback"]["data"]


def test_card_without_buttons_is_not_copied() -> None:
    card = GALLERY["request-A-done"]

    assert seals().sealed(card, person=PERSON, conversation_id=CHAT) is card


@pytest.mark.parametrize(
    "action",
    [
        {"type": "Action.Submit", "data": DATA},
        {"type": "Action.Submit"},
        {"type": "Action.Submit", "data": "text"},
        {"type": "Action.Execute", "verb": "", "data": DATA},
        {"type": "Action.Execute", "verb": 5, "data": DATA},
    ],
)
def test_button_without_a_verb_does_not_leave(action: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="without a verb"):
        seals().sealed({"actions": [action]}, person=PERSON, conversation_id=CHAT)


def test_same_card_soon_after_is_the_same_to_the_letter() -> None:
    clock = FakeClock()
    by = seals(clock=clock)
    first = pressed(by)
    clock.advance(minutes=1)

    assert pressed(by) == first


@pytest.mark.parametrize("name", GALLERY)
def test_every_card_leaves_with_all_its_buttons_sealed(name: str) -> None:
    by, card = seals(), GALLERY[name]
    sealed = by.sealed(card, person=PERSON, conversation_id=CHAT)
    before = [node for node in nodes(card) if node.get("type") in PRESSED]
    after = [node for node in nodes(sealed) if node.get("type") in PRESSED]

    assert len(before) == len(after)
    for old, new in zip(before, after, strict=True):
        verb = old["data"]["verb"]
        expected = {key: value for key, value in old["data"].items() if key != "verb"}
        assert opened(by, new["data"], verb) == Opened(Standing.GENUINE, expected, {})
        assert set(new["data"]) == {"verb", "seal"}
    assert _size(sealed) < LIMIT


@pytest.mark.parametrize("name", GALLERY)
def test_no_input_has_the_name_of_what_a_button_carries(name: str) -> None:
    inputs = [
        node["id"] for node in nodes(GALLERY[name]) if str(node.get("type")).startswith("Input.")
    ]

    assert not {"verb", "seal", "msteams"} & set(inputs)


@pytest.mark.case("M02")
def test_list_of_25_requests_stays_small_with_its_seals() -> None:
    requests = [samples.in_state(state) for state in ORDER_STATES] * 3
    several = [samples.status(request) for request in requests[:25]]
    assert len(several) == 25
    listed = list_card(T, samples.REGISTER, several, waiting=False)

    assert _size(seals().sealed(listed, person=PERSON, conversation_id=LONG_CHAT)) < LIMIT


def _size(card: Mapping[str, object]) -> int:
    return len(orjson.dumps(card))
