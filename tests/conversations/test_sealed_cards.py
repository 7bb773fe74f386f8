"""A button works for the person it was sent to, where it was sent, as it was sent."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conversations.journeys import Days, address, install
from tests.conversations.scenes import (
    acts,
    ask,
    assert_problem,
    assert_words,
    card_about,
    card_of,
    nothing_changes,
    now,
    refused,
)
from tests.conversations.stage import (
    ARNO,
    BRITT,
    CARD_KEY,
    HILDE,
    MARLEEN,
    MONDAY_MORNING,
    RIK,
    SOFIE,
    TOM,
    Stage,
    open_stage,
    words_of,
)
from tests.fakes.bot_connector import Message
from tests.fakes.teams_client import TeamsClient, find_action

NEW_KEY = "a-newer-card-key-of-32-characters-or-so"
REPLAYS = 100
BROKEN = ("Deze knop kan ik niet lezen", "Vraag de kaart opnieuw op")
OLD = "Deze kaart is verouderd"
FORGED = {
    "request": "ab" * 16,
    "round": 7,
    "approverId": "someone",
    "actor": "someone",
    "entity": "OVO000104",
    "decision": "not_keep",
    "retention": "not_keep",
    "state": "done",
    "amount": 10**6,
    "data": {"request": "ab" * 16},
}
GUESSES = ("00000000-0000-0000-0000-000000000000", "' or '1'='1", "1; drop table request", "../1")


@pytest.fixture
async def stage(tmp_path: Path, database_url: str) -> AsyncIterator[Stage]:
    """The whole bot, looking seldom at preconditions: only people change something."""
    async with open_stage(tmp_path, database_url, recheck_s=600) as opened:
        install(opened)
        yield opened


@pytest.mark.case("Z01")
async def test_request_of_others_and_request_that_is_not_there_look_the_same(
    stage: Stage,
) -> None:
    request = await ask(stage, colleague=address(TOM))
    for verb in ("decision.keep", "request.show", "request.withdraw_sure", "work.resume"):
        for stranger in (HILDE, RIK, SOFIE):
            client = stage.person(stranger)
            cards = []
            async with refused(stage, stranger, "error.request.unknown", times=2):
                for identity in (request.id, "ab" * 16):
                    data = {"request": identity, "round": 1}
                    cards.append(card_of(await client.press_sealed(verb, data)))
            assert cards[0] == cards[1]
            assert_problem(cards[0], "Die aanvraag vind ik niet")
        async with refused(stage, ARNO, "error.card.broken", times=2 * len(GUESSES)):
            for guess in GUESSES:
                data = {"request": guess, "round": 1}
                assert_problem(card_of(await stage.person(ARNO).press_sealed(verb, data)), *BROKEN)
                assert_problem(card_of(await stage.person(ARNO).execute(verb, data)), *BROKEN)


@pytest.mark.case("Z02")
async def test_what_is_added_to_a_press_says_nothing_about_who_decides_what(stage: Stage) -> None:
    request = await ask(stage, colleague=address(TOM))
    question = await card_about(stage, ARNO, request)
    data = {**FORGED, **_data(question, "decision.keep")}
    card = card_of(await stage.person(ARNO).execute("decision.keep", data, question.id))

    assert_words(card, "Arno Wouters koos op")
    kept = await now(stage, request)
    assert kept.decision is not None
    assert (kept.decision.retention, kept.decision.by.name) == ("keep", "Arno Wouters")
    assert (kept.source, kept.target, kept.round) == (request.source, request.target, 1)


@pytest.mark.case("Z02")
async def test_what_is_typed_never_takes_the_place_of_what_was_sealed(stage: Stage) -> None:
    one, other = await ask(stage, colleague=address(TOM)), await ask(stage)
    question = await card_about(stage, ARNO, one)
    for identity in (other.id, [other.id], None):
        data = {**_data(question, "decision.refuse"), "request": identity}
        card = card_of(await stage.person(ARNO).execute("decision.refuse", data))
        assert_words(card, one.number, "Waarom weigert u?")


@pytest.mark.case("Z03")
async def test_button_without_a_good_seal_does_nothing(stage: Stage) -> None:
    request = await ask(stage, colleague=address(TOM))
    question = await card_about(stage, ARNO, request)
    arno, mine = stage.person(ARNO), _data(question, "decision.keep")
    payload, signature = mine["seal"].split(".")
    spoiled: tuple[Mapping[str, Any], ...] = (
        {"request": request.id, "round": 1},
        {"verb": "decision.keep"},
        {**mine, "seal": ""},
        {**mine, "seal": payload},
        {**mine, "seal": f"{payload}."},
        {**mine, "seal": f".{signature}"},
        {**mine, "seal": f"{payload}.{signature[::-1]}"},
        {**mine, "seal": f"{payload}.{signature}="},
        {**mine, "seal": f"{payload[::-1]}.{signature}"},
        {**mine, "seal": [mine["seal"]]},
        {**mine, "seal": None},
        {**mine, "seal": 5},
    )
    before = await _seals_refused(stage, "broken")
    async with refused(stage, ARNO, "error.card.broken", times=len(spoiled)):
        for data in spoiled:
            assert_problem(card_of(await arno.execute("decision.keep", data)), *BROKEN)
    assert await _seals_refused(stage, "broken") == before + len(spoiled)

    assert_words(await arno.press(question, "decision.keep"), "Arno Wouters koos op")


@pytest.mark.case("Z03")
async def test_seal_of_one_button_does_not_open_another(stage: Stage) -> None:
    request = await ask(stage, colleague=address(TOM))
    question = await card_about(stage, ARNO, request)
    arno = stage.person(ARNO)
    harmless = [_data(question, verb) for verb in ("decision.not_keep", "decision.refuse")]
    harmless += [arno.sealed("help.show", {"request": request.id, "round": 1})]
    verbs = ("decision.keep", "decision.not_keep_sure", "decision.refuse_sure")
    async with refused(stage, ARNO, "error.card.broken", times=len(verbs) * len(harmless)):
        for verb in verbs:
            for data in harmless:
                changed = {**data, "verb": verb, "reason": "Neen"}
                assert_problem(card_of(await arno.execute(verb, changed)), *BROKEN)


@pytest.mark.case("Z03", "Z11")
async def test_button_of_one_person_does_nothing_for_another_with_the_same_token(
    stage: Stage,
) -> None:
    request = await ask(stage, colleague=address(TOM))
    arno, britt = stage.person(ARNO), stage.person(BRITT)
    his, hers = [await card_about(stage, who, request) for who in (ARNO, BRITT)]
    as_arno = _press(arno, "decision.keep", _data(his, "decision.keep"), his)
    async with refused(stage, BRITT, "error.card.broken", times=2):
        as_britt = {**as_arno, "from": britt.activity()["from"]}
        assert_problem(card_of(await arno.post(as_britt)), *BROKEN)
        in_her_chat = {**as_britt, "conversation": britt.activity()["conversation"]}
        assert_problem(card_of(await arno.post(in_her_chat)), *BROKEN)

    assert_words(await britt.press(hers, "decision.keep"), "Britt Jacobs koos op")


@pytest.mark.case("Z03")
async def test_expired_button_shows_the_state_now_with_buttons_that_work(days: Days) -> None:
    async with days.open(recheck_s=600, card_days=1) as stage:
        install(stage)
        request = await ask(stage, colleague=address(TOM))
        question = await card_about(stage, ARNO, request)
    async with days.open(MONDAY_MORNING + timedelta(days=2), recheck_s=600, card_days=1) as stage:
        arno = stage.person(ARNO)
        async with refused(stage, ARNO, "error.card.old"):
            card = await arno.press(question, "decision.keep")
        assert_words(card, OLD, "Uw beslissing wordt gevraagd")
        assert await _seals_refused(stage, "expired") == 1

        assert_words(await arno.press(question, "decision.keep"), "Arno Wouters koos op")


@pytest.mark.case("Z09")
async def test_button_works_in_its_own_conversation_only(stage: Stage) -> None:
    request = await ask(stage, colleague=address(TOM))
    question = await card_about(stage, ARNO, request)
    arno = stage.person(ARNO)
    activity = _press(arno, "decision.keep", _data(question, "decision.keep"), question)
    own = activity["conversation"]
    group = {"conversationType": "groupChat", "isGroup": True, "id": "19:group@thread.v2"}
    channel = {"conversationType": "channel", "isGroup": True, "id": "19:x@thread.tacv2"}
    for elsewhere in (group, channel):
        place = {**own, **elsewhere}
        async with refused(stage, ARNO, "error.group_chat"):
            card = card_of(await arno.post({**activity, "conversation": place}))
        assert_problem(card, "Dit bespreek ik alleen met u persoonlijk")
        assert request.number not in words_of(card)
    for identity in ("a:forwarded", stage.person(BRITT).persona.conversation_id, "19:x@thread.v2"):
        place = {**own, "id": identity}
        async with refused(stage, ARNO, "error.card.broken"):
            card = card_of(await arno.post({**activity, "conversation": place}))
        assert_problem(card, *BROKEN)

    thread = {**own, "id": f"{own['id']};messageid=1700000000001"}
    card = card_of(await arno.post({**activity, "conversation": thread}))
    assert_words(card, "Arno Wouters koos op")


@pytest.mark.case("Z10")
async def test_press_that_is_replayed_a_hundred_times_decides_once(stage: Stage) -> None:
    request = await ask(stage, colleague=address(TOM))
    question = await card_about(stage, ARNO, request)
    arno = stage.person(ARNO)
    activity = _press(arno, "decision.keep", _data(question, "decision.keep"), question)
    first = card_of(await arno.post(activity))
    after = await now(stage, request)
    for _ in range((REPLAYS - 1) // 11):
        answers = await asyncio.gather(*(arno.post(activity) for _ in range(11)))
        assert [card_of(answer) for answer in answers] == [first] * 11

    assert await acts(stage, "request.decided", request) == 1
    assert await acts(stage, "refused", request) == 0
    assert (await now(stage, request)).decision == after.decision


@pytest.mark.case("Z12")
async def test_second_choice_on_the_same_card_is_refused(stage: Stage) -> None:
    request = await ask(stage, colleague=address(TOM))
    question = await card_about(stage, ARNO, request)
    arno = stage.person(ARNO)
    keep = _data(question, "decision.keep")
    sure = arno.sealed("decision.refuse_sure", arno.opened(keep))
    card_of(await arno.execute("decision.keep", keep))
    async with refused(stage, ARNO, "error.decision.own"):
        late = card_of(await arno.execute("decision.refuse_sure", {**sure, "reason": "Toch niet"}))
    assert_words(late, "Arno Wouters koos op")

    decision = (await now(stage, request)).decision
    assert decision is not None
    assert decision.retention == "keep"


@pytest.mark.case("D05")
async def test_card_of_an_earlier_round_gives_a_fresh_card_that_works(stage: Stage) -> None:
    request = await ask(stage, colleague=address(TOM))
    question = await card_about(stage, ARNO, request)
    arno = stage.person(ARNO)
    stale = {"request": request.id, "round": request.round - 1}
    async with refused(stage, ARNO, "error.card.old"):
        answer = await arno.press_sealed("decision.keep", stale, question.id)
    question.replace_card(card_of(answer))
    assert_words(question.card, OLD, "Uw beslissing wordt gevraagd")

    assert_words(await arno.press(question, "decision.keep"), "Arno Wouters koos op")


async def test_second_press_of_the_same_button_gets_the_same_answer(stage: Stage) -> None:
    request = await ask(stage, colleague=address(TOM))
    question = await card_about(stage, ARNO, request)
    data, arno = _data(question, "decision.keep"), stage.person(ARNO)
    first = card_of(await arno.execute("decision.keep", data, question.id))
    async with nothing_changes(stage):
        assert card_of(await arno.execute("decision.keep", data, question.id)) == first


async def test_old_client_presses_the_sealed_fallback(stage: Stage) -> None:
    request = await ask(stage, colleague=address(TOM))
    question = await card_about(stage, ARNO, request)
    arno = stage.person(ARNO)
    await arno.submit(question, "decision.refuse")
    asked = await card_about(stage, ARNO, request)
    await arno.submit(asked, "decision.refuse_sure", reason="Eerst zijn werk afmaken")

    decision = (await now(stage, request)).decision
    assert decision is not None
    assert (decision.retention, decision.reason) == (None, "Eerst zijn werk afmaken")


async def test_button_works_after_a_restart_and_after_rotation_of_the_keys(days: Days) -> None:
    async with days.open(recheck_s=600) as stage:
        install(stage)
        request = await ask(stage, colleague=address(TOM))
        question = await card_about(stage, ARNO, request)
    async with days.open(recheck_s=600) as stage:
        card = await stage.person(ARNO).press(question, "decision.not_keep")
        assert "decision.not_keep_sure" in str(card)
    async with days.open(recheck_s=600, card_keys=f"{NEW_KEY}, {CARD_KEY}") as stage:
        card = await stage.person(ARNO).press(question, "decision.back")
        assert_words(card, "Uw beslissing wordt gevraagd")
    async with days.open(recheck_s=600, card_keys=NEW_KEY) as stage:
        card = await stage.person(ARNO).press(question, "decision.keep")
        assert_words(card, "Arno Wouters koos op")


async def test_button_of_a_key_that_is_gone_leads_on_to_one_that_works(days: Days) -> None:
    async with days.open(recheck_s=600) as stage:
        install(stage)
        request = await ask(stage, colleague=address(TOM))
        question = await card_about(stage, ARNO, request)
    async with days.open(recheck_s=600, card_keys=NEW_KEY) as stage:
        arno = stage.person(ARNO)
        async with refused(stage, ARNO, "error.card.broken"):
            card = await arno.press(question, "decision.keep")
        assert_problem(card, *BROKEN)
        assert request.number not in words_of(card)

        await arno.press(question, "list.mine")
        await arno.press(question, "request.show")
        assert_words(await arno.press(question, "decision.keep"), "Arno Wouters koos op")


async def test_every_button_that_anybody_got_is_sealed(stage: Stage) -> None:
    request = await ask(stage, colleague=address(TOM))
    await stage.person(ARNO).press(await card_about(stage, ARNO, request), "decision.keep")
    for number in (MARLEEN, ARNO, BRITT):
        await stage.person(number).say("help")
        await stage.person(number).say("mijn aanvragen")
    found = 0
    for client in stage.people.values():
        for message in client.inbox:
            for data in _all_data(message.card):
                assert set(data) == {"verb", "seal"}
                client.opened(data)
                found += 1
    assert found > 20


def _press(
    client: TeamsClient, verb: str, data: Mapping[str, Any], message: Message
) -> dict[str, Any]:
    """Return the activity of a press, to be sent as often as one likes."""
    return client.activity(
        type="invoke",
        name="adaptiveCard/action",
        value={"action": {"type": "Action.Execute", "verb": verb, "data": data}},
        replyToId=message.id,
    )


def _data(message: Message, verb: str) -> dict[str, Any]:
    return dict(find_action(message.card, verb, "Action.Execute")["data"])


def _all_data(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [data for child in node for data in _all_data(child)]
    if not isinstance(node, dict):
        return []
    own = [node["data"]] if node.get("type") in {"Action.Execute", "Action.Submit"} else []
    return own + _all_data([child for name, child in node.items() if name != "data"])


async def _seals_refused(stage: Stage, reason: str) -> int:
    """Return what the metrics say of one reason."""
    async with stage.world.session.get(f"{stage.world.bot_url}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    name = f'mutatiebot_refused_seals_total{{reason="{reason}"}} '
    return sum(int(float(line.removeprefix(name))) for line in lines if line.startswith(name))
