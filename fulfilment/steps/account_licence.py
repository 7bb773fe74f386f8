"""Step `account.licence`: the new account of order C gets the agreed profile and a mailbox."""

from typing import ClassVar

from fulfilment.steps.new_account import new_account, required_new_account
from fulfilment.steps.step import State, StepContext, Verdict, text
from mutations.plan import Route, Undo


class LicenseNewAccount:
    """Gives the new account the licences of the profile of the old one, in one call."""

    name: ClassVar[str] = "account.licence"
    route: ClassVar[Route] = Route.GRAPH
    undo: ClassVar[Undo] = Undo.HAND

    def __init__(self, context: StepContext, args: State) -> None:
        self._context = context
        self._profile = text(args, "profile")

    async def inspect(self) -> State:
        """Return the profile of the new account and whether it has a mailbox."""
        account = await new_account(self._context)
        if account is None:
            return {"profile": "", "mailbox": None}
        mailbox = await self._context.tenant.mailbox(account.object_id)
        return {"profile": account.profile, "mailbox": mailbox.guid if mailbox else None}

    async def apply(self) -> None:
        """Give the profile unless the account has it."""
        account = await required_new_account(self._context)
        if (await self.inspect())["mailbox"] is None or account.profile != self._profile:
            await self._context.tenant.give_profile(account.object_id, self._profile)

    async def verify(self, before: State) -> Verdict:  # noqa: ARG002  # part of the protocol
        """Hold when the account shows the profile and its mailbox is there."""
        state = await self.inspect()
        holds = state["profile"] == self._profile and state["mailbox"] is not None
        return Verdict(holds, state)

    @staticmethod
    def readable(state: State) -> str:
        """Return the profile."""
        return text(state, "profile")
