"""Asking where it is: one answer, whose turn, since when, what comes next."""

from tests.conversations.journeys import (
    FIRST,
    SECOND,
    WEDNESDAY,
    address,
    ask,
    assert_hides,
    assert_shows,
    card_of,
    decide,
    install,
    say,
    titles,
)
from tests.conversations.stage import (
    ARNO,
    BERT,
    BRITT,
    JAN,
    MARLEEN,
    NORA,
    RIK,
    SOFIE,
    Stage,
)

SPELLINGS = (
    f"status {FIRST}",
    "STATUS m2026-1",
    "status m 2026 00001",
    "status M\u20132026\u201300001",
    "Status van M-2026-1?",
    "waar is m-2026-1",
    "hoe zit het met M-2026-00001?",
    FIRST,
)


async def test_status_by_number_in_any_spelling_tells_whose_turn_it_is(stage: Stage) -> None:
    install(stage)
    await ask(stage)
    for text in SPELLINGS:
        answer = await say(stage.person(MARLEEN), text)
        assert_shows(
            answer.card,
            FIRST,
            "**Arno Wouters en Britt Jacobs**: beslissen of mailbox en OneDrive behouden blijven",
            "Aan zet sinds maandag 23 november 2026",
            "Daarna: zodra alles in orde is, wordt het werk ingepland.",
        )


async def test_status_by_name_and_lists_show_what_somebody_is_involved_in(
    stage: Stage,
) -> None:
    install(stage)
    marleen, arno = stage.person(MARLEEN), stage.person(ARNO)
    await ask(stage, effective_on=WEDNESDAY)
    assert_shows((await say(marleen, "status")).card, FIRST, "Jan Peeters", "Aan zet")
    await ask(stage, colleague=address(BERT))
    assert_shows((await say(marleen, "status bert")).card, SECOND, "Bert Smits")
    assert_shows((await say(marleen, "status van Peeters, Jan?")).card, FIRST, "Jan Peeters")
    nobody = await say(marleen, "status Zwarte Piet")
    assert_shows(nobody.card, "Ik vind geen aanvraag voor Zwarte Piet")

    mine = await say(marleen, "mijn aanvragen")
    assert_shows(mine.card, FIRST, SECOND, "2 aanvragen", "Arno Wouters en Britt Jacobs")
    opened = await marleen.press(mine, f"{FIRST} openen")
    assert_shows(opened, "Jan Peeters", "Aan zet sinds")
    assert_shows((await say(marleen, "wat wacht op mij?")).card, "Er wacht niets op u")

    waiting = await say(arno, "Wat wacht op mij?")
    assert_shows(waiting.card, "2 aanvragen wachten op u", FIRST, SECOND)
    asked = await arno.press(waiting, f"{SECOND} openen")
    assert {"Behouden", "Niet behouden", "Weigeren"} <= set(titles(asked))
    await arno.press(waiting, "Behouden")
    left = await say(arno, "wat wacht op mij?")
    assert_shows(left.card, "1 aanvraag wacht op u", FIRST)
    assert_hides(left.card, SECOND)


async def test_only_those_involved_see_a_request(stage: Stage) -> None:
    install(stage)
    await ask(stage, effective_on=WEDNESDAY)
    await card_of(stage, BRITT, "Uw beslissing wordt gevraagd")
    for stranger in (NORA, RIK, BERT, SOFIE):
        unknown = await say(stage.person(stranger), f"status {FIRST}")
        assert_shows(unknown.card, "Die aanvraag vind ik niet")
        assert_hides(unknown.card, "Jan", "Marleen")
        empty = await say(stage.person(stranger), "mijn aanvragen")
        assert_shows(empty.card, "U bent bij geen enkele aanvraag betrokken")
    await decide(stage)
    await card_of(stage, JAN, "Uw account verandert binnenkort")
    jan = await say(stage.person(JAN), f"status {FIRST}")
    assert_shows(jan.card, "Uw account verandert binnenkort", "woensdag 25 november 2026")
    sofie = await say(stage.person(SOFIE), f"status {FIRST}")
    assert_shows(sofie.card, "Ingepland", "wacht op de startdatum, woensdag 25 november 2026")


async def test_first_words_lead_on(stage: Stage) -> None:
    install(stage)
    for text in ("hallo", "help", "blabla"):
        answer = await say(stage.person(MARLEEN), text)
        assert {"Nieuwe mutatie", "Mijn aanvragen", "Wat wacht op mij?"} <= set(
            titles(answer.card)
        )
    approver = await say(stage.person(ARNO), "Hoi!")
    assert_shows(approver.card, "Dag Arno Wouters", "U staat niet in het register als aanvrager")
    assert "Nieuwe mutatie" not in titles(approver.card)
