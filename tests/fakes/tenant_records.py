"""What the fake tenant is made of; a record is one object at one moment and never changes.

Graph's names are the camel case of the fields, Exchange's the pascal case. Properties:
https://learn.microsoft.com/graph/api/resources/user and `.../group`, and
https://learn.microsoft.com/powershell/module/exchangepowershell/get-mailbox.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
"""When everything came to be that was there from the start."""

EXTENSIONS = tuple(f"extensionAttribute{number}" for number in range(1, 16))


class Licence(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A licence that an account or a licensing group was given."""

    sku_id: str
    disabled_plans: tuple[str, ...] = ()


class User(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An account in Entra; with `deleted_date_time` it is in the recycle bin.

    `direct_licences` are those given to the account itself; Graph shows them together with what
    groups give, see `graph_licences`.
    """

    id: str
    display_name: str
    user_principal_name: str
    mail_nickname: str = ""
    mail: str | None = None
    proxy_addresses: tuple[str, ...] = ()
    account_enabled: bool = True
    on_premises_sync_enabled: bool | None = None
    on_premises_immutable_id: str | None = None
    employee_id: str | None = None
    employee_type: str | None = None
    company_name: str | None = None
    department: str | None = None
    given_name: str | None = None
    surname: str | None = None
    job_title: str | None = None
    office_location: str | None = None
    mobile_phone: str | None = None
    preferred_language: str | None = None
    usage_location: str | None = None
    user_type: str = "Member"
    on_premises_extension_attributes: Mapping[str, str | None] = {}
    sign_in_sessions_valid_from_date_time: datetime = BEGINNING
    created_date_time: datetime = BEGINNING
    deleted_date_time: datetime | None = None
    direct_licences: tuple[Licence, ...] = ()

    @property
    def is_deleted(self) -> bool:
        return self.deleted_date_time is not None

    @property
    def is_synced(self) -> bool:
        return self.on_premises_sync_enabled is True

    def holds(self, address: str) -> bool:
        """Tell whether an address is its UPN, mail or one of its proxy addresses."""
        wanted = address.casefold()
        own = [self.user_principal_name, self.mail or "", *map(plain, self.proxy_addresses)]
        return wanted in {one.casefold() for one in own}


class Group(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A group in Entra with the ids of its members and owners."""

    id: str
    display_name: str
    description: str | None = None
    mail: str | None = None
    mail_nickname: str = ""
    group_types: tuple[str, ...] = ()
    mail_enabled: bool = False
    security_enabled: bool = True
    membership_rule: str | None = None
    on_premises_sync_enabled: bool | None = None
    is_assignable_to_role: bool | None = None
    assigned_licenses: tuple[Licence, ...] = ()
    visibility: str | None = None
    created_date_time: datetime = BEGINNING
    members: frozenset[str] = frozenset()
    owners: frozenset[str] = frozenset()

    @property
    def is_unified(self) -> bool:
        """A Microsoft 365 group."""
        return "Unified" in self.group_types

    @property
    def is_dynamic(self) -> bool:
        return "DynamicMembership" in self.group_types

    @property
    def is_of_exchange(self) -> bool:
        """A distribution list or mail-enabled security group: members change in Exchange."""
        return self.mail_enabled and not self.is_unified


class Sku(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A subscribed licence.

    Attributes:
        others: Seats of people who are not in this tenant's state.
        excludes: Licences that cannot be held beside it.
        has_mailbox: Whether it comes with Exchange, so that getting it makes a mailbox.
    """

    sku_id: str
    sku_part_number: str
    enabled: int
    others: int = 0
    excludes: tuple[str, ...] = ()
    has_mailbox: bool = True


class Drive(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The OneDrive of an account, by the id of the account."""

    id: str
    web_url: str
    used: int = 0


class Mailbox(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """A mailbox as Exchange has it, by the object id of its account."""

    external_directory_object_id: str
    exchange_guid: str
    display_name: str
    user_principal_name: str
    primary_smtp_address: str
    email_addresses: tuple[str, ...]
    recipient_type_details: str = "UserMailbox"
    is_dir_synced: bool = False
    litigation_hold_enabled: bool = False
    litigation_hold_date: datetime | None = None
    litigation_hold_owner: str = ""
    retention_comment: str = ""
    in_place_holds: tuple[str, ...] = ()
    is_inactive_mailbox: bool = False
    is_soft_deleted_by_remove: bool = False
    item_count: int = 0
    total_item_size: int = 0

    @property
    def is_gone(self) -> bool:
        """Its account is deleted: Exchange shows it only to who asks for such."""
        return self.is_inactive_mailbox or self.is_soft_deleted_by_remove

    @property
    def aliases(self) -> frozenset[str]:
        """Every SMTP address it has, in lower case, the primary one included."""
        smtp = [one for one in self.email_addresses if one.casefold().startswith("smtp:")]
        return frozenset(plain(one).casefold() for one in smtp)


def plain(proxy: str) -> str:
    """Return a proxy address without its `SMTP:` or `smtp:`."""
    return proxy.partition(":")[2] if ":" in proxy else proxy


def proxies(primary: str, aliases: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """Return the proxy addresses of a mailbox: capitals mark the primary one."""
    return (f"SMTP:{primary}", *(f"smtp:{one}" for one in aliases))


def shown(record: msgspec.Struct) -> dict[str, Any]:
    """Return a record as JSON values under Microsoft's names; times end in Z."""
    built: dict[str, Any] = msgspec.to_builtins(record, order="deterministic")
    return built
