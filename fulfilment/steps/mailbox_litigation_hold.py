"""Step `mailbox.litigation_hold`: nothing in the mailbox can get lost any more (R7).

The hold is set in place and the mailbox is never cleared by this module; a definitive deletion is
a separate request of the source entity to the Service Delivery Manager (a choice).
"""

from typing import ClassVar, Final

from fulfilment.steps.new_account import is_deleted_by_order
from fulfilment.steps.step import State, StepContext, Verdict, text
from mutations.plan import Route, Undo

# The product's own name for it, in every language of the bot.
READABLE_HOLD: Final = "Litigation hold"


class HoldMailbox:
    """Puts the mailbox in litigation hold, in the name of the request."""

    name: ClassVar[str] = "mailbox.litigation_hold"
    route: ClassVar[Route] = Route.EXCHANGE
    undo: ClassVar[Undo] = Undo.BACK

    def __init__(self, context: StepContext, args: State) -> None:
        self._context = context
        self._guid = text(args, "mailbox")

    async def inspect(self) -> State:
        """Return whether there is a hold, since when and whose."""
        mailbox = await self._context.pinned_mailbox(self._guid)
        since = mailbox.hold_since
        return {
            "mailbox": mailbox.guid,
            "hold": mailbox.litigation_hold,
            "since": since.isoformat() if since else None,
            "owner": mailbox.hold_owner,
        }

    async def apply(self) -> None:
        """Set the hold; a hold that somebody else set before stays theirs."""
        mailbox = await self._context.pinned_mailbox(self._guid)
        if not mailbox.litigation_hold:
            await self._context.tenant.set_litigation_hold(
                self._context.subject,
                owner=self._context.request_id,
                comment=f"mutatiebot {self._context.request_id}",
            )

    async def verify(self, before: State) -> Verdict:
        """Hold when the mailbox shows the hold and its date.

        Once order C moved the account to the recycle bin the mailbox is inactive and no longer
        there to be read; the hold was read just before that.
        """
        if is_deleted_by_order(self._context):
            return Verdict(holds=True, seen=before)
        state = await self.inspect()
        return Verdict(state["hold"] is True and state["since"] is not None, state)

    async def revert(self, before: State) -> None:
        """End the hold that this order set; a hold from before stays."""
        if not before["hold"] and (await self.inspect())["hold"]:
            await self._context.tenant.release_litigation_hold(self._context.subject)

    async def reverted(self, before: State) -> Verdict:
        """Hold when the mailbox is held or not, as before."""
        state = await self.inspect()
        return Verdict(state["hold"] == before["hold"], state)

    @staticmethod
    def readable(state: State) -> str:
        """Return the name of the hold while there is one."""
        return READABLE_HOLD if state["hold"] else ""
