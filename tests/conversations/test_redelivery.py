"""The channel delivers a press again, sooner or later, and things arrive in another order."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from mutations.request import MutationRequest
from tests.conversations.journeys import FIRST, address, install
from tests.conversations.scenes import (
    acts,
    ask,
    assert_words,
    card_about,
    card_of,
    decided,
    now,
    summary,
)
from tests.conversations.stage import (
    ARNO,
    BRITT,
    MARLEEN,
    TOM,
    Stage,
    eventually,
    message_with,
    open_stage,
)
from tests.fakes.bot_connector import Message
from tests.fakes.teams_client import TeamsClient, find_action


@pytest.fixture
async def stage(tmp_path: Path, database_url: str) -> AsyncIterator[Stage]:
    """The whole bot, looking seldom at preconditions, with everybody in reach."""
    async with open_stage(tmp_path, database_url, recheck_s=600) as opened:
        install(opened)
        yield opened


def _press(client: TeamsClient, message: Message, verb: str) -> dict[str, Any]:
    """Return the activity of one press on a card, to be delivered as often as wanted."""
    action = find_action(message.card, verb, "Action.Execute")
    value = {"action": {"type": "Action.Execute", "verb": verb, "data": action["data"]}}
    return client.activity(
        type="invoke", name="adaptiveCard/action", value=value, replyToId=message.id
    )


async def _told(stage: Stage, request: MutationRequest) -> None:
    """Wait until the copy of the other approver is final: everybody has been told."""
    other = await card_about(stage, BRITT, request)
    await eventually(lambda: "decision." not in str(other.card))


@pytest.mark.case("D01", "D02")
async def test_press_delivered_twice_and_later_twice_with_another_id_counts_once(
    stage: Stage,
) -> None:
    arno = stage.person(ARNO)
    request = await ask(stage, colleague=address(TOM))
    card = await card_about(stage, ARNO, request)
    first, second = (_press(arno, card, "decision.keep") for _ in range(2))
    assert first["id"] != second["id"]

    soon = await asyncio.gather(arno.post(first), arno.post(first))
    await _told(stage, request)
    late = await asyncio.gather(arno.post(second), arno.post(second))

    shown = [card_of(answer) for answer in (*soon, *late)]
    for answer in shown:
        assert_words(answer, "Er is beslist", "Arno Wouters koos op")
    assert shown[0] == shown[1]
    assert await acts(stage, "request.decided", request) == 1
    assert await acts(stage, "refused") == 0
    assert len([one for one in arno.inbox if request.number in str(one.body)]) == 1


@pytest.mark.case("D04")
async def test_decision_pressed_before_the_card_is_on_record_counts(stage: Stage) -> None:
    """The card arrives in the chat, but the answer to the bot is lost: it knows of no card."""
    arno = stage.person(ARNO)
    filled = await summary(stage, colleague=address(TOM))
    stage.world.connector.answer_next(0, after_doing=True)
    await stage.person(MARLEEN).press(filled, "draft.submit")
    request = await stage.request(FIRST)
    orphan = await eventually(
        lambda: (
            message_with(arno, request.number) or message_with(stage.person(BRITT), request.number)
        )
    )
    who = ARNO if orphan in arno.inbox else BRITT
    await stage.person(who).press(orphan, "decision.keep")

    assert await acts(stage, "request.decided", request) == 1
    assert_words(orphan.card, "Er is beslist")
    await _told(stage, request)
    await eventually(lambda: not any(map(_asks, _all_cards(stage))))


def _all_cards(stage: Stage) -> list[Message]:
    return [*stage.person(ARNO).inbox, *stage.person(BRITT).inbox]


def _asks(message: Message) -> bool:
    return "decision." in str(message.card)


@pytest.mark.case("D04")
async def test_installation_announced_after_the_first_message_changes_nothing(
    stage: Stage,
) -> None:
    marleen = stage.person(MARLEEN)
    request = await ask(stage, colleague=address(TOM))
    before = len(await stage.audit())
    await marleen.join()
    await marleen.join()

    assert (await now(stage, request)).state == "submitted"
    assert len(await stage.audit()) == before
    await decided(stage, ARNO, request, "decision.keep")
    await eventually(lambda: message_with(marleen, "Arno Wouters"))


@pytest.mark.case("D04")
async def test_second_click_of_not_keeping_without_the_first_decides_nothing_else(
    stage: Stage,
) -> None:
    """The confirming press overtakes the one that asked for it."""
    request = await ask(stage, colleague=address(TOM), wish="not_keep")
    sure = await decided(stage, ARNO, request, "decision.not_keep_sure")
    ask_again = await decided(stage, ARNO, request, "decision.not_keep")

    for card in (sure, ask_again):
        assert_words(card, "Er is beslist", "Arno Wouters koos op")
    assert await acts(stage, "request.decided", request) == 1
