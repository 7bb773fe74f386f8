"""Step `mailbox.old_address`: after the UPN changed, the old primary address goes too (R3, B)."""

from typing import ClassVar

from fulfilment.steps.step import State, StepContext, Verdict, text
from mutations.plan import Route, Undo


class RemoveOldAddress:
    """Removes the alias that the tenant made of the old primary address."""

    name: ClassVar[str] = "mailbox.old_address"
    route: ClassVar[Route] = Route.EXCHANGE
    undo: ClassVar[Undo] = Undo.BACK

    def __init__(self, context: StepContext, args: State) -> None:
        self._context = context
        self._guid = text(args, "mailbox")
        self._address = text(args, "address")

    async def inspect(self) -> State:
        """Return whether the old address still reaches the mailbox."""
        mailbox = await self._context.pinned_mailbox(self._guid)
        return {"address": self._address, "present": self._address in mailbox.addresses}

    async def apply(self) -> None:
        """Remove the old address while it is an alias."""
        mailbox = await self._context.pinned_mailbox(self._guid)
        if self._address in mailbox.aliases:
            await self._context.tenant.remove_aliases(self._context.subject, (self._address,))

    async def verify(self, before: State) -> Verdict:  # noqa: ARG002  # part of the protocol
        """Hold when the old address no longer reaches the mailbox."""
        state = await self.inspect()
        return Verdict(state["present"] is False, state)

    async def revert(self, before: State) -> None:
        """Give the old address back; refused when somebody took it meanwhile."""
        if before["present"] and not (await self.inspect())["present"]:
            await self._context.tenant.add_aliases(self._context.subject, (self._address,))

    async def reverted(self, before: State) -> Verdict:
        """Hold when the old address reaches the mailbox as before."""
        state = await self.inspect()
        return Verdict(state["present"] == before["present"], state)

    @staticmethod
    def readable(state: State) -> str:
        """Return the old address while it reaches the mailbox."""
        return text(state, "address") if state["present"] else ""
