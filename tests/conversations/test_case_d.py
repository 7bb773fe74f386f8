"""Case D: no order, but two free ones that the customer places itself, tracked to the end."""

import asyncio
from datetime import UTC, datetime

import pytest

from mutations.checklist import Item
from mutations.life_cycle import State
from mutations.request import MutationRequest
from tests.conversations.administration import change_account
from tests.conversations.journeys import (
    FIRST,
    Days,
    address,
    ask,
    assert_hides,
    assert_shows,
    card_of,
    install,
    ledger,
    reaches,
    say,
    seen,
    summarise,
    titles,
)
from tests.conversations.scenes import acts, nothing_changes
from tests.conversations.stage import (
    ARNO,
    BERT,
    HILDE,
    MARLEEN,
    SOFIE,
    Stage,
    eventually,
    words_of,
)
from tests.fakes.bot_connector import Message

DONE, BACK = "checklist.done", "checklist.back"
WEDNESDAY_TEN = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
A_WEEK_BEFORE_THE_END = datetime(2026, 12, 16, 9, 0, tzinfo=UTC)
THE_END = datetime(2026, 12, 23, 9, 0, tzinfo=UTC)
TWENTY_WORKING_DAYS_LATER = datetime(2027, 1, 28, 9, 0, tzinfo=UTC)


async def _listed(stage: Stage) -> Message:
    """Let Marleen keep a checklist for Bert; return its card."""
    install(stage)
    summary = await summarise(
        stage, colleague=address(BERT), status_changes="yes", wish="not_keep"
    )
    await stage.person(MARLEEN).press(summary, "Bewaren als checklist")
    return summary


async def _shows(stage: Stage, item: Item) -> None:
    """Wait until the bot saw an item in the directory."""

    async def look() -> bool:
        checklist = (await stage.request(FIRST)).checklist
        return checklist is not None and checklist.line(item).seen_at is not None

    await eventually(look)


def _data(request: MutationRequest, item: str) -> dict[str, str | int]:
    return {"request": request.id, "round": 1, "item": item}


async def test_case_d_shows_the_two_free_orders_in_their_sequence_and_keeps_them(
    stage: Stage,
) -> None:
    install(stage)
    marleen = stage.person(MARLEEN)
    summary = await summarise(
        stage, colleague=address(BERT), status_changes="yes", wish="not_keep"
    )
    assert_shows(summary.card, "kan deze operatie volledig door de klant uitgevoerd worden")
    _assert_in_sequence(words_of(summary.card))
    assert "Bewaren als checklist" in titles(summary.card)

    saved = await marleen.press(summary, "Bewaren als checklist")
    assert_shows(saved, f"De checklist is bewaard als {FIRST}")
    assert_hides(saved, "OneDrive weg vanaf", "De data is weg vanaf")  # nothing deactivated yet
    _assert_in_sequence(words_of(saved))
    request = await stage.request(FIRST)
    assert request.state is State.CHECKLIST

    status = await say(marleen, "status Bert")
    _assert_in_sequence(words_of(status.card))
    waiting = await say(marleen, "wat wacht op mij")
    assert_shows(waiting.card, FIRST, "Zelf te regelen")
    assert stage.person(ARNO).inbox == []  # there is no order to decide about
    assert await ledger(stage) == ()


async def test_checklist_is_ticked_seen_and_closed(stage: Stage) -> None:
    card = await _listed(stage)
    marleen = stage.person(MARLEEN)

    ticked = await marleen.press(card, DONE, day="2026-11-20")
    assert_shows(
        ticked,
        "Gedaan op vrijdag 20 november 2026, meldt Marleen Claes",
        "De data is weg vanaf **zondag 20 december 2026**: 30 kalenderdagen",
        "**U**: het statuut van Bert",
    )
    await _shows(stage, Item.DEACTIVATE)
    await eventually(lambda: "Gezien in Entra ID op maandag 23" in words_of(card.card))
    await marleen.press(card, DONE, day="2026-11-23")
    await _shows(stage, Item.WEBIDM)
    last = await marleen.press(card, DONE)
    assert DONE not in str(last)
    assert_shows(last, "Gedaan op maandag 23 november 2026")

    done = await reaches(stage, State.SELF_SERVICE)
    told = await card_of(stage, MARLEEN, f"De checklist van {FIRST} is af")
    assert_shows(told.card, "Via eigen bestellingen", "Gezien in Entra ID")
    assert_hides(told.card, "alleen gemeld")
    assert titles(told.card) == []
    assert done.checklist is not None
    assert done.checklist.is_seen
    assert [await acts(stage, f"checklist.{kind}") for kind in ("done", "seen", "closed")] == [
        3,
        3,
        1,
    ]
    again = await ask(stage, colleague=address(BERT))  # Bert has no open request any more
    assert again.state is State.SUBMITTED


