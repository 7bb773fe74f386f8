"""What people do in one go: asking for a move, deciding, and living through several days."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from fulfilment.tenants.simulated.seed import demo_world
from mutations.identity import find_request_number
from mutations.life_cycle import State
from mutations.request import MutationRequest
from store.simulated_objects import LedgerEntry
from tests.conversations.stage import (
    ARNO,
    JAN,
    MARLEEN,
    MONDAY_MORNING,
    Stage,
    eventually,
    message_with,
    open_stage,
    words_of,
)
from tests.fakes.bot_connector import FakeConnector, Message
from tests.fakes.teams_client import TeamsClient

TINE = 23
TODAY = "2026-11-23"
WEDNESDAY = "2026-11-25"
"""A working day two days after the Monday on which the stage opens."""

OMGEVING, ZORG, OPGROEIEN, HAVEN = "OVO000102", "OVO000103", "OVO000105", "OVO000106"
FIRST, SECOND = "M-2026-00001", "M-2026-00002"


def address(number: int) -> str:
    """Return the address of a person of the demo world."""
    return next(each.upn for each in demo_world().person if each.number == number)


FORM = {
    "colleague": address(JAN),
    "target": OMGEVING,
    "effective_on": TODAY,
    "status_changes": "no",
    "wish": "keep",
}
"""What Marleen usually fills in."""


def install(stage: Stage, *, but: int = 0) -> None:
    """Let everybody have the bot in their Teams, but for one, without a word to it."""
    for person in demo_world().person:
        if person.number != but:
            stage.person(person.number)


async def say(client: TeamsClient, text: str) -> Message:
    """Let somebody type one message; return the one answer, whatever else came in meanwhile."""
    [answer] = [one for one in await client.say(text) if one.body.get("replyToId")]
    return answer


async def summarise(stage: Stage, **answers: str) -> Message:
    """Let Marleen fill in the form, for Jan but for the given answers; return the summary."""
    marleen = stage.person(MARLEEN)
    form = await say(marleen, "nieuwe mutatie")
    summary = await marleen.press(form, "draft.fill", **{**FORM, **answers})
    assert "draft.submit" in str(summary), words_of(summary)
    return form


async def ask(stage: Stage, **answers: str) -> MutationRequest:
    """Let Marleen send a request, for Jan but for the given answers."""
    summary = await summarise(stage, **answers)
    sent = await stage.person(MARLEEN).press(summary, "draft.submit")
    number = find_request_number(words_of(sent))
    assert number is not None, words_of(sent)
    return await stage.request(number)


async def card_of(
    stage: Stage, person: int, words: str, *, having: str = "", timeout_s: float = 20.0
) -> Message:
    """Wait for the newest card of somebody that holds these words (and this in its code)."""
    client = stage.person(person)

    def look() -> Message | None:
        message = message_with(client, words)
        return message if message is not None and having in str(message.card) else None

    try:
        found: Message = await eventually(look, timeout_s=timeout_s)
    except TimeoutError:
        raise AssertionError(f"{words!r} is on none of:\n{seen(client)}") from None
    return found


def seen(client: TeamsClient) -> str:
    """Return every message of somebody in words, for a test that fails."""
    shown = [words_of(one.card) if one.has_card else one.text for one in client.inbox]
    return "\n-----\n".join(shown)


async def decide(stage: Stage, verb: str = "decision.keep", person: int = ARNO) -> Message:
    """Let an approver press one button of the newest card that asks for a decision."""
    question = await card_of(stage, person, "Uw beslissing wordt gevraagd", having=verb)
    await stage.person(person).press(question, verb)
    return question


async def reaches(
    stage: Stage, state: State, number: str = FIRST, *, timeout_s: float = 20.0
) -> MutationRequest:
    """Wait until a request is in a state."""

    async def look() -> MutationRequest | None:
        request = await stage.request(number)
        return request if request.state is state else None

    try:
        found: MutationRequest = await eventually(look, timeout_s=timeout_s)
    except TimeoutError:
        request = await stage.request(number)
        raise AssertionError(f"{request.state}, not {state}: {request.attention}") from None
    return found


def assert_shows(card: Any, *words: str) -> None:
    """Check that all of these can be read on a card."""
    shown = words_of(card)
    missing = [word for word in words if word not in shown]
    assert not missing, f"{missing} not in:\n{shown}"


def assert_hides(card: Any, *words: str) -> None:
    """Check that none of these can be read on a card."""
    shown = words_of(card)
    there = [word for word in words if word in shown]
    assert not there, f"{there} in:\n{shown}"


def titles(card: Any) -> list[str]:
    """Return what the buttons of a card say."""
    if isinstance(card, list):
        return [title for child in card for title in titles(child)]
    if not isinstance(card, dict):
        return []
    own = [card["title"]] if str(card.get("type", "")).startswith("Action.") else []
    return own + titles([child for name, child in card.items() if name != "fallback"])


async def ledger(stage: Stage) -> Sequence[LedgerEntry]:
    """Return what was really done in the tenant, oldest first."""
    return await stage.bot.storage.simulated_objects.ledger()


class Days:
    """The same bot on several days: one database, one Teams, and timers that come nearer."""

    def __init__(self, folder: Path, database_url: str, connector: FakeConnector) -> None:
        self._folder = folder
        self._database_url = database_url
        self._connector = connector
        self._closed_at: datetime | None = None

    @contextlib.asynccontextmanager
    async def open(self, start: datetime = MONDAY_MORNING, **changes: Any) -> AsyncIterator[Stage]:
        """Run the bot from `start` on, as if it had been away since it was closed last.

        Not before it was closed last: no clock goes back.
        """
        if self._closed_at is not None:
            start = max(start, self._closed_at)
            self.bring_timers_forward(start - self._closed_at)
        async with open_stage(
            self._folder, self._database_url, start=start, connector=self._connector, **changes
        ) as stage:
            try:
                yield stage
            finally:
                self._closed_at = stage.clock.now()

    async def due_jobs(self) -> int:
        """Return how many jobs are at work or could be."""
        async with await psycopg.AsyncConnection.connect(self._database_url) as connection:
            cursor = await connection.execute(
                "select count(*) from procrastinate_jobs where status = 'doing'"
                " or (status = 'todo' and coalesce(scheduled_at, now()) <= now())"
            )
            [found] = await cursor.fetchall()
        return int(found[0])

    def bring_timers_forward(self, passed: timedelta) -> None:
        """Let the database see that time passed: its clock is the machine's and stood still."""
        with psycopg.connect(self._database_url, autocommit=True) as connection:
            connection.execute(
                "update procrastinate_jobs set scheduled_at = scheduled_at - %s", (passed,)
            )
