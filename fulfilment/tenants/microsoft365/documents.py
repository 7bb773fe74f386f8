"""What Microsoft Graph and Exchange Online tell, as far as this program looks at it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import msgspec
import structlog

from fulfilment.tenant import TransientTenantError

_SMTP: Final = "smtp:"
_USER_TYPE: Final = "#microsoft.graph.user"
_log = structlog.get_logger(__name__)


class _Document(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    pass


class AssignedLicence(_Document, frozen=True):
    """A licence that a user or a group has."""

    sku_id: str


class LicenceState(_Document, frozen=True):
    """How a user came by a licence: `assigned_by_group` is None for a direct assignment."""

    sku_id: str
    assigned_by_group: str | None = None


class UserDocument(_Document, frozen=True):
    """A user: https://learn.microsoft.com/graph/api/resources/user."""

    id: str
    user_principal_name: str
    display_name: str | None = None
    mail: str | None = None
    proxy_addresses: tuple[str, ...] = ()
    account_enabled: bool | None = None
    user_type: str | None = None
    employee_id: str | None = None
    employee_type: str | None = None
    company_name: str | None = None
    department: str | None = None
    office_location: str | None = None
    usage_location: str | None = None
    on_premises_sync_enabled: bool | None = None
    on_premises_extension_attributes: Mapping[str, str | None] | None = None
    assigned_licenses: tuple[AssignedLicence, ...] = ()
    license_assignment_states: tuple[LicenceState, ...] | None = None

    @property
    def is_guest(self) -> bool:
        """Tell whether the account is that of another organisation."""
        return self.user_type == "Guest"

    @property
    def licences(self) -> frozenset[str]:
        """Licences that the user has, whatever the way."""
        return frozenset(one.sku_id.lower() for one in self.assigned_licenses)

    @property
    def inherited_licences(self) -> frozenset[str]:
        """Licences that only a group gives: they cannot be taken from the user."""
        states = self.license_assignment_states or ()
        given = {one.sku_id.lower() for one in states if one.assigned_by_group}
        direct = {one.sku_id.lower() for one in states if not one.assigned_by_group}
        return frozenset(given - direct)

    def holds(self, address: str) -> bool:
        """Tell whether the user has an address, also as the UPN from before a deletion."""
        wanted = address.casefold()
        proxies = (one.casefold() for one in self.proxy_addresses)
        named = {self.user_principal_name.casefold(), (self.mail or "").casefold()}
        return (
            wanted in named
            or _SMTP + wanted in proxies
            or self._upn_before_deletion().casefold() == wanted
        )

    def _upn_before_deletion(self) -> str:
        """Deletion writes the object id, without its dashes, before the UPN."""
        upn = self.user_principal_name
        for prefix in (self.id, self.id.replace("-", "")):
            if upn.casefold().startswith(prefix.casefold()):
                return upn[len(prefix) :]
        return upn


class GroupDocument(_Document, frozen=True):
    """A group: https://learn.microsoft.com/graph/api/resources/group."""

    id: str
    display_name: str | None = None
    group_types: tuple[str, ...] = ()
    mail_enabled: bool | None = None
    security_enabled: bool | None = None
    membership_rule: str | None = None
    on_premises_sync_enabled: bool | None = None
    is_assignable_to_role: bool | None = None
    assigned_licenses: tuple[AssignedLicence, ...] = ()

    @property
    def name(self) -> str:
        """Name that people know it by."""
        return self.display_name or self.id


class OwnerDocument(_Document, frozen=True):
    """An owner of a group; a program can be one too."""

    id: str
    display_name: str | None = None
    kind: str = msgspec.field(name="@odata.type", default=_USER_TYPE)

    @property
    def is_user(self) -> bool:
        """Tell whether it is a person's account."""
        return self.kind == _USER_TYPE


class SharePointIds(_Document, frozen=True):
    """Where a library is."""

    site_id: str | None = None


class Quota(_Document, frozen=True):
    """What a drive takes up, in bytes."""

    used: int | None = None


class DriveDocument(_Document, frozen=True):
    """A OneDrive or a document library."""

    id: str
    web_url: str = ""
    quota: Quota | None = None
    share_point_ids: SharePointIds | None = None

    @property
    def site_id(self) -> str:
        """Id of the site that it lies in; that of the drive itself when it is not told."""
        return (self.share_point_ids.site_id if self.share_point_ids else None) or self.id


class DomainDocument(_Document, frozen=True):
    """A domain of the tenant; its id is its name."""

    id: str
    is_verified: bool = False


class MailboxDocument(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """A mailbox, as Get-Mailbox writes it."""

    exchange_guid: str
    primary_smtp_address: str
    external_directory_object_id: str | None = None
    email_addresses: tuple[str, ...] = ()
    litigation_hold_enabled: bool = False
    litigation_hold_date: str | None = None
    litigation_hold_owner: str | None = None
    retention_comment: str | None = None
    in_place_holds: tuple[str, ...] | None = None

    @property
    def held_since(self) -> datetime | None:
        """Moment that the hold was set; Exchange means UTC where it does not say."""
        if not self.litigation_hold_date:
            return None
        try:
            moment = datetime.fromisoformat(self.litigation_hold_date)
        except ValueError:
            return None
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)

    @property
    def smtp_addresses(self) -> tuple[str, ...]:
        """Mail addresses, lower case, without those of other protocols."""
        return tuple(
            one[len(_SMTP) :].lower()
            for one in self.email_addresses
            if one.casefold().startswith(_SMTP)
        )


_T = TypeVar("_T")


def read(document: Mapping[str, Any], into: type[_T]) -> _T:
    """Return a document that can be relied on.

    Raises:
        TransientTenantError: It has another shape than Microsoft describes.
    """
    try:
        return msgspec.convert(document, into)
    except msgspec.ValidationError as error:
        _log.warning("unusable document from the tenant", document=into.__name__)
        raise TransientTenantError from error


def read_all(documents: Sequence[Mapping[str, Any]], into: type[_T]) -> list[_T]:
    """Return documents that can be relied on; raises as `read`."""
    return [read(one, into) for one in documents]
