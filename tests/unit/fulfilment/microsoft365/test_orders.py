"""Orders A and B on the real tenant's code, over HTTP, by the engine that carries them out."""

from dataclasses import replace

import pytest

from fulfilment.journal import request_ids
from fulfilment.progress import Finished
from mutations.case_finder import Outcome
from mutations.identity import Upn
from tests.fakes.tenant_state import Lag
from tests.unit.fulfilment.microsoft365.real_tenant import real_tenant
from tests.unit.fulfilment.microsoft365.work import (
    JAN,
    NEW,
    OLD,
    REQUEST,
    SLOW,
    TARGET,
    Work,
)


@pytest.mark.parametrize("lag", [None, SLOW], ids=["at once", "late and flipping"])
async def test_order_a_leaves_what_the_rulebook_says(lag: Lag | None) -> None:
    async with real_tenant(lag=lag) as real:
        work = Work.on(real)
        before = await work.seen()
        plan = await work.plan(Outcome.A)
        assert plan.obstacles == ()
        assert real.writes == []  # a plan is a dry run

        assert await work.run(plan) == Finished()

        after = await work.seen()
        assert after.account == replace(before.account, upn=Upn(NEW), entity=TARGET)
        assert after.mailbox == replace(
            before.mailbox, primary=NEW, aliases=tuple(sorted((*before.mailbox.aliases, OLD)))
        )
        assert after.groups == before.groups
        assert real.writes == ["PATCH /users/{user-id}"] * 2


@pytest.mark.parametrize("lag", [None, SLOW], ids=["at once", "late and flipping"])
async def test_order_b_leaves_what_the_rulebook_says(lag: Lag | None) -> None:
    async with real_tenant(lag=lag) as real:
        work = Work.on(real)
        before = await work.seen()
        plan = await work.plan(Outcome.B)
        assert plan.obstacles == ()

        assert await work.run(plan) == Finished()

        after = await work.seen()
        assert after.account == replace(before.account, upn=Upn(NEW), entity=TARGET)
        mailbox = after.mailbox
        assert (mailbox.guid, mailbox.primary, mailbox.aliases) == (before.mailbox.guid, NEW, ())
        assert mailbox.litigation_hold
        assert mailbox.hold_owner == REQUEST
        assert after.groups == frozenset()
        assert after.drive is not None
        assert work.records.records[REQUEST].subject == JAN
        assert real.writes[0] == "Set-Mailbox"  # the hold, before anything else


@pytest.mark.parametrize("outcome", [Outcome.A, Outcome.B])
async def test_order_that_is_taken_back_leaves_what_was_before(outcome: Outcome) -> None:
    async with real_tenant(lag=SLOW) as real:
        work = Work.on(real)
        before = await work.seen()
        plan = await work.plan(outcome)
        assert await work.run(plan) == Finished()

        assert await work.take_back(plan) == Finished()

        assert await work.seen() == before
        assert work.records.records == {}


async def test_every_write_bears_the_id_of_its_step_and_leaves_microsofts_in_the_journal() -> None:
    async with real_tenant(lag=SLOW) as real:
        work = Work.on(real)
        plan = await work.plan(Outcome.B)
        assert await work.run(plan) == Finished()
        carried_out = {call.request_id: call.stamp for call in real.fake.writes}
        assert await work.take_back(plan) == Finished()

        all_of = {call.request_id: call.stamp for call in real.fake.writes}
        entries = await work.journal.load(REQUEST)
        journalled = {entry.position: request_ids(entry.detail) for entry in entries}

    assert "" not in {*all_of, *all_of.values()}
    assert {one for ids in journalled.values() for one in ids} == all_of.keys()
    assert len(all_of) > len(carried_out)
    for ids in journalled.values():
        assert len({all_of[one] for one in ids}) <= 1  # one step, one stamp, there and back
