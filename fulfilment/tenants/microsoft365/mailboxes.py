"""Mailboxes: what Microsoft Graph cannot read or write, Exchange Online can.

Proxy addresses are read-only in Microsoft Graph, and it knows no litigation hold.
https://learn.microsoft.com/powershell/module/exchangepowershell/set-mailbox
"""

from collections.abc import Iterable
from typing import Final

from fulfilment.tenant import Mailbox, PermanentTenantError
from fulfilment.tenants.microsoft365.call import Exchange
from fulfilment.tenants.microsoft365.calls import guid
from fulfilment.tenants.microsoft365.documents import MailboxDocument, read_all
from mutations.identity import ObjectId

_HASH_TABLE: Final = "#Exchange.GenericHashTable"
_ROUTING: Final = ".onmicrosoft.com"
_MISSING: Final = "tenant.mailbox_missing"
_TAKEN: Final = "tenant.upn_taken"


class Mailboxes:
    """Reads and changes the mailboxes of accounts.

    A mailbox is looked up by the object id of its account and changed by its own guid: display
    names are not unique on a shared tenant, and addresses change during an order.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def find(self, account: ObjectId) -> Mailbox | None:
        """Return the mailbox of an account, or None while Exchange shows none.

        The routing address of the tenant itself (`onmicrosoft.com`) is no alias: it belongs to no
        entity, and Microsoft puts it back when it is removed.
        """
        found = await self._document(account)
        return None if found is None else _mailbox(found)

    async def hold(self, account: ObjectId, *, owner: str, comment: str) -> None:
        """Set the litigation hold; it may take Exchange hours to act on it."""
        await self._exchange.run(
            "Set-Mailbox",
            Identity=await self._guid(account),
            LitigationHoldEnabled=True,
            LitigationHoldOwner=owner,
            RetentionComment=comment,
        )

    async def release(self, account: ObjectId) -> None:
        """End the litigation hold."""
        identity = await self._guid(account)
        await self._exchange.run(
            "Set-Mailbox", Identity=identity, LitigationHoldEnabled=False, RetentionComment=""
        )

    async def remove_aliases(self, account: ObjectId, aliases: Iterable[str]) -> None:
        """Take secondary addresses; Exchange does not mind those that are gone."""
        await self._change_addresses(account, "Remove", aliases)

    async def add_aliases(self, account: ObjectId, aliases: Iterable[str]) -> None:
        """Give secondary addresses; Exchange does not mind those that are there.

        Raises:
            PermanentTenantError: Somebody else has one of them.
        """
        wanted = tuple(aliases)
        try:
            await self._change_addresses(account, "Add", wanted)
        except PermanentTenantError as error:
            if error.key != _TAKEN:
                raise
            params = {**error.params, "address": ", ".join(sorted(wanted))}
            raise PermanentTenantError(_TAKEN, params) from error

    async def _change_addresses(
        self, account: ObjectId, change: str, aliases: Iterable[str]
    ) -> None:
        # Lower case: `SMTP:` would mean the primary address.
        addresses = [f"smtp:{alias.lower()}" for alias in aliases]
        if not addresses:
            return
        await self._exchange.run(
            "Set-Mailbox",
            Identity=await self._guid(account),
            EmailAddresses={"@odata.type": _HASH_TABLE, change: addresses},
        )

    async def _guid(self, account: ObjectId) -> str:
        found = await self._document(account)
        if found is None:
            raise PermanentTenantError(_MISSING, {})
        return found.exchange_guid

    async def _document(self, account: ObjectId) -> MailboxDocument | None:
        identity = guid(account)
        try:
            objects = await self._exchange.run("Get-Mailbox", Identity=identity)
        except PermanentTenantError as error:
            if error.key == _MISSING:
                return None
            raise
        for found in read_all(objects, MailboxDocument):
            if found.external_directory_object_id in {None, identity}:
                return found
        return None


def _mailbox(found: MailboxDocument) -> Mailbox:
    primary = found.primary_smtp_address.lower()
    aliases = [
        address
        for address in found.smtp_addresses
        if address != primary and not address.endswith(_ROUTING)
    ]
    return Mailbox(
        guid=found.exchange_guid.lower(),
        primary=primary,
        aliases=tuple(aliases),
        litigation_hold=found.litigation_hold_enabled,
        hold_since=found.held_since,
        hold_owner=found.litigation_hold_owner or "",
        hold_comment=found.retention_comment or "",
    )
