"""What taking an order back brings back and what it leaves, said per step."""

from adaptive_cards.card import ElementT

from cards.changes import planned_rows, step_label
from cards.parts import bullets, heading, small
from cards.words import request_words
from mutations.case_finder import Outcome
from mutations.register import Register
from mutations.request import MutationRequest
from mutations.undoing import undo_plan
from texts.escaping import Safe
from texts.translator import Texts


def goes_back(t: Texts, register: Register, request: MutationRequest) -> list[ElementT]:
    """Return what goes back, last step first, from the value now to that of before the order."""
    steps = undo_plan(request).back
    if not steps:
        return []
    words = request_words(t, register, request)
    keys = [f"undo.note.{name}" for name in dict.fromkeys(one.name for one in steps)]
    assert request.plan is not None
    phase = "done" if request.done_at else "stopped"
    who = "supplier" if request.plan.is_for_supplier else phase
    return [
        heading(t(f"undo.back.{who}", **words)),
        *planned_rows(t, steps),
        *(small(t(key, **words)) for key in keys if t.has(key)),
    ]


def stays(t: Texts, register: Register, request: MutationRequest) -> list[ElementT]:
    """Return what the order leaves as it is, with what a person has to do about it."""
    words = request_words(t, register, request)
    lines: dict[Safe, None] = {}
    for step in undo_plan(request).rest:
        about = {**words, "title": step.title, "label": step_label(t, step.name)}
        lines[t(_stays_key(t, request, step.name), **about)] = None
    return [heading(t("undo.rest")), bullets(lines)] if lines else []


def _stays_key(t: Texts, request: MutationRequest, name: str) -> str:
    """Return the key of one step; order C moves the entity of the new account only (R9)."""
    is_new = request.outcome is Outcome.C and name == "account.entity"
    key = f"undo.stays.{name}.new" if is_new else f"undo.stays.{name}"
    return key if t.has(key) else "undo.stays.unknown"
