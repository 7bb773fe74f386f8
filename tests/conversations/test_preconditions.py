"""What must hold before an order: entitlement, licences, and who must see to it."""

from datetime import UTC, datetime
from pathlib import Path

from bot.demo import DEMO_REGISTER
from mutations.life_cycle import State
from tests.conversations.journeys import (
    FIRST,
    SECOND,
    ZORG,
    Days,
    address,
    ask,
    assert_hides,
    assert_shows,
    card_of,
    decide,
    install,
    reaches,
    say,
    summarise,
)
from tests.conversations.read_back import ReadBack
from tests.conversations.stage import (
    BERT,
    HILDE,
    LIES,
    MARLEEN,
    PIET,
    TOM,
    Stage,
    eventually,
    open_stage,
    words_of,
)

TWO_MINUTES_LATER = datetime(2026, 11, 23, 8, 32, tzinfo=UTC)
FRIDAY = datetime(2026, 11, 27, 8, 30, tzinfo=UTC)


async def test_entitlement_that_appears_later_is_found_and_the_order_goes_on(
    days: Days,
) -> None:
    async with days.open() as stage:
        install(stage)
        summary = await summarise(stage, colleague=address(LIES))
        assert_shows(
            summary.card,
            "**Netwerk-entitlement**: nog niet in orde",
            "Te doen door u: vraag in WebIDM een nieuwe werkrelatie",
        )
        await stage.person(MARLEEN).press(summary, "Indienen")
        await decide(stage)
        told = await card_of(stage, MARLEEN, "heeft beslist over")
        assert_shows(told.card, "**U**: in WebIDM", "Arno Wouters", "behouden")
        assert (await stage.request(FIRST)).state is State.SUBMITTED
    async with days.open(TWO_MINUTES_LATER) as stage:
        ordered = await reaches(stage, State.DONE)
        assert ordered.ordered_at is not None
        assert ordered.ordered_at > TWO_MINUTES_LATER
        told = await card_of(stage, MARLEEN, "is klaar en nagelezen")
        assert_shows(told.card, "lies.vermeulen@omgevingruimte.vlaanderen.example")


async def test_entitlement_that_never_appears_keeps_waiting_and_says_for_whom(
    days: Days,
) -> None:
    async with days.open() as stage:
        install(stage)
        await ask(stage, colleague=address(TOM))
        await decide(stage)
    async with days.open(FRIDAY) as stage:
        marleen = stage.person(MARLEEN)
        checked = FRIDAY

        async def looked_again() -> bool:
            checks = (await stage.request(FIRST)).checks
            return checks is not None and checks.entitlement.checked_at > checked

        await eventually(looked_again)
        status = await say(marleen, f"status {FIRST}")
        assert_shows(
            status.card,
            "**U**: in WebIDM een werkrelatie met netwerk-entitlement voor Departement Omgeving",
            "Aan zet sinds maandag 23 november 2026 (4 werkdagen).",
            "Daarna: zodra alles in orde is, wordt het werk ingepland.",
            "**Netwerk-entitlement**: nog niet in orde",
            "Nagekeken in Entra ID op vrijdag 27 november 2026",
            "Veldwerker: 6 vrij",
        )
        waiting = await say(marleen, "wat wacht op mij?")
        assert_shows(waiting.card, FIRST, "Tom Willems", "al 4 werkdagen")
        assert (await stage.request(FIRST)).state is State.SUBMITTED


async def test_empty_licence_pool_is_shown_in_numbers_and_holds_the_order_back(
    stage: Stage,
) -> None:
    install(stage)
    summary = await summarise(stage, target=ZORG)
    assert_shows(
        summary.card,
        "**Licenties bij Agentschap Zorg en Wonen**: nog niet in orde",
        "Kenniswerker: 0 vrij (25 in totaal, 25 in gebruik, 0 gereserveerd)",
        "Te doen door u: maak een licentie vrij of bestel er een bij",
    )
    await stage.person(MARLEEN).press(summary, "Indienen")
    await decide(stage)
    told = await card_of(stage, MARLEEN, "heeft beslist over")
    assert_shows(told.card, "**U**: zorgen voor genoeg vrije licenties")
    assert (await stage.request(FIRST)).state is State.SUBMITTED


async def test_two_requests_never_count_the_same_last_licence(
    tmp_path: Path, database_url: str
) -> None:
    register = tmp_path / "one-more-licence.toml"
    text = DEMO_REGISTER.read_text(encoding="utf-8")
    register.write_text(text.replace("Kenniswerker = 25", "Kenniswerker = 26"), encoding="utf-8")
    async with open_stage(tmp_path, database_url, MUTATIEBOT_REGISTER=register) as stage:
        install(stage)
        marleen = stage.person(MARLEEN)
        first = await summarise(stage, target=ZORG)
        assert_shows(first.card, "Kenniswerker: 1 vrij (26 in totaal, 25 in gebruik, 0 ger")
        await marleen.press(first, "Indienen")
        await ask(stage, target=ZORG, colleague=address(BERT))
        status = await say(marleen, f"status {SECOND}")
        assert_shows(status.card, "Kenniswerker: 0 vrij (26 in totaal, 25 in gebruik, 1 geres")

        sure = await marleen.press(await say(marleen, f"annuleer {FIRST}"), "Ja, intrekken")
        assert_shows(sure, "Ingetrokken")

        async def is_free() -> bool:
            checks = (await stage.request(SECOND)).checks
            return checks is not None and checks.licences.holds

        await eventually(is_free)
        status = await say(marleen, f"status {SECOND}")
        assert_shows(status.card, "Kenniswerker: 1 vrij (26 in totaal, 25 in gebruik, 0 geres")


async def test_move_within_one_domain_keeps_the_sign_in_name(stage: Stage) -> None:
    install(stage)
    before = await ReadBack.of(stage, PIET)
    summary = await summarise(stage, colleague="Piet O'Brien")
    assert_hides(summary.card, "Aanmeldnaam (UPN)")
    await stage.person(MARLEEN).press(summary, "Indienen")
    await decide(stage, person=HILDE)
    await reaches(stage, State.DONE)
    after = await ReadBack.of(stage, PIET)
    assert (after.upn, after.aliases) == (before.upn, before.aliases)
    assert (before.entity, after.entity) == ("OVO000105", "OVO000102")
    told = await card_of(stage, PIET, "Uw account is aangepast")
    assert_shows(told.card, "Uw aanmeldnaam blijft dezelfde.")
    assert "Meld u" not in words_of(told.card)
