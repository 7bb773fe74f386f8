"""The one form of a new request."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from adaptive_cards import types as ac
from adaptive_cards.card import (
    ElementT,
    InputChoice,
    InputChoiceSet,
    InputText,
)

from cards.buttons import MAIN, button, draft_data
from cards.consequences import both_choices
from cards.inputs import choice_list, date_input, retention_choices, status_choices
from cards.parts import Card, card, small, text, title, warning
from cards.verbs import Verb
from cards.words import contract_words
from mutations.case_finder import Retention
from mutations.draft import Draft, Question
from mutations.register import Entity, Register
from texts.escaping import escape, neutral
from texts.translator import Texts


def form_card(
    t: Texts,
    register: Register,
    draft: Draft,
    *,
    entities: Sequence[Entity],
    today: date,
    problems: Mapping[Question, str],
) -> Card:
    """Return the form with what the draft holds already.

    `entities` are those that the person asks for; `problems` says per question, in words, what is
    wrong with its answer.
    """
    last = today + timedelta(days=register.contract.days_ahead)
    fields: dict[Question, list[ElementT]] = {
        Question.COLLEAGUE: [_colleague(t, draft)],
        Question.TARGET: [_target(t, draft, entities)],
        Question.EFFECTIVE_ON: _effective_on(t, draft, today, last),
        Question.STATUS_CHANGES: [small(t("hint.status_changes")), _status(t, draft)],
        Question.WISH: _wish(t, register, draft),
    }
    body: list[ElementT] = [title(t("form.title")), text(t("form.intro"))]
    for question, items in fields.items():
        problem = problems.get(question)
        body += [warning(escape(problem))] if problem else []
        body += items
    first = draft.open_question()
    if first is not None:
        body.append(small(t("form.type", question=t(f"question.{first}"))))
    return card(
        body,
        [
            button(t, Verb.DRAFT_FILL, draft_data(draft), style=MAIN, with_inputs=True),
            button(t, Verb.DRAFT_DISCARD, draft_data(draft)),
        ],
        has_own_elements=True,
    )


def _colleague(t: Texts, draft: Draft) -> ElementT:
    return InputText(
        id="colleague",
        label=t.plain("question.colleague"),
        placeholder=t.plain("form.colleague.placeholder"),
        value=neutral(draft.colleague_name) or None,
        max_length=200,
    )


def _target(t: Texts, draft: Draft, entities: Sequence[Entity]) -> ElementT:
    chosen = draft.target or (entities[0].code if len(entities) == 1 else None)
    return InputChoiceSet(
        id="target",
        label=t.plain("question.target"),
        style=ac.ChoiceInputStyle.COMPACT,
        placeholder=t.plain("form.target.placeholder"),
        choices=[InputChoice(title=neutral(one.name), value=one.code) for one in entities],
        value=chosen,
    )


def _effective_on(t: Texts, draft: Draft, today: date, last: date) -> list[ElementT]:
    chosen = draft.effective_on
    return [
        date_input(
            "effective_on",
            label=t.plain("question.effective_on"),
            first=today,
            last=last,
            value=chosen,
        ),
        InputText(
            id="effective_text",
            label=t.plain("form.effective_text"),
            placeholder=t.plain("form.effective_text.placeholder"),
            max_length=100,
        ),
    ]


def _status(t: Texts, draft: Draft) -> ElementT:
    chosen = {None: None, True: "yes", False: "no"}[draft.status_changes]
    return choice_list(
        "status_changes",
        label=t.plain("question.status_changes"),
        choices=status_choices(t),
        value=chosen,
    )


def _wish(t: Texts, register: Register, draft: Draft) -> list[ElementT]:
    words = contract_words(register)
    chosen: Retention | None = draft.wish
    return [
        both_choices(t, words, status_changes=bool(draft.status_changes)),
        small(t("choice.together")),
        *([] if draft.status_changes else [small(t("form.wish.status", **words))]),
        choice_list(
            "wish", label=t.plain("question.wish"), choices=retention_choices(t), value=chosen
        ),
        small(t("form.wish.decides")),
    ]
