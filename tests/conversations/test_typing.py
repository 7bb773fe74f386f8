"""The same request by typing, question by question, and choosing out of several people."""

from datetime import UTC, datetime
from typing import Any

from dialogs.answers import understand_change, understand_keep
from mutations.request import MutationRequest
from tests.conversations.journeys import (
    FIRST,
    SECOND,
    WEDNESDAY,
    Days,
    ask,
    assert_hides,
    assert_shows,
    install,
    say,
    titles,
)
from tests.conversations.stage import JAN, MARLEEN, Stage, object_id, words_of
from tests.fakes.bot_connector import Message
from tests.fakes.teams_client import TeamsClient, find_action
from texts.translator import load

OTHER_JAN = 13
_TUESDAY = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)


async def test_typed_answers_make_the_same_request_as_the_form(stage: Stage) -> None:
    install(stage)
    marleen = stage.person(MARLEEN)
    by_form = await ask(stage, effective_on="2027-03-01")
    form = await marleen.press(await say(marleen, f"annuleer {FIRST}"), "Ja, intrekken")
    assert_shows(form, "Ingetrokken")

    assert_shows((await say(marleen, "Nieuwe mutatie")).card, "Wie verhuist?")
    asked = await say(marleen, "jan.peeters@wegenwater.vlaanderen.example")
    assert_shows(asked.card, "Dit weet ik al", "Jan Peeters", "Naar welke entiteit?")
    asked = await say(marleen, "omgeving en ruimte")
    assert_shows(asked.card, "Departement Omgeving en Ruimte", "Vanaf welke dag?")
    asked = await say(marleen, "1 maart")
    assert_shows(asked.card, "maandag 1 maart 2027", "Wijzigt het administratief statuut?")
    asked = await say(marleen, "het blijft hetzelfde")
    assert_shows(asked.card, "blijft hetzelfde", "Wilt u de mailbox en OneDrive behouden?")
    assert_shows(asked.card, "litigation hold", "zijn ze weg")  # both consequences
    summary = await say(marleen, "ja, behouden graag")
    assert_shows(summary.card, "Entiteitswissel met behoud van data", "maandag 1 maart 2027")
    again = await say(marleen, "ja")
    assert again.card == summary.card
    sent = await say(marleen, "indienen")
    assert_shows(sent.card, SECOND)

    typed = await stage.request(SECOND)
    assert _asked(typed) == _asked(by_form)


def test_words_on_the_buttons_are_understood_when_they_are_typed() -> None:
    t = load("nl")
    assert understand_change(t.plain("answer.status_changes.yes")) is True
    assert understand_change(t.plain("answer.status_changes.no")) is False
    assert understand_keep(t.plain("answer.wish.keep")) is True
    assert understand_keep(t.plain("answer.wish.not_keep")) is False
    for unclear in ("misschien", "het wijzigt niet of wel", "ja, het blijft hetzelfde", ""):
        assert understand_change(unclear) is None


async def test_buttons_under_the_questions_do_what_typing_does(stage: Stage) -> None:
    install(stage)
    marleen = stage.person(MARLEEN)
    question = await say(marleen, "nieuwe mutatie Tom Willems")
    await marleen.press(question, "Opgroeien Vlaanderen Regio")
    missing = await marleen.press(question, "Kiezen")
    assert_shows(missing, "Hier ontbreekt nog een antwoord", "Vanaf welke dag?")
    await marleen.press(question, "Kiezen", value=WEDNESDAY)
    await marleen.press(question, "Nee, het blijft hetzelfde")
    await marleen.press(question, "Niet behouden")
    assert_shows(
        question.card,
        "Tom Willems",
        "Opgroeien Vlaanderen Regio",
        "woensdag 25 november 2026",
        "Entiteitswissel zonder behoud van data",
    )


async def test_typed_day_is_confirmed_in_words(stage: Stage) -> None:
    install(stage)
    marleen = stage.person(MARLEEN)
    days_in_words = {
        "1 maart": "maandag 1 maart 2027",
        "volgende maandag": "maandag 30 november 2026",
        "12/05/2027": "woensdag 12 mei 2027",
        "morgen": "dinsdag 24 november 2026",
    }
    for typed, words in days_in_words.items():
        await say(marleen, "nieuwe mutatie voor Tom Willems")
        await say(marleen, "omgeving")
        asked = await say(marleen, typed)
        assert_shows(asked.card, words, "Wijzigt het administratief statuut?")
        await say(marleen, "weggooien")


async def test_several_matches_are_chosen_by_button_by_number_or_by_address(
    stage: Stage,
) -> None:
    install(stage)
    marleen = stage.person(MARLEEN)
    first, second = object_id(JAN), object_id(OTHER_JAN)

    choice = await say(marleen, "nieuwe mutatie Jan Peeters")
    assert_shows(choice.card, "Wie bedoelt u?", "jan.peeters2@wegenwater.vlaanderen.example")
    offered = _offered(marleen, choice)
    assert sorted(offered) == [first, second]
    await marleen.press(choice, _title_for(marleen, choice, second))
    assert await _chosen(stage) == second

    by_name = await say(marleen, "nieuwe mutatie Jan Peeters")
    await say(marleen, "2")
    assert await _chosen(stage) == offered[1]
    late = await marleen.press(by_name, _title_for(marleen, by_name, offered[0]))
    assert_shows(late, "Deze kaart is verouderd")
    assert await _chosen(stage) == offered[1]

    await say(marleen, "nieuwe mutatie Jan Peeters")
    asked = await say(marleen, "jan.peeters@wegenwater.vlaanderen.example")
    assert await _chosen(stage) == first
    assert_shows(asked.card, "Naar welke entiteit?")

    await say(marleen, "nieuwe mutatie Jan Peeters")
    choice = marleen.last
    await marleen.press(choice, "Iemand anders")
    assert_shows(choice.card, "Wie verhuist?")


