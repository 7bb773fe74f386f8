"""A bot whose orders go to the portal of a supplier, and the supplier who does the work."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.clock import ShiftedClock
from fulfilment.steps.catalogue import step_of
from fulfilment.steps.step import Reversible, StepContext
from fulfilment.tenants.simulated.outside import SimulatedOutside
from fulfilment.tenants.simulated.tenant import SimulatedTenant
from mutations.life_cycle import State
from mutations.request import MutationRequest
from store.step_journal import StepRow
from tests.conversations.journeys import Days, ask, decide, install, reaches
from tests.conversations.stage import ARNO, JAN, MONDAY_MORNING, Stage, eventually, object_id
from tests.fakes.order_portal import CALLBACK_SECRET, SECRET, FakePortal


@dataclass
class Supplier:
    """Who works behind the portal."""

    stage: Stage
    portal: FakePortal

    async def gets_order(self, verb: str = "decision.keep", **answers: str) -> MutationRequest:
        """Let Marleen ask and Arno decide; return the request once its order arrived."""
        install(self.stage)
        await ask(self.stage, **answers)
        question = await decide(self.stage, verb)
        if verb == "decision.not_keep":
            await self.stage.person(ARNO).press(question, "decision.not_keep_sure")
        await eventually(lambda: self.portal.orders)
        return await reaches(self.stage, State.CARRYING_OUT)

    async def works(self, request: MutationRequest) -> None:
        """Change the accounts as the order says."""
        assert request.plan is not None
        bot = self.stage.bot
        outside = SimulatedOutside(bot.world, bot.use_cases.context.register)
        for step in request.plan.steps:
            await outside.done_by_hand([step])
            await step_of(step, await self._context(request)).apply()

    async def forbids_reading(self, request_id: str) -> None:
        """Let the journal know that one step may not be read."""
        async with self.stage.bot.storage.database.connection() as connection:
            await connection.execute(
                "update step_journal set state = 'unreadable' where request_id = %s"
                " and name = 'mailbox.aliases_kept'",
                (request_id,),
            )

    async def takes_back(self, request: MutationRequest) -> None:
        """Bring the accounts back to how they were, as far as that can be."""
        context = await self._context(request)
        before = {one.position: one.before for one in await self._journal(request)}
        assert request.plan is not None
        for at, step in reversed([*enumerate(request.plan.steps)]):
            done = step_of(step, context)
            if isinstance(done, Reversible):
                was = before[at] or {}
                while not (await done.reverted(was)).holds:
                    await done.revert(was)

    async def _journal(self, request: MutationRequest) -> Sequence[StepRow]:
        return await self.stage.bot.storage.journal.load(request.id)

    async def _context(self, request: MutationRequest) -> StepContext:
        bot = self.stage.bot
        accounts = await bot.world.true_accounts()
        number = accounts[object_id(JAN)].employee_id
        others = [
            one.id
            for one in accounts.values()
            if one.employee_id == number and one.id != object_id(JAN)
        ]
        known = {"account.new": {"account": others[0]}} if others else {}
        return StepContext(
            tenant=SimulatedTenant(
                bot.world, domains=bot.use_cases.context.register.tenant_domains
            ),
            records=bot.storage.retention_records,
            clock=self.stage.clock,
            request_id=request.id,
            subject=object_id(JAN),
            verified=known.get,
        )

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
