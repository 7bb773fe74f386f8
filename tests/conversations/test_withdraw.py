"""Withdrawing, at each stage, and when it is too late."""

from mutations.life_cycle import State
from tests.conversations.journeys import (
    FIRST,
    SECOND,
    WEDNESDAY,
    ask,
    assert_hides,
    assert_shows,
    card_of,
    decide,
    install,
    ledger,
    reaches,
    say,
    titles,
)
from tests.conversations.stage import ARNO, JAN, MARLEEN, Stage, message_with


async def test_withdrawing_before_a_decision_asks_first_and_frees_everything(
    stage: Stage,
) -> None:
    install(stage)
    await ask(stage)
    marleen = stage.person(MARLEEN)
    question = await card_of(stage, ARNO, "Uw beslissing wordt gevraagd")
    sure = await say(marleen, "annuleer m-2026-1")
    assert_shows(sure.card, f"Wilt u {FIRST} intrekken?", "Aan de account verandert niets")
    kept = await marleen.press(sure, "Nee, niet intrekken")
    assert_shows(kept, "In voorbereiding")

    sure = await say(marleen, f"annuleer {FIRST}")
    gone = await marleen.press(sure, "Ja, intrekken")
    assert_shows(gone, "Ingetrokken", "er is niets gewijzigd")
    again = await marleen.press_sealed("request.withdraw_sure", {"request": (await _id(stage))})
    assert_shows(again.body["value"], "Ingetrokken")
    ended = await card_of(stage, ARNO, "U hoeft niet meer te beslissen")
    assert ended.id == question.id
    assert titles(ended.card) == []
    assert message_with(stage.person(JAN), FIRST) is None  # Jan was never told of it
    request = await ask(stage)
    assert request.number == SECOND
    assert request.checks is not None
    assert [pool.reserved for pool in request.checks.licences.pools] == [0, 0, 0]


async def test_withdrawing_a_scheduled_order_tells_the_colleague(stage: Stage) -> None:
    install(stage)
    await ask(stage, effective_on=WEDNESDAY)
    await decide(stage)
    await card_of(stage, JAN, "Uw account verandert binnenkort")
    told = await card_of(stage, MARLEEN, "is in orde en ingepland")
    assert_shows(told.card, "Daarna start de uitvoering vanzelf op woensdag 25 november 2026")
    await stage.person(MARLEEN).press(told, "Intrekken")
    await stage.person(MARLEEN).press(told, "Ja, intrekken")
    jan = await card_of(stage, JAN, "Uw account verandert niet")
    assert_shows(jan.card, "Er is niets veranderd")
    assert_hides(jan.card, "Meld u")
    assert (await stage.request(FIRST)).state is State.WITHDRAWN
    assert await ledger(stage) == ()


async def test_withdrawing_is_too_late_once_the_work_is_done_and_for_others_never(
    stage: Stage,
) -> None:
    install(stage)
    await ask(stage)
    refused = await say(stage.person(ARNO), f"annuleer {FIRST}")
    assert_shows(refused.card, f"Dit mag u niet doen voor {FIRST}")
    await decide(stage)
    await reaches(stage, State.DONE)
    marleen = stage.person(MARLEEN)
    late = await say(marleen, f"annuleer {FIRST}")
    assert_shows(late.card, "Intrekken kan niet meer", "Klaar")
    assert "Ja, intrekken" not in titles(late.card)
    pressed = await marleen.press_sealed("request.withdraw_sure", {"request": (await _id(stage))})
    assert_shows(pressed.body["value"], f"{FIRST} kan niet meer worden ingetrokken", "Klaar")
    assert (await stage.request(FIRST)).state is State.DONE


async def _id(stage: Stage) -> str:
    return (await stage.request(FIRST)).id
