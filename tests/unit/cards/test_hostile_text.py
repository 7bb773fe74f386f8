"""Names, reasons and answers that people type never become markdown, mentions or links."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from adaptive_cards.card import AdaptiveCard
from hypothesis import HealthCheck, given, settings
from markdown_it import MarkdownIt

from cards.attention_card import attention_card
from cards.candidates_card import candidates_card
from cards.colleague_card import colleague_card
from cards.decision_card import DecisionMode, decision_card
from cards.form_card import form_card
from cards.help_card import help_card
from cards.list_card import list_card
from cards.parts import Card
from cards.problem_card import problem_card, problem_text
from cards.question_card import question_card
from cards.request_card import request_card
from cards.summary_card import summary_card
from cards.superseded_card import superseded_card
from mutations.authority import Role
from mutations.case_finder import Outcome, Retention
from mutations.directory import Access, Footprint
from mutations.draft import Question
from mutations.identity import Upn
from mutations.life_cycle import State
from mutations.register import Entity, Register
from mutations.request import Attention, Decision, MutationRequest
from mutations.status import Status, status_of
from tests import samples as s
from tests.card_gallery import T
from tests.hostile import hostile_texts
from tests.unit.cards.walk import literal_texts, rich_texts

AFTER = "what it becomes"
TEAMS_LIMIT = 28 * 1024
_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


@dataclass(frozen=True)
class World:
    """The samples with one text in every place where people can type."""

    word: str

    @property
    def register(self) -> Register:
        desk = replace(s.SOFIE, name=self.word)
        entities = {one.code: self._entity(one) for one in s.ENTITIES}
        contract = replace(
            s.CONTRACT,
            supplier=self.word,
            order_portal=self.word,
            service_delivery_manager=replace(s.KAREL, name=self.word),
        )
        return replace(s.REGISTER, entities=entities, service_desk=(desk,), contract=contract)

    def _entity(self, one: Entity) -> Entity:
        approvers = tuple(
            replace(approver, contact=replace(approver.contact, name=self.word))
            for approver in one.approvers
        )
        return replace(one, name=self.word, approvers=approvers)

    @property
    def footprint(self) -> Footprint:
        access = Access(name=self.word, owners=(self.word, self.word))
        return Footprint(groups=(access,), sites=(access,))

    def request(self, state: State, outcome: Outcome) -> MutationRequest:
        found = s.submitted(outcome) if outcome is Outcome.P else s.in_state(state, outcome)
        steps = tuple(
            replace(step, title=self.word, before=self.line, after=AFTER)
            for step in (found.plan.steps if found.plan else ())
        )
        results = tuple(
            replace(result, title=self.word, before=self.line) for result in found.results
        )
        decision = found.decision and replace(
            found.decision, by=replace(found.decision.by, name=self.word), reason=self.word
        )
        attention = Attention(step="x", key=self.word, params={"address": self.word}, since=s.NOW)
        return replace(
            found,
            subject=replace(found.subject, name=self.word),
            requester=replace(found.requester, name=self.word),
            subject_upn=Upn(self.word),
            footprint=self.footprint,
            plan=found.plan and replace(found.plan, steps=steps),
            results=results,
            decision=decision,
            attention=attention if state is State.ATTENTION else None,
        )

    @property
    def line(self) -> str:
        """One line: lists of values are given one a line by the plan."""
        return " ".join(self.word.split()) or "?"

    def status(self, state: State, outcome: Outcome) -> Status:
        return status_of(self.request(state, outcome), self.register, now=s.NOW)


def _request(world: World, state: State, outcome: Outcome) -> Card:
    return request_card(
        T,
        world.register,
        world.status(state, outcome),
        roles=frozenset(Role),
        headline=problem_text(T, "error.decision.taken", {"name": world.word}),
    )


def _decision(world: World, mode: DecisionMode) -> Card:
    status = world.status(State.SUBMITTED, Outcome.B)
    return decision_card(T, world.register, status, mode=mode, problem=world.word, now=s.NOW)


def _decided(world: World) -> Card:
    status = world.status(State.REJECTED, Outcome.A)
    return decision_card(T, world.register, status, now=s.NOW)


def _summary(world: World, outcome: Outcome) -> Card:
    made = replace(
        s.proposal(outcome),
        colleague=replace(s.colleague(world.word), upn=Upn(world.word)),
        deciders=(world.word, world.word),
        footprint=world.footprint,
    )
    return summary_card(T, world.register, made, now=s.NOW)


def _candidates(world: World) -> Card:
    candidates = tuple(
        replace(one, name=world.word, upn=world.word, entity=world.word)
        for one in s.CANDIDATES[:2]
    )
    return candidates_card(T, world.register, replace(s.EMPTY_DRAFT, candidates=candidates))


def _form(world: World) -> Card:
    draft = replace(s.FULL_DRAFT, colleague_name=world.word)
    problems = {Question.COLLEAGUE: world.word}
    entities = tuple(world.register.entities.values())
    return form_card(T, world.register, draft, entities=entities, today=s.TODAY, problems=problems)


def _question(world: World) -> Card:
    draft = replace(s.FULL_DRAFT, colleague_name=world.word, target=None)
    entities = tuple(world.register.entities.values())
    return question_card(
        T,
        world.register,
        draft,
        question=Question.TARGET,
        entities=entities,
        problem=world.word,
    )


def _problem(world: World) -> Card:
    return problem_card(
        T, "error.target.not_yours", {"entity": world.word, "names": (world.word,)}
    )


CARDS: dict[str, Callable[[World], Card]] = {
    "help": lambda world: help_card(T, world.register, may_request=True, greeting=world.word),
    "form": _form,
    "question": _question,
    "candidates": _candidates,
    "summary A": lambda world: _summary(world, Outcome.A),
    "summary D": lambda world: _summary(world, Outcome.D),
    "summary P": lambda world: _summary(world, Outcome.P),
    "request submitted": lambda world: _request(world, State.SUBMITTED, Outcome.A),
    "request to confirm": lambda world: _request(world, State.TO_CONFIRM, Outcome.A),
    "request attention": lambda world: _request(world, State.ATTENTION, Outcome.B),
    "request done": lambda world: _request(world, State.DONE, Outcome.B),
    "request P": lambda world: _request(world, State.REFERRED, Outcome.P),
    "decision": lambda world: _decision(world, DecisionMode.ASK),
    "decision not keep": lambda world: _decision(world, DecisionMode.NOT_KEEP),
    "decision refuse": lambda world: _decision(world, DecisionMode.REFUSE),
    "decided": _decided,
    "colleague": lambda world: colleague_card(
        T, world.register, world.status(State.SCHEDULED, Outcome.B)
    ),
    "attention": lambda world: attention_card(
        T, world.register, world.status(State.ATTENTION, Outcome.A)
    ),
    "list": lambda world: list_card(
        T, world.register, [world.status(State.SUBMITTED, Outcome.A)], waiting=True
    ),
    "superseded": lambda world: superseded_card(T, world.status(State.DONE, Outcome.A)),
    "problem": _problem,
}


def _shape(card: Card) -> list[list[Any]]:
    """Return what markdown makes of each text, without the words themselves."""
    return [
        [
            (token.type, [inner.type for inner in token.children or [] if inner.type != "text"])
            for token in _MARKDOWN.parse(text)
        ]
        for text in rich_texts(card)
    ]


@pytest.mark.parametrize("name", CARDS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(word=hostile_texts.filter(bool))
@pytest.mark.case("M01")
def test_typed_text_never_changes_what_a_card_is(name: str, word: str) -> None:
    make = CARDS[name]
    card = make(World(word))

    assert _shape(card) == _shape(make(World("Xx")))
    for text in (*rich_texts(card), *literal_texts(card)):
        assert not set("<>\r\u202e\u2066\u200b\x00") & set(text)
    for text in rich_texts(card):
        assert "{{" not in text
        assert "://" not in text.replace("\\://", "")
    for text in literal_texts(card):
        assert "\n" not in text


@pytest.mark.parametrize("name", CARDS)
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(word=hostile_texts.filter(bool))
@pytest.mark.case("M01", "M02")
def test_cards_with_hostile_text_stay_valid_and_small(name: str, word: str) -> None:
    text = json.dumps(CARDS[name](World(word * 50)), ensure_ascii=False)

    AdaptiveCard.from_json(text)
    assert len(text.encode()) < TEAMS_LIMIT


@pytest.mark.case("M01")
def test_reason_is_shown_to_the_reader_as_it_was_typed() -> None:
    decision = Decision(
        retention=None,
        by=s.decision(Retention.KEEP).by,
        at=s.NOW,
        reason="Zie [dit](https://x.example), 2 * 3 = 6 & meer",
    )
    request = replace(s.in_state(State.REJECTED), decision=decision)

    card = decision_card(T, s.REGISTER, s.status(request), now=s.NOW)

    reason = next(text for text in rich_texts(card) if text.startswith("Reden"))
    assert _MARKDOWN.renderInline(reason) == (
        "Reden: Zie [dit](https://x.example), 2 * 3 = 6 &amp; meer"
    )
