"""The card for the person who moves: what changes, when, and what to do."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from adaptive_cards.card import ElementT

from cards.changes import Change, access_list
from cards.parts import Card, bullets, card, heading, small, text, title
from cards.request_header import request_header
from cards.words import enumeration, request_words
from mutations.case_finder import Outcome
from mutations.life_cycle import State
from mutations.register import Register
from mutations.request import MutationRequest
from mutations.status import Status
from texts.escaping import Safe
from texts.translator import Texts

Words = Mapping[str, object]

_STOPPED: Final = frozenset({State.REJECTED, State.WITHDRAWN, State.EXPIRED, State.UNDONE})
_GOING_ON: Final = frozenset({State.CARRYING_OUT, State.ATTENTION, State.UNDOING})
_LINES: Final[Mapping[Outcome, tuple[str, ...]]] = MappingProxyType(
    {
        Outcome.A: ("data", "aliases"),
        Outcome.B: ("mailbox", "onedrive", "aliases"),
        Outcome.C: ("account", "data", "access"),
    }
)


def colleague_card(t: Texts, register: Register, status: Status) -> Card:
    """Return the story for the colleague: asked, announced, under way, done or called off."""
    request = status.request
    words = {**request_words(t, register, request), **_new_name(request)}
    phase = _phase(request)
    body: list[ElementT] = [
        title(t(_own(t, request, "title", phase))),
        request_header(t, request),
        text(t(_text(t, request, phase), **words)),
    ]
    if phase not in {"stopped", "asked"}:
        body += _story(t, request, words, phase)
    body.append(small(t("colleague.ask", **words)))
    return card(body)


def _own(t: Texts, request: MutationRequest, part: str, phase: str) -> str:
    """Return the key of a text: that of the outcome if it has one, or that of all."""
    own = f"colleague.{request.outcome}.{part}.{phase}"
    return own if t.has(own) else f"colleague.{part}.{phase}"


def _text(t: Texts, request: MutationRequest, phase: str) -> str:
    """Return the key of the first words; what nobody read back is not told as if it were."""
    if phase == "done" and request.rests_on_word:
        return "colleague.reported"
    return _own(t, request, "text", phase)


def _phase(request: MutationRequest) -> str:
    if request.state is State.DONE:
        return "done"
    if request.state in _STOPPED:
        return "stopped"
    if request.ordered_at is None:
        return "asked"
    return "going_on" if request.state in _GOING_ON else "announced"


def _new_name(request: MutationRequest) -> dict[str, str]:
    """Find the new sign-in name in what was read back, or else in the plan."""
    planned = request.plan.steps if request.plan else ()
    steps: tuple[Change, ...] = (*request.results, *planned)
    for step in steps:
        if step.name == "account.upn" and step.after and step.after != step.before:
            return {"old": step.before, "new": step.after}
    for result in request.results:
        if result.name == "account.new":
            return {"new": result.after}
    return {}


def _story(t: Texts, request: MutationRequest, words: Words, phase: str) -> list[ElementT]:
    items: list[ElementT] = [
        heading(t("colleague.changes")),
        bullets(_changes(t, request, words, phase)),
    ]
    items += [heading(t("colleague.to_do")), bullets(_to_do(t, request, words, phase))]
    if request.onedrive_ends_on is not None:
        items.append(text(t("onedrive.ends.known", day=request.onedrive_ends_on)))
    return [*items, *access_list(t, request.outcome, request.footprint)]


def _changes(t: Texts, request: MutationRequest, words: Words, phase: str) -> list[Safe]:
    outcome = request.outcome
    lines = [t("colleague.entity", **words)]
    if outcome in {Outcome.A, Outcome.B}:
        name = ("now" if phase == "done" else "then") if "new" in words else "same"
        lines.append(t(f"colleague.name.{name}", **words))
    if outcome is Outcome.C and "new" in words:
        lines.append(t("colleague.C.name", **words))
    lines += [t(f"colleague.{outcome}.{line}", **words) for line in _LINES.get(outcome, ())]
    groups = [group.name for group in request.footprint.groups]
    if outcome is Outcome.B and groups:
        lines.append(t("colleague.B.groups", groups=enumeration(t, groups)))
    return lines


def _to_do(t: Texts, request: MutationRequest, words: Words, phase: str) -> list[Safe]:
    lines = []
    if "new" in words:
        lines.append(t(f"colleague.do.sign_in.{'now' if phase == 'done' else 'then'}", **words))
    elif request.outcome is Outcome.C:
        lines.append(t("colleague.do.new_account", **words))
    if request.outcome is Outcome.B and phase != "done":
        lines.append(t("colleague.do.agree", **words))
    lines.append(t("colleague.do.links"))
    return lines
