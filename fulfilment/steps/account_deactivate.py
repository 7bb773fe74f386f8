"""Step `account.deactivate`: the old account of order C goes to the recycle bin, if agreed (R9).

Only where the contract says so, and as the last step: Microsoft removes what an account held some
time after that. Nothing is ever purged; the mailbox stays in litigation hold, so Exchange keeps it
as an inactive mailbox.
"""

from typing import ClassVar

from fulfilment.steps.step import State, StepContext, Verdict, text
from fulfilment.tenant import PermanentTenantError
from mutations.plan import Route, Undo


class DeleteOldAccount:
    """Moves the old account to the recycle bin, as long as its mailbox is in litigation hold."""

    name: ClassVar[str] = "account.deactivate"
    route: ClassVar[Route] = Route.GRAPH
    undo: ClassVar[Undo] = Undo.BACK

    def __init__(self, context: StepContext, args: State) -> None:
        self._context = context
        self._guid = text(args, "mailbox")

    async def inspect(self) -> State:
        """Return the old account; the UPN is empty once it is in the recycle bin."""
        account = await self._context.tenant.account(self._context.subject)
        return {"upn": account.upn if account else ""}

    async def apply(self) -> None:
        """Delete the account unless it is gone; refused when the hold is not there."""
        if not (await self.inspect())["upn"]:
            return
        mailbox = await self._context.pinned_mailbox(self._guid)
        if not mailbox.litigation_hold:
            raise PermanentTenantError("tenant.hold_missing", {})
        await self._context.tenant.delete_account(self._context.subject)

    async def verify(self, before: State) -> Verdict:  # noqa: ARG002  # part of the protocol
        """Hold when the directory no longer shows the account."""
        state = await self.inspect()
        return Verdict(not state["upn"], state)

    async def revert(self, before: State) -> None:
        """Bring the account back out of the recycle bin, if it was there before."""
        if before["upn"] and not (await self.inspect())["upn"]:
            await self._context.tenant.restore_account(self._context.subject)

    async def reverted(self, before: State) -> Verdict:
        """Hold when the directory shows the account as before."""
        state = await self.inspect()
        return Verdict(state["upn"] == before["upn"], state)

    @staticmethod
    def readable(state: State) -> str:
        """Return the UPN while the account is there."""
        return text(state, "upn")
