"""Whatever people type, choose or press, they read what to do, and nothing is lost or changed."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.conversations.journeys import address
from tests.conversations.scenes import (
    LATER,
    Kept,
    answer_to,
    ask,
    assert_problem,
    assert_words,
    card_of,
    fill,
    nothing_changes,
    open_form,
    refused,
    summary,
)
from tests.conversations.stage import (
    ARNO,
    JAN,
    MARLEEN,
    RIK,
    TOM,
    Stage,
    open_stage,
    words_of,
)

FORM_PROBLEMS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "unknown colleague": (
        {"colleague": "Quirinus Zwaluwstaart"},
        ("Ik vind niemand met de naam Quirinus Zwaluwstaart", "Kijk de spelling na"),
    ),
    "unknown address": (
        {"colleague": "niemand@wegenwater.vlaanderen.example"},
        ("Ik vind niemand met de naam", "Kijk de spelling na"),
    ),
    "own transfer": (
        {"colleague": address(MARLEEN)},
        ("U kunt uw eigen mutatie niet aanvragen", "vraag uw nieuwe entiteit"),
    ),
    "already there": (
        {"colleague": address(16)},
        ("Deze collega werkt al bij Departement Omgeving en Ruimte", "Kies een andere collega"),
    ),
    "unknown entity": (
        {"target": "OVO999999"},
        ("Ik ken geen entiteit met de naam OVO999999", "Kies een entiteit uit de lijst"),
    ),
    "closed entity": (
        {"target": "OVO000107"},
        ("Agentschap Oude Werken bestaat niet meer sinds", "Kies de entiteit die"),
    ),
    "entity of others": (
        {"target": "OVO000104"},
        ("U bent geen aanvrager voor Departement Cultuur en Jeugd", "Vraag het aan een van hen"),
    ),
    "past": (
        {"effective_on": "2026-11-20"},
        ("vrijdag 20 november 2026 is al voorbij", "Kies vandaag of een latere werkdag"),
    ),
    "holiday": (
        {"effective_on": "2026-12-25"},
        ("vrijdag 25 december 2026 is geen werkdag", "bijvoorbeeld maandag 4 januari 2027"),
    ),
    "weekend": (
        {"effective_on": "2026-11-28"},
        ("zaterdag 28 november 2026 is geen werkdag", "bijvoorbeeld maandag 30 november 2026"),
    ),
    "more than a year ahead": (
        {"effective_on": "2027-11-24"},
        ("woensdag 24 november 2027 is te ver weg", "tot en met dinsdag 23 november 2027"),
    ),
    "no such day": (
        {"effective_on": "2026-02-30"},
        ("Ik begrijp de datum 2026-02-30 niet", "Typ bijvoorbeeld"),
    ),
    "nonsense for a day": (
        {"effective_text": "als het past"},
        ("Ik begrijp de datum als het past niet", "Typ bijvoorbeeld"),
    ),
    "no colleague": ({"colleague": ""}, ("Hier ontbreekt nog een antwoord", "Vul dit nog in")),
    "no day": ({"effective_on": ""}, ("Hier ontbreekt nog een antwoord", "Vul dit nog in")),
    "no wish": ({"wish": ""}, ("Hier ontbreekt nog een antwoord", "Vul dit nog in")),
}


@pytest.fixture
async def stage(tmp_path: Path, database_url: str) -> AsyncIterator[Stage]:
    """The whole bot, looking seldom at preconditions: only people change something."""
    async with open_stage(tmp_path, database_url, recheck_s=600) as opened:
        yield opened


async def test_form_says_at_the_field_what_is_wrong_and_keeps_the_rest(stage: Stage) -> None:
    marleen = stage.person(MARLEEN)
    for case, (answers, words) in FORM_PROBLEMS.items():
        form = await open_form(marleen)
        card = await fill(marleen, form, **answers)

        assert_words(card, *words)
        assert "draft.fill" in str(card), case
        assert "draft.submit" not in str(card), case
        kept = _fields(card)
        for field in {"status_changes", "wish"} - set(answers):
            assert kept[field] == {"status_changes": "no", "wish": "keep"}[field], case
        if "effective_on" not in answers and "effective_text" not in answers:
            assert kept["effective_on"] == LATER, case
        await marleen.press(form, "draft.discard")

    assert (await Kept.of(stage)).requests == {}


async def test_form_shows_all_problems_at_once(stage: Stage) -> None:
    marleen = stage.person(MARLEEN)
    card = await fill(
        marleen,
        await open_form(marleen),
        colleague="Quirinus Zwaluwstaart",
        target="OVO000104",
        effective_on="2026-11-20",
        wish="",
    )

    assert_words(
        card,
        "Ik vind niemand met de naam",
        "U bent geen aanvrager voor Departement Cultuur en Jeugd",
        "is al voorbij",
        "Hier ontbreekt nog een antwoord",
    )


async def test_typed_answers_that_cannot_stand_are_asked_again(stage: Stage) -> None:
    marleen = stage.person(MARLEEN)
    answered = await answer_to(marleen, "nieuwe mutatie")
    for question, bad, good in (
        (
            "Wie verhuist?",
            {
                "Quirinus Zwaluwstaart": "Ik vind niemand met de naam",
                "Marleen Claes": "U kunt uw eigen mutatie niet aanvragen",
                "x" * 900: "Ik vind niemand met de naam",
            },
            address(TOM),
        ),
        (
            "Naar welke entiteit?",
            {
                "Agentschap Oude Werken": "bestaat niet meer sinds",
                "Departement Cultuur en Jeugd": "U bent geen aanvrager voor",
                "Ministerie van Rare Loopjes": "Ik ken geen entiteit met de naam",
            },
            "Departement Omgeving en Ruimte",
        ),
        (
            "Vanaf welke dag?",
            {
                "gisteren": "is al voorbij",
                "25 december": "is geen werkdag",
                "zaterdag": "is geen werkdag",
                "24/11/2027": "is te ver weg",
                "binnenkort eens": "Ik begrijp de datum binnenkort eens niet",
                "31 februari": "Ik begrijp de datum 31 februari niet",
            },
            "1 december",
        ),
        ("Wijzigt het administratief statuut?", {"misschien": "begrijp ik niet"}, "nee"),
        ("behouden?", {"alleen de mailbox": "begrijp ik niet"}, "behouden"),
    ):
        for text, problem in bad.items():
            async with nothing_changes(stage):
                again = await answer_to(marleen, text)
            assert_words(again.card, problem, question)
        answered = await answer_to(marleen, good)

    assert "draft.submit" in str(answered.card)
    assert_words(answered.card, "Tom Willems", "dinsdag 1 december 2026")


async def test_picking_no_day_asks_for_the_day_again(stage: Stage) -> None:
    marleen = stage.person(MARLEEN)
    await marleen.say("nieuwe mutatie")
    await marleen.say(address(TOM))
    question = await answer_to(marleen, "Departement Omgeving en Ruimte")
    async with nothing_changes(stage):
        card = await marleen.press(question, "draft.answer")

    assert_words(card, "Hier ontbreekt nog een antwoord", "Vanaf welke dag?")


async def test_who_is_no_requester_reads_whom_to_ask(stage: Stage) -> None:
    jan = stage.person(JAN)
    async with refused(stage, JAN, "error.not_requester"):
        answer = await answer_to(jan, "nieuwe mutatie Jan Peeters")
    assert_problem(answer.card, "U bent geen aanvrager", "Vraag uw leidinggevende")
    async with refused(stage, JAN, "error.not_requester"):
        assert_problem(card_of(await jan.press_sealed("draft.open", {})), "U bent geen aanvrager")


async def test_move_from_or_to_outside_the_tenant_is_referred_to_a_project(stage: Stage) -> None:
    marleen, arno = stage.person(MARLEEN), stage.person(ARNO)
    for answers in ({"target": "OVO000106"}, {"colleague": address(17)}):
        form = await open_form(marleen)
        card = await fill(marleen, form, **answers)
        assert_words(card, "Dit verloopt via een project", "Karel Maes", "Verwijzing bewaren")
        sent = await marleen.press(form, "Verwijzing bewaren")
        assert_words(sent, "De verwijzing naar een project is bewaard")

    assert [one["state"] for one in (await Kept.of(stage)).requests.values()] == ["referred"] * 2
    assert (await Kept.of(stage)).licences == ()
    assert arno.inbox == []


async def test_second_open_request_for_a_person_is_refused_and_the_draft_stays(
    stage: Stage,
) -> None:
    first = await ask(stage, colleague=address(TOM))
    for requester, target in ((MARLEEN, "OVO000103"), (RIK, "OVO000104")):
        client = stage.person(requester)
        message = await summary(stage, requester, colleague=address(TOM), target=target)
        # Whose number it is, is told to those involved only.
        own = requester == MARLEEN
        error = "error.request.second" if own else "error.request.elsewhere"
        async with refused(stage, requester, error):
            card = await client.press(message, "draft.submit")
        told = f"een aanvraag: {first.number}" if own else "een aanvraag van iemand anders"
        assert_problem(card, "Voor deze collega loopt al", told, "is bewaard")
        assert (first.number in words_of(card)) is own
        again = await answer_to(client, "nieuwe mutatie")
        assert_words(again.card, "Tom Willems", "Er is nog niets verstuurd")


async def test_messages_that_say_nothing_usable_get_a_clear_answer(stage: Stage) -> None:
    marleen = stage.person(MARLEEN)
    picture = {"contentType": "image/png", "contentUrl": "https://example.org/x", "name": "x.png"}
    typed = {"contentType": "text/html", "content": "<p></p>"}
    group = {"conversationType": "groupChat", "isGroup": True, "id": "19:group@thread.v2"}
    group["tenantId"] = stage.world.tenant_id
    cases: tuple[tuple[str, dict[str, Any], tuple[str, ...]], ...] = (
        ("", {}, ("Uw bericht was leeg", "typ help")),
        ("  \n\t ", {"attachments": [typed]}, ("Uw bericht was leeg", "typ help")),
        ("x" * 10_000, {}, ("Uw bericht is te lang", "tot 1000 tekens", "Stuur het korter")),
        ("", {"attachments": [picture]}, ("Met een bestand kan ik niets doen", "niet bewaard")),
        ("mijn laptop is stuk", {}, ("Pc, laptop en gsm regel ik niet", "helpdesk")),
        ("annuleer", {}, ("Over welke aanvraag gaat het?", "Ik heb het nummer nodig")),
        ("status M-2026-99999", {}, ("Die aanvraag vind ik niet", "Kijk het nummer na")),
        ("status Quirinus", {}, ("Ik vind geen aanvraag voor Quirinus", "Kijk de naam na")),
        ("indienen", {}, ("Deze aanvraag staat niet meer open", "nieuwe mutatie")),
    )
    for text, changes, words in cases:
        async with refused(stage, MARLEEN):
            answer = await answer_to(marleen, text, **changes)
        assert_problem(answer.card, *words)

    async with refused(stage, MARLEEN, "error.group_chat"):
        await marleen.say("mijn aanvragen", conversation=group)
    [answer] = stage.world.connector.sent("19:group@thread.v2")
    assert_problem(answer.card, "Dit bespreek ik alleen met u persoonlijk", "persoonlijke chat")


async def test_press_in_a_group_chat_shows_nothing_of_the_request(stage: Stage) -> None:
    request = await ask(stage, colleague=address(TOM))
    for who, verb in ((ARNO, "decision.keep"), (MARLEEN, "request.show")):
        client = stage.person(who)
        data = client.sealed(verb, {"request": request.id, "round": 1})
        activity = client.activity(
            type="invoke",
            name="adaptiveCard/action",
            value={"action": {"verb": verb, "data": data}},
            conversation={
                "conversationType": "groupChat",
                "isGroup": True,
                "id": "19:group@thread.v2",
                "tenantId": stage.world.tenant_id,
            },
        )
        async with refused(stage, who, "error.group_chat"):
            card = card_of(await client.post(activity))
        assert_problem(card, "Dit bespreek ik alleen met u persoonlijk")
        assert "Tom" not in words_of(card)


async def test_unknown_button_is_refused_with_a_way_on(stage: Stage) -> None:
    arno = stage.person(ARNO)
    for verb in ("request.approve_all", "decision", "DECISION.KEEP", "x" * 5000, "../keep"):
        async with refused(stage, ARNO, "error.card.broken"):
            card = card_of(await arno.press_sealed(verb, {"request": "0" * 32, "round": 1}))
        assert_problem(card, "Deze knop kan ik niet lezen", "Vraag de kaart opnieuw op")


async def test_refusal_without_a_reason_asks_for_it(stage: Stage) -> None:
    request = await ask(stage)
    for reason in ("", "   ", "\n\t", None):
        async with nothing_changes(stage):
            answer = await stage.person(ARNO).press_sealed(
                "decision.refuse_sure", {"request": request.id, "round": 1}, reason=reason
            )
            card = card_of(answer)
        assert_words(card, "Er ontbreekt een reden", "Schrijf in één zin waarom u weigert")
        assert "decision.refuse_sure" in str(card)


def _fields(card: Any) -> dict[str, Any]:
    """Return what the inputs of a card hold."""
    if isinstance(card, list):
        return {name: value for child in card for name, value in _fields(child).items()}
    if not isinstance(card, dict):
        return {}
    found = _fields(list(card.values()))
    if str(card.get("type", "")).startswith("Input."):
        found[card["id"]] = card.get("value")
    return found
