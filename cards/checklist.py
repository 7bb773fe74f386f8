"""The checklist of case D on a card: what to do, who did it when, and what the directory shows."""

from collections.abc import Mapping
from typing import Final

from adaptive_cards import types as ac
from adaptive_cards.card import ActionExecute, ElementT

from cards.buttons import MAIN, button, request_data
from cards.inputs import date_input
from cards.outcomes import checklist, checklist_title, kept_for
from cards.parts import group, small, text
from cards.verbs import Verb
from mutations.checking_off import data_ends_on, since
from mutations.checklist import Checklist, Item, Line, first_day
from mutations.life_cycle import State
from mutations.request import MutationRequest
from mutations.status import Status
from texts.escaping import Safe
from texts.translator import Texts

DAY_INPUT: Final = "day"


def tracked_checklist(
    t: Texts, status: Status, words: Mapping[str, object], *, is_requester: bool
) -> list[ElementT]:
    """Return the checklist as it stands; the requester names the day of the next item.

    A request of before checklists were tracked has only the list itself.
    """
    request = status.request
    found = request.checklist
    if found is None:
        return checklist(t, words)
    lines = [_line(t, request, found, line, words) for line in found.lines]
    items: list[ElementT] = [*checklist_title(t), *lines, _kept(t, status, words)]
    if is_requester and request.state is State.CHECKLIST and found.next is not None:
        items.append(_day(t, status, found, found.next))
    return items


def checklist_buttons(t: Texts, request: MutationRequest) -> list[ActionExecute]:
    """Return what the requester can say of the checklist now."""
    found = request.checklist
    if request.state is not State.CHECKLIST or found is None:
        return []
    data, buttons = request_data(request), []
    if found.next is not None:
        done = {**data, "item": found.next.item.value}
        buttons.append(button(t, Verb.CHECKLIST_DONE, done, style=MAIN, with_inputs=True))
    if found.last is not None:
        buttons.append(button(t, Verb.CHECKLIST_BACK, {**data, "item": found.last.item.value}))
    return buttons


def _line(
    t: Texts, request: MutationRequest, found: Checklist, line: Line, words: Mapping[str, object]
) -> ElementT:
    number = found.lines.index(line) + 1
    said = line.said
    step = Safe(f"**{number}.** {t(f'checklist.step.{line.item}', **words)}")
    items: list[ElementT] = [text(step, color=ac.Colors.GOOD if said else None)]
    if said is not None:
        items.append(small(t("checklist.said", name=said.by.name, day=said.on)))
    items += [small(one) for one in _seen(t, request, found, line)]
    return group(items)


def _seen(t: Texts, request: MutationRequest, found: Checklist, line: Line) -> list[Safe]:
    """Return what the directory showed, and what it cannot or does not show."""
    if line.seen_at is not None:
        told = [t("checklist.seen", seen=line.seen_at)]
    elif line.said is None:
        return []
    elif not line.is_readable:
        return [t("checklist.unreadable")]
    else:
        told = [
            t("checklist.awaited" if _is_awaited(request, found, line) else "checklist.unseen")
        ]
    is_half_read = line.item is not Item.DEACTIVATE and not found.status_before
    return [*told, t("checklist.status_unread")] if is_half_read else told


def _is_awaited(request: MutationRequest, found: Checklist, line: Line) -> bool:
    is_open = request.state is State.CHECKLIST
    return is_open and (line.item is not Item.DEACTIVATE or not found.is_complete)


def _kept(t: Texts, status: Status, words: Mapping[str, object]) -> ElementT:
    ends_on = data_ends_on(status.request)
    if ends_on is None:
        return kept_for(t, words)
    is_ahead = status.request.state is State.CHECKLIST and status.on < ends_on
    return kept_for(t, {**words, "day": ends_on}, "ends_open" if is_ahead else "ends")


def _day(t: Texts, status: Status, found: Checklist, line: Line) -> ElementT:
    number = found.lines.index(line) + 1
    return date_input(
        DAY_INPUT,
        label=t.plain("checklist.day", n=number),
        first=first_day(found, since=since(status.request)),
        last=status.on,
        value=status.on,
    )
