"""What the simulated tenant is made of; a record is one object, so a write is all or nothing."""

from datetime import datetime
from enum import StrEnum

import msgspec

from fulfilment.tenant import GroupKind


class Kind(StrEnum):
    """The kinds of objects."""

    ACCOUNT = "account"
    GROUP = "group"
    MEMBERSHIP = "membership"
    SITE = "site"
    POOL = "pool"


class SimEntitlement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A network entitlement; `from_at` is when it reaches the directory, None for always."""

    entity: str
    from_at: datetime | None = None

    def shows(self, now: datetime) -> bool:
        """Tell whether the directory shows it at a moment."""
        return self.from_at is None or self.from_at <= now


class SimMailbox(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The mailbox of an account."""

    guid: str
    primary: str
    aliases: tuple[str, ...] = ()
    litigation_hold: bool = False
    hold_since: datetime | None = None
    hold_owner: str = ""
    hold_comment: str = ""


class SimDrive(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The OneDrive of an account; its address follows the UPN."""

    url: str
    size_bytes: int


class SimAccount(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An account with its mailbox and OneDrive; `is_deleted` is in the recycle bin.

    `employee_id` is the number of the human behind it, the same on all accounts of one human.
    """

    id: str
    name: str
    upn: str
    profile: str
    status: str
    entity: str | None = None
    entitlements: tuple[SimEntitlement, ...] = ()
    employee_id: str = ""
    enabled: bool = True
    is_guest: bool = False
    is_deleted: bool = False
    is_synced: bool = False
    mailbox: SimMailbox | None = None
    drive: SimDrive | None = None

    def holds(self, address: str) -> bool:
        """Tell whether an address belongs to this account in any form."""
        held = {self.upn}
        if self.mailbox is not None:
            held |= {self.mailbox.primary, *self.mailbox.aliases}
        return address.casefold() in held


class SimGroup(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A group; who is in it are objects of their own, as changes of one must not lose another."""

    id: str
    name: str
    kind: GroupKind = GroupKind.CLOUD


class SimMembership(msgspec.Struct, frozen=True, kw_only=True):
    """What one account is in one group."""

    group: str
    person: str
    is_member: bool
    is_owner: bool


class SimSite(msgspec.Struct, frozen=True, kw_only=True):
    """A SharePoint site; no order changes who reaches it (R5, R6)."""

    id: str
    name: str
    owners: tuple[str, ...]
    members: tuple[str, ...]


class SimPool(msgspec.Struct, frozen=True, kw_only=True):
    """Seats of a licence pool that people outside this simulation hold."""

    entity: str
    name: str
    others: int


def membership_id(*, group: str, person: str) -> str:
    """Return the id under which a membership is kept."""
    return f"{group}/{person}"


def pool_id(*, entity: str, name: str) -> str:
    """Return the id under which a licence pool is kept."""
    return f"{entity}/{name}"


def drive_url(upn: str) -> str:
    """Return the address that a OneDrive has under a UPN."""
    path = "".join(letter if letter.isalnum() else "_" for letter in upn)
    return f"https://tenant-my.sharepoint.example/personal/{path}"
