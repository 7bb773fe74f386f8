"""What changes make of an account of the simulated tenant; pure, by the rules of the real one."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import NAMESPACE_OID, uuid5

from msgspec.structs import replace

from fulfilment.tenant import PermanentTenantError
from fulfilment.tenants.simulated.records import SimAccount, SimDrive, SimMailbox, drive_url

AccountChange = Callable[[SimAccount], SimAccount]


def renamed(upn: str) -> AccountChange:
    """Give another UPN: the primary address and the OneDrive follow, the old address stays."""

    def change(account: SimAccount) -> SimAccount:
        if account.upn == upn:
            return account
        mailbox, drive = account.mailbox, account.drive
        if mailbox is not None:
            aliases = tuple(one for one in (*mailbox.aliases, mailbox.primary) if one != upn)
            mailbox = replace(mailbox, primary=upn, aliases=aliases)
        if drive is not None:
            drive = replace(drive, url=drive_url(upn))
        return replace(account, upn=upn, mailbox=mailbox, drive=drive)

    return change


def held(*, owner: str, comment: str, at: datetime) -> AccountChange:
    """Put the mailbox in litigation hold."""
    return _in_mailbox(
        lambda mailbox: replace(
            mailbox, litigation_hold=True, hold_since=at, hold_owner=owner, hold_comment=comment
        )
    )


def released(account: SimAccount) -> SimAccount:
    """End the litigation hold."""
    change = _in_mailbox(
        lambda mailbox: replace(
            mailbox, litigation_hold=False, hold_since=None, hold_owner="", hold_comment=""
        )
    )
    return change(account)


def without_aliases(aliases: Sequence[str]) -> AccountChange:
    """Take secondary addresses away."""
    return _in_mailbox(
        lambda mailbox: replace(
            mailbox, aliases=tuple(one for one in mailbox.aliases if one not in aliases)
        )
    )


def with_aliases(aliases: Sequence[str]) -> AccountChange:
    """Add secondary addresses; what is there already stays as it is."""

    def change(mailbox: SimMailbox) -> SimMailbox:
        known = {mailbox.primary, *mailbox.aliases}
        new = tuple(one for one in dict.fromkeys(aliases) if one not in known)
        return replace(mailbox, aliases=mailbox.aliases + new)

    return _in_mailbox(change)


def with_profile(profile: str) -> AccountChange:
    """Give the licences of a profile; who had no mailbox and OneDrive gets new, empty ones."""

    def change(account: SimAccount) -> SimAccount:
        new = SimMailbox(guid=str(uuid5(NAMESPACE_OID, account.id)), primary=account.upn)
        return replace(
            account,
            profile=profile,
            mailbox=account.mailbox or new,
            drive=account.drive or SimDrive(url=drive_url(account.upn), size_bytes=0),
        )

    return change


def _in_mailbox(change: Callable[[SimMailbox], SimMailbox]) -> AccountChange:
    def changed(account: SimAccount) -> SimAccount:
        if account.mailbox is None:
            raise PermanentTenantError("tenant.mailbox_missing", {})
        return replace(account, mailbox=change(account.mailbox))

    return changed
