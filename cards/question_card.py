"""One question of the typed conversation, with what has been understood so far."""

from collections.abc import Sequence
from typing import Final

from adaptive_cards import types as ac
from adaptive_cards.card import ActionExecute, ElementT, InputChoice, InputChoiceSet, InputDate

from cards.buttons import MAIN, button, draft_data
from cards.consequences import both_choices
from cards.inputs import retention_choices, status_choices
from cards.parts import Card, buttons_here, card, facts, heading, small, text, title, warning
from cards.verbs import Verb
from cards.words import contract_words, entity_name
from mutations.draft import Draft, Question
from mutations.register import Entity, Register
from texts.escaping import Plain, Safe, escape, neutral
from texts.translator import Texts

_BUTTONS_AT_MOST: Final = 4


def question_card(
    t: Texts,
    register: Register,
    draft: Draft,
    *,
    question: Question,
    entities: Sequence[Entity],
    problem: str = "",
) -> Card:
    """Return the next question; it can be answered by typing or by a quick button.

    `problem` says in words what was wrong with the last answer.
    """
    body: list[ElementT] = [title(t("form.title"))]
    known = understood(t, register, draft)
    if known:
        body += [small(t("form.understood")), facts(known)]
    if problem:
        body.append(warning(escape(problem)))
    body += [heading(t(f"question.{question}")), text(t(f"hint.{question}"))]
    extra, answers = _quick(t, register, draft, question, entities)
    body += extra
    if answers:
        body.append(buttons_here(answers))
    actions = [
        button(t, Verb.DRAFT_EDIT, draft_data(draft), title=t.plain("button.form")),
        button(t, Verb.DRAFT_DISCARD, draft_data(draft)),
    ]
    return card(body, actions, has_own_elements=True)


def understood(t: Texts, register: Register, draft: Draft) -> list[tuple[Safe, Safe]]:
    """Return the answers that a draft holds, in words."""
    answers: dict[Question, Safe | None] = {
        Question.COLLEAGUE: escape(draft.colleague_name) if draft.colleague else None,
        Question.TARGET: entity_name(t, register, draft.target) if draft.target else None,
        Question.EFFECTIVE_ON: t.day(draft.effective_on) if draft.effective_on else None,
        Question.STATUS_CHANGES: _status(t, draft),
        Question.WISH: t(f"retention.{draft.wish}") if draft.wish else None,
    }
    return [(t(f"fact.{key}"), value) for key, value in answers.items() if value is not None]


def _status(t: Texts, draft: Draft) -> Safe | None:
    if draft.status_changes is None:
        return None
    return t("fact.status.yes" if draft.status_changes else "fact.status.no")


def _quick(
    t: Texts, register: Register, draft: Draft, question: Question, entities: Sequence[Entity]
) -> tuple[list[ElementT], list[ActionExecute]]:
    match question:
        case Question.COLLEAGUE:
            return [], []
        case Question.TARGET if len(entities) > _BUTTONS_AT_MOST:
            return [_entity_list(t, entities)], [_pick(t, draft, question)]
        case Question.TARGET:
            names = {str(one.code): neutral(one.name) for one in entities}
            return [], _choices(t, draft, question, names)
        case Question.EFFECTIVE_ON:
            day = InputDate(id="value", label=t.plain("form.day"))
            return [day], [_pick(t, draft, question)]
        case Question.STATUS_CHANGES:
            return [], _choices(t, draft, question, status_choices(t))
        case Question.WISH:
            columns = both_choices(
                t, contract_words(register), status_changes=bool(draft.status_changes)
            )
            together = small(t("choice.together"))
            return [columns, together], _choices(t, draft, question, retention_choices(t))


def _choices(
    t: Texts, draft: Draft, question: Question, answers: dict[str, Plain]
) -> list[ActionExecute]:
    return [
        button(
            t,
            Verb.DRAFT_ANSWER,
            draft_data(draft, question=question.value, value=value),
            title=words,
        )
        for value, words in answers.items()
    ]


def _pick(t: Texts, draft: Draft, question: Question) -> ActionExecute:
    data = draft_data(draft, question=question.value)
    return button(
        t, Verb.DRAFT_ANSWER, data, title=t.plain("button.pick"), style=MAIN, with_inputs=True
    )


def _entity_list(t: Texts, entities: Sequence[Entity]) -> ElementT:
    return InputChoiceSet(
        id="value",
        label=t.plain("fact.target"),
        style=ac.ChoiceInputStyle.COMPACT,
        placeholder=t.plain("form.target.placeholder"),
        choices=[InputChoice(title=neutral(one.name), value=one.code) for one in entities],
    )
