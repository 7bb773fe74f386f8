"""The card with the plan of a request: what would be done now, one line per kind of step."""

from collections.abc import Sequence

from adaptive_cards import types as ac
from adaptive_cards.card import ElementT

from cards.buttons import button, request_data
from cards.changes import planned_rows, step_label
from cards.parts import (
    Card,
    box,
    bullets,
    card,
    folded,
    heading,
    numbered,
    shortened,
    small,
    text,
    title,
)
from cards.plan_words import PlanWords
from cards.reasons import action_of, why_of
from cards.request_header import request_header
from cards.verbs import Verb
from cards.words import request_words
from mutations.dry_run import DryRun
from mutations.plan import PlannedStep
from mutations.register import Register
from texts.escaping import Safe
from texts.translator import Texts


def plan_card(t: Texts, register: Register, run: DryRun) -> Card:
    """Return the plan as it was made at one moment, which the card names: it does not follow."""
    request, said = run.request, PlanWords(t, register, run)
    groups = _together(run.plan.steps)
    lines = [_line(said, steps) for steps in groups]
    body: list[ElementT] = [
        title(t("plan.title")),
        request_header(t, request),
        small(t("plan.made", moment=run.at)),
        *([] if request.is_open else [text(t("plan.ended"))]),
        *_obstacles(t, register, run),
        *([heading(t("plan.steps")), numbered(lines)] if lines else [text(t("plan.none"))]),
        *folded("steps", t.plain("button.plan_details"), _details(said, groups)),
        *_hands(said),
        heading(t("plan.differences")),
        bullets(shortened(t, said.differences())),
    ]
    data = request_data(request)
    return card(
        body,
        [
            button(t, Verb.REQUEST_SHOW, data, title=t.plain("button.show")),
            button(t, Verb.PLAN_SHOW, data, title=t.plain("button.refresh")),
        ],
    )


def _together(steps: Sequence[PlannedStep]) -> list[tuple[PlannedStep, ...]]:
    """Take steps of one name that are done by one way together, where the first of them is."""
    found: dict[tuple[str, str], tuple[PlannedStep, ...]] = {}
    for step in steps:
        key = (step.name, step.route)
        found[key] = (*found.get(key, ()), step)
    return list(found.values())


def _line(said: PlanWords, steps: Sequence[PlannedStep]) -> Safe:
    first, t = steps[0], said.t
    if len(steps) == 1:
        return t("plan.line", label=said.label(first), route=said.route(first))
    label = step_label(t, first.name)
    return t("plan.counted", label=label, n=len(steps), route=said.route(first))


def _details(said: PlanWords, groups: Sequence[Sequence[PlannedStep]]) -> list[ElementT]:
    return [element for steps in groups for element in _detail(said, steps)]


def _detail(said: PlanWords, steps: Sequence[PlannedStep]) -> list[ElementT]:
    kinds = dict.fromkeys(kind for step in steps if (kind := said.kind(step)))
    undos = dict.fromkeys(said.undo(step) for step in steps)
    return [
        *planned_rows(said.t, steps),
        bullets(shortened(said.t, [*kinds, said.check(steps[0]), *undos])),
    ]


def _obstacles(t: Texts, register: Register, run: DryRun) -> list[ElementT]:
    if not run.plan.obstacles:
        return []
    words = request_words(t, register, run.request)
    items: list[ElementT] = [heading(t("plan.obstacles"))]
    for one in run.plan.obstacles:
        known = {**words, **one.params}
        items += [text(why_of(t, one.key, known)), small(action_of(t, one.key, known))]
    return [box(items, ac.ContainerStyle.WARNING)]


def _hands(said: PlanWords) -> list[ElementT]:
    lines = [said.deadline(step) for _, step in said.run.by_hand]
    if not lines:
        return []
    return [heading(said.t("plan.hands")), bullets(shortened(said.t, lines))]