async def test_what_the_directory_does_not_show_is_told_as_only_reported(days: Days) -> None:
    async with days.open(recheck_s=600.0) as stage:
        card = await _listed(stage)
        await change_account(stage, BERT, employee_id="")  # no number, no new account to find
        marleen = stage.person(MARLEEN)
        for _ in Item:
            await marleen.press(card, DONE)
        shown = await say(marleen, f"status {FIRST}")
        assert_shows(shown.card, "**De mutatiebot**: kijkt in Entra ID na", "Nog niet gezien")
        assert (await stage.request(FIRST)).state is State.CHECKLIST
    async with days.open(WEDNESDAY_TEN) as stage:
        await reaches(stage, State.SELF_SERVICE)
        told = await card_of(stage, MARLEEN, f"De checklist van {FIRST} is af")
        assert_shows(told.card, "Niet gezien in Entra ID: dit is alleen gemeld")


async def test_wrong_tick_is_taken_back_and_the_date_with_it(stage: Stage) -> None:
    card = await _listed(stage)
    marleen = stage.person(MARLEEN)
    await marleen.press(card, DONE, day="2026-11-20")

    back = await marleen.press(card, BACK)

    assert_hides(back, "De data is weg vanaf")
    assert BACK not in str(back)
    ticked = await marleen.press(card, DONE, day="2026-11-23")
    assert_shows(ticked, "De data is weg vanaf **woensdag 23 december 2026**")
    assert await acts(stage, "checklist.taken_back") == 1


@pytest.mark.parametrize("day", ["2026-11-24", "2026-10-23", "2027-11-23"])
async def test_day_that_cannot_be_is_refused_with_the_days_that_can(
    stage: Stage, day: str
) -> None:
    card = await _listed(stage)

    async with nothing_changes(stage):
        refused = await stage.person(MARLEEN).press(card, DONE, day=day)

    assert_shows(refused, "Deze dag kan niet", "tot en met maandag 23 november 2026")
    assert DONE in str(refused)


@pytest.mark.case("D01")
async def test_two_clicks_at_once_and_the_same_click_again_are_one(stage: Stage) -> None:
    await _listed(stage)
    request = await stage.request(FIRST)
    marleen = stage.person(MARLEEN)
    data = _data(request, "deactivate")

    await asyncio.gather(*(marleen.press_sealed(DONE, data) for _ in range(5)))
    late = await marleen.press_sealed(DONE, data, day="2026-11-20")

    assert_shows(late.body["value"], "Gedaan op maandag 23 november 2026")
    assert await acts(stage, "checklist.done") == 1


async def test_card_that_is_old_or_out_of_sequence_changes_nothing(stage: Stage) -> None:
    await _listed(stage)
    request = await stage.request(FIRST)
    marleen = stage.person(MARLEEN)
    await marleen.press_sealed(DONE, _data(request, "deactivate"))
    await marleen.press_sealed(DONE, _data(request, "webidm"))
    await _shows(stage, Item.WEBIDM)

    async with nothing_changes(stage):
        early = await marleen.press_sealed(BACK, _data(request, "deactivate"))
        assert_shows(early.body["value"], "Deze stap is nu niet aan de beurt", "Uw checklist")
    await marleen.press_sealed(BACK, _data(request, "webidm"))
    async with nothing_changes(stage):
        skipped = await marleen.press_sealed(DONE, _data(request, "activate"))
        assert_shows(skipped.body["value"], "Deze stap is nu niet aan de beurt")


async def test_nobody_but_the_requester_ticks(stage: Stage) -> None:
    await _listed(stage)
    request = await stage.request(FIRST)
    await _shows_nothing_yet(stage)

    async with nothing_changes(stage):
        for person in (ARNO, SOFIE, BERT, HILDE):
            for verb in (DONE, BACK):
                answer = await stage.person(person).press_sealed(
                    verb, _data(request, "deactivate")
                )
                assert DONE not in str(answer.body)

    status = await say(stage.person(BERT), "status")
    assert_shows(status.card, "regelt een ander statuut voor u", "prullenbak")
    for person in (ARNO, SOFIE):
        hidden = await say(stage.person(person), f"status {FIRST}")
        assert_shows(hidden.card, "Die aanvraag vind ik niet")


