"""Step `account.block`: nobody signs in with the old account of order C any more (R9)."""

from typing import ClassVar

from fulfilment.steps.new_account import is_deleted_by_order
from fulfilment.steps.step import State, StepContext, Verdict, text
from mutations.plan import Route, Undo


class BlockAccount:
    """Ends the use of the old account; its data stays."""

    name: ClassVar[str] = "account.block"
    route: ClassVar[Route] = Route.GRAPH
    undo: ClassVar[Undo] = Undo.BACK

    def __init__(self, context: StepContext, args: State) -> None:  # noqa: ARG002  # as every step
        self._context = context

    async def inspect(self) -> State:
        """Return whether the old account can be signed in with."""
        account = await self._context.account()
        return {"upn": account.upn, "enabled": account.enabled}

    async def apply(self) -> None:
        """Block the sign-in unless it is blocked."""
        if (await self._context.account()).enabled:
            await self._context.tenant.set_sign_in(self._context.subject, enabled=False)

    async def verify(self, before: State) -> Verdict:
        """Hold when the account is switched off, or in the recycle bin by this order."""
        if is_deleted_by_order(self._context):
            return Verdict(holds=True, seen={**before, "enabled": False})
        state = await self.inspect()
        return Verdict(state["enabled"] is False, state)

    async def revert(self, before: State) -> None:
        """Let the account sign in again, if it could before."""
        if before["enabled"] and not (await self._context.account()).enabled:
            await self._context.tenant.set_sign_in(self._context.subject, enabled=True)

    async def reverted(self, before: State) -> Verdict:
        """Hold when the account can be signed in with or not, as before."""
        state = await self.inspect()
        return Verdict(state["enabled"] == before["enabled"], state)

    @staticmethod
    def readable(state: State) -> str:
        """Return the UPN while it can be signed in with."""
        return text(state, "upn") if state["enabled"] else ""
