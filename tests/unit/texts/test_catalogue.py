"""The catalogue: every key that is used exists, every key that exists is used, in Dutch."""

import ast
import importlib
import pkgutil
import re
import string
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

import dialogs
import mutations
from cards.consequences import LINES
from cards.verbs import Verb
from fulfilment.steps.catalogue import STEP_TYPES
from fulfilment.tenant import GroupKind
from mutations.case_finder import Outcome, Retention
from mutations.checklist import Item
from mutations.draft import Question
from mutations.errors import DomainError
from mutations.handing_over import BY_A_PROGRAM
from mutations.jobs import Message
from mutations.life_cycle import State
from mutations.plan import Route, Undo
from mutations.preconditions import Kind
from mutations.status import Task
from mutations.working_days import HOLIDAY_KEYS
from tests.samples import BY_HAND
from texts.translator import load

ROOT = Path(__file__).parents[3]
ROOMS = ("bot", "cards", "dialogs", "fulfilment", "mutations", "texts")
CATALOGUE = load("nl").catalogue
PARTS = ("title", "meaning", "action", "why", "one", "other")
"""Endings that code adds to a key that it got as a value."""

FAMILIES: Mapping[str, Collection[str]] = {
    "state": set(State),
    "status.task": set(Task),
    "status.next": {
        *State,
        "withdrawn_begun",
        "expired_begun",
        "self_service_untracked",
    },
    "message": set(Message),
    "order": set(Outcome),
    "retention": set(Retention),
    "choice": {*Retention, "together"},
    "answer.wish": set(Retention),
    "question": set(Question),
    "hint": set(Question),
    "summary.heading": set(Outcome),
    "button.submit": set(Outcome),
    "button.confirm": set(Retention),
    "submitted": {State.SUBMITTED, State.REFERRED, State.CHECKLIST},
    "holiday": {key.removeprefix("holiday.") for key in HOLIDAY_KEYS},
    "step": {
        *STEP_TYPES,
        "plan",
        "unknown",
        "restored",
        "portal",
        "problem.unknown.why",
        "problem.unknown.action",
    },
    "checklist.step": set(Item),
    "evidence.checklist.step": set(Item),
    "plan.route": set(Route),
    "plan.undo": set(Undo),
    "plan.group": set(GroupKind),
    "plan.verify": {*STEP_TYPES, "unknown"},
    "hand.handed": {name for name, one in STEP_TYPES.items() if one.route in BY_A_PROGRAM},
    "undo.note": {"account.block", "account.deactivate", "mailbox.litigation_hold"},
    "undo.stays": {
        *(name for name, one in STEP_TYPES.items() if one.undo in {Undo.HAND, Undo.NEVER}),
        *(step.name for step in BY_HAND.steps),  # taken back by hand where done by hand
        "account.entity.new",
        "unknown",
    },
    "decision.made": {*Retention, "refused"},
    "case.reason": {*(set(Outcome) - {Outcome.P}), "P.source", "P.target", "P.both"},
    "consequence": {f"{outcome}.{line}" for outcome, lines in LINES.items() for line in lines},
    "precondition.how": {"directory", "pools", "asked", "decision", "later"},
    "change.planned": {"title", "same", "new", "gone", "before", "after"},
    "change.done": {
        *("title", "same", "new", "gone", "before", "after"),
        *("verified", "verified_part"),
    },
}


def _trees() -> Iterator[ast.Module]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield ast.parse(path.read_text(encoding="utf-8"))


