"""The form and the questions: what they ask and what they remember."""

from dataclasses import replace

import pytest

from cards.candidates_card import candidates_card
from cards.form_card import form_card
from cards.help_card import help_card
from cards.parts import Card
from cards.problem_card import problem_card, problem_text
from cards.question_card import question_card
from cards.verbs import Verb
from mutations.draft import Draft, Question
from mutations.register import Entity
from tests import samples as s
from tests.card_gallery import T
from tests.unit.cards.walk import all_text, buttons, nodes, of_type


def form(draft: Draft, entities: tuple[Entity, ...] = s.ENTITIES) -> Card:
    return form_card(T, s.REGISTER, draft, entities=entities, today=s.TODAY, problems={})


def inputs(card: Card) -> dict[str, dict[str, object]]:
    return {
        str(node["id"]): dict(node)
        for node in nodes(card)
        if str(node.get("type", "")).startswith("Input.")
    }


def ask(question: Question, entities: tuple[Entity, ...] = s.ENTITIES) -> Card:
    draft = s.FULL_DRAFT.without(question)
    return question_card(T, s.REGISTER, draft, question=question, entities=entities)


def test_form_asks_everything_at_once_and_chooses_nothing_itself() -> None:
    found = inputs(form(s.EMPTY_DRAFT))

    assert list(found) == [
        "colleague",
        "target",
        "effective_on",
        "effective_text",
        "status_changes",
        "wish",
    ]
    assert [name for name, one in found.items() if "value" in one] == []


def test_form_limits_the_date_to_what_the_contract_allows() -> None:
    found = inputs(form(s.EMPTY_DRAFT))["effective_on"]

    assert (found["min"], found["max"]) == ("2026-05-11", "2027-05-11")


def test_the_only_entity_is_chosen_beforehand() -> None:
    assert inputs(form(s.EMPTY_DRAFT, s.ENTITIES[1:2]))["target"]["value"] == s.TARGET


def test_form_shows_again_what_was_answered() -> None:
    found = inputs(form(s.FULL_DRAFT))

    values = {name: one.get("value") for name, one in found.items()}
    assert values == {
        "colleague": "Jan Peeters",
        "target": s.TARGET,
        "effective_on": "2026-05-12",
        "effective_text": None,
        "status_changes": "no",
        "wish": "keep",
    }


def test_consequences_stand_side_by_side() -> None:
    columns = of_type(form(s.EMPTY_DRAFT), "ColumnSet")[0]["columns"]

    headings = [column["items"][0]["text"] for column in columns]
    assert headings == ["Behouden", "Niet behouden"]
    assert "litigation hold" in str(columns[1])
    assert "blijven nog 30 dagen" in str(columns[1])


@pytest.mark.parametrize("question", Question)
def test_a_problem_stands_right_above_its_field(question: Question) -> None:
    card = form_card(
        T,
        s.REGISTER,
        s.FULL_DRAFT,
        entities=s.ENTITIES,
        today=s.TODAY,
        problems={question: "Dit klopt niet"},
    )

    body = card["body"]
    assert isinstance(body, list)
    place = next(index for index, one in enumerate(body) if one.get("text") == "Dit klopt niet")
    after = [one["id"] for one in body[place:] if "id" in one]
    assert after[0] == question.value


@pytest.mark.parametrize("question", Question)
def test_question_shows_what_is_known_and_asks_one_thing(question: Question) -> None:
    card = ask(question)

    facts = of_type(card, "FactSet")[0]["facts"]
    assert len(facts) == len(Question) - 1
    assert T(f"question.{question}") in all_text(card)
    assert {Verb.DRAFT_EDIT, Verb.DRAFT_DISCARD} <= set(buttons(card))


@pytest.mark.parametrize(
    ("question", "values"),
    [
        (Question.TARGET, [s.SOURCE, s.TARGET, s.OUTSIDE]),
        (Question.STATUS_CHANGES, ["no", "yes"]),
        (Question.WISH, ["keep", "not_keep"]),
    ],
)
def test_questions_with_choices_have_a_button_for_each(
    question: Question, values: list[str]
) -> None:
    actions = of_type(ask(question), "Action.Execute")

    answers = [one["data"] for one in actions if one["verb"] == Verb.DRAFT_ANSWER]
    assert [data["value"] for data in answers] == values
    assert {data["question"] for data in answers} == {question.value}


def test_many_entities_become_a_list_instead_of_buttons() -> None:
    card = ask(Question.TARGET, s.ENTITIES * 3)

    assert len(inputs(card)) == 1
    assert "value" not in buttons(card)[Verb.DRAFT_ANSWER]["data"]


def test_each_candidate_has_a_button_and_there_is_a_way_out() -> None:
    draft = replace(s.EMPTY_DRAFT, candidates=s.CANDIDATES[:2])

    actions = of_type(candidates_card(T, s.REGISTER, draft), "Action.Execute")

    chosen = [one["data"]["colleague"] for one in actions if one["verb"] == Verb.DRAFT_CHOOSE]
    assert chosen == [*(one.object_id for one in s.CANDIDATES[:2]), ""]
    titles = [one["title"] for one in actions]
    assert len(set(titles)) == len(titles)


def test_help_offers_a_new_request_only_to_requesters() -> None:
    for may_request in (True, False):
        card = help_card(T, s.REGISTER, may_request=may_request)
        assert (Verb.DRAFT_OPEN in buttons(card)) == may_request
        assert ("nieuwe mutatie" in all_text(card).lower()) == may_request


def test_a_name_is_greeted_and_a_sentence_is_said() -> None:
    named = help_card(T, s.REGISTER, may_request=True, greeting="Jan_P")
    said = help_card(T, s.REGISTER, may_request=True, greeting=T("help.not_understood"))

    assert "Dag Jan\\_P" in all_text(named)
    assert T("help.not_understood") in all_text(said)
    assert "Dag" not in all_text(said)


def test_a_holiday_is_named_in_words() -> None:
    params = {"day": s.TOMORROW, "why": "holiday.ascension", "next": s.TOMORROW}

    assert "Het is Hemelvaartsdag." in all_text(problem_card(T, "error.date.not_working", params))
    text = problem_text(T, "error.date.not_working", params)
    assert text.startswith("dinsdag 12 mei 2026 is geen werkdag. Kies een andere dag")
