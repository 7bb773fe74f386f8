"""An order that stopped halfway is taken back by the service desk, by card and read back."""

from mutations.life_cycle import State
from tests.conversations.journeys import (
    FIRST,
    Days,
    ask,
    assert_hides,
    assert_shows,
    card_of,
    decide,
    install,
    ledger,
    reaches,
    say,
    seen,
    titles,
)
from tests.conversations.read_back import ReadBack
from tests.conversations.stage import ARNO, JAN, MARLEEN, SOFIE, Stage, message_with
from tests.fakes.bot_connector import Message

REASON = "De overstap gaat niet door"


async def _stopped(stage: Stage) -> Message:
    """Let order B for Jan stop halfway and return the card that asks for help."""
    install(stage)
    await ask(stage, wish="not_keep")
    question = await decide(stage, "decision.not_keep")
    await stage.person(ARNO).press(question, "decision.not_keep_sure")
    return await card_of(stage, SOFIE, "Hulp nodig bij de uitvoering")


async def test_service_desk_takes_back_what_stopped_halfway(days: Days) -> None:
    async with days.open(simulated_faults="set_upn=permanent", simulated_lag_s=0.2) as stage:
        before = await ReadBack.of(stage, JAN)
        called = await _stopped(stage)
        sofie = stage.person(SOFIE)
        assert "Terugdraaien" in titles(called.card)
        assert await ReadBack.of(stage, JAN) != before

        question = await sofie.press(called, "undo.ask")
        assert_shows(question, "Alles terugdraaien?", "Dit zet ik terug", "Aliassen")
        empty = await sofie.press(called, "undo.sure", reason=" ")
        assert_shows(empty, "Schrijf erbij waarom u terugdraait", "Alles terugdraaien?")
        answer = await sofie.press(called, "undo.sure", reason=REASON)
        assert_shows(answer, "Wordt teruggedraaid", REASON)

        await reaches(stage, State.UNDONE, timeout_s=40)
        assert await ReadBack.of(stage, JAN) == before
        told = await card_of(stage, MARLEEN, "is teruggedraaid en nagelezen")
        assert_shows(told.card, "Sofie De Smet", REASON)
        assert titles(told.card).count("Intrekken") == 0
        jan = await card_of(stage, JAN, "Teruggedraaid")
        assert_hides(jan.card, REASON)
        kinds = [row["kind"] for row in await stage.audit()]
        assert [kinds.count(kind) for kind in ("work.undo_asked", "work.undone")] == [1, 1]
        operations = [one.operation for one in await ledger(stage)]
        assert operations.count("release_litigation_hold") == 1
        # Nothing is left that keeps a new request for Jan away.
        await ask(stage, wish="keep")


async def test_nobody_but_the_service_desk_takes_back(days: Days) -> None:
    async with days.open(simulated_faults="set_upn=permanent", simulated_lag_s=0.2) as stage:
        await _stopped(stage)
        request = await stage.request(FIRST)
        for person in (MARLEEN, ARNO, JAN):
            client = stage.person(person)
            assert "Terugdraaien" not in str(seen(client))
            for verb in ("undo.ask", "undo.sure"):
                data = {"request": request.id, "round": 1, "state": "attention"}
                await client.press_sealed(verb, data, reason=REASON)
        assert (await stage.request(FIRST)).state == State.ATTENTION


async def test_what_was_not_begun_is_not_taken_back(days: Days) -> None:
    async with days.open() as stage:
        install(stage)
        request = await ask(stage, effective_on="2026-12-01")
        await decide(stage)
        await reaches(stage, State.SCHEDULED)
        sofie = stage.person(SOFIE)
        data = {"request": request.id, "round": 1, "state": "done"}
        stale = await sofie.press_sealed("undo.sure", data, reason=REASON)
        assert "staat intussen ergens anders" in str(stale.body)
        answer = await sofie.press_sealed("undo.ask", data)
        assert "Er is nu niets terug te draaien" in str(answer.body)
        assert (await stage.request(FIRST)).state == State.SCHEDULED
        assert_shows((await say(sofie, "status")).card, FIRST)
        assert message_with(sofie, "Terugdraaien") is None