async def _shows_nothing_yet(stage: Stage) -> None:
    """Wait for the first look, after which nothing changes by itself."""
    checklist = (await stage.request(FIRST)).checklist
    assert checklist is not None
    assert not any(line.seen_at for line in checklist.lines)


async def test_begun_checklist_is_withdrawn_and_says_what_stays(stage: Stage) -> None:
    card = await _listed(stage)
    marleen = stage.person(MARLEEN)
    await marleen.press(card, DONE)

    sure = await marleen.press(card, "Intrekken")
    assert_shows(sure, "Wat u al besteld of gewijzigd hebt, blijft zo")
    assert_hides(sure, "Aan de account verandert niets")
    gone = await marleen.press(card, "Ja, intrekken")

    assert_shows(gone, "Ingetrokken", "Wat al besteld of gewijzigd was, blijft zo")
    request = await stage.request(FIRST)
    assert request.state is State.WITHDRAWN
    late = await marleen.press_sealed(DONE, _data(request, "webidm"))
    assert_shows(late.body["value"], "Dat kan nu niet meer")
    assert (await stage.request(FIRST)).checklist == request.checklist


@pytest.mark.case("F04")
async def test_requester_is_reminded_to_begin_to_finish_and_when_it_is_too_late(
    days: Days,
) -> None:
    begin = f"Herinnering: de checklist van {FIRST} wacht op u"
    finish = f"De data bij {FIRST} is binnenkort weg"
    passed = f"De bewaartermijn van de data bij {FIRST} is voorbij"
    async with days.open() as stage:
        await _listed(stage)
    async with days.open(WEDNESDAY_TEN) as stage:
        reminder = await card_of(stage, MARLEEN, begin)
        await stage.person(MARLEEN).press(reminder, DONE, day="2026-11-23")
    async with days.open(A_WEEK_BEFORE_THE_END) as stage:
        warning = await card_of(stage, MARLEEN, finish)
        assert_shows(warning.card, "woensdag 23 december 2026", "voor die dag af")
    async with days.open(THE_END) as stage:
        late = await card_of(stage, MARLEEN, passed)
        assert_hides(late.card, "voor die dag af")
        await eventually(lambda: _no_job_is_due(days))
        inbox = stage.person(MARLEEN).inbox  # the card of the request and the three messages
        assert len(inbox) == 4, seen(stage.person(MARLEEN))
    async with days.open(TWENTY_WORKING_DAYS_LATER) as stage:
        await reaches(stage, State.EXPIRED)
        ended = await card_of(stage, MARLEEN, f"{FIRST} is vervallen")
        assert_shows(ended.card, "De checklist was niet op tijd af")


async def test_closed_checklist_is_not_reminded_of(days: Days) -> None:
    async with days.open() as stage:
        card = await _listed(stage)
        for item in Item:
            await stage.person(MARLEEN).press(card, DONE, day="2026-11-23")
            await _shows(stage, item)
        await reaches(stage, State.SELF_SERVICE)
        await card_of(stage, MARLEEN, f"De checklist van {FIRST} is af")
        count = len(stage.person(MARLEEN).inbox)
    async with days.open(A_WEEK_BEFORE_THE_END) as stage:
        await eventually(lambda: _no_job_is_due(days))
    async with days.open(THE_END) as stage:
        await eventually(lambda: _no_job_is_due(days))
        assert len(stage.person(MARLEEN).inbox) == count, seen(stage.person(MARLEEN))
        assert (await stage.request(FIRST)).state is State.SELF_SERVICE


async def _no_job_is_due(days: Days) -> bool:
    return not await days.due_jobs()


def _assert_in_sequence(words: str) -> None:
    places = [
        words.index(step)
        for step in (
            "Deactivatie van een O365-abonnement**. Doe dit vóór",
            "in WebIDM, en",
            "Activatie van een O365-abonnement**. Doe dit na",
            "30 dagen in de prullenbak",
        )
    ]
    assert places == sorted(places)
    assert "Beide bestellingen kosten 0 euro" in words
