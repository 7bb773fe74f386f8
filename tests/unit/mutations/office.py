"""One small government to act in: people with accounts, a register, and every use case."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from mutations.case_finder import Retention
from mutations.clock import local_date
from mutations.draft import Draft
from mutations.identity import ObjectId, RequestId
from mutations.jobs import Deliver
from mutations.life_cycle import State
from mutations.party import Party
from mutations.register import Approver, Contact, Register
from mutations.request import MutationRequest
from mutations.use_cases import UseCases, use_cases
from mutations.use_cases.context import Context
from tests.fakes.clock import FakeClock
from tests.fakes.directory import FakeDirectory, FakePlanner, account
from tests.fakes.memory_store import AuditRow, MemoryStore
from tests.unit.mutations.journeys import PLAN
from tests.unit.mutations.strategies import (
    PEOPLE,
    POOLS,
    SOURCE,
    TARGET,
    entity_of,
    register_of,
)

ASKER, COLLEAGUE, CHIEF, SECOND, HELPER, OTHER_HELPER, TWIN, SPARE = PEOPLE
"""Requester, colleague, two approvers, two of the service desk, and two more."""

A_MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def usual_register(
    *approvers: Approver, helpers: tuple[Contact, ...] = (HELPER, OTHER_HELPER)
) -> Register:
    """Return a register in which two approve, unless others are given."""
    found = approvers or (Approver(contact=CHIEF), Approver(contact=SECOND))
    source = replace(entity_of(SOURCE, approvers=found), pools=dict.fromkeys(POOLS, 9))
    target = replace(entity_of(TARGET, requesters=(ASKER,)), pools=dict.fromkeys(POOLS, 9))
    register = register_of(source, target, service_desk=helpers)
    return replace(register, contract=replace(register.contract, shared_pools=POOLS[1:]))


@dataclass
class Office:
    """The use cases over fakes; the register may be changed, as after a restart."""

    store: MemoryStore
    directory: FakeDirectory
    planner: FakePlanner
    clock: FakeClock
    use: UseCases
    register: Register

    @classmethod
    def open(cls, register: Register | None = None, at: datetime = A_MONDAY) -> "Office":
        """Return an office in which everybody has an account and a number of their own."""
        directory = FakeDirectory(account(one) for one in PEOPLE)
        directory.change(COLLEAGUE.object_id, entity=SOURCE, entitlements=frozenset({TARGET}))
        store, planner, clock = MemoryStore(), FakePlanner(PLAN), FakeClock(at)
        register = register or usual_register()
        use = _use_cases(store, directory, planner, clock, register)
        return cls(store, directory, planner, clock, use, register)

    def change_register(self, register: Register) -> None:
        """Go on with another register."""
        self.register = register
        self.use = _use_cases(self.store, self.directory, self.planner, self.clock, register)

    def same_human(self, one: Contact, other: Contact) -> None:
        """Let the first account be a second one of the other's human."""
        number = self.directory.accounts[other.object_id].employee_id
        self.directory.change(one.object_id, employee_id=number)

    async def draft(
        self,
        wish: Retention = Retention.KEEP,
        *,
        colleague: Contact = COLLEAGUE,
        days: int = 0,
        status_changes: bool = False,
    ) -> Draft:
        """Return a complete draft of the requester, to start in some days."""
        draft = await self.use.open_draft(ASKER.object_id)
        return await self.use.fill_draft(
            draft,
            colleague=colleague.object_id,
            colleague_name=colleague.name,
            target=TARGET,
            effective_on=local_date(self.clock.now()) + timedelta(days=days),
            status_changes=status_changes,
            wish=wish,
        )

    async def send(self, draft: Draft) -> MutationRequest:
        """Send a draft."""
        party = Party(object_id=ASKER.object_id, name=ASKER.name)
        return await self.use.submit(party, draft_id=draft.id, version=draft.version)

    async def ask(self, wish: Retention = Retention.KEEP, **answers: int) -> MutationRequest:
        """Send a new request."""
        return await self.send(await self.draft(wish, **answers))  # type: ignore[arg-type]

    async def decide(
        self,
        actor: Contact,
        request: MutationRequest,
        retention: Retention | None = Retention.KEEP,
        *,
        reason: str = "",
        card_round: int = 1,
    ) -> MutationRequest:
        """Let somebody decide."""
        return await self.use.decide(
            actor.object_id,
            request.id,
            card_round=card_round,
            retention=retention,
            reason=reason,
        )

    def now(self, request: MutationRequest) -> MutationRequest:
        """Return a request as it is stored now."""
        return self.store.contents.requests[request.id]

    def rows(self, *kinds: str) -> Sequence[AuditRow]:
        """Return the audit's lines of some kinds, oldest first."""
        return [row for row in self.store.contents.audit if row.kind in kinds]

    def told(self, message: str) -> list[ObjectId]:
        """Return to whom a message was queued."""
        jobs = [job for job, _ in self.store.contents.jobs]
        return [one.person for one in jobs if isinstance(one, Deliver) and one.message == message]


def state_of(office: Office, request_id: RequestId) -> State:
    """Return where a request is."""
    return office.store.contents.requests[request_id].state


def ids(contacts: Iterable[Contact]) -> set[ObjectId]:
    """Return the object ids of people."""
    return {contact.object_id for contact in contacts}


def _use_cases(
    store: MemoryStore,
    directory: FakeDirectory,
    planner: FakePlanner,
    clock: FakeClock,
    register: Register,
) -> UseCases:
    return use_cases(
        Context(
            store=store,
            directory=directory,
            planner=planner,
            register=register,
            clock=clock,
            new_id=store.new_id,
            recheck_every=timedelta(minutes=15),
        )
    )
