"""Step `mailbox.aliases`: order B removes every secondary address (R3)."""

from typing import ClassVar

from fulfilment.steps.step import State, StepContext, Verdict, lines, text, texts
from mutations.plan import Route, Undo


class RemoveAliases:
    """Takes all secondary addresses from the mailbox, also those added since the plan."""

    name: ClassVar[str] = "mailbox.aliases"
    route: ClassVar[Route] = Route.EXCHANGE
    undo: ClassVar[Undo] = Undo.BACK

    def __init__(self, context: StepContext, args: State) -> None:
        self._context = context
        self._guid = text(args, "mailbox")

    async def inspect(self) -> State:
        """Return the secondary addresses, and the primary one."""
        mailbox = await self._context.pinned_mailbox(self._guid)
        return {"aliases": sorted(mailbox.aliases), "primary": mailbox.primary}

    async def apply(self) -> None:
        """Remove the secondary addresses that are there."""
        mailbox = await self._context.pinned_mailbox(self._guid)
        if mailbox.aliases:
            await self._context.tenant.remove_aliases(self._context.subject, mailbox.aliases)

    async def verify(self, before: State) -> Verdict:
        """Hold when no secondary address is left.

        What was the primary address may be one meanwhile, by the new UPN: that is for the step
        `mailbox.old_address`.
        """
        state = await self.inspect()
        left = [one for one in texts(state, "aliases") if one != before["primary"]]
        return Verdict(not left, {**state, "aliases": left})

    async def revert(self, before: State) -> None:
        """Give the secondary addresses back; refused when somebody took one meanwhile."""
        missing = await self._missing(before)
        if missing:
            await self._context.tenant.add_aliases(self._context.subject, missing)

    async def reverted(self, before: State) -> Verdict:
        """Hold when every secondary address is there again."""
        return Verdict(not await self._missing(before), await self.inspect())

    async def _missing(self, before: State) -> list[str]:
        mailbox = await self._context.pinned_mailbox(self._guid)
        return [one for one in texts(before, "aliases") if one not in mailbox.addresses]

    @staticmethod
    def readable(state: State) -> str:
        """Return the secondary addresses, one a line."""
        return lines(texts(state, "aliases"))
