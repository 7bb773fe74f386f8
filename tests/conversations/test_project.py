"""Case P: one of the entities is outside the tenant, so it is a project."""

from mutations.life_cycle import State
from tests.conversations.journeys import (
    FIRST,
    HAVEN,
    SECOND,
    assert_hides,
    assert_shows,
    install,
    ledger,
    summarise,
    titles,
)
from tests.conversations.stage import ARNO, MARLEEN, Stage


async def test_move_to_an_entity_outside_the_tenant_is_referred_to_a_project(
    stage: Stage,
) -> None:
    install(stage)
    summary = await summarise(stage, target=HAVEN, effective_on="2026-12-01")
    ready = (
        "Collega: Jan Peeters (jan.peeters@wegenwater.vlaanderen.example)",
        "Van: Agentschap Wegen en Water",
        "Naar: Vlaamse Haven Autoriteit",
        "Gewenste startdatum: dinsdag 1 december 2026",
        "Mailbox en OneDrive: behouden",
    )
    assert_shows(
        summary.card,
        "Dit verloopt via een project",
        "Vlaamse Haven Autoriteit zit niet op de O365-tenant",
        "nog steeds verlopen via een project",
        "Karel Maes, Service Delivery Manager",
        *ready,
    )
    assert "Indienen" not in titles(summary.card)
    saved = await stage.person(MARLEEN).press(summary, "Verwijzing bewaren")
    assert_shows(saved, f"bewaard als {FIRST}", "nog steeds verlopen via een project", *ready)
    assert (await stage.request(FIRST)).state is State.REFERRED
    assert stage.person(ARNO).inbox == []
    assert await ledger(stage) == ()


async def test_guest_from_outside_the_tenant_is_referred_to_a_project(stage: Stage) -> None:
    install(stage)
    marleen = stage.person(MARLEEN)
    summary = await summarise(stage, colleague="Wim Haven", wish="not_keep")
    assert_shows(
        summary.card,
        "nog steeds verlopen via een project",
        "Collega: Wim Haven (wim.haven@haven.vlaanderen.example)",
        "Mailbox en OneDrive: niet behouden",
    )
    assert_hides(summary.card, "Voorwaarden")
    await marleen.press(summary, "Verwijzing bewaren")
    again = await summarise(stage, colleague="Wim Haven")
    await marleen.press(again, "Verwijzing bewaren")
    assert (await stage.request(SECOND)).state is State.REFERRED  # the first one has ended
