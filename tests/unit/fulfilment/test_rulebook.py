"""An account before and after orders A and B, read back and held against the rulebook."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from mutations.case_finder import Outcome
from mutations.clock import local_date
from tests.unit.fulfilment.stage import NEW, OLD, REQUEST, SOURCE, TARGET, Seen, Stage

Read = Callable[[Seen], Any]

UPN: Read = lambda seen: seen.account.upn  # noqa: E731  # a table reads best this way
PRIMARY: Read = lambda seen: seen.mailbox.primary  # noqa: E731
ALIASES: Read = lambda seen: set(seen.mailbox.aliases)  # noqa: E731
STATUS: Read = lambda seen: (seen.account.status, seen.account.profile)  # noqa: E731
ENABLED: Read = lambda seen: seen.account.enabled  # noqa: E731
ENTITY: Read = lambda seen: seen.account.entity  # noqa: E731
GROUPS: Read = lambda seen: {(g.name, g.is_member, g.is_owner) for g in seen.groups}  # noqa: E731
SITES: Read = lambda seen: [site.name for site in seen.sites]  # noqa: E731
HOLD: Read = lambda seen: (seen.mailbox.litigation_hold, seen.mailbox.hold_owner)  # noqa: E731
MAILBOX: Read = lambda seen: seen.mailbox.guid  # noqa: E731
DRIVE: Read = lambda seen: seen.drive and seen.drive.size_bytes  # noqa: E731

OLD_UPN, NEW_UPN = f"jan.peeters@{OLD}", f"jan.peeters@{NEW}"
SECONDARY = {f"jpeeters@{OLD}", f"jan.maes@{OLD}"}
IN_GROUPS = {("Waterlopen", True, True), ("Winterdienst", True, False)}
SAME_MAILBOX = "00000000-0000-4000-9000-000000000004"
SIZE = 8400 * 1024 * 1024

# order, rule, what is read, before, after
RULEBOOK = [
    ("A", "R2 UPN adapted to the domain of the new entity", UPN, OLD_UPN, NEW_UPN),
    ("A", "R2 mail is sent from the new address", PRIMARY, OLD_UPN, NEW_UPN),
    ("A", "R3 aliases kept, old address too", ALIASES, SECONDARY, SECONDARY | {OLD_UPN}),
    ("A", "R4 status does not change", STATUS, ("ambtenaar", "Kenniswerker"), "same"),
    ("A", "R5 groups left alone", GROUPS, IN_GROUPS, "same"),
    ("A", "R5 sites left alone", SITES, ["Intranet"], "same"),
    ("A", "data kept: no hold is set", HOLD, (False, ""), "same"),
    ("A", "data kept: the same mailbox", MAILBOX, SAME_MAILBOX, "same"),
    ("A", "data kept: the same OneDrive", DRIVE, SIZE, "same"),
    ("A", "the account stays in use", ENABLED, True, "same"),
    ("A", "the account comes under the new entity", ENTITY, SOURCE, TARGET),
    ("B", "R2 UPN adapted to the domain of the new entity", UPN, OLD_UPN, NEW_UPN),
    ("B", "R2 mail is sent from the new address", PRIMARY, OLD_UPN, NEW_UPN),
    ("B", "R3 aliases removed, old address too", ALIASES, SECONDARY, set()),
    ("B", "R4 status does not change", STATUS, ("ambtenaar", "Kenniswerker"), "same"),
    ("B", "R6 access to the groups removed", GROUPS, IN_GROUPS, set()),
    ("B", "R6 sites left to the entities", SITES, ["Intranet"], "same"),
    ("B", "R7 mailbox in litigation hold", HOLD, (False, ""), (True, REQUEST)),
    ("B", "R7 nothing is cleared: the same mailbox", MAILBOX, SAME_MAILBOX, "same"),
    ("B", "R8 OneDrive still there", DRIVE, SIZE, "same"),
    ("B", "the account stays in use", ENABLED, True, "same"),
    ("B", "the account comes under the new entity", ENTITY, SOURCE, TARGET),
]


@pytest.mark.parametrize(
    ("order", "read", "before", "after"),
    [pytest.param(*(row[0], *row[2:]), id=f"{row[0]}: {row[1]}") for row in RULEBOOK],
)
async def test_account_is_as_the_rulebook_says(
    order: str, read: Read, before: object, after: object
) -> None:
    stage = await Stage.of()
    assert read(await stage.seen()) == before

    await stage.carry_out(Outcome(order))

    assert read(await stage.seen()) == (before if after == "same" else after)


async def test_r8_onedrive_is_on_record_for_thirty_days_after_b() -> None:
    stage = await Stage.of()
    today = local_date(stage.clock.now())

    await stage.carry_out(Outcome.B)

    record = stage.records.records[REQUEST]
    assert (record.starts_on, record.ends_on) == (today, today + timedelta(days=30))
    assert record.ends_on == date(2027, 3, 31)


async def test_a_makes_no_retention_record() -> None:
    stage = await Stage.of()

    await stage.carry_out(Outcome.A)

    assert stage.records.records == {}


async def test_b_sets_and_verifies_the_hold_before_anything_else_changes() -> None:
    stage = await Stage.of()
    plan = await stage.planner.plan(stage.move(Outcome.B))
    assert [step.name for step in plan.steps] == [
        "mailbox.litigation_hold",
        "groups.leave",
        "groups.leave",
        "mailbox.aliases",
        "account.upn",
        "mailbox.old_address",
        "account.entity",
        "onedrive.retention_record",
    ]

    await stage.run(plan)

    hold, *others = await stage.objects.ledger()
    verified_at = (await stage.journal.load(REQUEST))[0].verified_at
    assert hold.operation == "set_litigation_hold"
    assert verified_at is not None
    assert others
    assert all(row.at >= verified_at for row in others)


async def test_colleagues_in_the_same_groups_notice_nothing() -> None:
    stage = await Stage.of()
    other = (await stage.directory.search("Arno Wouters", limit=1))[0].object_id
    before = await stage.seen(other)

    await stage.carry_out(Outcome.B)

    after = await stage.seen(other)
    assert (after.account, after.mailbox, after.sites) == (
        before.account,
        before.mailbox,
        before.sites,
    )
    assert [group.name for group in after.groups] == [group.name for group in before.groups]
