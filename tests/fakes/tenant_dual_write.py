"""What Entra and Exchange tell each other about accounts and mailboxes, each some time later.

The primary address of a mailbox follows the UPN and the old one stays as an alias; the addresses
in the directory follow those of the mailbox. A deleted account leaves an inactive mailbox when it
is on hold (https://learn.microsoft.com/purview/inactive-mailboxes-in-office-365), and one that
Exchange forgets after 30 days otherwise.
"""

from uuid import NAMESPACE_OID, uuid5

import msgspec
from msgspec.structs import replace

from tests.fakes.tenant_records import Drive, Mailbox, User, plain, proxies
from tests.fakes.tenant_state import TenantState


class DualWrite:
    """Listens to one state and carries its changes over."""

    def __init__(self, state: TenantState) -> None:
        self._state = state
        state.listeners.append(self._told)

    def _told(self, before: msgspec.Struct | None, after: msgspec.Struct | None) -> None:
        state = self._state
        if isinstance(after, User) and (before is None or isinstance(before, User)):
            state.later(state.lag.to_exchange_s, lambda: self._to_exchange(before, after))
        if isinstance(before, Mailbox) and isinstance(after, Mailbox):
            state.later(state.lag.to_directory_s, lambda: self._to_directory(before, after))

    def _to_exchange(self, before: User | None, after: User) -> None:
        state = self._state
        mailbox = state.mailboxes.true(after.id)
        if mailbox is None:
            self._provision(after)
            return
        if before is not None and before.user_principal_name != after.user_principal_name:
            mailbox = _renamed(mailbox, before, after)
            drive = state.drives.true(after.id)
            if drive is not None and not after.is_deleted:
                moved = replace(drive, web_url=drive_url(after.user_principal_name))
                state.write(state.drives, after.id, moved)
        held = mailbox.litigation_hold_enabled or bool(mailbox.in_place_holds)
        mailbox = replace(
            mailbox,
            display_name=after.display_name,
            is_inactive_mailbox=after.is_deleted and held,
            is_soft_deleted_by_remove=after.is_deleted and not held,
        )
        state.write(state.mailboxes, after.id, mailbox)

    def _to_directory(self, before: Mailbox, after: Mailbox) -> None:
        state = self._state
        user = state.users.true(after.external_directory_object_id)
        if user is None or before.email_addresses == after.email_addresses:
            return
        known = replace(
            user, proxy_addresses=after.email_addresses, mail=after.primary_smtp_address
        )
        state.write(state.users, user.id, known)

    def _provision(self, user: User) -> None:
        """Make a mailbox and a OneDrive for an account that got a licence with them."""
        state = self._state
        skus = [state.skus.true(one.sku_id) for one in user.direct_licences]
        if user.is_deleted or not any(sku is not None and sku.has_mailbox for sku in skus):
            return
        upn = user.user_principal_name
        mailbox = Mailbox(
            external_directory_object_id=user.id,
            exchange_guid=str(uuid5(NAMESPACE_OID, user.id)),
            display_name=user.display_name,
            user_principal_name=upn,
            primary_smtp_address=upn,
            email_addresses=proxies(upn, ()),
            is_dir_synced=user.is_synced,
        )
        drive = Drive(id=f"b!{user.id}", web_url=drive_url(upn))
        state.write(state.drives, user.id, drive)
        state.write(state.mailboxes, user.id, mailbox)
        named = replace(user, mail=upn, proxy_addresses=mailbox.email_addresses)
        state.write(state.users, user.id, named)


def _renamed(mailbox: Mailbox, before: User, after: User) -> Mailbox:
    """Let the primary address follow the UPN, unless the account is deleted or comes back."""
    upn = after.user_principal_name
    if after.is_deleted or before.is_deleted:
        return mailbox
    others = [plain(one) for one in mailbox.email_addresses]
    aliases = [one for one in others if one.casefold() != upn.casefold()]
    return replace(
        mailbox,
        user_principal_name=upn,
        primary_smtp_address=upn,
        email_addresses=proxies(upn, aliases),
    )


def drive_url(upn: str) -> str:
    """Return the address that a OneDrive has under a UPN."""
    path = "".join(letter if letter.isalnum() else "_" for letter in upn)
    return f"https://tenant-my.sharepoint.example/personal/{path}"
