"""Step `account.entity`: the account comes under the new entity.

A choice: the source page names no step for it. On the simulated tenant the licence seats follow
the account; on a tenant with quota per entity this is where the quota moves.
"""

import asyncio
from typing import ClassVar, Final

from fulfilment.steps.new_account import new_account
from fulfilment.steps.step import State, StepContext, Verdict, text
from fulfilment.tenant import Account, PermanentTenantError
from mutations.identity import EntityCode
from mutations.plan import Route, Undo

NEW: Final = "new"
"""Argument `account` of the step: the new account of order C instead of the colleague's."""


class MoveToEntity:
    """Brings the account under the new entity."""

    name: ClassVar[str] = "account.entity"
    route: ClassVar[Route] = Route.GRAPH
    undo: ClassVar[Undo] = Undo.BACK

    def __init__(self, context: StepContext, args: State) -> None:
        self._context = context
        self._source = EntityCode(text(args, "source"))
        self._target = EntityCode(text(args, "target"))
        self._is_of_new = args.get("account") == NEW
        self._names = {
            self._source: text(args, "source_name"),
            self._target: text(args, "target_name"),
        }

    async def inspect(self) -> State:
        """Return the entity, or refuse when the account moved elsewhere meanwhile."""
        account = await self._account()
        if account is None:
            return {"entity": None, "name": ""}
        if account.entity not in self._names:
            raise PermanentTenantError(
                "tenant.entity_changed",
                {"expected": self._names[self._source], "found": account.entity or ""},
            )
        return {"entity": account.entity, "name": self._names[account.entity]}

    async def apply(self) -> None:
        """Move the account unless it is there."""
        state, account = await asyncio.gather(self.inspect(), self._account())
        if account is not None and state["entity"] != self._target:
            await self._context.tenant.move_to_entity(account.object_id, self._target)

    async def verify(self, before: State) -> Verdict:  # noqa: ARG002  # part of the protocol
        """Hold when the account shows the new entity."""
        state = await self.inspect()
        return Verdict(state["entity"] == self._target, state)

    async def revert(self, before: State) -> None:
        """Bring the account back under its old entity."""
        entity = EntityCode(text(before, "entity"))
        if (await self.inspect())["entity"] != entity:
            await self._context.tenant.move_to_entity(self._context.subject, entity)

    async def reverted(self, before: State) -> Verdict:
        """Hold when the account shows its old entity."""
        state = await self.inspect()
        return Verdict(state["entity"] == before["entity"], state)

    @staticmethod
    def readable(state: State) -> str:
        """Return the name of the entity."""
        return text(state, "name")

    async def _account(self) -> Account | None:
        """Return the account that moves; none is there before the new one of order C came."""
        if not self._is_of_new:
            return await self._context.account()
        account = await new_account(self._context)
        if account is not None and account.is_synced and account.entity != self._target:
            raise PermanentTenantError("tenant.new_account_synced", {"upn": account.upn})
        return account
