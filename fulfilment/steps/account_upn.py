"""Step `account.upn`: the account gets a UPN in the domain of the new entity (R2)."""

from typing import ClassVar

from fulfilment.steps.step import State, StepContext, Verdict, text
from mutations.identity import Upn
from mutations.plan import Route, Undo


class AdaptUpn:
    """Gives the account its new UPN; the tenant keeps the old primary address as an alias."""

    name: ClassVar[str] = "account.upn"
    route: ClassVar[Route] = Route.GRAPH
    undo: ClassVar[Undo] = Undo.BACK

    def __init__(self, context: StepContext, args: State) -> None:
        self._context = context
        self._upn = Upn(text(args, "upn"))

    async def inspect(self) -> State:
        """Return the UPN as it is."""
        account = await self._context.account()
        return {"upn": account.upn}

    async def apply(self) -> None:
        """Set the UPN unless it is set."""
        account = await self._context.account()
        if account.upn != self._upn:
            await self._context.tenant.set_upn(self._context.subject, self._upn)

    async def verify(self, before: State) -> Verdict:  # noqa: ARG002  # part of the protocol
        """Hold when the directory and the mailbox both show the new name."""
        account = await self._context.account()
        mailbox = await self._context.mailbox()
        holds = account.upn == self._upn and mailbox.primary == self._upn
        return Verdict(holds, {"upn": account.upn})

    @staticmethod
    def readable(state: State) -> str:
        """Return the UPN."""
        return text(state, "upn")
