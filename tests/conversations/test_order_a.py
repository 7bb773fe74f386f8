"""Order A, from the first message to the accounts: the walk through the whole system."""

from dataclasses import replace

from mutations.life_cycle import State
from tests.conversations.journeys import (
    address,
    ask,
    assert_hides,
    assert_shows,
    card_of,
    decide,
    install,
    ledger,
    reaches,
    summarise,
)
from tests.conversations.read_back import ReadBack
from tests.conversations.stage import (
    ARNO,
    BRITT,
    JAN,
    MARLEEN,
    Stage,
    eventually,
    message_with,
    words_of,
)


async def test_manager_asks_source_keeps_and_account_moves(stage: Stage) -> None:
    marleen, arno, britt, jan = (stage.person(who) for who in (MARLEEN, ARNO, BRITT, JAN))
    [welcome] = await marleen.join()
    await marleen.press(welcome, "Nieuwe mutatie")
    form = marleen.last
    summary = await marleen.press(
        form,
        "draft.fill",
        colleague="jan.peeters@wegenwater.vlaanderen.example",
        target="OVO000102",
        effective_on="2026-11-23",
        status_changes="no",
        wish="keep",
    )
    assert "jan.peeters@omgevingruimte.vlaanderen.example" in words_of(summary)

    sent = await marleen.press(form, "Indienen")
    assert "M-2026-00001" in words_of(sent)
    question = await eventually(lambda: message_with(arno, "Jan Peeters"))
    other = await eventually(lambda: message_with(britt, "Jan Peeters"))
    final = await arno.press(question, "decision.keep")

    assert "Arno Wouters" in words_of(final)
    await eventually(lambda: "Arno Wouters" in words_of(other.card))
    assert "decision.keep" not in str(other.card)
    await eventually(lambda: message_with(jan, "jan.peeters@omgevingruimte.vlaanderen.example"))

    async def is_done() -> bool:
        return (await stage.request("M-2026-00001")).state == "done"

    await eventually(is_done)
    account = await stage.bot.world.account(jan.persona.object_id)
    assert account is not None
    assert account.upn == "jan.peeters@omgevingruimte.vlaanderen.example"
    assert account.entity == "OVO000102"


async def test_account_of_order_a_changes_as_the_rulebook_says_and_in_no_other_way(
    stage: Stage,
) -> None:
    install(stage)
    before = await ReadBack.of(stage, JAN)
    others = await ReadBack.of_others(stage, JAN)
    request = await ask(stage)
    await decide(stage)
    done = await reaches(stage, State.DONE)
    after = await ReadBack.of(stage, JAN)

    new, old = "jan.peeters@omgevingruimte.vlaanderen.example", address(JAN)
    assert (before.upn, after.upn, after.primary) == (old, new, new)  # R2
    assert before.aliases
    assert after.aliases == before.aliases | {old}  # R3: every address still works
    assert after.status == before.status  # R4
    assert before.groups
    assert (after.groups, after.owned) == (before.groups, before.owned)  # R5
    assert before.sites
    assert after.sites == before.sites  # R5
    assert after.hold is False  # no B
    assert await stage.bot.storage.retention_records.get(request.id) is None
    assert (before.entity, after.entity) == ("OVO000101", "OVO000102")
    assert (
        replace(before, upn=new, primary=new, aliases=after.aliases, entity="OVO000102") == after
    )
    assert await ReadBack.of_others(stage, JAN) == others
    assert sorted(one.operation for one in await ledger(stage)) == ["move_to_entity", "set_upn"]
    assert len(done.results) == len(done.plan.steps if done.plan else ())  # R10


async def test_order_a_lists_groups_and_sites_with_their_owners(stage: Stage) -> None:
    install(stage)
    owned = "Waterlopen onderhoud (eigenaar: Arno Wouters en Jan Peeters)"
    site = "Dossiers waterbeheer (eigenaar: Britt Jacobs en Rik Goossens)"
    summary = await summarise(stage)
    assert_shows(
        summary.card,
        "Entiteitswissel met behoud van data",
        "tussen entiteiten die beide op O365 zitten met behoud van de data",
        "dinsdag 24 november 2026",
        "Kenniswerker: 6 vrij",
        owned,
        site,
    )
    await stage.person(MARLEEN).press(summary, "Indienen")
    await decide(stage)
    await reaches(stage, State.DONE)

    told = await card_of(stage, MARLEEN, "is klaar en nagelezen")
    assert_shows(told.card, owned, site, "jpeeters@wegenwater.vlaanderen.example")
    jan = await card_of(stage, JAN, "Uw account is aangepast")
    assert_shows(jan.card, owned, site, "Uw oude adressen blijven werken")
    assert_hides(jan.card, "Uw extra mailadressen verdwijnen")
