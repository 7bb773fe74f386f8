"""A decision once made: it stands, all others are told, and it must hold when work begins."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mutations.life_cycle import State
from mutations.request import MutationRequest
from tests.conversations.administration import (
    TEN,
    change_account,
    with_ten,
    without_arno,
)
from tests.conversations.journeys import (
    FIRST,
    WEDNESDAY,
    Days,
    address,
    card_of,
    decide,
    install,
    ledger,
    reaches,
)
from tests.conversations.journeys import ask as ask_today
from tests.conversations.scenes import (
    acts,
    ask,
    assert_problem,
    assert_words,
    card_about,
    decided,
    nothing_changes,
    now,
    refused,
)
from tests.conversations.stage import (
    ARNO,
    BRITT,
    JAN,
    MARLEEN,
    SOFIE,
    TOM,
    Stage,
    eventually,
    message_with,
    object_id,
    open_stage,
)

WEDNESDAY_TEN = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
FRIDAY_TEN = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


@pytest.fixture
async def stage(tmp_path: Path, database_url: str) -> AsyncIterator[Stage]:
    """The whole bot with everybody in reach, looking seldom at preconditions."""
    async with open_stage(tmp_path, database_url, recheck_s=600) as opened:
        install(opened)
        yield opened


@pytest.mark.case("Z06")
async def test_approver_who_left_the_register_before_the_click_is_a_stranger(
    days: Days, tmp_path: Path
) -> None:
    async with days.open() as stage:
        install(stage)
        await ask_today(stage, effective_on=WEDNESDAY)
        question = await card_of(stage, ARNO, "Uw beslissing wordt gevraagd")
    async with days.open(MUTATIEBOT_REGISTER=without_arno(tmp_path)) as stage:
        async with refused(stage, ARNO, "error.request.unknown"):
            card = await stage.person(ARNO).press(question, "decision.keep")
        assert_problem(card, "Die aanvraag vind ik niet")


@pytest.mark.case("Z06")
async def test_approver_who_left_before_they_could_be_reached_is_not_asked(
    days: Days, tmp_path: Path
) -> None:
    async with days.open() as stage:
        install(stage, but=ARNO)
        await ask_today(stage, effective_on=WEDNESDAY)
        await card_of(stage, MARLEEN, "Ik kan Arno Wouters niet bereiken")
    async with days.open(MUTATIEBOT_REGISTER=without_arno(tmp_path)) as stage:
        await stage.person(ARNO).join()
        await eventually(lambda: _no_longer_owed(stage))
        seen = "".join(str(one.body) for one in stage.person(ARNO).inbox)
        assert "decision.keep" not in seen
        assert "Jan Peeters" not in seen


async def _no_longer_owed(stage: Stage) -> bool:
    async with stage.bot.storage.database.connection() as connection:
        cursor = await connection.execute(
            "select state from delivery where kind = 'decision_asked' and person = %s",
            (object_id(ARNO),),
        )
        return [row["state"] for row in await cursor.fetchall()] == ["moot"]


@pytest.mark.case("Z06")
async def test_decision_of_who_left_the_register_before_the_start_is_asked_again(
    days: Days, tmp_path: Path
) -> None:
    async with days.open() as stage:
        install(stage)
        await ask_today(stage, effective_on=WEDNESDAY)
        await decide(stage)
        await reaches(stage, State.SCHEDULED)
    async with days.open(WEDNESDAY_TEN, MUTATIEBOT_REGISTER=without_arno(tmp_path)) as stage:
        await reaches(stage, State.ATTENTION)
        called = await card_of(stage, SOFIE, "Hulp nodig bij de uitvoering")
        assert_words(
            called.card,
            "Arno Wouters besliste voor Agentschap Wegen en Water, maar mag dat",
            "Vraag Agentschap Wegen en Water of de beslissing blijft gelden",
            "Vraag",
        )
        assert await ledger(stage) == ()
        await stage.person(SOFIE).press(called, "Opnieuw proberen")
        done = await reaches(stage, State.DONE, timeout_s=40)
        assert done.upheld_by == object_id(SOFIE)
        rows = {row["kind"]: row for row in await stage.audit()}
        assert rows["work.resumed"]["actor"] == object_id(SOFIE)
        assert rows["work.resumed"]["params"]["key"] == "plan.obstacle.decision_fallen"
        digests = [rows[kind]["params"]["digest"] for kind in ("request.decided", "work.started")]
        assert digests[0] == digests[1] == done.approved


@pytest.mark.case("Z06", "Z08")
async def test_decision_of_who_became_a_guest_waits_and_may_be_withdrawn(days: Days) -> None:
    async with days.open() as stage:
        install(stage)
        await ask_today(stage, effective_on=WEDNESDAY)
        await decide(stage)
        await reaches(stage, State.SCHEDULED)
        await change_account(stage, ARNO, is_guest=True)
    async with days.open(WEDNESDAY_TEN) as stage:
        request = await reaches(stage, State.ATTENTION)
        card = await decided(stage, MARLEEN, request, "request.withdraw_sure")
        assert_words(card, "Ingetrokken")
        assert await ledger(stage) == ()
        assert await acts(stage, "work.started") == 0


@pytest.mark.case("Z12")
async def test_second_choice_on_the_same_card_is_refused_with_what_was_decided(
    stage: Stage,
) -> None:
    request = await ask(stage, colleague=address(TOM))
    question = await card_about(stage, ARNO, request)
    card, arno = dict(question.card), stage.person(ARNO)
    first = await arno.press(question, "decision.keep")
    for verb in ("decision.not_keep_sure", "decision.refuse_sure"):
        async with refused(stage, ARNO, "error.decision.own"):
            other = await decided(stage, ARNO, request, verb, reason="Toch niet")
        assert_words(other, "U hebt al beslist", "Arno Wouters koos op", "behouden")
    async with refused(stage, BRITT, "error.decision.taken"):
        late = await decided(stage, BRITT, request, "decision.refuse_sure", reason="Nee")
    assert_words(late, "Arno Wouters heeft al beslist", "Arno Wouters koos op", "behouden")
    await decided(stage, MARLEEN, request, "request.withdraw_sure")
    async with nothing_changes(stage):
        question.replace_card(card)
        again = await arno.press(question, "decision.keep")  # the state moved on meanwhile
    assert "decision." not in str(again)
    assert_words(first, "Arno Wouters koos op")
    assert_words(again, "Arno Wouters koos op")
    assert await acts(stage, "request.decided", request) == 1
    assert await acts(stage, "refused", request) == 3


@pytest.mark.case("D03")
async def test_of_ten_approvers_at_once_one_decides_and_each_refusal_is_recorded_once(
    tmp_path: Path, database_url: str
) -> None:
    register = with_ten(tmp_path)
    async with open_stage(
        tmp_path, database_url, recheck_s=600, MUTATIEBOT_REGISTER=register
    ) as stage:
        install(stage)
        for colleague in (JAN, 11, 21):
            request = await ask(stage, colleague=address(colleague))
            await _ten_press(stage, request)


async def _ten_press(stage: Stage, request: MutationRequest) -> None:
    verbs = itertools.cycle(("decision.keep", "decision.refuse_sure", "decision.not_keep_sure"))
    presses = [(who, next(verbs)) for who in TEN for _ in range(2)]
    cards = await asyncio.gather(
        *(decided(stage, who, request, verb, reason="Nee") for who, verb in presses)
    )
    after = await now(stage, request)
    assert after.decision is not None
    winner = after.decision.by
    assert await acts(stage, "request.decided", request) == 1
    rows = [row for row in await stage.audit() if row["request_id"] == request.id]
    by = [row["actor"] for row in rows if row["kind"] == "refused"]
    expected = [object_id(who) for who, _ in presses]
    expected.remove(winner.object_id)
    assert sorted(by) == sorted(expected)
    errors = {row["params"]["error"] for row in rows if row["kind"] == "refused"}
    assert errors == {"error.decision.taken", "error.decision.own"}
    for card in cards:
        assert_words(card, winner.name, "Er is beslist")


async def test_silent_requester_is_reminded_until_the_outcome_is_confirmed(days: Days) -> None:
    reminder = f"Herinnering: voor {FIRST} is iets anders beslist dan u vroeg"
    async with days.open() as stage:
        install(stage)
        await ask_today(stage, effective_on="2026-12-01")
        question = await decide(stage, "decision.not_keep")
        await stage.person(ARNO).press(question, "decision.not_keep_sure")
        await card_of(stage, MARLEEN, "Voor M-2026-00001 is iets anders beslist dan u vroeg")
    async with days.open(WEDNESDAY_TEN) as stage:
        first = await card_of(stage, MARLEEN, reminder)
    async with days.open(FRIDAY_TEN) as stage:
        again = await eventually(lambda: _newer(stage, first.id, reminder))
        await stage.person(MARLEEN).press(again, "outcome.confirm")
        await reaches(stage, State.SCHEDULED)
        await eventually(lambda: _no_job_is_due(days))
        seen = {one.id for one in stage.person(MARLEEN).inbox}
    async with days.open(datetime(2026, 12, 1, 9, 0, tzinfo=UTC)) as stage:
        await reaches(stage, State.DONE, timeout_s=40)
        await eventually(lambda: _no_job_is_due(days))
        since = [one for one in stage.person(MARLEEN).inbox if one.id not in seen]
        assert since, "the end of the work is told"
        assert not any("Herinnering" in str(one.body) for one in since)


async def _no_job_is_due(days: Days) -> bool:
    return not await days.due_jobs()


def _newer(stage: Stage, card_id: str, words: str) -> Any:
    found = message_with(stage.person(MARLEEN), words)
    return found if found is not None and found.id != card_id else None
