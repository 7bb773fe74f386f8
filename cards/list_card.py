"""Several requests in short: my requests, or what waits for me."""

from collections.abc import Sequence
from typing import Final

from adaptive_cards.card import ElementT

from cards.buttons import button, request_data
from cards.parts import Card, buttons_here, card, group, small, text, title
from cards.request_header import request_header
from cards.turns import who
from cards.verbs import Verb
from cards.words import request_words
from mutations.register import Register
from mutations.status import Status
from texts.escaping import Safe
from texts.translator import Texts

_SHOWN: Final = 10


def list_card(t: Texts, register: Register, statuses: Sequence[Status], *, waiting: bool) -> Card:
    """Return one short row with a button per request; an empty list says what can be done.

    `waiting` tells what waits for the person from all that they are involved in.
    """
    kind = "waiting" if waiting else "mine"
    if not statuses:
        verbs = [Verb.LIST_MINE, Verb.HELP] if waiting else [Verb.LIST_WAITING, Verb.HELP]
        body = [title(t(f"list.{kind}.title")), text(t(f"list.{kind}.empty"))]
        return card(body, [button(t, verb) for verb in verbs])
    rows = [_row(t, register, status) for status in statuses[:_SHOWN]]
    left = len(statuses) - _SHOWN
    if left > 0:
        rows.append(small(t("list.more", n=left)))
    count = t.count(f"list.{kind}.count", len(statuses))
    return card([title(t(f"list.{kind}.title")), small(count), *rows])


def _row(t: Texts, register: Register, status: Status) -> ElementT:
    request = status.request
    words = request_words(t, register, request)
    stays = "stays" if request.source == request.target else "moves"
    lines: list[ElementT] = [
        request_header(t, request),
        text(t(f"request.{stays}", **words)),
    ]
    lines += [small(_turn(t, status))] if status.turns else []
    show = button(
        t,
        Verb.REQUEST_SHOW,
        request_data(request),
        title=t.plain("button.open", number=request.number),
    )
    return group([*lines, buttons_here([show])], separator=True)


def _turn(t: Texts, status: Status) -> Safe:
    names = [name for turn in status.turns for name in turn.names]
    people = t.join(list(dict.fromkeys(names)))
    who_is = people or who(t, status, status.turns[0], is_requester=False)
    longest = max(turn.working_days for turn in status.turns)
    if longest == 0:
        return t("list.turn_today", who=who_is)
    return t("list.turn", who=who_is, days=t.count("working_days", longest))
