"""Order C: the status changes and the data is kept; people carry it out, and the bot says so."""

from mutations.life_cycle import State
from tests.conversations.journeys import (
    FIRST,
    OMGEVING,
    address,
    ask,
    assert_shows,
    card_of,
    decide,
    install,
    ledger,
    reaches,
    say,
    summarise,
)
from tests.conversations.stage import HILDE, JAN, MARLEEN, SOFIE, Stage

ELS = 16


async def test_order_c_stops_at_its_start_and_says_that_people_carry_it_out(
    stage: Stage,
) -> None:
    install(stage)
    summary = await summarise(stage, status_changes="yes")
    assert_shows(
        summary.card,
        "Statuutwijziging met behoud van data",
        "wijziging van administratief statuut",
        "maandag 30 november 2026",  # five working days
    )
    await stage.person(MARLEEN).press(summary, "Indienen")
    await decide(stage)
    stopped = await reaches(stage, State.ATTENTION)

    sofie = await card_of(stage, SOFIE, "Hulp nodig bij de uitvoering")
    assert_shows(sofie.card, "met de hand uitgevoerd", "Sluit de oude account van Jan Peeters af")
    marleen = await card_of(stage, MARLEEN, "er is hulp nodig")
    assert_shows(marleen.card, "Sofie De Smet", "met de hand uitgevoerd", "30 november 2026")
    jan = await card_of(stage, JAN, "Uw oude account wordt afgesloten")
    assert_shows(jan.card, "zet uw data over naar de nieuwe account")
    assert await ledger(stage) == ()  # nothing is reported done, and nothing was done
    assert stopped.results == ()


async def test_status_alone_changes_without_a_change_of_entity(stage: Stage) -> None:
    install(stage)
    request = await ask(
        stage, colleague=address(ELS), target=OMGEVING, status_changes="yes", wish="keep"
    )
    assert request.source == request.target
    question = await card_of(stage, HILDE, "Els van 't Hof")
    await decide(stage, person=HILDE)
    await reaches(stage, State.ATTENTION)
    status = await say(stage.person(MARLEEN), f"status {FIRST}")
    assert_shows(status.card, "blijft bij Departement Omgeving en Ruimte")
    assert_shows(question.card, "Hilde Martens")
