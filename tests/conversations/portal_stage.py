"""A bot whose orders go to the portal of a supplier, and the supplier who does the work."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from bot.clock import ShiftedClock
from fulfilment.steps.catalogue import step_of
from fulfilment.steps.step import StepContext
from fulfilment.tenants.simulated.tenant import SimulatedTenant
from mutations.life_cycle import State
from mutations.request import MutationRequest
from tests.conversations.journeys import Days, ask, decide, install, reaches
from tests.conversations.stage import JAN, MONDAY_MORNING, Stage, eventually, object_id
from tests.fakes.order_portal import CALLBACK_SECRET, SECRET, FakePortal


@dataclass
class Supplier:
    """Who works behind the portal."""

    stage: Stage
    portal: FakePortal

    async def gets_order(self) -> MutationRequest:
        """Let Marleen ask and Arno decide; return the request once its order arrived."""
        install(self.stage)
        await ask(self.stage)
        await decide(self.stage)
        await eventually(lambda: self.portal.orders)
        return await reaches(self.stage, State.CARRYING_OUT)

    async def works(self, request: MutationRequest) -> None:
        """Change the accounts as the order says."""
        assert request.plan is not None
        bot = self.stage.bot
        domains = frozenset(
            domain
            for each in bot.use_cases.context.register.entities.values()
            for domain in each.domains
        )
        context = StepContext(
            tenant=SimulatedTenant(bot.world, domains=domains),
            records=bot.storage.retention_records,
            clock=self.stage.clock,
            request_id=request.id,
            subject=object_id(JAN),
        )
        for step in request.plan.steps:
            await step_of(step, context).apply()

    async def tells(self, order: str, state: str, **more: Any) -> int:
        world = self.stage.world
        return await self.portal.call_back(world.session, world.bot_url, order, state, **more)

    async def is_done(self, order: str) -> int:
        world = self.stage.world
        return await self.portal.done(world.session, world.bot_url, order)


@contextlib.asynccontextmanager
async def open_supplier(days: Days, **changes: Any) -> AsyncIterator[Supplier]:
    """Run the bot with a portal."""
    portal = FakePortal(ShiftedClock(MONDAY_MORNING))
    await portal.start()
    try:
        async with days.open(
            tenant="order_portal",
            portal_url=portal.url,
            portal_secret=SECRET,
            portal_callback_secret=CALLBACK_SECRET,
            **changes,
        ) as stage:
            portal.clock = stage.clock
            yield Supplier(stage, portal)
    finally:
        await portal.stop()
