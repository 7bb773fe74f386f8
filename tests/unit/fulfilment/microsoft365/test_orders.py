"""Orders A and B on the real tenant's code, over HTTP, by the engine that carries them out."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pytest

from bot.register_file import load_register
from fulfilment.engine import Engine
from fulfilment.entry_run import Pace
from fulfilment.journal import request_ids
from fulfilment.planner import TenantPlanner
from fulfilment.progress import Again, Finished, Progress
from fulfilment.tenant import Account, Drive, Mailbox, Membership
from fulfilment.tenants.microsoft365.look import one_look
from fulfilment.tenants.simulated.seed import demo_person_id
from mutations.case_finder import Outcome
from mutations.identity import EntityCode, RequestId, Upn
from mutations.plan import Move, Plan
from mutations.register import Register
from tests.fakes.step_journal import InMemoryJournal, InMemoryRetentionRecords
from tests.fakes.tenant_faults import TenantFault
from tests.fakes.tenant_state import Lag
from tests.unit.fulfilment.microsoft365.real_tenant import RealTenant, real_tenant

JAN: Final = demo_person_id(4)
REQUEST: Final = RequestId("0" * 31 + "7")
SOURCE, TARGET = EntityCode("OVO000101"), EntityCode("OVO000102")
OLD: Final = "jan.peeters@wegenwater.vlaanderen.example"
NEW: Final = "jan.peeters@omgevingruimte.vlaanderen.example"
PACE: Final = Pace(poll_s=5.0, settle_s=60.0, deadline_s=3_600.0)
SLOW: Final = Lag(read_s=8.0, flips=True, to_exchange_s=12.0, to_directory_s=12.0)
_REGISTER: Final = Path(__file__).parents[4] / "bot" / "demo" / "register.toml"


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the tenant shows of Jan."""

    account: Account
    mailbox: Mailbox
    groups: frozenset[tuple[str, bool, bool]]
    drive: Drive | None


@dataclass
class Work:
    """One order on the real tenant."""

    real: RealTenant
    register: Register
    engine: Engine
    journal: InMemoryJournal
    records: InMemoryRetentionRecords

    @classmethod
    def on(cls, real: RealTenant) -> "Work":
        clock, records, journal = real.rig.clock, InMemoryRetentionRecords(), InMemoryJournal()
        engine = Engine(
            real.tenant,
            journal=journal,
            records=records,
            clock=clock,
            pace=PACE,
            one_look=one_look,
        )
        register = load_register(_REGISTER, today=clock.now().date())
        return cls(real, register, engine, journal, records)

    async def plan(self, outcome: Outcome) -> Plan:
        planner = TenantPlanner(self.real.tenant, self.register)
        return await planner.plan(
            Move(subject=JAN, source=SOURCE, target=TARGET, outcome=outcome, onedrive_days=30)
        )

    async def run(self, plan: Plan) -> Progress:
        return await self._until_over(lambda: self.engine.advance(REQUEST, plan))

    async def take_back(self, plan: Plan) -> Progress:
        return await self._until_over(lambda: self.engine.take_back(REQUEST, plan))

    async def _until_over(self, step: Callable[[], object]) -> Progress:
        for _ in range(2_000):
            progress: Progress = await step()  # type: ignore[misc] # either way of the engine
            if not isinstance(progress, Again):
                return progress
            self.real.rig.clock.advance(seconds=progress.after_s)
        raise AssertionError("no end in sight")

    async def seen(self) -> Seen:
        self.real.rig.clock.advance(seconds=120)
        tenant = self.real.tenant
        account, mailbox = await tenant.account(JAN), await tenant.mailbox(JAN)
        assert account is not None
        assert mailbox is not None
        memberships: list[Membership] = list(await tenant.memberships(JAN))
        return Seen(
            account=account,
            mailbox=replace(mailbox, aliases=tuple(sorted(mailbox.aliases))),
            groups=frozenset((one.group_id, one.is_member, one.is_owner) for one in memberships),
            drive=await tenant.drive(JAN),
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


@pytest.mark.parametrize("fault", TenantFault)
async def test_whatever_goes_wrong_once_nothing_is_falsely_done(fault: TenantFault) -> None:
    async with real_tenant(lag=SLOW) as real:
        work = Work.on(real)
        plan = await work.plan(Outcome.B)
        real.fail(fault, seconds=1.0)

        progress = await work.run(plan)

        after = await work.seen()
        is_right = (
            after.account.upn == NEW
            and after.account.entity == TARGET
            and after.mailbox.aliases == ()
            and after.mailbox.litigation_hold
            and after.groups == frozenset()
        )
        assert is_right or progress != Finished()


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