async def test_name_behind_the_command_is_the_colleague_of_a_begun_draft_too(
    stage: Stage,
) -> None:
    install(stage)
    marleen = stage.person(MARLEEN)
    for text in ("nieuwe mutatie Tom Willems", "omgeving", "1 maart", "nee"):
        await say(marleen, text)
    answer = await say(marleen, "weggooien")
    assert_shows(answer.card, "Tom Willems", "niet behouden")  # the data, not the draft

    other = await say(marleen, "nieuwe mutatie Bert Smits")
    assert_shows(other.card, "Bert Smits", "Wie verhuist?")
    assert_hides(other.card, "Tom Willems")
    assert "Indienen" not in titles(other.card)  # the other answers were about Tom


async def test_old_form_does_not_throw_a_newer_draft_away(stage: Stage) -> None:
    install(stage)
    marleen = stage.person(MARLEEN)
    old = await say(marleen, "nieuwe mutatie")
    await say(marleen, "weggooien")
    await say(marleen, "nieuwe mutatie Tom Willems")
    refused = await marleen.press(old, "Weggooien")
    assert_shows(refused, "Deze aanvraag staat niet meer open")
    assert_shows((await say(marleen, "omgeving")).card, "Tom Willems", "Vanaf welke dag?")


async def test_other_words_do_not_spoil_a_draft(stage: Stage) -> None:
    install(stage)
    marleen = stage.person(MARLEEN)
    await say(marleen, "nieuwe mutatie Tom Willems")
    assert_shows((await say(marleen, "krijgt hij een laptop?")).card, "Pc, laptop en gsm")
    assert_shows((await say(marleen, "M-2026-00007")).card, "Die aanvraag vind ik niet")
    assert_shows((await say(marleen, "help")).card, "nieuwe mutatie")
    assert_shows((await say(marleen, "omgeving")).card, "Tom Willems", "Vanaf welke dag?")


async def test_draft_survives_a_restart(days: Days) -> None:
    async with days.open() as stage:
        install(stage)
        marleen = stage.person(MARLEEN)
        await say(marleen, "nieuwe mutatie Jan Peeters")
        choice = marleen.last
    async with days.open() as stage:
        marleen = stage.person(MARLEEN)
        await marleen.press(choice, _title_for(marleen, choice, object_id(JAN)))
        await say(marleen, "omgeving")
    async with days.open() as stage:
        marleen = stage.person(MARLEEN)
        form = await say(marleen, "nieuwe mutatie")
        assert "Jan Peeters" in words_of(form.card)
        for text in ("woensdag", "nee"):
            await say(marleen, text)
        answer = await say(marleen, "ja")
        assert_shows(answer.card, "woensdag 25 november 2026", "met behoud van data")
        await marleen.press(answer, "Indienen")
        assert (await stage.request(FIRST)).subject.object_id == object_id(JAN)


async def test_summary_of_yesterday_leads_back_to_the_form(days: Days) -> None:
    async with days.open() as stage:
        install(stage)
        marleen = stage.person(MARLEEN)
        for text in ("nieuwe mutatie Tom Willems", "omgeving", "vandaag", "nee"):
            await say(marleen, text)
        summary = await say(marleen, "ja")
    async with days.open(_TUESDAY) as stage:
        form = await stage.person(MARLEEN).press(summary, "Indienen")
        assert_shows(form, "maandag 23 november 2026 is al voorbij", "Tom Willems")
        filled = await stage.person(MARLEEN).press(summary, "Verder", effective_on=WEDNESDAY)
        assert_shows(filled, "woensdag 25 november 2026", "Indienen")


async def test_entity_without_anybody_to_decide_is_said_on_the_form(days: Days) -> None:
    before_the_deputy = datetime(2026, 10, 5, 8, tzinfo=UTC)
    async with days.open(before_the_deputy) as stage:
        install(stage)
        marleen = stage.person(MARLEEN)
        for text in ("nieuwe mutatie Hilde Martens", "omgeving", "morgen", "nee"):
            await say(marleen, text)
        form = await say(marleen, "ja")
        assert_shows(form.card, "Niemand kan beslissen voor Departement Cultuur en Jeugd")
        filled = await marleen.press(form, "Verder", colleague="Tom Willems")
        assert_shows(filled, "Tom Willems", "Indienen")


def _asked(request: MutationRequest) -> tuple[Any, ...]:
    return (
        request.subject,
        request.source,
        request.target,
        request.effective_on,
        request.status_changes,
        request.wish,
        request.outcome,
        request.plan,
        request.footprint,
    )


def _offered(client: TeamsClient, message: Message) -> list[str]:
    """Return the colleagues to choose from, in the order of the card."""
    found = [_colleague(client, message, title) for title in titles(message.card["body"])]
    return [one for one in found if one]


def _title_for(client: TeamsClient, message: Message, colleague: str) -> str:
    """Return what the button says that chooses a colleague."""
    return next(
        title for title in titles(message.card) if _colleague(client, message, title) == colleague
    )


def _colleague(client: TeamsClient, message: Message, title: str) -> str:
    action = find_action(message.card, title, "Action.Execute")
    return str(client.opened(action["data"]).get("colleague", ""))


async def _chosen(stage: Stage) -> str | None:
    draft = await stage.bot.use_cases.find_draft(object_id(MARLEEN))
    assert draft is not None
    return draft.colleague
