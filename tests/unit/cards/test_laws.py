"""What holds for every card."""

import re

import pytest

from cards.verbs import Verb
from tests.card_gallery import gallery
from tests.unit.cards.walk import all_text, nodes, of_type, rich_texts
from tests.unit.texts.test_catalogue import ENGLISH

CARDS = gallery()
_ABOUT_A_REQUEST = ("decision.", "outcome.", "plan.", "request.", "work.", "undo.")
REQUEST_VERBS = {verb for verb in Verb if verb.startswith(_ABOUT_A_REQUEST)}
DRAFT_KEYS = {
    Verb.DRAFT_FILL: {"draft"},
    Verb.DRAFT_CHOOSE: {"draft", "colleague"},
    Verb.DRAFT_EDIT: {"draft"},
    Verb.DRAFT_DISCARD: {"draft"},
    Verb.DRAFT_SUBMIT: {"draft", "version"},
}


@pytest.mark.parametrize("name", CARDS)
def test_first_line_is_a_text_that_says_what_it_is(name: str) -> None:
    body = CARDS[name]["body"]

    assert isinstance(body, list)
    first = body[0]
    if name != "superseded":  # one line: number and state
        assert first["type"] == "TextBlock"
        assert first["weight"] == "bolder"


@pytest.mark.parametrize("name", CARDS)
def test_every_button_comes_back_with_its_verb_whatever_the_client(name: str) -> None:
    for action in of_type(CARDS[name], "Action.Execute"):
        fallback = action["fallback"]
        assert action["data"]["verb"] == action["verb"]
        assert action["verb"] in set(Verb)
        assert fallback["type"] == "Action.Submit"
        assert fallback["data"] == action["data"]
        assert fallback["title"] == action["title"]
        assert fallback.get("associatedInputs") == action.get("associatedInputs")


@pytest.mark.parametrize("name", CARDS)
def test_data_of_buttons_is_an_opaque_id_and_never_says_who_somebody_is(name: str) -> None:
    for action in of_type(CARDS[name], "Action.Execute"):
        verb, data = Verb(action["verb"]), set(action["data"]) - {"verb"}
        if verb is Verb.UNDO_SURE:
            assert data == {"request", "round", "state"}
        elif verb in REQUEST_VERBS:
            assert data == {"request", "round"}
        elif verb.startswith("hand."):
            assert data == {"request", "round", "position"}
        elif verb.startswith("checklist."):
            assert data == {"request", "round", "item"}
        elif verb is Verb.DRAFT_ANSWER:
            assert data in ({"draft", "question", "value"}, {"draft", "question"})
        else:
            assert data == DRAFT_KEYS.get(verb, set())


@pytest.mark.parametrize("name", CARDS)
def test_at_most_one_button_of_the_card_is_the_main_one(name: str) -> None:
    actions = CARDS[name].get("actions", [])

    assert isinstance(actions, list)
    assert [action.get("style") for action in actions].count("positive") <= 1
    assert len(actions) <= 5


@pytest.mark.parametrize("name", CARDS)
def test_only_buttons_that_read_inputs_take_them_along(name: str) -> None:
    reading = {
        Verb.DRAFT_FILL,
        Verb.DECISION_REFUSE_SURE,
        Verb.HAND_DONE,
        Verb.HAND_CANNOT,
        Verb.UNDO_SURE,
        Verb.CHECKLIST_DONE,
    }
    for action in of_type(CARDS[name], "Action.Execute"):
        picks = action["verb"] == Verb.DRAFT_ANSWER and "value" not in action["data"]
        takes = action.get("associatedInputs") != "none"
        assert takes == (action["verb"] in reading or picks)


@pytest.mark.parametrize("name", CARDS)
def test_texts_wrap_and_inputs_have_labels(name: str) -> None:
    for node in nodes(CARDS[name]):
        kind = str(node.get("type", ""))
        if kind == "TextBlock":
            assert node["wrap"] is True
            assert node["text"]
        if kind.startswith("Input."):
            assert node["label"]


@pytest.mark.parametrize("name", CARDS)
def test_no_english_and_no_code_words_on_the_screen(name: str) -> None:
    text = all_text(CARDS[name])

    assert ENGLISH.findall(text) == []
    codes = r"\{[a-z_]+\}|\bNone\b|\bTrue\b|OVO\d|not_keep|to_confirm"
    assert re.findall(codes, text) == []


@pytest.mark.parametrize("name", CARDS)
def test_cards_are_plain_json(name: str) -> None:
    def is_plain(value: object) -> bool:
        if type(value) is dict:
            return all(type(key) is str and is_plain(inner) for key, inner in value.items())
        if type(value) is list:
            return all(is_plain(inner) for inner in value)
        return type(value) in {str, int, bool}

    assert is_plain(CARDS[name])


@pytest.mark.parametrize("name", CARDS)
def test_dates_are_written_by_the_server(name: str) -> None:
    for text in rich_texts(CARDS[name]):
        assert "{{" not in text
        assert re.search(r"\d{4}-\d{2}-\d{2}", text) is None
