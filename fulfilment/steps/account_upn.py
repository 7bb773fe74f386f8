"""Step `account.upn`: the account gets a UPN in the domain of the new entity (R2)."""

from typing import ClassVar

from fulfilment.steps.step import State, StepContext, Verdict, text, texts
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
        """Return the UPN as it is, and every address that reaches the mailbox."""
        account, mailbox = await self._context.account(), await self._context.mailbox()
        return {"upn": account.upn, "addresses": sorted(mailbox.addresses)}

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

    async def revert(self, before: State) -> None:
        """Give the old UPN back; then take the alias away that the new one leaves behind.

        The second only once the mailbox shows the first: no primary address can be taken away.
        Refused when somebody took the old name meanwhile.
        """
        tenant, subject = self._context.tenant, self._context.subject
        account, mailbox = await self._context.account(), await self._context.mailbox()
        if account.upn != before["upn"]:
            await tenant.set_upn(subject, Upn(text(before, "upn")))
        elif self._upn in mailbox.aliases and self._is_new(before):
            await tenant.remove_aliases(subject, (self._upn,))

    async def reverted(self, before: State) -> Verdict:
        """Hold when directory and mailbox show the old name, and the new one reaches nobody."""
        account, mailbox = await self._context.account(), await self._context.mailbox()
        is_back = account.upn == before["upn"] == mailbox.primary
        is_gone = self._upn not in mailbox.addresses or not self._is_new(before)
        return Verdict(is_back and is_gone, {"upn": account.upn})

    def _is_new(self, before: State) -> bool:
        return self._upn not in texts(before, "addresses")

    @staticmethod
    def readable(state: State) -> str:
        """Return the UPN."""
        return text(state, "upn")
