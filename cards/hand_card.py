"""The card for the service desk: a step that only a person can do, one at a time."""

from typing import Final

from adaptive_cards.card import ActionExecute, ElementT, InputText

from cards.buttons import MAIN, Data, button, plan_button, request_data
from cards.changes import step_label
from cards.parts import Card, bullets, card, facts, heading, small, text, title, warning
from cards.request_header import request_header
from cards.verbs import Verb
from cards.words import request_words
from mutations.hand_work import HandTask, Tasks, open_tasks
from mutations.life_cycle import State
from mutations.plan import PlannedStep, Route
from mutations.register import Register
from mutations.request import MutationRequest
from mutations.status import Status
from texts.escaping import Safe, escape
from texts.translator import Texts

WORDS_LENGTH: Final = 500


def hand_card(t: Texts, register: Register, status: Status, *, problem: str = "") -> Card:
    """Return the first step that waits for a person, or that none does.

    `problem` says in words what was wrong with the last press.
    """
    request = status.request
    words = request_words(t, register, request)
    waiting = open_tasks(request.tasks)
    if request.state is not State.CARRYING_OUT or request.plan is None or not waiting:
        return card(
            [
                title(t("hand.none.title")),
                request_header(t, request),
                *_problem(problem),
                text(t("hand.none.text", **words)),
            ]
        )
    step = request.plan.steps[waiting[0].position]
    body: list[ElementT] = [
        title(t("hand.title")),
        request_header(t, request),
        *_problem(problem),
        facts(_facts(t, request, step, waiting)),
        heading(t("hand.do")),
        text(t(instruction_key(step), **{**words, "title": step.title})),
        *_values(t, step, waiting[0]),
        small(t("hand.then")),
        InputText(
            id="words",
            label=t.plain("hand.words.label"),
            placeholder=t.plain("hand.words.placeholder"),
            is_multiline=True,
            max_length=WORDS_LENGTH,
        ),
    ]
    return card(body, _buttons(t, request, waiting[0]))


def instruction_key(step: PlannedStep) -> str:
    """Return the key of what a person must do exactly, for groups by the kind of group.

    A step that the bot usually does itself is only here when a person took it over.
    """
    if step.route is not Route.HAND:
        return f"hand.handed.{step.name}"
    kind = step.args.get("kind")
    return f"hand.step.{step.name}.{kind}" if kind else f"hand.step.{step.name}"


def _facts(
    t: Texts, request: MutationRequest, step: PlannedStep, waiting: Tasks
) -> list[tuple[Safe, Safe]]:
    task = waiting[0]
    rows: list[tuple[Safe, Safe]] = [
        (t("hand.task"), step_label(t, step.name)),
        (t("fact.colleague"), escape(request.subject.name)),
        (t("hand.due"), t.day(task.due_on)),
        (t("hand.who"), escape(task.taken_by.name) if task.taken_by else t("hand.nobody")),
    ]
    handed = next((one for one in request.handed if one.position == task.position), None)
    if handed is not None:
        rows.append((t("hand.by"), escape(handed.by.name)))
    if len(waiting) > 1:
        rows.append((t("hand.after"), t.count("hand.more", len(waiting) - 1)))
    return rows


def _values(t: Texts, step: PlannedStep, task: HandTask) -> list[ElementT]:
    """Return what to copy; one value a line, so that it can be selected on a phone."""
    if task.asks:
        asked = [t(f"hand.value.{kind}", value=value) for kind, value in task.asks.items()]
        return [heading(t("hand.values")), bullets(asked)]
    lines = [t("hand.value.now", value=value) for value in step.before.splitlines()]
    lines += [t("hand.value.wanted", value=value) for value in step.after.splitlines()]
    return [heading(t("hand.values")), bullets(lines)] if lines else []


def _buttons(t: Texts, request: MutationRequest, task: HandTask) -> list[ActionExecute]:
    data: Data = {**request_data(request), "position": task.position}
    found = [button(t, Verb.HAND_DONE, data, style=MAIN, with_inputs=True)]
    if task.taken_by is None:
        found.append(button(t, Verb.HAND_TAKE, data))
    found.append(button(t, Verb.HAND_CANNOT, data, with_inputs=True))
    return [*found, *plan_button(t, request)]


def _problem(problem: str) -> list[ElementT]:
    return [warning(escape(problem))] if problem else []
