"""A step that stopped is handed to a person: by card, read back, and the bot does the rest."""

import asyncio

import pytest

from fulfilment.tenants.simulated import changes
from mutations.life_cycle import State
from tests.conversations.journeys import (
    FIRST,
    OMGEVING,
    Days,
    ask,
    assert_hides,
    assert_shows,
    card_of,
    decide,
    install,
    ledger,
    reaches,
    titles,
)
from tests.conversations.read_back import ReadBack
from tests.conversations.stage import ARNO, JAN, MARLEEN, SOFIE, Stage, object_id
from tests.fakes.bot_connector import Message

NEW = "jan.peeters@omgevingruimte.vlaanderen.example"
REFUSED = "set_upn=permanent"
BY_HAND = "Met de hand doen"


async def _stopped(stage: Stage, wish: str = "keep") -> Message:
    """Let an order for Jan stop at the new name; return the card that asks for help."""
    install(stage)
    await ask(stage, wish=wish)
    question = await decide(stage, "decision.keep" if wish == "keep" else "decision.not_keep")
    if wish != "keep":
        await stage.person(ARNO).press(question, "decision.not_keep_sure")
    return await card_of(stage, SOFIE, "Hulp nodig bij de uitvoering")


async def _rename(stage: Stage) -> None:
    """Let somebody give Jan the new name in the portal of Entra ID."""
    await stage.bot.world.change_account("by_hand", object_id(JAN), changes.renamed(NEW))


async def _kinds(stage: Stage) -> list[str]:
    return [row["kind"] for row in await stage.audit()]


@pytest.mark.case("N12")
async def test_stopped_step_becomes_a_task_and_the_bot_goes_on_with_the_rest(days: Days) -> None:
    async with days.open(simulated_faults=REFUSED, simulated_lag_s=0.2, recheck_s=1.0) as stage:
        called = await _stopped(stage)
        sofie = stage.person(SOFIE)
        assert_shows(called.card, "Kan alleen een mens dit doen")
        assert titles(called.card)[:3] == ["Opnieuw proberen", BY_HAND, "Terugdraaien"]

        task = await sofie.press(called, BY_HAND)

        assert_shows(task, "Een taak voor u", "in Entra ID de nieuwe aanmeldnaam", f"Wordt: {NEW}")
        assert_shows(task, "woensdag 25 november 2026", "Doorgegeven door", "Sofie De Smet")
        [handed] = (await stage.request(FIRST)).handed
        assert handed.by.object_id == object_id(SOFIE)
    # It is kept, not remembered: another process goes on with it.
    async with days.open(simulated_lag_s=0.2, recheck_s=1.0) as stage:
        sofie = stage.person(SOFIE)
        asked = await card_of(stage, SOFIE, "Een taak voor u", having="hand.done")
        await _rename(stage)
        await sofie.press(asked, "hand.done", words="In de portal gewijzigd, ticket 12345")
        done = await reaches(stage, State.DONE, timeout_s=40)
        operations = [one.operation for one in await ledger(stage)]
        assert sorted(operations) == ["by_hand", "move_to_entity"]
        assert "account.upn" in [result.name for result in done.results]
        after = await ReadBack.of(stage, JAN)
        assert (after.upn, after.entity) == (NEW, OMGEVING)
        kinds = await _kinds(stage)
        assert [kinds.count(one) for one in ("hand.handed_over", "hand.asked")] == [1, 0]


async def test_pressed_twice_at_once_and_again_it_is_handed_over_once(days: Days) -> None:
    async with days.open(simulated_faults=REFUSED, simulated_lag_s=0.2, recheck_s=600) as stage:
        await _stopped(stage)
        request, sofie = await stage.request(FIRST), stage.person(SOFIE)
        data = {"request": request.id, "round": 1, "position": 0}

        await asyncio.gather(*(sofie.press_sealed("hand.over", data) for _ in range(4)))
        again = await sofie.press_sealed("hand.over", data)

        assert_shows(again.body, "Een taak voor u")
        after = await stage.request(FIRST)
        assert after.state is State.CARRYING_OUT
        assert [len(after.handed), len(after.tasks)] == [1, 1]
        assert (await _kinds(stage)).count("hand.handed_over") == 1


async def test_stale_card_and_a_step_that_did_not_stop_are_refused(days: Days) -> None:
    async with days.open(simulated_faults=REFUSED, simulated_lag_s=0.2, recheck_s=1.0) as stage:
        called = await _stopped(stage)
        request, sofie = await stage.request(FIRST), stage.person(SOFIE)
        other = {"request": request.id, "round": 1, "position": 1}
        answer = await sofie.press_sealed("hand.over", other)
        assert_shows(answer.body, "wacht niet meer op u")
        assert (await stage.request(FIRST)).state is State.ATTENTION
        await sofie.press(called, "work.resume")
        done = await reaches(stage, State.DONE, timeout_s=40)
        late = await sofie.press_sealed("hand.over", {**other, "position": 0})
        assert_shows(late.body, "wacht niet meer op u")
        assert await stage.request(FIRST) == done
        assert done.handed == ()


@pytest.mark.case("Z14")
async def test_nobody_but_the_service_desk_hands_over(days: Days) -> None:
    async with days.open(simulated_faults=REFUSED, simulated_lag_s=0.2) as stage:
        await _stopped(stage)
        request = await stage.request(FIRST)
        for person in (MARLEEN, ARNO, JAN):
            data = {"request": request.id, "round": 1, "position": 0}
            answer = await stage.person(person).press_sealed("hand.over", data)
            assert_hides(answer.body, "Een taak voor u")
        assert await stage.request(FIRST) == request
        assert "hand.handed_over" not in await _kinds(stage)


async def test_what_a_person_took_over_is_taken_back_with_the_rest(days: Days) -> None:
    async with days.open(simulated_faults=REFUSED, simulated_lag_s=0.2, recheck_s=1.0) as stage:
        before = await ReadBack.of(stage, JAN)
        called = await _stopped(stage, "not_keep")
        sofie = stage.person(SOFIE)
        await sofie.press(called, BY_HAND)
        await _rename(stage)
        task = await card_of(stage, SOFIE, "Een taak voor u", having="hand.cannot")
        stopped = await sofie.press(task, "hand.cannot", words="Jan komt toch niet")
        assert BY_HAND not in titles(stopped)
        await sofie.press(await card_of(stage, SOFIE, "Hulp nodig bij"), "undo.ask")
        request = await stage.request(FIRST)
        data = {"request": request.id, "round": 1, "state": "attention"}
        await sofie.press_sealed("undo.sure", data, reason="Gaat niet door")
        await reaches(stage, State.UNDONE, timeout_s=40)
        assert await ReadBack.of(stage, JAN) == before
