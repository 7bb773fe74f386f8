"""Orders of B by the engine and the real tenant's code, over HTTP, within the shared quota."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Final

import aiohttp

from benchmarks.bulk_world import SOURCE, TARGET, Mover, world_of
from bot.clock import SystemClock
from bot.demo import DEMO_REGISTER
from bot.register_file import load_register
from fulfilment.engine import Engine
from fulfilment.planner import TenantPlanner
from fulfilment.progress import Again, Finished
from fulfilment.tenant import TransientTenantError
from fulfilment.tenants.microsoft365.exchange_rest import RestExchange
from fulfilment.tenants.microsoft365.graph import HttpGraph
from fulfilment.tenants.microsoft365.look import one_look
from fulfilment.tenants.microsoft365.quota import Resource, bulk
from fulfilment.tenants.microsoft365.tenant import Microsoft365Tenant
from fulfilment.tenants.microsoft365.wire import Wire
from mutations.case_finder import Outcome
from mutations.clock import local_date
from mutations.identity import RequestId
from mutations.plan import Move, Plan
from store.database import Database
from store.step_journal import SqlStepJournal
from store.tenant_quota import LARGE_TENANT, Budget, SqlTenantQuota
from tests.fakes.step_journal import InMemoryRetentionRecords
from tests.fakes.tenant_demo import fill
from tests.fakes.tenant_quota import Limits, TenantQuota
from tests.fakes.tenant_side import FakeTenant
from tests.unit.fulfilment.microsoft365.real_tenant import ATTRIBUTES, Tokens

OUR_SHARE: Final = 0.7
TENANT_ID: Final = "11111111-1111-4111-8111-111111111111"
_ONEDRIVE_DAYS: Final = 30
_CMDLETS: Final = frozenset({"Set-Mailbox", "Remove-DistributionGroupMember"})


@dataclass
class Reorganisation:
    """A tenant with limits, the program's side of it, and what orders took."""

    fake: FakeTenant
    limits: Limits
    engine: Engine
    planner: TenantPlanner
    retries: int = 0
    took: dict[int, float] = field(default_factory=dict)

    async def order(self, mover: Mover, *, within: AbstractContextManager[None]) -> float:
        """Carry out one order from its plan to its end and return the seconds it took."""
        began = time.monotonic()
        with within:
            await self._carry_out(mover)
        self.took[mover.number] = time.monotonic() - began
        return self.took[mover.number]

    async def bulk(self, people: Iterable[Mover], *, slots: int) -> float:
        """Carry out many orders, so many at a time, and return the seconds they took together."""
        left = iter(people)

        async def slot() -> None:
            for mover in left:
                await self.order(mover, within=bulk())

        began = time.monotonic()
        await asyncio.gather(*(slot() for _ in range(slots)))
        return time.monotonic() - began

    async def urgent(self, mover: Mover) -> float:
        """Carry out one order that belongs to no bulk."""
        return await self.order(mover, within=nullcontext())

    def wrong(self, people: Iterable[Mover]) -> list[str]:
        """Return what is not as an order B leaves it, of whoever had one, and what was done twice.

        Empty proves that no write was lost.
        """
        self.fake.state.settle()
        changes = Counter(
            (call.method, call.path, call.target, call.stamp)
            for call in self.fake.writes
            if call.was_done
        )
        twice = [f"done {times} times: {what}" for what, times in changes.items() if times > 1]
        return [*twice, *(fault for mover in people for fault in self._wrong_of(mover))]

    def graph_writes(self, *, since: float = 0.0) -> int:
        """Return how many writes Graph did from a moment of the monotonic clock on."""
        return sum(
            call.was_done and call.at >= since and call.operation not in _CMDLETS
            for call in self.fake.writes
        )

    def floor_s(self, writes: int, *, share: float) -> float:
        """Return the seconds in which so many writes fit in a share of Microsoft's limit."""
        return writes / (self.limits.writes / self.limits.write_window_s * share)

    def _wrong_of(self, mover: Mover) -> Iterator[str]:
        state, key = self.fake.state, mover.object_id
        user, mailbox = state.users.true(key), state.mailboxes.true(key)
        groups = [one for one in state.groups.all_true().values() if key in one.members]
        is_right = {
            "account": user is not None
            and (user.user_principal_name, user.company_name) == (mover.new_upn, TARGET),
            "mailbox": mailbox is not None
            and mailbox.litigation_hold_enabled
            and [one.casefold() for one in mailbox.email_addresses] == [f"smtp:{mover.new_upn}"],
            "groups": not groups,
        }
        yield from (f"{mover.number}: {name}" for name, right in is_right.items() if not right)

    async def _carry_out(self, mover: Mover) -> None:
        move = Move(
            subject=mover.object_id,
            source=SOURCE,
            target=TARGET,
            outcome=Outcome.B,
            onedrive_days=_ONEDRIVE_DAYS,
        )
        plan = await self._planned(move)
        request = RequestId(f"{mover.number:032d}")
        while True:
            match await self.engine.advance(request, plan):
                case Finished():
                    return
                case Again(after_s=seconds):
                    self.retries += 1
                    await asyncio.sleep(seconds)
                case other:
                    raise AssertionError(f"a person is called: {other}")

    async def _planned(self, move: Move) -> Plan:
        while True:
            try:
                return await self.planner.plan(move)
            except TransientTenantError as error:
                self.retries += 1
                await asyncio.sleep(error.retry_after_s or 1.0)


def budgets_of(limits: Limits) -> Mapping[str, Budget]:
    """Return our budgets beside these limits of the tenant; Exchange's is left out of the way."""
    return {
        Resource.GRAPH_WRITES: Budget.within(
            limits.writes, seconds=limits.write_window_s, use=OUR_SHARE
        ),
        Resource.GRAPH_UNITS: LARGE_TENANT[Resource.GRAPH_UNITS],
        Resource.EXCHANGE: Budget(per_s=1000.0, burst=1000),
    }


@asynccontextmanager
async def reorganisation(
    database: Database, people: list[Mover], limits: Limits
) -> AsyncIterator[Reorganisation]:
    """Serve a tenant with these people in it for one block; its clock is that of the machine."""
    clock = SystemClock()
    fake = FakeTenant(clock, tenant_id=TENANT_ID, keeps_bodies=False)
    register = load_register(DEMO_REGISTER, today=local_date(clock.now()))
    fill(fake, world_of(people), register)
    fake.quota = TenantQuota(limits)
    await fake.start()
    quota = SqlTenantQuota(database, budgets=budgets_of(limits))
    try:
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar()
        ) as session:
            graph = HttpGraph(Wire(session, Tokens(fake), base=fake.origin), quota=quota)
            exchange = RestExchange(
                Wire(session, Tokens(fake, for_exchange=True), base=fake.origin),
                tenant=TENANT_ID,
                quota=quota,
            )
            tenant = Microsoft365Tenant(graph, exchange, attributes=ATTRIBUTES)
            engine = Engine(
                tenant,
                journal=SqlStepJournal(database, clock),
                records=InMemoryRetentionRecords(),
                clock=clock,
                one_look=one_look,
            )
            yield Reorganisation(fake, limits, engine, TenantPlanner(tenant, register))
            await graph.drain()
    finally:
        await fake.stop()
