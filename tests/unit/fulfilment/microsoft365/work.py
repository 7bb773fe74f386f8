"""One order on the real tenant's code, with the people that order C waits for."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from msgspec import Struct

from bot.register_file import load_register
from fulfilment.engine import Engine
from fulfilment.entry_run import Pace
from fulfilment.planner import TenantPlanner
from fulfilment.progress import Again, HandReport, Progress, WaitsForHands
from fulfilment.tenant import Account, Drive, Mailbox, Membership, SiteAccess
from fulfilment.tenants.microsoft365.look import one_look
from fulfilment.tenants.simulated.seed import demo_person_id
from mutations.case_finder import Outcome
from mutations.identity import EntityCode, ObjectId, RequestId
from mutations.plan import Move, Plan
from mutations.register import OldAccount, Register
from tests.fakes.step_journal import InMemoryJournal, InMemoryRetentionRecords
from tests.fakes.tenant_outside import TenantOutside
from tests.fakes.tenant_state import Lag
from tests.unit.fulfilment.microsoft365.real_tenant import RealTenant

JAN: Final = demo_person_id(4)
HELPER: Final = demo_person_id(5)
REQUEST: Final = RequestId("0" * 31 + "7")
SOURCE, TARGET = EntityCode("OVO000101"), EntityCode("OVO000102")
OLD: Final = "jan.peeters@wegenwater.vlaanderen.example"
NEW: Final = "jan.peeters@omgevingruimte.vlaanderen.example"
WORDS: Final = "5.212 mails en 8.031 bestanden overgezet, ticket 12345"
PACE: Final = Pace(poll_s=5.0, settle_s=60.0, deadline_s=3_600.0)
SLOW: Final = Lag(read_s=8.0, flips=True, to_exchange_s=12.0, to_directory_s=12.0)
_REGISTER: Final = Path(__file__).parents[4] / "bot" / "demo" / "register.toml"


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the tenant shows of one account."""

    account: Account
    mailbox: Mailbox
    groups: frozenset[tuple[str, bool, bool]]
    sites: frozenset[SiteAccess]
    drive: Drive | None


@dataclass
class Work:
    """One order on the real tenant.

    Attributes:
        reports: What the service desk said that was done by hand, by position in the plan.
        outside: WebIDM and the supplier; None when nobody does what is reported.
    """

    real: RealTenant
    register: Register
    engine: Engine
    journal: InMemoryJournal
    records: InMemoryRetentionRecords
    outside: TenantOutside | None
    reports: dict[int, HandReport] = field(default_factory=dict)

    @classmethod
    def on(
        cls,
        real: RealTenant,
        *,
        old_account: OldAccount = OldAccount.DISABLE,
        pace: Pace = PACE,
    ) -> "Work":
        """Prepare; `old_account` is what the contract says of the old account of order C."""
        clock, records, journal = real.rig.clock, InMemoryRetentionRecords(), InMemoryJournal()
        engine = Engine(
            real.tenant,
            journal=journal,
            records=records,
            clock=clock,
            pace=pace,
            one_look=one_look,
        )
        known = load_register(_REGISTER, today=clock.now().date())
        register = replace(known, contract=replace(known.contract, old_account=old_account))
        outside = TenantOutside(real.fake, register)
        return cls(real, register, engine, journal, records, outside)

    async def plan(self, outcome: Outcome) -> Plan:
        """Plan an order for Jan."""
        planner = TenantPlanner(self.real.tenant, self.register)
        return await planner.plan(
            Move(subject=JAN, source=SOURCE, target=TARGET, outcome=outcome, onedrive_days=30)
        )

    async def run(self, plan: Plan) -> Progress:
        """Advance until nothing happens without a person, as the jobs of the bot do."""

        async def step() -> Progress:
            if self.outside is not None:
                self.outside.done_by_hand(plan.steps[at] for at in self.reports)
            return await self.engine.advance(REQUEST, plan, self.reports)

        return await self._until_over(step)

    async def run_to_end(self, plan: Plan) -> Progress:
        """Run, with a service desk that does everything it is asked for."""
        progress = await self.run(plan)
        while isinstance(progress, WaitsForHands):
            for position in progress.positions:
                self.report(position)
            progress = await self.run(plan)
        return progress

    def report(self, position: int) -> None:
        """Let the service desk say that a step was done."""
        at = self.real.rig.clock.now()
        self.reports[position] = HandReport(by=HELPER, at=at, evidence=WORDS)

    async def take_back(self, plan: Plan) -> Progress:
        """Take the order back, as far as that goes without a person."""
        return await self._until_over(lambda: self.engine.take_back(REQUEST, plan))

    async def after(self, plan: Plan, name: str) -> dict[str, object]:
        """Return what a step was verified with; empty when it was not."""
        position = [step.name for step in plan.steps].index(name)
        return dict((await self.journal.load(REQUEST))[position].after or {})

    async def seen(self, person: ObjectId = JAN) -> Seen:
        """Return what readers see of an account once every change shows."""
        self.settle()
        tenant = self.real.tenant
        account, mailbox = await tenant.account(person), await tenant.mailbox(person)
        assert account is not None
        assert mailbox is not None
        memberships: list[Membership] = list(await tenant.memberships(person))
        return Seen(
            account=account,
            mailbox=replace(mailbox, aliases=tuple(sorted(mailbox.aliases))),
            groups=frozenset((one.group_id, one.is_member, one.is_owner) for one in memberships),
            sites=frozenset(await tenant.sites(person)),
            drive=await tenant.drive(person),
        )

    def truth(self) -> Mapping[str, Struct]:
        """Return everything in the tenant as it really is, by kind and id, once it has settled."""
        self.settle()
        return self.real.fake.state.everything()

    def settle(self) -> None:
        """Let every change become visible."""
        self.real.rig.clock.advance(seconds=120)

    async def _until_over(self, step: Callable[[], Awaitable[Progress]]) -> Progress:
        for _ in range(2_000):
            progress = await step()
            after_s = progress.after_s if isinstance(progress, Again | WaitsForHands) else None
            if after_s is None:
                return progress
            self.real.rig.clock.advance(seconds=after_s)
        raise AssertionError("no end in sight")
