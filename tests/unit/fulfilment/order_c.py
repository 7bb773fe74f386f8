"""Order C on the simulated tenant, with the people that it waits for."""

from dataclasses import dataclass, replace
from typing import Any, Final

from msgspec import structs

from fulfilment.engine import Engine
from fulfilment.progress import Again, HandReport, Progress, WaitsForHands
from fulfilment.tenant import Account
from fulfilment.tenants.simulated.outside import SimulatedOutside
from fulfilment.tenants.simulated.seed import DemoPerson, demo_person_id
from mutations.case_finder import Outcome
from mutations.identity import EntityCode
from mutations.plan import Plan
from mutations.register import OldAccount, Register
from tests.unit.fulfilment.stage import COLLEAGUE, MOVER, REQUEST, WORLD, Stage, register

HELPER: Final = demo_person_id(5)
EMPLOYEE: Final = "700004"
WORDS: Final = "5.212 mails en 8.031 bestanden overgezet, ticket 12345"
OLD_ID: Final = demo_person_id(MOVER.number)
JAN: Final = structs.replace(MOVER, employee_id=EMPLOYEE)


def terms(old_account: OldAccount) -> Register:
    """The register with what the contract says of the old account."""
    known = register()
    return replace(known, contract=replace(known.contract, old_account=old_account))


@dataclass
class OrderC:
    """One order C with everybody around it.

    Attributes:
        does_outside: Whether WebIDM and the supplier really do what the service desk reports.
    """

    stage: Stage
    plan: Plan
    outside: SimulatedOutside
    reports: dict[int, HandReport]
    does_outside: bool = True

    @classmethod
    async def of(
        cls,
        *others: DemoPerson,
        mover: DemoPerson = JAN,
        old_account: OldAccount = OldAccount.DISABLE,
        target: EntityCode | None = None,
        **arguments: Any,
    ) -> "OrderC":
        """Plan order C for `mover`; `others` are accounts that are there as well."""
        world = structs.replace(WORLD, person=(mover, COLLEAGUE, *others))
        known = terms(old_account)
        stage = await Stage.of(world, known=known, **arguments)
        undisturbed = await Stage.of(world, known=known)
        move = stage.move(Outcome.C)
        plan = await undisturbed.planner.plan(replace(move, target=target or move.target))
        return cls(stage, plan, SimulatedOutside(stage.world, stage.register), {})

    def position(self, name: str) -> int:
        """The place of a step in the plan."""
        return [step.name for step in self.plan.steps].index(name)

    def report(self, position: int, words: str = WORDS) -> None:
        """Let the service desk say that a step was done."""
        at = self.stage.clock.now()
        self.reports[position] = HandReport(by=HELPER, at=at, evidence=words)

    async def run(self, engine: Engine | None = None) -> Progress:
        """Advance until nothing happens without a person, as the jobs of the bot do."""
        engine = engine or self.stage.engine()
        for _ in range(500):
            if self.does_outside:
                await self.outside.done_by_hand(self.plan.steps[at] for at in self.reports)
            progress = await engine.advance(REQUEST, self.plan, self.reports)
            if not isinstance(progress, Again):
                return progress
            self.stage.clock.advance(seconds=progress.after_s)
        raise AssertionError("no end in sight")

    async def run_to_end(self, engine: Engine | None = None) -> Progress:
        """Run, with a service desk that does everything it is asked for."""
        progress = await self.run(engine)
        while isinstance(progress, WaitsForHands):
            for position in progress.positions:
                self.report(position)
            progress = await self.run(engine)
        return progress

    async def new(self) -> Account | None:
        """The one other account of the colleague, as it is in the end."""
        self.stage.settle()
        found = await self.stage.tenant.accounts_of(EMPLOYEE)
        others = [one for one in found if one.object_id != OLD_ID]
        assert len(others) <= 1
        return others[0] if others else None

    async def after(self, name: str) -> dict[str, object]:
        """What a step was verified with."""
        entry = (await self.stage.journal.load(REQUEST))[self.position(name)]
        return dict(entry.after or {})
