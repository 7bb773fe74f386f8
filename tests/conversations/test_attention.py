"""Work that needs a person, and faults that need nobody."""

import msgspec
import pytest

from fulfilment.tenants.simulated.records import Kind
from mutations.life_cycle import State
from tests.conversations.journeys import (
    FIRST,
    Days,
    address,
    assert_hides,
    assert_shows,
    card_of,
    decide,
    install,
    ledger,
    reaches,
    say,
    seen,
    summarise,
    titles,
)
from tests.conversations.stage import (
    ARNO,
    BERT,
    INES,
    MARLEEN,
    SOFIE,
    Stage,
    eventually,
    message_with,
    object_id,
)

INES_WHO_LEFT = 19
NEW = "ines.dubois@omgevingruimte.vlaanderen.example"
WHY = f"De nieuwe aanmeldnaam {NEW} is nog van een verwijderde account"


async def _free_the_name(stage: Stage) -> None:
    """Let the service desk do what the card says: give the deleted account another name."""
    accounts = await stage.bot.world.true_accounts()
    gone = accounts[object_id(INES_WHO_LEFT)]
    assert gone.mailbox is not None
    other = NEW.replace("ines.dubois", "ines.dubois.weg")
    body = msgspec.to_builtins(
        msgspec.structs.replace(
            gone, upn=other, mailbox=msgspec.structs.replace(gone.mailbox, primary=other)
        )
    )
    now = stage.clock.now()
    await stage.bot.storage.simulated_objects.put(Kind.ACCOUNT, gone.id, body, now, now)


@pytest.mark.case("N11")
async def test_taken_name_is_solved_by_the_service_desk_and_the_work_goes_on(
    stage: Stage,
) -> None:
    install(stage)
    summary = await summarise(stage, colleague=address(INES))
    assert_shows(summary.card, "Let op bij de uitvoering", WHY)
    await stage.person(MARLEEN).press(summary, "Indienen")
    await decide(stage)
    await reaches(stage, State.ATTENTION)
    sofie = stage.person(SOFIE)
    called = await card_of(stage, SOFIE, "Hulp nodig bij de uitvoering")
    assert_shows(called.card, WHY, "uit de prullenbak van Entra ID", "Ines Dubois")
    told = await card_of(stage, MARLEEN, "er is hulp nodig")
    assert_shows(told.card, "**Sofie De Smet**: oplossen", WHY)
    assert "Opnieuw proberen" not in titles(told.card)
    assert_shows((await say(sofie, "wat wacht op mij?")).card, FIRST, "Hulp nodig")
    assert await ledger(stage) == ()

    await sofie.press(called, "Opnieuw proberen")  # too early: nothing was solved
    await eventually(lambda: _calls(stage) == 2)
    again = await card_of(stage, SOFIE, WHY)
    assert again.id != called.id
    await eventually(lambda: message_with(sofie, "zie het nieuwste bericht"))

    await _free_the_name(stage)
    solved = await sofie.press(again, "Opnieuw proberen")
    assert_shows(solved, "Er is geen hulp meer nodig")
    assert_hides(solved, WHY)
    await reaches(stage, State.DONE)
    account = await stage.bot.world.account(object_id(INES))
    assert account is not None
    assert account.upn == NEW
    assert sorted(one.operation for one in await ledger(stage)) == ["move_to_entity", "set_upn"]
    done = await card_of(stage, MARLEEN, "is klaar en nagelezen")
    assert_hides(done.card, WHY)


async def test_passing_faults_of_the_tenant_hurt_nobody(days: Days) -> None:
    faults = "set_upn=lost_reply, footprint=transient"
    async with days.open(simulated_faults=faults) as stage:
        install(stage)
        marleen = stage.person(MARLEEN)
        form = await say(marleen, "nieuwe mutatie")
        silent = await marleen.press(
            form,
            "draft.fill",
            colleague=address(BERT),
            target="OVO000102",
            effective_on="2026-11-23",
            status_changes="no",
            wish="not_keep",
        )
        assert_shows(silent, "even niet bereikbaar", "Wat u invulde, is bewaard")
        summary = await say(marleen, "nieuwe mutatie")
        assert_shows(summary.card, "Bert Smits", "zonder behoud")
        await marleen.press(summary, "Indienen")
        question = await decide(stage, "decision.not_keep")
        await stage.person(ARNO).press(question, "decision.not_keep_sure")
        await reaches(stage, State.DONE, timeout_s=40)
        operations = [one.operation for one in await ledger(stage)]
        assert operations.count("set_upn") == 1
        assert operations.count("move_to_entity") == 1
        assert message_with(stage.person(SOFIE), FIRST) is None, seen(stage.person(SOFIE))


def _calls(stage: Stage) -> int:
    return sum("hulp nodig" in str(one.body) for one in stage.person(SOFIE).inbox)
