"""Order B, as asked: the data is not kept, and the account is read back line by line."""

from dataclasses import fields

from mutations.life_cycle import State
from mutations.request import MutationRequest
from tests.conversations.journeys import (
    FIRST,
    address,
    ask,
    assert_hides,
    assert_shows,
    card_of,
    install,
    ledger,
    reaches,
    titles,
)
from tests.conversations.read_back import ReadBack
from tests.conversations.stage import ARNO, BERT, BRITT, MARLEEN, Stage, object_id

OLD = "bert.smits@wegenwater.vlaanderen.example"
NEW = "bert.smits@omgevingruimte.vlaanderen.example"


async def test_account_of_order_b_changes_as_the_rulebook_says_and_in_no_other_way(
    stage: Stage,
) -> None:
    install(stage)
    before = await ReadBack.of(stage, BERT)
    others = await ReadBack.of_others(stage, BERT)
    request = await _carried_out(stage)
    after = await ReadBack.of(stage, BERT)

    assert all((before.groups, before.owned, before.aliases, before.sites))
    assert (before.upn, after.upn) == (OLD, NEW)  # R2
    assert (after.aliases, after.primary) == (frozenset(), NEW)  # R3: the old address is gone too
    assert after.status == before.status  # R4
    assert (after.groups, after.owned) == (frozenset(), frozenset())  # R6
    assert after.sites == before.sites  # R6: left to the entities
    assert (before.hold, after.hold, after.hold_owner) == (False, True, request.id)  # R7
    assert after.drive_bytes == before.drive_bytes  # R8: nothing is deleted now
    record = await stage.bot.storage.retention_records.get(request.id)
    assert record is not None
    assert (record.ends_on - record.starts_on).days == 30  # R8
    assert request.onedrive_ends_on == record.ends_on
    assert (before.entity, after.entity) == ("OVO000101", "OVO000102")
    changed = {"upn", "primary", "aliases", "groups", "owned", "hold", "hold_owner", "entity"}
    untouched = {field.name for field in fields(ReadBack)} - changed
    assert all(getattr(before, name) == getattr(after, name) for name in untouched)
    assert await ReadBack.of_others(stage, BERT) == others


async def test_hold_is_verified_before_anything_else_changes_and_nothing_happens_twice(
    stage: Stage,
) -> None:
    install(stage)
    request = await _carried_out(stage)
    operations = await ledger(stage)
    assert operations[0].operation == "set_litigation_hold"  # R7
    hold = next(one for one in request.results if one.name == "mailbox.litigation_hold")
    assert hold.verified_at is not None
    assert hold.verified_at <= operations[1].at
    done = [(one.operation, one.target, str(one.detail)) for one in operations]
    assert len(done) == len(set(done))
    assert {one.target.rpartition("/")[2] for one in operations} == {object_id(BERT)}
    assert request.plan is not None
    assert len(request.results) == len(request.plan.steps)  # R10: each was read back


async def _carried_out(stage: Stage) -> MutationRequest:
    await ask(stage, colleague=address(BERT), wish="not_keep")
    question = await card_of(stage, ARNO, "Bert Smits")
    await stage.person(ARNO).press(question, "decision.not_keep")
    await stage.person(ARNO).press(question, "decision.not_keep_sure")
    return await reaches(stage, State.DONE)


async def test_not_keeping_asks_twice_and_names_what_is_lost_and_from_which_day(
    stage: Stage,
) -> None:
    install(stage)
    await ask(stage, colleague=address(BERT), wish="not_keep")
    arno = stage.person(ARNO)
    question = await card_of(stage, ARNO, "Bert Smits")
    assert_shows(question.card, "Behouden", "Niet behouden", "litigation hold", "30 dagen")

    sure = await arno.press(question, "decision.not_keep")
    assert_shows(
        sure,
        "woensdag 23 december 2026",
        "Project Scheldebrug",
        "bsmits@wegenwater.vlaanderen.example",
        "Service Delivery Manager",
    )
    assert (await stage.request(FIRST)).decision is None

    asked = await arno.press(question, "decision.back")
    assert "Behouden" in titles(asked)
    await arno.press(question, "decision.not_keep")
    final = await arno.press(question, "decision.not_keep_sure")
    assert_shows(final, "Arno Wouters", "niet behouden", "23 november 2026 om")
    copy = await card_of(stage, BRITT, "Arno Wouters")
    assert_shows(copy.card, "niet behouden", "23 november 2026 om")
    assert titles(copy.card) == []

    await reaches(stage, State.DONE)
    told = await card_of(stage, MARLEEN, "is klaar en nagelezen")
    assert_shows(
        told.card,
        "Litigation hold",
        "Verwijderd: bert.smits@wegenwater.vlaanderen.example",
        "OneDrive weg vanaf",
        "woensdag 23 december 2026",
        "Dossiers waterbeheer (eigenaar: Britt Jacobs en Rik Goossens)",
    )
    bert = await card_of(stage, BERT, "Uw account is aangepast")
    assert_shows(
        bert.card,
        f"Meld u voortaan aan met {NEW}",
        "Project Scheldebrug",
        "Dossiers waterbeheer",
        "woensdag 23 december 2026",
    )
    assert_hides(bert.card, "Intrekken")
