"""Makes a plan on connections that cannot write."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

from bot.evidence.collect import read_only
from bot.settings import Settings
from bot.tenants import opened_to_look
from fulfilment.planner import TenantPlanner
from fulfilment.portal.planner import SupplierPlanner
from mutations.clock import Clock
from mutations.dry_run import DryRun
from mutations.identity import RequestNumber
from mutations.register import Register
from mutations.use_cases.context import Context
from mutations.use_cases.plan_now import dry_run
from store.database import Database
from store.jobs import JobEngine
from store.unit_of_work import Store
from store.work import SqlStore


async def look(
    settings: Settings, url: str, number: RequestNumber, *, register: Register, clock: Clock
) -> DryRun | None:
    """Return the plan of a request from the accounts as they are now; None for no such request.

    Args:
        settings: Say whose accounts they are, and how they are reached.
        url: Of the database; whoever it names needs no more than the right to read.
        number: Of the request.
        register: The one in force.
        clock: Tells what of the simulated tenant is visible by now.
        hands_over: Whether a supplier carries the orders out.

    Raises:
        DatabaseUnavailableError: The database does not answer in time.
        DirectoryUnavailableError: The accounts cannot be read.
    """
    async with _context(settings, read_only(url), register, clock) as context:
        request = await context.store.read(lambda now: now.requests.by_number(number))
        return None if request is None else await dry_run(context, request)


@asynccontextmanager
async def _context(
    settings: Settings, url: str, register: Register, clock: Clock
) -> AsyncIterator[Context]:
    database = Database(url, max_connections=2)
    await database.open()
    try:
        async with opened_to_look(settings, clock, register, database) as opened:
            planner = TenantPlanner(opened.tenant, register)
            yield Context(
                store=SqlStore(Store(database, JobEngine(database)), clock),
                directory=opened.directory,
                planner=SupplierPlanner(planner) if settings.hands_over else planner,
                register=register,
                clock=clock,
                new_id=lambda: uuid4().hex,
                recheck_every=timedelta(days=1),  # nothing is looked at twice here
            )
    finally:
        await database.close()
