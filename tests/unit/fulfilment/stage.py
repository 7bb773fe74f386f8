"""A small simulated tenant with everything around it that a run of an order needs."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from fulfilment.engine import Engine
from fulfilment.entry_run import Pace
from fulfilment.planner import TenantPlanner
from fulfilment.progress import Again, Finished, Progress
from fulfilment.tenant import Account, Drive, Mailbox, Membership, SiteAccess, Tenant
from fulfilment.tenants.simulated.directory import SimulatedDirectory
from fulfilment.tenants.simulated.faults import FaultPlan
from fulfilment.tenants.simulated.seed import (
    DemoGroup,
    DemoPerson,
    DemoSite,
    DemoWorld,
    demo_person_id,
    seed,
)
from fulfilment.tenants.simulated.tenant import SimulatedTenant
from fulfilment.tenants.simulated.world import SimulatedWorld
from mutations.case_finder import Outcome
from mutations.identity import EntityCode, ObjectId, RequestId, Upn
from mutations.plan import Move, Plan
from mutations.register import Contact, Contract, Entity, Register
from tests.fakes.clock import FakeClock
from tests.fakes.simulated_objects import InMemorySimulatedObjects
from tests.fakes.step_journal import InMemoryJournal, InMemoryRetentionRecords

REQUEST: Final = RequestId("0" * 31 + "1")
OLD: Final = "wegenwater.vlaanderen.example"
NEW: Final = "omgevingruimte.vlaanderen.example"
SOURCE, TARGET = EntityCode("OVO000101"), EntityCode("OVO000102")
LAG_S: Final = 2.0
PACE: Final = Pace(agreeing_reads=2, poll_s=1.0, deadline_s=60.0, settle_s=10.0)

MOVER: Final = DemoPerson(
    number=4,
    name="Jan Peeters",
    upn=f"jan.peeters@{OLD}",
    entity=SOURCE,
    entitled=(TARGET,),
    aliases=(f"jpeeters@{OLD}", f"jan.maes@{OLD}"),
    drive_mb=8400,
)
COLLEAGUE: Final = DemoPerson(number=2, name="Arno Wouters", upn=f"arno@{OLD}", entity=SOURCE)
OWNED_BY_BOTH: Final = DemoGroup(number=1, name="Waterlopen", owners=(2, 4), members=())
JOINED: Final = DemoGroup(number=2, name="Winterdienst", owners=(2,), members=(4,))
SITE: Final = DemoSite(number=1, name="Intranet", owners=(2,), members=(4,))
WORLD: Final = DemoWorld(person=(MOVER, COLLEAGUE), group=(OWNED_BY_BOTH, JOINED), site=(SITE,))


def entity(code: str, domain: str, **changes: Any) -> Entity:
    """An entity of the register; give `changes` as keyword arguments of `Entity`."""
    values: dict[str, Any] = {
        "code": EntityCode(code),
        "name": f"Entiteit {code[-1]}",
        "domains": (domain,) if domain else (),
        "on_tenant": True,
        "requesters": (),
        "approvers": (),
        "pools": {"Kenniswerker": 40, "Delegate365": 60},
    }
    return Entity(**(values | changes))


def register(*entities: Entity) -> Register:
    """A register with a source and a target entity, or those that are given."""
    known = entities or (entity(SOURCE, OLD), entity(TARGET, NEW))
    manager = Contact(object_id=demo_person_id(6), name="Karel", upn=Upn(f"karel@{NEW}"))
    return Register(
        entities={one.code: one for one in known},
        service_desk=(),
        contract=Contract(
            version="1",
            lead_times={Outcome.A: 1, Outcome.B: 1, Outcome.C: 5},
            onedrive_days=30,
            recycle_bin_days=30,
            days_ahead=365,
            remind_after=2,
            expire_after=20,
            warn_before=7,
            supplier="Leverancier",
            order_portal="bestelportaal",
            service_delivery_manager=manager,
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Everything that readers see of one account."""

    account: Account
    mailbox: Mailbox
    groups: tuple[Membership, ...]
    sites: tuple[SiteAccess, ...]
    drive: Drive | None


