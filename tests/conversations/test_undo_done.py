"""An order that is done is taken back: within a term, and only if no other request came since."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mutations.errors import ConcurrentUpdateError
from mutations.life_cycle import State
from tests.conversations.journeys import (
    FIRST,
    SECOND,
    Days,
    ask,
    assert_hides,
    assert_shows,
    card_of,
    decide,
    install,
    reaches,
    say,
    summarise,
    titles,
)
from tests.conversations.read_back import ReadBack
from tests.conversations.stage import ARNO, JAN, MARLEEN, SOFIE, Stage
from tests.fakes.bot_connector import Message

NEW = "jan.peeters@omgevingruimte.vlaanderen.example"
REASON = "Verkeerde collega"
UNDO = f"terugdraaien {FIRST}"
LAST_DAY = datetime(2026, 11, 30, 15, tzinfo=UTC)
"""Five working days after the Monday on which the order is done."""
TOO_LATE = datetime(2026, 12, 1, 9, tzinfo=UTC)


async def _done(stage: Stage, *, wish: str = "keep") -> None:
    install(stage)
    await ask(stage, wish=wish)
    question = await decide(stage, "decision.keep" if wish == "keep" else "decision.not_keep")
    if wish != "keep":
        await stage.person(ARNO).press(question, "decision.not_keep_sure")
    await reaches(stage, State.DONE, timeout_s=40)


async def _confirm(stage: Stage, question: Message) -> object:
    return await stage.person(SOFIE).press(question, "undo.sure", reason=REASON)


async def test_order_that_is_done_goes_back_step_by_step_from_what_was_before(days: Days) -> None:
    async with days.open(simulated_lag_s=0.2) as stage:
        before = await ReadBack.of(stage, JAN)
        await _done(stage, wish="not_keep")
        sofie = stage.person(SOFIE)
        status = await say(sofie, f"status {FIRST}")
        assert_shows(status.card, "terugdraaien tot en met maandag 30 november 2026")
        assert "Terugdraaien" in titles(status.card)

        question = await say(sofie, UNDO)

        assert_shows(question.card, "Alles terugdraaien?", "Dit zet ik terug", "is al uitgevoerd")
        assert_shows(question.card, f"Straks: {before.upn}", "Verdwijnt: Litigation hold")
        assert_hides(question.card, "als het al gewijzigd was")
        assert (await stage.request(FIRST)).state is State.DONE
        empty = await sofie.press(question, "undo.sure", reason=" ")
        assert_shows(empty, "Schrijf erbij waarom u terugdraait")
        answer = await _confirm(stage, question)
        assert_shows(answer, "Wordt teruggedraaid", REASON)

        undone = await reaches(stage, State.UNDONE, timeout_s=40)
        assert await ReadBack.of(stage, JAN) == before
        assert undone.onedrive_ends_on is None  # nothing is lost on that day any more
        assert undone.results  # what was read when it was done stays known
        told = await card_of(stage, MARLEEN, "is teruggedraaid en nagelezen")
        assert_shows(told.card, "Sofie De Smet", REASON)
        kinds = [row["kind"] for row in await stage.audit()]
        assert [kinds.count(one) for one in ("work.undo_asked", "work.undone")] == [1, 1]
        await ask(stage, wish="keep")  # nothing keeps a new request away


@pytest.mark.case("Z14")
async def test_nobody_else_and_nothing_but_the_typed_number_takes_back(days: Days) -> None:
    async with days.open(simulated_lag_s=0.2) as stage:
        await _done(stage)
        done = await stage.request(FIRST)
        data = {"request": done.id, "round": 1, "state": "done"}
        for person in (MARLEEN, ARNO, JAN):
            client = stage.person(person)
            assert_hides((await say(client, UNDO)).card, "Alles terugdraaien?")
            await client.press_sealed("undo.ask", data)
            await client.press_sealed("undo.sure", data, reason=REASON)
        sofie = stage.person(SOFIE)
        assert_shows((await say(sofie, "terugdraaien")).card, "terugdraaien M-2026-00042")
        stale = await sofie.press_sealed(
            "undo.sure", {**data, "state": "attention"}, reason=REASON
        )
        assert_shows(stale.body, "staat intussen ergens anders")
        assert await stage.request(FIRST) == done


async def test_confirmed_twice_at_once_it_goes_back_once(days: Days) -> None:
    async with days.open(simulated_lag_s=0.2) as stage:
        await _done(stage)
        sofie, done = stage.person(SOFIE), await stage.request(FIRST)
        data = {"request": done.id, "round": 1, "state": "done"}

        presses = (sofie.press_sealed("undo.sure", data, reason=REASON) for _ in range(4))
        await asyncio.gather(*presses)

        await reaches(stage, State.UNDONE, timeout_s=40)
        late = await sofie.press_sealed("undo.sure", data, reason=REASON)
        assert_shows(late.body, "staat intussen ergens anders")
        kinds = [row["kind"] for row in await stage.audit()]
        assert kinds.count("work.undo_asked") == 1


async def test_last_day_of_the_term_and_the_day_after(days: Days) -> None:
    async with days.open(simulated_lag_s=0.2) as stage:
        await _done(stage)
        question = await say(stage.person(SOFIE), UNDO)
    async with days.open(LAST_DAY) as stage:
        assert_shows((await say(stage.person(SOFIE), UNDO)).card, "Alles terugdraaien?")
    async with days.open(TOO_LATE) as stage:
        sofie = stage.person(SOFIE)
        refused = await say(sofie, UNDO)
        assert_shows(refused.card, "te lang geleden uitgevoerd", "maandag 30 november 2026")
        pressed = await _confirm(stage, question)
        assert_shows(pressed, "te lang geleden uitgevoerd")
        assert "Terugdraaien" not in titles((await say(sofie, f"status {FIRST}")).card)
        assert (await stage.request(FIRST)).state is State.DONE


async def test_order_that_another_request_followed_stays_done(days: Days) -> None:
    async with days.open(simulated_lag_s=0.2) as stage:
        await _done(stage)
        sofie = stage.person(SOFIE)
        question = await say(sofie, UNDO)
        second = await ask(stage, status_changes="yes", colleague=NEW)
        assert second.number == SECOND

        answer = await _confirm(stage, question)
        assert_shows(answer, "er kwam een andere aanvraag na", SECOND)
        assert (await stage.request(FIRST)).state is State.DONE

        # Two at once cannot both be open: the store says so as well, and it is looked at again.
        reopened = replace(await stage.request(FIRST), state=State.UNDOING)
        with pytest.raises(ConcurrentUpdateError):
            await stage.bot.storage.store.run(lambda work: work.requests.save(reopened))

        # One that ended before it changed anything is in nobody's way.
        data = {"request": second.id, "round": 1}
        await stage.person(MARLEEN).press_sealed("request.withdraw_sure", data)
        assert (await stage.request(SECOND)).state is State.WITHDRAWN
        await _confirm(stage, await say(sofie, UNDO))
        await reaches(stage, State.UNDONE, timeout_s=40)


async def test_new_request_while_an_order_goes_back_is_refused(days: Days) -> None:
    # The alias that the new name left goes last, and here its going shows late.
    async with days.open(simulated_lag_s=0.2, simulated_faults="remove_aliases=late:60") as stage:
        await _done(stage)
        summary = await summarise(stage, status_changes="yes", colleague=NEW)
        await _confirm(stage, await say(stage.person(SOFIE), UNDO))

        answer = await stage.person(MARLEEN).press(summary, "draft.submit")

        assert_shows(answer, "loopt al een aanvraag", FIRST)
        assert (await stage.request(FIRST)).state is State.UNDOING


async def test_order_c_says_honestly_what_stays_and_brings_the_old_account_back(
    days: Days,
) -> None:
    async with days.open(recheck_s=0.5, simulated_lag_s=0.2) as stage:
        install(stage)
        before = await ReadBack.of(stage, JAN)
        await ask(stage, status_changes="yes")
        await decide(stage)
        sofie = stage.person(SOFIE)
        for words in ("Nieuwe account", "Mails en bestanden"):
            task = await card_of(stage, SOFIE, words, having="hand.done")
            await sofie.press(task, "hand.done", words="gedaan, ticket 12345")
        await reaches(stage, State.DONE, timeout_s=40)
        question = await say(sofie, UNDO)
        assert_shows(
            question.card,
            "Dit zet ik niet terug",
            "De nieuwe account van Jan Peeters blijft bestaan",
            "De nieuwe account houdt de licenties en de mailbox",
            "De nieuwe account blijft bij",
            "Dat kan niemand terugdraaien",
        )
        accounts = len(await stage.bot.world.accounts())

        await _confirm(stage, question)

        await reaches(stage, State.UNDONE, timeout_s=40)
        assert await ReadBack.of(stage, JAN) == before
        assert len(await stage.bot.world.accounts()) == accounts
        left = await say(sofie, f"status {FIRST}")
        assert_shows(left.card, "Dit zet ik niet terug", "Laat ze in WebIDM weghalen")
        assert_hides((await say(stage.person(MARLEEN), "status")).card, "WebIDM weghalen")