@cache
def _literals() -> frozenset[str]:
    nodes = (node for tree in _trees() for node in ast.walk(tree))
    return frozenset(
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    """Return the formatted strings that begin with fixed text, as patterns of keys."""
    nodes = (node for tree in _trees() for node in ast.walk(tree))
    found = {_pattern(node) for node in nodes if isinstance(node, ast.JoinedStr)}
    return tuple(re.compile(pattern) for pattern in sorted(found - {""}))


def _pattern(node: ast.JoinedStr) -> str:
    first = node.values[0]
    if not isinstance(first, ast.Constant) or not re.match(r"^[a-z_]+\.", str(first.value)):
        return ""
    return "".join(
        re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+"
        for part in node.values
    )


def _calls() -> Iterator[tuple[str, str]]:
    """Yield the way and the key of every call with a fixed key: ("t", "form.title")."""
    for tree in _trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                way = _way(node.func)
                if way and isinstance(node.args[0].value, str):
                    yield way, node.args[0].value


def _way(func: ast.expr) -> str:
    if isinstance(func, ast.Name):
        return "t" if func.id == "t" else ""
    if not isinstance(func, ast.Attribute):
        return ""
    if func.attr in {"t", "_t"}:
        return "t"
    owner = func.value.id if isinstance(func.value, ast.Name) else getattr(func.value, "attr", "")
    return func.attr if owner in {"t", "_t"} and func.attr in {"plain", "count"} else ""


def test_every_key_that_is_asked_for_exists() -> None:
    calls = set(_calls())
    asked = {key if way != "count" else f"{key}.other" for way, key in calls}

    assert len(asked) > 100
    assert asked <= set(CATALOGUE)


def test_every_key_that_exists_is_used() -> None:
    def is_used(key: str) -> bool:
        base, _, part = key.rpartition(".")
        names = {key, base} if part in PARTS else {key}
        return (
            not names.isdisjoint(_literals())
            or any(pattern.fullmatch(name) for pattern in _patterns() for name in names)
            or any(key.startswith(f"{family}.") for family in FAMILIES)
        )

    assert [key for key in CATALOGUE if not is_used(key)] == []


@pytest.mark.parametrize("family", FAMILIES)
def test_every_value_of_a_kind_has_its_text_and_no_other(family: str) -> None:
    found = {key.removeprefix(f"{family}.") for key in CATALOGUE if key.startswith(f"{family}.")}

    assert found == set(map(str, FAMILIES[family]))


@pytest.mark.parametrize("verb", Verb)
def test_every_button_has_words(verb: Verb) -> None:
    assert f"button.{verb}" in CATALOGUE


@pytest.mark.parametrize("kind", Kind)
def test_every_precondition_says_what_it_is_and_what_to_do(kind: Kind) -> None:
    assert f"precondition.{kind}.label" in CATALOGUE
    assert f"precondition.{kind}.todo" in CATALOGUE


def _errors() -> Iterator[type[DomainError]]:
    for package in (mutations, dialogs):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    left = [*DomainError.__subclasses__()]
    while left:
        error = left.pop()
        left += error.__subclasses__()
        if "message_key" in vars(error):
            yield error


def test_every_error_says_what_happened_what_it_means_and_what_to_do() -> None:
    keys = {error.message_key for error in _errors()}
    expected = {f"{key}.{part}" for key in keys for part in ("title", "meaning", "action")}

    assert len(keys) > 20
    assert expected <= set(CATALOGUE)


def test_every_obstacle_says_why_and_what_to_do() -> None:
    named = re.compile(r"^(plan\.obstacle|tenant)\.[a-z_]+$")
    attention = {"attention.not_confirmed", "attention.tenant_unavailable"}
    keys = {text for text in _literals() if named.match(text)} | attention

    assert len(keys) > 15
    assert {f"{key}.{part}" for key in keys for part in ("why", "action")} <= set(CATALOGUE)


def test_templates_name_their_values_and_nothing_else() -> None:
    for key, text in CATALOGUE.items():
        for _, name, spec, conversion in string.Formatter().parse(text):
            assert name is None or re.fullmatch(r"[a-z_]+", name), key
            assert not spec, key
            assert conversion is None, key


def test_texts_for_buttons_and_inputs_hold_no_markdown() -> None:
    keys = {key for way, key in _calls() if way == "plain"}
    keys |= {key for key in CATALOGUE if key.startswith(("button.", "answer."))}

    assert [key for key in sorted(keys) if set("*`[]#") & set(CATALOGUE[key])] == []


ENGLISH = re.compile(
    r"\b(the|and|your|you|please|with|without|from|approve[dr]?|approval|request|requester|cancel"
    r"|delete[d]?|keep|kept|owner|decision|submit|done|status code|failed|error|user|date|today"
    r"|tomorrow|working day|pending|who|what|when|this|that|has been|not found|sign[- ]in)\b",
    re.IGNORECASE,
)


INFORMAL = re.compile(r"\b(je|jij|jou|jouw|jullie)\b", re.IGNORECASE)


def _keys_with(words: re.Pattern[str]) -> list[str]:
    texts = {key: re.sub(r"\{[a-z_]+\}", "", text) for key, text in CATALOGUE.items()}
    return [key for key, text in texts.items() if words.search(text)]


def test_the_screen_speaks_dutch() -> None:
    assert _keys_with(ENGLISH) == []


def test_the_screen_is_polite() -> None:
    assert _keys_with(INFORMAL) == []


@pytest.mark.parametrize("word", ["HB-plus", "HB-pluspunt", "Facilitair Bedrijf"])
def test_names_of_the_contract_come_from_the_register(word: str) -> None:
    assert [key for key, text in CATALOGUE.items() if word.lower() in text.lower()] == []
