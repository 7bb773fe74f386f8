"""What fulfilment needs from a Microsoft 365 tenant, whichever one that is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from mutations.identity import EntityCode, ObjectId, Upn


class TransientTenantError(Exception):
    """The tenant did not answer, or not now; whether a write was done is unknown.

    Attributes:
        retry_after_s: Seconds that the tenant asked to wait; None when it did not say.
    """

    def __init__(self, retry_after_s: float | None = None) -> None:
        super().__init__(retry_after_s)
        self.retry_after_s = retry_after_s


class PermanentTenantError(Exception):
    """The tenant refuses, and would refuse again: a person has to look at it.

    Attributes:
        key: Message key; the text is made where it is shown.
    """

    def __init__(self, key: str, params: Mapping[str, object]) -> None:
        super().__init__(key, params)
        self.key = key
        self.params = params


class GroupKind(StrEnum):
    """Who can change the members of a group, and by which way."""

    CLOUD = "cloud"  # Microsoft 365 or security group whose members are managed in the tenant
    DISTRIBUTION = "distribution"  # distribution list: by Exchange only
    MAIL_SECURITY = "mail_security"  # mail-enabled security group: by Exchange only
    DYNAMIC = "dynamic"  # members follow from a rule over attributes
    SYNCED = "synced"  # mastered in the Active Directory
    ROLE = "role"  # role-assignable: only privileged administrators change its members
    LICENSING = "licensing"  # its members get their licences by it: leaving may cost the mailbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account as the tenant shows it now.

    Attributes:
        entity: Entity that the account and its licences come under; None for a guest.
        employee_id: Number of the human behind it, the same on all accounts of one human; empty
            when the directory does not know it.
        is_synced: Mastered in the Active Directory: UPN, addresses and attributes change there.
    """

    object_id: ObjectId
    name: str
    upn: Upn
    enabled: bool
    entity: EntityCode | None
    entitlements: frozenset[EntityCode]
    profile: str
    status: str
    employee_id: str = ""
    is_synced: bool = False

    @property
    def domain(self) -> str:
        """Domain of the UPN."""
        return domain_of(self.upn)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """One mailbox; its guid is the only id that outlives a change of names.

    Attributes:
        aliases: Secondary addresses, without the primary one.
        hold_since: Moment the litigation hold was set, UTC.
        hold_owner: Who set it; for this module the id of the request.
    """

    guid: str
    primary: str
    aliases: tuple[str, ...]
    litigation_hold: bool = False
    hold_since: datetime | None = None
    hold_owner: str = ""
    hold_comment: str = ""

    @property
    def addresses(self) -> frozenset[str]:
        """Every address that reaches this mailbox."""
        return frozenset((self.primary, *self.aliases))


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Someone who answers for a group or a site."""

    object_id: ObjectId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """What one account is in one group; being a member and being an owner are separate."""

    group_id: str
    name: str
    kind: GroupKind
    is_member: bool
    is_owner: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteAccess:
    """A SharePoint site that one account reaches."""

    site_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drive:
    """The OneDrive of one account."""

    url: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The account that holds an address as UPN, primary address or alias."""

    object_id: ObjectId
    is_deleted: bool


def domain_of(address: str) -> str:
    """Return what follows the last @ of an address."""
    return address.rpartition("@")[2]


class Tenant(Protocol):
    """Reads and writes of one tenant.

    Reads may be stale for a while after a write, in both directions. Every method may raise
    `TransientTenantError` (after a write: perhaps done) and `PermanentTenantError` (not done).
    """

    async def account(self, object_id: ObjectId) -> Account | None:
        """Return one account that is not deleted."""
        ...

    async def mailbox(self, object_id: ObjectId) -> Mailbox | None:
        """Return the mailbox of an account."""
        ...

    async def memberships(self, object_id: ObjectId) -> Sequence[Membership]:
        """Return every group that an account is a member or an owner of."""
        ...

    async def sites(self, object_id: ObjectId) -> Sequence[SiteAccess]:
        """Return every SharePoint site that an account reaches."""
        ...

    async def owners(self, object_id: ObjectId) -> Mapping[str, Sequence[Owner]]:
        """Return who answers for every group and site that an account reaches, by its id."""
        ...

    async def drive(self, object_id: ObjectId) -> Drive | None:
        """Return the OneDrive of an account."""
        ...

    async def holder(self, address: str) -> Holder | None:
        """Return who holds an address, soft-deleted accounts included (R2)."""
        ...

    async def has_domain(self, domain: str) -> bool:
        """Tell whether the tenant may use a mail domain."""
        ...

    async def set_upn(self, object_id: ObjectId, upn: Upn) -> None:
        """Give an account another UPN; the old primary address stays as an alias."""
        ...

    async def set_litigation_hold(self, object_id: ObjectId, *, owner: str, comment: str) -> None:
        """Put the mailbox of an account in litigation hold."""
        ...

    async def remove_aliases(self, object_id: ObjectId, aliases: Sequence[str]) -> None:
        """Take secondary addresses from a mailbox; those that are gone already are no fault."""
        ...

    async def release_litigation_hold(self, object_id: ObjectId) -> None:
        """End the litigation hold of a mailbox; no fault when there is none."""
        ...

    async def add_aliases(self, object_id: ObjectId, aliases: Sequence[str]) -> None:
        """Give a mailbox secondary addresses; those that it has already are no fault."""
        ...

    async def remove_group_member(self, group_id: str, object_id: ObjectId) -> None:
        """End a membership; no fault when it ended already."""
        ...

    async def remove_group_owner(self, group_id: str, object_id: ObjectId) -> None:
        """End an ownership; no fault when it ended already. Refused for the last owner."""
        ...

    async def add_group_member(self, group_id: str, object_id: ObjectId) -> None:
        """Make an account a member; no fault when it is one already."""
        ...

    async def add_group_owner(self, group_id: str, object_id: ObjectId) -> None:
        """Make an account an owner; no fault when it is one already."""
        ...

    async def accounts_of(self, employee_id: str) -> Sequence[Account]:
        """Return every account of one human that is not deleted; none for an empty number."""
        ...

    async def set_sign_in(self, object_id: ObjectId, *, enabled: bool) -> None:
        """Let an account sign in or not; when not, its sessions end as well."""
        ...

    async def give_profile(self, object_id: ObjectId, profile: str) -> None:
        """Give an account the licences of a profile, in one call; no fault when it has them.

        Raises:
            PermanentTenantError: No seat is left, or another licence is in the way.
        """
        ...

    async def delete_account(self, object_id: ObjectId) -> None:
        """Move an account to the recycle bin; no fault when it is there. Never purges."""
        ...

    async def restore_account(self, object_id: ObjectId) -> None:
        """Bring an account back out of the recycle bin; no fault when it is back."""
        ...

    async def move_to_entity(self, object_id: ObjectId, entity: EntityCode) -> None:
        """Bring an account under another entity, with the licence seats it holds."""
        ...
