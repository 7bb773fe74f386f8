"""Order C: the status changes and the data is kept; a new account, with two steps by hand (R9)."""

from dataclasses import fields

from fulfilment.tenants.simulated.records import SimAccount
from mutations.life_cycle import State
from tests.conversations.journeys import (
    FIRST,
    OMGEVING,
    Days,
    address,
    ask,
    assert_hides,
    assert_shows,
    card_of,
    decide,
    install,
    ledger,
    reaches,
    say,
    summarise,
)
from tests.conversations.read_back import ReadBack
from tests.conversations.stage import (
    HILDE,
    JAN,
    MARLEEN,
    SOFIE,
    Stage,
    eventually,
    object_id,
)

ELS = 16
OLD = "jan.peeters@wegenwater.vlaanderen.example"
NEW = "jan.peeters@omgevingruimte.vlaanderen.example"
MOVED = "5212 mails en 8031 bestanden overgezet, ticket 12345"


async def _other_account(stage: Stage, number: int) -> SimAccount | None:
    """Return the account that WebIDM made beside the one of the demo world."""
    person = await stage.bot.use_cases.context.directory.person(object_id(number))
    assert person is not None
    found = await stage.bot.world.accounts()
    others = [
        one
        for one in found.values()
        if one.employee_id == person.employee_id and one.id != person.object_id
    ]
    return others[0] if others else None


async def test_order_c_is_carried_out_from_the_first_message_to_the_read_back(
    days: Days,
) -> None:
    async with days.open(recheck_s=0.5) as stage:
        install(stage)
        before = await ReadBack.of(stage, JAN)
        await _sent_and_decided(stage)
        await _new_account_is_made(stage)
        await _data_is_moved(stage)

        request = await reaches(stage, State.DONE, timeout_s=40)

        assert request.plan is not None
        assert len(request.results) == len(request.plan.steps)  # R10: each was read back
        new = await _other_account(stage, JAN)
        assert new is not None
        assert (new.upn, new.entity, new.profile) == (NEW, OMGEVING, "Kenniswerker")
        assert new.drive is not None
        assert new.drive.size_bytes == before.drive_bytes
        after = await ReadBack.of(stage, JAN)
        assert (before.enabled, after.enabled) == (True, False)
        assert (after.hold, after.hold_owner) == (True, request.id)
        changed = {"enabled", "hold", "hold_owner"}
        untouched = {field.name for field in fields(ReadBack)} - changed
        assert all(getattr(before, name) == getattr(after, name) for name in untouched)
        await _everybody_is_told(stage)
        entries = await stage.bot.storage.journal.load(request.id)
        kept = next(one.after for one in entries if one.name == "data.migration")
        assert kept is not None
        assert (kept["reported_by"], kept["evidence"]) == (object_id(SOFIE), MOVED)


async def _sent_and_decided(stage: Stage) -> None:
    summary = await summarise(stage, status_changes="yes")
    assert_shows(
        summary.card,
        "Statuutwijziging met behoud van data",
        "wijziging van administratief statuut",
        "maandag 30 november 2026",  # five working days
        "krijgt de toegang tot groepen en SharePoint-sites niet vanzelf",
        "Nieuwe account",
        f"Verdwijnt: {OLD}",
    )
    assert_hides(summary.card, "Let op bij de uitvoering", "met de hand uitgevoerd")
    await stage.person(MARLEEN).press(summary, "Indienen")
    await decide(stage)


async def _new_account_is_made(stage: Stage) -> None:
    """Let Sofie report it; before that nothing but the hold happens."""
    asked = await card_of(stage, SOFIE, "Nieuwe account", having="hand.done")
    assert_shows(asked.card, "Een taak voor u", "in WebIDM", "hetzelfde personeelsnummer")
    told = await card_of(stage, JAN, "U krijgt een nieuwe account")
    assert_shows(told.card, "Meld u aan met de nieuwe account zodra u die hebt")
    status = await say(stage.person(MARLEEN), f"status {FIRST}")
    assert_shows(status.card, "Sofie De Smet", "met de hand doen wat de mutatiebot niet zelf")
    assert await _other_account(stage, JAN) is None
    assert [one.operation for one in await ledger(stage)] == ["set_litigation_hold"]
    await stage.person(SOFIE).press(asked, "hand.done", words=f"account {NEW} gemaakt")


async def _data_is_moved(stage: Stage) -> None:
    """Let Sofie report it; the old account is blocked by then."""
    asked = await card_of(stage, SOFIE, "Mails en bestanden", having="hand.done")
    assert_shows(
        asked.card,
        f"Oude account: {OLD}",
        f"Nieuwe account: {NEW}",
        "Grootte van die OneDrive: 8400 MB",
        "Wis niets op de oude account",
    )
    blocked = await stage.bot.world.account(object_id(JAN))
    assert blocked is not None
    assert not blocked.enabled
    await stage.person(SOFIE).press(asked, "hand.done", words=MOVED)


async def _everybody_is_told(stage: Stage) -> None:
    done = await card_of(stage, MARLEEN, "is klaar en nagelezen")
    assert_shows(done.card, f"Toegevoegd: {NEW}", f"Verwijderd: {OLD}", f"Nu: {NEW}")
    jan = await card_of(stage, JAN, "Uw account is aangepast")
    assert_shows(jan.card, f"Meld u voortaan aan met {NEW}", "Vraag ze aan de eigenaars")
    sofie = stage.person(SOFIE)
    await eventually(lambda: not any("hand.done" in str(one.card) for one in sofie.inbox))


async def test_status_alone_changes_without_a_change_of_entity(days: Days) -> None:
    async with days.open(recheck_s=0.5) as stage:
        install(stage)
        request = await ask(
            stage, colleague=address(ELS), target=OMGEVING, status_changes="yes", wish="keep"
        )
        assert request.source == request.target
        question = await card_of(stage, HILDE, "Els van 't Hof")
        await decide(stage, person=HILDE)
        webidm = await card_of(stage, SOFIE, "Nieuwe account", having="hand.done")
        await stage.person(SOFIE).press(webidm, "hand.done", words="gemaakt in WebIDM")
        supplier = await card_of(stage, SOFIE, "Mails en bestanden", having="hand.done")
        await stage.person(SOFIE).press(supplier, "hand.done", words=MOVED)
        done = await reaches(stage, State.DONE, timeout_s=40)
        assert "account.entity" not in {one.name for one in done.results}
        status = await say(stage.person(MARLEEN), f"status {FIRST}")
        assert_shows(status.card, "blijft bij Departement Omgeving en Ruimte")
        assert_shows(question.card, "Hilde Martens")
        new = await _other_account(stage, ELS)
        assert new is not None
        assert (new.upn, new.entity) == (
            "els.vanthof2@omgevingruimte.vlaanderen.example",
            OMGEVING,
        )