class Stage:
    """One tenant, one request."""

    def __init__(
        self,
        *,
        known: Register | None = None,
        faults: str = "",
        lag_s: float = LAG_S,
        objects: Any = None,
        clock: FakeClock | None = None,
        pace: Pace = PACE,
    ) -> None:
        self.clock = clock or FakeClock()
        self.register = known or register()
        self.objects = objects or InMemorySimulatedObjects(self.clock)
        self.journal = InMemoryJournal()
        self.records = InMemoryRetentionRecords()
        self.pace = pace
        self.world = SimulatedWorld(
            self.objects, clock=self.clock, lag_s=lag_s, faults=FaultPlan.parse(faults)
        )
        domains = {domain for one in self.register.entities.values() for domain in one.domains}
        self.tenant = SimulatedTenant(self.world, domains=frozenset(domains))
        self.directory = SimulatedDirectory(self.world, self.tenant, register=self.register)
        self.planner = TenantPlanner(self.tenant, self.register)

    @classmethod
    async def of(cls, demo: DemoWorld = WORLD, **arguments: Any) -> "Stage":
        """A stage on which `demo` exists."""
        stage = cls(**arguments)
        await seed(stage.world, demo, register=stage.register)
        return stage

    def engine(self, **parts: Any) -> Engine:
        """The engine; give `tenant`, `journal` or `records` to put something else in its way."""
        tenant: Tenant = parts.get("tenant", self.tenant)
        return Engine(
            tenant,
            journal=parts.get("journal", self.journal),
            records=parts.get("records", self.records),
            clock=self.clock,
            pace=self.pace,
        )

    def move(self, outcome: Outcome, person: DemoPerson = MOVER) -> Move:
        return Move(
            subject=demo_person_id(person.number),
            source=SOURCE,
            target=TARGET,
            outcome=outcome,
            onedrive_days=30,
        )

    async def run(self, plan: Plan, engine: Engine | None = None) -> Progress:
        """Advance until it is over, letting the time pass that is asked for."""
        engine = engine or self.engine()
        for _ in range(500):
            progress = await engine.advance(REQUEST, plan)
            if not isinstance(progress, Again):
                return progress
            self.clock.advance(seconds=progress.after_s)
        raise AssertionError("no end in sight")

    async def carry_out(self, outcome: Outcome) -> Plan:
        """Plan and run an order to its end."""
        plan = await self.planner.plan(self.move(outcome))
        assert await self.run(plan) == Finished()
        return plan

    async def seen(self, person: ObjectId | None = None) -> Seen:
        """What readers see of the colleague now."""
        subject = person or demo_person_id(MOVER.number)
        account = await self.tenant.account(subject)
        mailbox = await self.tenant.mailbox(subject)
        assert account is not None
        assert mailbox is not None
        return Seen(
            account=account,
            mailbox=mailbox,
            groups=tuple(await self.tenant.memberships(subject)),
            sites=tuple(await self.tenant.sites(subject)),
            drive=await self.tenant.drive(subject),
        )

    async def effects(self) -> list[str]:
        """The operations that were really done, oldest first."""
        return [row.operation for row in await self.objects.ledger()]

    def settle(self) -> None:
        """Let every change become visible."""
        self.clock.moment += timedelta(seconds=LAG_S)


EFFECTS: Final = {
    Outcome.A: ["set_upn", "move_to_entity"],
    Outcome.B: [
        "set_litigation_hold",
        "remove_group_member",
        "remove_group_member",
        "remove_group_owner",
        "remove_aliases",
        "set_upn",
        "move_to_entity",
        "remove_aliases",
    ],
}
"""What orders A and B do, each once; between hold and old address the order does not matter."""


async def assert_each_once(stage: Stage, outcome: Outcome) -> None:
    """Each effect was there once: the hold first, the old address after the new UPN."""
    effects = await stage.effects()
    assert sorted(effects) == sorted(EFFECTS[outcome])
    if outcome is Outcome.B:
        assert effects[0] == "set_litigation_hold"
        places = [at for at, one in enumerate(effects) if one == "remove_aliases"]
        assert places[0] < effects.index("set_upn") < places[1]
