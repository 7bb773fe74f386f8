"""What time brings: the start, reminders, the end of waiting, the end of the OneDrive data."""

from datetime import UTC, datetime, timedelta

import pytest

from mutations.life_cycle import State
from tests.conversations.journeys import (
    FIRST,
    WEDNESDAY,
    Days,
    address,
    ask,
    assert_shows,
    card_of,
    decide,
    install,
    ledger,
    reaches,
    seen,
    titles,
)
from tests.conversations.stage import ARNO, BERT, BRITT, JAN, MARLEEN, eventually

TUESDAY = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
WEDNESDAY_TEN = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
FRIDAY_TEN = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
AFTER_TWENTY_WORKING_DAYS = datetime(2026, 12, 22, 9, 0, tzinfo=UTC)
A_WEEK_BEFORE_THE_END = datetime(2026, 12, 16, 9, 0, tzinfo=UTC)


async def test_approvers_are_reminded_every_two_working_days_until_they_decide(
    days: Days,
) -> None:
    async with days.open() as stage:
        install(stage)
        await ask(stage)
        first = await card_of(stage, ARNO, "Uw beslissing wordt gevraagd")
    async with days.open(TUESDAY) as stage:
        pass  # a day on which nothing is due
    assert len(stage.person(ARNO).inbox) == 1
    async with days.open(WEDNESDAY_TEN) as stage:
        for person in (ARNO, BRITT):
            await card_of(stage, person, f"Herinnering: {FIRST} wacht nog op uw beslissing")
        await eventually(lambda: "decision.keep" not in str(first.card))
        assert_shows(first.card, "zie het nieuwste bericht")
    async with days.open(FRIDAY_TEN) as stage:
        await eventually(lambda: len(stage.person(ARNO).inbox) == 3)
        reminder = stage.person(ARNO).last
        assert reminder.body["summary"] == f"Herinnering: {FIRST} wacht nog op uw beslissing."
        await stage.person(ARNO).press(reminder, "Behouden")
        await reaches(stage, State.DONE)
    async with days.open(FRIDAY_TEN + timedelta(days=7)) as stage:
        await eventually(lambda: _no_job_is_due(days))
        assert len(stage.person(BRITT).inbox) == 3, seen(stage.person(BRITT))


@pytest.mark.case("F02")
async def test_request_without_decision_expires_after_twenty_working_days(
    days: Days,
) -> None:
    async with days.open() as stage:
        install(stage)
        await ask(stage)
        await card_of(stage, ARNO, "Uw beslissing wordt gevraagd")
    async with days.open(AFTER_TWENTY_WORKING_DAYS) as stage:
        await reaches(stage, State.EXPIRED)
        told = await card_of(stage, MARLEEN, f"{FIRST} is vervallen")
        assert_shows(told.card, "niet op tijd in orde", "U kunt een nieuwe aanvraag indienen")
        ended = await card_of(stage, ARNO, "U hoeft niet meer te beslissen")
        assert titles(ended.card) == []
        again = await ask(stage, effective_on="2027-01-04")
        assert again.checks is not None
        assert [pool.reserved for pool in again.checks.licences.pools] == [0, 0, 0]


async def test_people_are_warned_before_the_onedrive_data_is_gone(days: Days) -> None:
    async with days.open() as stage:
        install(stage)
        await ask(stage, colleague=address(BERT), wish="not_keep")
        question = await decide(stage, "decision.not_keep")
        await stage.person(ARNO).press(question, "decision.not_keep_sure")
        await reaches(stage, State.DONE)
        await card_of(stage, MARLEEN, "is klaar en nagelezen")
    async with days.open(A_WEEK_BEFORE_THE_END) as stage:
        warning = f"De OneDrive-bestanden van {FIRST} zijn binnenkort weg"
        await card_of(stage, ARNO, warning)
        await card_of(stage, MARLEEN, warning)
        await eventually(lambda: _no_job_is_due(days))
        for person in (MARLEEN, ARNO):  # it stays, for who reads it later
            warned = stage.person(person).last
            assert_shows(warned.card, warning, "OneDrive weg vanaf", "23 december 2026")


@pytest.mark.case("F01")
async def test_order_starts_on_its_day_even_when_the_queue_runs_ahead(days: Days) -> None:
    async with days.open() as stage:
        install(stage)
        await ask(stage, effective_on=WEDNESDAY)
        await decide(stage)
        await reaches(stage, State.SCHEDULED)
        await card_of(stage, JAN, "De wijziging start op **woensdag 25 november 2026**")
    days.bring_timers_forward(timedelta(days=1))
    async with days.open(TUESDAY) as stage:
        await eventually(lambda: _no_job_is_due(days))
        assert (await stage.request(FIRST)).state is State.SCHEDULED
        assert await ledger(stage) == ()
    async with days.open(WEDNESDAY_TEN) as stage:
        done = await reaches(stage, State.DONE)
        assert done.done_at is not None
        assert done.done_at > WEDNESDAY_TEN


async def _no_job_is_due(days: Days) -> bool:
    return not await days.due_jobs()
