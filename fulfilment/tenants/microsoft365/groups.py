"""Which kind of group it is: who can change its members, and by which way.

https://learn.microsoft.com/graph/api/resources/groups-overview#group-types-in-microsoft-entra-id
"""

from typing import Final

from fulfilment.tenant import GroupKind, PermanentTenantError
from fulfilment.tenants.microsoft365.documents import GroupDocument
from fulfilment.tenants.microsoft365.operations import OPERATIONS

BY_EXCHANGE: Final = frozenset({GroupKind.DISTRIBUTION, GroupKind.MAIL_SECURITY})
"""Kinds whose members Microsoft Graph shows but does not change."""

_MEMBERS_CHANGE: Final = BY_EXCHANGE | {GroupKind.CLOUD}
_OWNERS_CHANGE: Final = frozenset({GroupKind.CLOUD})
_DYNAMIC: Final = "DynamicMembership"
_UNIFIED: Final = "Unified"


def kind_of(group: GroupDocument) -> GroupKind:
    """Return the kind of a group; of two kinds, the one that leaves us the least to change.

    Raises:
        PermanentTenantError: Microsoft Graph shows only that the group is there, which it does
            to a program that may not read it; taking it for any kind would be a guess.
    """
    if group.mail_enabled is None or group.security_enabled is None:
        permission = OPERATIONS["group.read"].permission
        raise PermanentTenantError(
            "tenant.permission_missing", {"operation": "group.read", "permission": permission}
        )
    if group.on_premises_sync_enabled:
        return GroupKind.SYNCED
    if group.is_assignable_to_role:
        return GroupKind.ROLE
    if _DYNAMIC in group.group_types:  # a rule alone may be left over from before
        return GroupKind.DYNAMIC
    if group.assigned_licenses:
        return GroupKind.LICENSING
    return _by_mail(group)


def has_site(group: GroupDocument) -> bool:
    """Tell whether a SharePoint site belongs to the group: to Microsoft 365 groups only."""
    return _UNIFIED in group.group_types


def must_change_members(group: GroupDocument) -> GroupKind:
    """Return the kind of a group whose members this program changes.

    Raises:
        PermanentTenantError: They follow from a rule, the Active Directory, a role or a licence.
    """
    return _must_be(group, _MEMBERS_CHANGE)


def must_change_owners(group: GroupDocument) -> GroupKind:
    """Return the kind of a group whose owners this program changes.

    Raises:
        PermanentTenantError: As for members, and for what only Exchange manages.
    """
    return _must_be(group, _OWNERS_CHANGE)


def _must_be(group: GroupDocument, allowed: frozenset[GroupKind]) -> GroupKind:
    kind = kind_of(group)
    if kind not in allowed:
        params = {"group": group.name, "kind": kind.value}
        raise PermanentTenantError("tenant.group_kind", params)
    return kind


def _by_mail(group: GroupDocument) -> GroupKind:
    if has_site(group) or not group.mail_enabled:
        return GroupKind.CLOUD
    return GroupKind.MAIL_SECURITY if group.security_enabled else GroupKind.DISTRIBUTION
