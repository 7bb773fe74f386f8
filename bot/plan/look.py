"""Makes a plan on connections that cannot write."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

from bot.evidence.collect import read_only
from fulfilment.planner import TenantPlanner
from fulfilment.portal.planner import SupplierPlanner
from fulfilment.tenants.simulated.directory import SimulatedDirectory
from fulfilment.tenants.simulated.tenant import SimulatedTenant
from fulfilment.tenants.simulated.world import SimulatedWorld
from mutations.clock import Clock
from mutations.dry_run import DryRun
from mutations.identity import RequestNumber
from mutations.register import Register
from mutations.use_cases.context import Context
from mutations.use_cases.plan_now import dry_run
from store.database import Database
from store.jobs import JobEngine
from store.simulated_objects import SqlSimulatedObjects
from store.unit_of_work import Store
from store.work import SqlStore


async def look(
    url: str, number: RequestNumber, *, register: Register, clock: Clock, hands_over: bool = False
) -> DryRun | None:
    """Return the plan of a request from the accounts as they are now; None for no such request.

    Args:
        url: Of the database; whoever it names needs no more than the right to read.
        number: Of the request.
        register: The one in force.
        clock: Tells what of the simulated tenant is visible by now.
        hands_over: Whether a supplier carries the orders out.

    Raises:
        DatabaseUnavailableError: The database does not answer in time.
        DirectoryUnavailableError: The accounts cannot be read.
    """
    async with _context(read_only(url), register, clock, hands_over=hands_over) as context:
        request = await context.store.read(lambda now: now.requests.by_number(number))
        return None if request is None else await dry_run(context, request)


@asynccontextmanager
async def _context(
    url: str, register: Register, clock: Clock, *, hands_over: bool
) -> AsyncIterator[Context]:
    database = Database(url, max_connections=2)
    await database.open()
    try:
        world = SimulatedWorld(SqlSimulatedObjects(database, clock), clock=clock)
        tenant = SimulatedTenant(world, domains=register.tenant_domains)
        planner = TenantPlanner(tenant, register)
        yield Context(
            store=SqlStore(Store(database, JobEngine(database)), clock),
            directory=SimulatedDirectory(world, tenant, register=register),
            planner=SupplierPlanner(planner) if hands_over else planner,
            register=register,
            clock=clock,
            new_id=lambda: uuid4().hex,
            recheck_every=timedelta(days=1),  # nothing is looked at twice here
        )
    finally:
        await database.close()
