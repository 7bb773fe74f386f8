"""What the people of the load do: pairs move colleagues, everybody looks at requests and lists."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from benchmarks.load_world import Pair, Someone
from mutations.identity import find_request_number
from tests.fakes.bot_connector import Message
from tests.fakes.teams_client import Place, actions_of, activity_of, find_action, merged
from tests.world.client import WorldClient

CYCLE_S: Final = 12.0
"""Least time between two moves of one pair: more would wait for the pace of messages."""

_ARRIVAL_S: Final = 60.0
# What changes nothing when it is pressed.
_LOOKS: Final = frozenset(
    {
        "help.show",
        "list.mine",
        "list.waiting",
        "request.show",
        "decision.not_keep",
        "decision.refuse",
        "decision.back",
    }
)

Card = Mapping[str, Any]


class Kind(StrEnum):
    """The two halves of the load."""

    MESSAGE = "message"
    PRESS = "card action"


class UnexpectedAnswerError(Exception):
    """Something else came back than the story needs."""


Take = Callable[[Kind, Mapping[str, Any]], Awaitable[Card]]
"""Sends an activity at the next moment for its kind; a press returns the card that it leads to."""


@dataclass
class Shown:
    """A card as somebody sees it now, and the message that holds it."""

    message_id: str
    card: Card


def press_of(
    place: Place, one: Someone, shown: Shown, action: Mapping[str, Any], **inputs: str
) -> dict[str, Any]:
    """Return the activity of a press on a button of a card."""
    data = merged(shown.card, action, inputs)
    value = {"action": {"type": "Action.Execute", "verb": action["verb"], "data": data}}
    return activity_of(
        one.persona,
        place,
        type="invoke",
        name="adaptiveCard/action",
        value=value,
        replyToId=shown.message_id,
    )


@dataclass
class Onlooker:
    """Somebody who asks and presses without changing anything.

    Attributes:
        texts: What they type, in turn.
        cards: What they begin to press on again when a card leads nowhere.
    """

    one: Someone
    place: Place
    chance: random.Random
    texts: list[str]
    cards: list[Shown] = field(default_factory=list)
    _now: Shown | None = None
    _said: int = 0

    def message(self) -> dict[str, Any]:
        """Return what they type next."""
        self._said += 1
        text = self.texts[self._said % len(self.texts)]
        return activity_of(self.one.persona, self.place, type="message", text=text)

    def press(self) -> tuple[dict[str, Any], Shown]:
        """Return their next press, and the card it is on."""
        shown = self._now
        actions = _looks(shown.card) if shown else []
        if shown is None or not actions:
            shown = self.chance.choice(self.cards)
            shown = Shown(shown.message_id, shown.card)
            actions = _looks(shown.card)
        return press_of(self.place, self.one, shown, self.chance.choice(actions)), shown

    def took(self, shown: Shown, card: Card) -> None:
        """Look at the card that a press led to."""
        self._now = Shown(shown.message_id, card)


async def newest_card(world: WorldClient, one: Someone) -> Shown:
    """Return the newest card of somebody that has a button to look with."""
    inbox = await world.inbox(one.persona.conversation_id)
    for message in reversed(inbox):
        if message.has_card and _looks(message.card):
            return Shown(message.id, message.card)
    raise UnexpectedAnswerError(f"no card to press on for {one.name}")


def _looks(card: Card) -> list[dict[str, Any]]:
    return [action for action in actions_of(card) if action.get("verb") in _LOOKS]


class PairAtWork:
    """A requester and an approver who move one colleague after the other, in five ways."""

    def __init__(self, pair: Pair, place: Place, world: WorldClient, *, day: str) -> None:
        self.pair = pair
        self._place = place
        self._world = world
        self._day = day
        self._seen: dict[int, int] = {}
        self.changes = 0
        self.moves = 0

    async def work(self, take: Take) -> None:
        """Move colleagues for ever."""
        while True:
            started = time.monotonic()
            colleague = self.pair.colleagues[self.moves % len(self.pair.colleagues)]
            await self._move(take, colleague, way=self.moves % 5)
            self.moves += 1
            await asyncio.sleep(max(0.0, started + CYCLE_S - time.monotonic()))

    async def submit(self, take: Take, colleague: Someone, *, wish: str) -> tuple[str, Shown]:
        """Ask for a move and return its number and the card of the requester."""
        asks = self.pair.requester
        await take(Kind.MESSAGE, self._typed(asks, "nieuwe mutatie"))
        form = await self._card(asks, "draft.fill")
        await self._press(
            take,
            asks,
            form,
            "draft.fill",
            colleague=colleague.upn,
            target=self.pair.target,
            effective_on=self._day,
            status_changes="no",
            wish=wish,
        )
        await self._press(take, asks, form, "draft.submit")
        number = find_request_number(str(form.card))
        if number is None:
            raise UnexpectedAnswerError(f"no number on {form.card}")
        self.changes += 1
        return number, form

    async def _move(self, take: Take, colleague: Someone, *, way: int) -> None:
        decides = self.pair.approver
        wish = "not_keep" if way in {1, 4} else "keep"
        number, sent = await self.submit(take, colleague, wish=wish)
        if way == 0:
            await self._withdraw(take, sent)
            return
        asked = await self._card(decides, "decision.keep", about=number)
        match way:
            case 1:
                await self._press(take, decides, asked, "decision.not_keep")
                await self._press(take, decides, asked, "decision.not_keep_sure")
            case 2:
                await self._press(take, decides, asked, "decision.refuse")
                await self._press(
                    take, decides, asked, "decision.refuse_sure", reason="Nog niet rond."
                )
            case _:
                await self._press(take, decides, asked, "decision.keep")
        self.changes += 1
        if way == 2:  # noqa: PLR2004 - refused: there is nothing left to withdraw
            return
        await take(Kind.MESSAGE, self._typed(self.pair.requester, f"status {number}"))
        status = await self._card(self.pair.requester, "request.withdraw", about=number)
        if way == 4:  # noqa: PLR2004 - decided otherwise than was asked
            await self._press(take, self.pair.requester, status, "outcome.confirm")
            self.changes += 1
        await self._withdraw(take, status)

    async def _withdraw(self, take: Take, shown: Shown) -> None:
        await self._press(take, self.pair.requester, shown, "request.withdraw")
        await self._press(take, self.pair.requester, shown, "request.withdraw_sure")
        self.changes += 1

    async def _press(
        self, take: Take, one: Someone, shown: Shown, verb: str, **inputs: str
    ) -> None:
        try:
            action = find_action(shown.card, verb, "Action.Execute")
        except AssertionError as error:
            raise UnexpectedAnswerError(f"{error} for {one.name}") from error
        shown.card = await take(Kind.PRESS, press_of(self._place, one, shown, action, **inputs))

    def _typed(self, one: Someone, text: str) -> dict[str, Any]:
        return activity_of(one.persona, self._place, type="message", text=text)

    async def _card(self, one: Someone, verb: str, *, about: str = "") -> Shown:
        """Wait for a new message with a button, and the number of a request, and return it."""
        seen = self._seen.get(one.number, 0)
        end = time.monotonic() + _ARRIVAL_S
        while time.monotonic() < end:
            inbox = await self._world.inbox(one.persona.conversation_id, after=seen)
            for message in reversed(inbox):
                if message.has_card and about in str(message.card) and _has(message, verb):
                    self._seen[one.number] = int(message.id.removeprefix("m-"))
                    return Shown(message.id, message.card)
            await asyncio.sleep(0.25)
        raise UnexpectedAnswerError(f"no card with {verb} {about} for {one.name}")


def _has(message: Message, verb: str) -> bool:
    return any(action.get("verb") == verb for action in actions_of(message.card))
