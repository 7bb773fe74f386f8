"""A card that was opened from another one follows its request, as every card that was sent."""

from mutations.life_cycle import State
from tests.conversations.journeys import FIRST, ask, card_of, install, reaches, say, titles
from tests.conversations.stage import ARNO, BRITT, Stage, eventually
from tests.fakes.bot_connector import Message

_LATER = "2027-03-01"


async def _becomes_final(message: Message) -> None:
    await eventually(lambda: "Er is beslist" in str(message.card))
    assert "decision." not in str(message.card)


async def test_decision_opened_from_a_list_becomes_final(stage: Stage) -> None:
    install(stage)
    await ask(stage, effective_on=_LATER)
    await card_of(stage, ARNO, "Uw beslissing wordt gevraagd")
    waiting = await say(stage.person(ARNO), "wat wacht op mij")
    [button] = [title for title in titles(waiting.card) if FIRST in title]
    await stage.person(ARNO).press(waiting, button)
    assert "decision.keep" in str(waiting.card)

    question = await card_of(stage, BRITT, "Uw beslissing wordt gevraagd")
    await stage.person(BRITT).press(question, "decision.keep")

    await _becomes_final(waiting)
    await reaches(stage, State.SCHEDULED)


async def test_second_confirmation_on_the_screen_becomes_final(stage: Stage) -> None:
    install(stage)
    await ask(stage, effective_on=_LATER)
    half = await card_of(stage, ARNO, "Uw beslissing wordt gevraagd")
    await stage.person(ARNO).press(half, "decision.not_keep")
    assert "decision.not_keep_sure" in str(half.card)

    question = await card_of(stage, BRITT, "Uw beslissing wordt gevraagd")
    await stage.person(BRITT).press(question, "decision.keep")

    await _becomes_final(half)
