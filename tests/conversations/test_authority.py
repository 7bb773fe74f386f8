"""Who may do what is decided by the bot at the click, whatever a card or its data says."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.demo import DEMO_REGISTER
from mutations.request import MutationRequest
from tests.conversations.journeys import TINE, address, install
from tests.conversations.scenes import (
    acts,
    answer_to,
    ask,
    assert_problem,
    assert_words,
    card_about,
    card_of,
    decided,
    fill,
    nothing_changes,
    now,
    open_form,
    refused,
    summary,
)
from tests.conversations.stage import (
    ARNO,
    BRITT,
    HILDE,
    INES,
    JAN,
    MARLEEN,
    MONDAY_MORNING,
    NORA,
    RIK,
    SOFIE,
    TOM,
    Stage,
    eventually,
    message_with,
    open_stage,
    words_of,
)

DECIDING = (
    "decision.keep",
    "decision.not_keep",
    "decision.not_keep_sure",
    "decision.refuse",
    "decision.refuse_sure",
    "decision.back",
)
OF_THE_REQUESTER = ("outcome.confirm", "request.withdraw", "request.withdraw_sure")
BEFORE_TINE = datetime(2026, 10, 26, 8, 30, tzinfo=UTC)
AFTER_TINE = datetime(2027, 11, 3, 8, 30, tzinfo=UTC)


@pytest.fixture
async def stage(tmp_path: Path, database_url: str) -> AsyncIterator[Stage]:
    """The whole bot, looking seldom at preconditions: only people change something."""
    async with open_stage(tmp_path, database_url, recheck_s=600) as opened:
        yield opened


async def test_strangers_find_no_request_whatever_they_press(stage: Stage) -> None:
    request = await ask(stage)
    for stranger in (HILDE, TINE, RIK, SOFIE, TOM):
        verbs = (*DECIDING, *OF_THE_REQUESTER, "request.show", "work.resume")
        async with refused(stage, stranger, "error.request.unknown", times=len(verbs)):
            for verb in verbs:
                card = await decided(stage, stranger, request, verb, reason="Zomaar")
                assert_problem(card, "Die aanvraag vind ik niet", "Kijk het nummer na")
                assert "Jan" not in words_of(card)


async def test_guessed_request_and_request_of_others_look_the_same(stage: Stage) -> None:
    request = await ask(stage)
    rik = stage.person(RIK)
    for verb in ("decision.keep", "request.show", "request.withdraw_sure", "work.resume"):
        real = card_of(await rik.press_sealed(verb, {"request": request.id, "round": 1}))
        guess = card_of(await rik.press_sealed(verb, {"request": "ab" * 16, "round": 1}))
        assert real == guess
    real_status = await answer_to(rik, f"status {request.number}")
    guess_status = await answer_to(rik, "status M-2026-04711")
    assert real_status.card == guess_status.card
    listed = await answer_to(rik, "mijn aanvragen")
    assert request.number not in words_of(listed.card)


@pytest.mark.case("Z04", "Z05")
@pytest.mark.parametrize("person", [MARLEEN, JAN])
async def test_requester_and_colleague_decide_nothing(stage: Stage, person: int) -> None:
    request = await ask(stage)
    async with refused(stage, person, "error.not_entitled", times=len(DECIDING)):
        for verb in DECIDING:
            card = await decided(stage, person, request, verb, reason="Zomaar")
            assert_words(card, *_not_yours(request))


@pytest.mark.parametrize("person", [ARNO, JAN])
async def test_only_the_requester_withdraws_and_confirms(stage: Stage, person: int) -> None:
    request = await ask(stage)
    for verb in OF_THE_REQUESTER:
        async with refused(stage, person, "error.not_entitled"):
            card = await decided(stage, person, request, verb)
        assert_words(card, *_not_yours(request))
    async with refused(stage, person, "error.not_entitled"):
        typed = await answer_to(stage.person(person), f"annuleer {request.number}")
    assert_words(typed.card, *_not_yours(request))


@pytest.mark.case("Z14")
async def test_only_the_service_desk_tries_again(stage: Stage) -> None:
    request = await _stopped(stage)
    for person in (MARLEEN, ARNO, BRITT, INES):
        async with refused(stage, person, "error.not_entitled"):
            card = await decided(stage, person, request, "work.resume")
        assert_words(card, *_not_yours(request))
    for person in (HILDE, RIK, TOM):
        async with refused(stage, person, "error.request.unknown"):
            assert_problem(await decided(stage, person, request, "work.resume"))
    assert await acts(stage, "work.resumed") == 0


@pytest.mark.case("Z14")
async def test_service_desk_tries_again_and_does_nothing_else(stage: Stage) -> None:
    request = await _stopped(stage)
    verbs = (*DECIDING, *OF_THE_REQUESTER)
    async with refused(stage, SOFIE, "error.not_entitled", times=len(verbs)):
        for verb in verbs:
            card = await decided(stage, SOFIE, request, verb, reason="Zomaar")
            assert_words(card, *_not_yours(request))


@pytest.mark.case("Z05")
async def test_approver_who_moves_decides_nothing_about_the_own_move(stage: Stage) -> None:
    install(stage)
    request = await ask(stage, colleague=address(ARNO))
    await card_about(stage, BRITT, request)
    assert message_with(stage.person(ARNO), "Uw beslissing wordt gevraagd") is None
    async with refused(stage, ARNO, "error.not_entitled", times=len(DECIDING)):
        for verb in DECIDING:
            await decided(stage, ARNO, request, verb, reason="Ik blijf")
    card = await decided(stage, BRITT, request, "decision.keep")
    assert_words(card, "Britt Jacobs")


@pytest.mark.case("Z04")
async def test_approver_who_asks_decides_nothing_about_the_own_request(
    tmp_path: Path, database_url: str
) -> None:
    register = tmp_path / "arno_asks.toml"
    text = DEMO_REGISTER.read_text(encoding="utf-8")
    register.write_text(text.replace('["marleen"]', '["marleen", "arno"]'), encoding="utf-8")
    async with open_stage(tmp_path, database_url, MUTATIEBOT_REGISTER=register) as stage:
        install(stage)
        request = await ask(stage, ARNO)
        await card_about(stage, BRITT, request)
        async with refused(stage, ARNO, "error.not_entitled", times=len(DECIDING)):
            for verb in DECIDING:
                await decided(stage, ARNO, request, verb, reason="Mijn eigen vraag")

        arno = stage.person(ARNO)
        card = await fill(arno, await open_form(arno), colleague=address(BRITT))
        assert_words(card, "Niemand kan beslissen voor Agentschap Wegen en Water", "Vraag Agent")
        async with nothing_changes(stage):
            again = await answer_to(stage.person(ARNO), "indienen")
        assert_problem(again.card, "Niemand kan beslissen", "goedkeurder te laten registreren")


@pytest.mark.case("Z07")
@pytest.mark.parametrize("start", [BEFORE_TINE, AFTER_TINE])
async def test_deputy_outside_the_dates_is_a_stranger(
    tmp_path: Path, database_url: str, start: datetime
) -> None:
    async with open_stage(tmp_path, database_url, start=start) as stage:
        install(stage)
        day = start.date().isoformat()
        request = await ask(stage, colleague=address(NORA), effective_on=day)
        await card_about(stage, HILDE, request)
        async with refused(stage, TINE, "error.request.unknown", times=len(DECIDING)):
            for verb in DECIDING:
                assert_problem(await decided(stage, TINE, request, verb, reason="Zomaar"))
        assert stage.person(TINE).inbox == []


@pytest.mark.case("Z07")
async def test_deputy_inside_the_dates_decides(stage: Stage) -> None:
    install(stage)
    request = await ask(stage, colleague=address(NORA))
    question = await card_about(stage, TINE, request)
    final = await stage.person(TINE).press(question, "decision.keep")
    assert_words(final, "Tine Aerts koos op")


async def test_data_of_a_card_says_nothing_about_who_decides_what(stage: Stage) -> None:
    request = await ask(stage, colleague=address(TOM))
    forged = {
        "approverId": stage.person(BRITT).persona.object_id,
        "actor": stage.person(BRITT).persona.object_id,
        "person": stage.person(BRITT).persona.object_id,
        "name": "Britt Jacobs",
        "entity": "OVO000104",
        "source": "OVO000104",
        "decision": "not_keep",
        "retention": "not_keep",
        "state": "done",
        "upn": "baas@wegenwater.vlaanderen.example",
    }
    data = {"request": request.id, "round": 1}
    for stranger in (RIK, HILDE, SOFIE):
        async with refused(stage, stranger, "error.request.unknown"):
            card_of(await stage.person(stranger).press_sealed("decision.keep", data, **forged))
    async with refused(stage, MARLEEN, "error.not_entitled"):
        card_of(await stage.person(MARLEEN).press_sealed("decision.keep", data, **forged))
    assert_words(
        card_of(await stage.person(ARNO).press_sealed("decision.keep", data, **forged)),
        "Arno Wouters koos op",
    )

    kept = await now(stage, request)
    assert kept.decision is not None
    assert (kept.decision.retention, kept.decision.by.name) == ("keep", "Arno Wouters")
    assert (kept.source, kept.target) == (request.source, request.target)


async def test_draft_of_somebody_else_is_out_of_reach(stage: Stage) -> None:
    message = await summary(stage)
    data = stage.person(MARLEEN).opened(
        next(one["data"] for one in message.card["actions"] if one["verb"] == "draft.submit")
    )
    rik = stage.person(RIK)
    for verb in ("draft.submit", "draft.edit", "draft.choose"):
        async with refused(stage, RIK, "error.draft.none"):
            assert_problem(
                card_of(await rik.press_sealed(verb, data)), "Deze aanvraag staat niet meer"
            )
    sent = await stage.person(MARLEEN).press(message, "draft.submit")
    assert "Jan Peeters" in words_of(sent)
    async with refused(stage, RIK, "error.draft.none"):
        assert "Jan" not in words_of(card_of(await rik.press_sealed("draft.submit", data)))


async def _stopped(stage: Stage) -> MutationRequest:
    """Return a request whose work stopped: a deleted account holds the new address."""
    install(stage)
    today = MONDAY_MORNING.date().isoformat()
    request = await ask(stage, colleague=address(INES), effective_on=today)
    await decided(stage, ARNO, request, "decision.keep")

    async def is_stopped() -> bool:
        return (await now(stage, request)).state == "attention"

    await eventually(is_stopped)
    return request


def _not_yours(request: MutationRequest) -> tuple[str, ...]:
    number = request.number
    return f"Dit mag u niet doen voor {number}", f"Typ status {number} om te zien wie aan zet is"
