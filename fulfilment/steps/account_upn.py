"""Step `account.upn`: the account gets a UPN in the domain of the new entity (R2)."""

import asyncio
from typing import ClassVar

from fulfilment.steps.step import State, StepContext, Verdict, text, texts
from fulfilment.tenant import PermanentTenantError, domain_of
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
        """Return the UPN as it is, and every address that reaches the mailbox.

        Refused while the new name is not free: nothing of the order is touched then.
        """
        (account, mailbox), holder, has_domain = await asyncio.gather(
            self._context.account_and_mailbox(),
            self._context.tenant.holder(self._upn),
            self._context.tenant.has_domain(domain_of(self._upn)),
        )
        if not has_domain:
            raise PermanentTenantError("tenant.domain_unknown", {"domain": domain_of(self._upn)})
        if holder is not None and holder.object_id != self._context.subject:
            key = "tenant.upn_taken_deleted" if holder.is_deleted else "tenant.upn_taken"
            raise PermanentTenantError(key, {"address": self._upn})
        return {"upn": account.upn, "addresses": sorted(mailbox.addresses)}

    async def apply(self) -> None:
        """Set the UPN unless it is set; refused while the name is not free."""
        if (await self.inspect())["upn"] != self._upn:
            await self._context.tenant.set_upn(self._context.subject, self._upn)

    async def verify(self, before: State) -> Verdict:  # noqa: ARG002  # part of the protocol
        """Hold when the directory and the mailbox both show the new name."""
        account, mailbox = await self._context.account_and_mailbox()
        holds = account.upn == self._upn and mailbox.primary == self._upn
        return Verdict(holds, {"upn": account.upn})

    async def revert(self, before: State) -> None:
        """Give the old UPN back; then take the alias away that the new one leaves behind.

        The second only once the mailbox shows the first: no primary address can be taken away.
        Refused when somebody took the old name meanwhile.
        """
        tenant, subject = self._context.tenant, self._context.subject
        account, mailbox = await self._context.account_and_mailbox()
        if account.upn != before["upn"]:
            await tenant.set_upn(subject, Upn(text(before, "upn")))
        elif self._upn in mailbox.aliases and self._is_new(before):
            await tenant.remove_aliases(subject, (self._upn,))

    async def reverted(self, before: State) -> Verdict:
        """Hold when directory and mailbox show the old name, and the new one reaches nobody."""
        account, mailbox = await self._context.account_and_mailbox()
        is_back = account.upn == before["upn"] == mailbox.primary
        is_gone = self._upn not in mailbox.addresses or not self._is_new(before)
        return Verdict(is_back and is_gone, {"upn": account.upn})

    def _is_new(self, before: State) -> bool:
        return self._upn not in texts(before, "addresses")

    @staticmethod
    def readable(state: State) -> str:
        """Return the UPN."""
        return text(state, "upn")
