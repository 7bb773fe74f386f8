"""The only place where addresses of Microsoft Graph are written.

Every id is checked to be a GUID and every text is quoted, so whatever reaches these functions,
the path has one of the shapes of `operations.py`. A membership or an ownership ends by its
`/$ref`: without that suffix the same address deletes the person
(https://learn.microsoft.com/graph/api/group-delete-members), so no function can build it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import quote

from fulfilment.tenants.microsoft365.call import Call
from fulfilment.tenants.microsoft365.operations import (
    EXTENSION_ATTRIBUTES,
    GROUP_PROPERTIES,
    OPERATIONS,
    TEXT_ATTRIBUTES,
    USER_PROPERTIES,
)
from mutations.identity import ObjectId, Upn

_GUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DIRECTORY_OBJECT: Final = "https://graph.microsoft.com/v1.0/directoryObjects/"
_ADVANCED: Final[Mapping[str, str]] = {"ConsistencyLevel": "eventual"}
_PAGE: Final = "999"
_USER_SELECT: Final = ",".join(
    (
        *USER_PROPERTIES,
        *sorted(TEXT_ATTRIBUTES.difference(USER_PROPERTIES)),
        "onPremisesExtensionAttributes",
    )
)
_DELETED_SELECT: Final = "id,userPrincipalName,mail,proxyAddresses"
_GROUP_SELECT: Final = ",".join(GROUP_PROPERTIES)


def read_user(user: ObjectId) -> Call:
    """Read one user; 404 for one that is deleted."""
    return _read("user.read", f"/users/{guid(user)}", {"$select": _USER_SELECT})


def search_users(text: str, *, limit: int) -> Call:
    """Find users whose name, UPN or address has words that begin like those of `text`.

    https://learn.microsoft.com/graph/search-query-parameter
    """
    words = _search_text(text)
    fields = ("displayName", "userPrincipalName", "mail")
    query = {
        "$search": " OR ".join(f'"{field}:{words}"' for field in fields),
        "$select": _USER_SELECT,
        "$top": str(limit),
        "$count": "true",
    }
    return _read("user.search", "/users", query, advanced=True)


def users_by_address(address: str) -> Call:
    """Find the users that have an address as UPN, mail or one of their proxy addresses."""
    query = {"$filter": _holds(address), "$select": _USER_SELECT, "$count": "true"}
    return _read("user.by_address", "/users", query, advanced=True)


def users_by_employee_id(employee_id: str) -> Call:
    """Find every account of one human."""
    query = {
        "$filter": f"employeeId eq {_text(employee_id)}",
        "$select": _USER_SELECT,
        "$top": _PAGE,
        "$count": "true",
    }
    return _read("user.by_employee_id", "/users", query, advanced=True)


def count_users(
    *, attribute: str, value: str, sku: str | None = None, enabled_only: bool = False
) -> Call:
    """Count the users with a value in an attribute; the number is the answer's `@odata.count`.

    Args:
        attribute: One that the configuration may use.
        value: What it holds.
        sku: Count only those that hold this licence.
        enabled_only: Count only those that may sign in.
    """
    clauses = [f"{attribute_path(attribute)} eq {_text(value)}"]
    if sku is not None:
        clauses.append(f"assignedLicenses/any(one:one/skuId eq {guid(sku)})")
    if enabled_only:
        clauses.append("accountEnabled eq true")
    query = {
        "$filter": " and ".join(clauses),
        "$select": "id",
        "$top": "1",
        "$count": "true",
    }
    return _read("user.count", "/users", query, advanced=True)


def deleted_users_by_address(address: str) -> Call:
    """Find soft-deleted users that may have had an address.

    Deletion writes the object id before the UPN, so the UPN is compared by its end and the
    answer holds people whose address only ends alike.
    """
    clauses = f"{_holds(address)} or endsWith(userPrincipalName,{_text(address)})"
    query = {"$filter": clauses, "$select": _DELETED_SELECT, "$count": "true"}
    path = "/directory/deletedItems/microsoft.graph.user"
    return _read("deleted_user.by_address", path, query, advanced=True)


def read_deleted_user(user: ObjectId) -> Call:
    """Read one soft-deleted user; 404 for one that is not in the recycle bin."""
    return _read(
        "deleted_user.read",
        f"/directory/deletedItems/{guid(user)}",
        {"$select": "id,deletedDateTime"},
    )


def groups_of(user: ObjectId) -> Call:
    """List the groups that a user is a direct member of."""
    path = f"/users/{guid(user)}/memberOf/microsoft.graph.group"
    query = {"$select": _GROUP_SELECT, "$top": _PAGE, "$count": "true"}
    return _read("user.groups", path, query, advanced=True)


def owned_groups_of(user: ObjectId) -> Call:
    """List the groups that a user owns."""
    path = f"/users/{guid(user)}/ownedObjects/microsoft.graph.group"
    query = {"$select": _GROUP_SELECT, "$top": _PAGE, "$count": "true"}
    return _read("user.owned_groups", path, query, advanced=True)


def read_group(group: str) -> Call:
    """Read what tells the kind of a group."""
    return _read("group.read", f"/groups/{guid(group)}", {"$select": _GROUP_SELECT})


def owners_of(group: str) -> Call:
    """List the owners of a group."""
    query = {"$select": "id,displayName", "$top": _PAGE}
    return _read("group.owners", f"/groups/{guid(group)}/owners", query)


def drive_of_group(group: str) -> Call:
    """Read the document library of a group, which tells the site that belongs to it."""
    query = {"$select": "id,webUrl,sharePointIds"}
    return _read("group.drive", f"/groups/{guid(group)}/drive", query)


def drive_of(user: ObjectId) -> Call:
    """Read the OneDrive of a user; 404 when there is none."""
    return _read("user.drive", f"/users/{guid(user)}/drive", {"$select": "id,webUrl,quota"})


def list_skus() -> Call:
    """List the licences that the tenant bought."""
    query = {"$select": "skuId,skuPartNumber,consumedUnits,prepaidUnits"}
    return _read("skus.list", "/subscribedSkus", query)


def list_domains() -> Call:
    """List the domains of the tenant."""
    return _read("domains.list", "/domains", {"$select": "id,isVerified"})


def rename_user(user: ObjectId, upn: Upn) -> Call:
    """Give a user another UPN."""
    return _write("user.rename", f"/users/{guid(user)}", {"userPrincipalName": upn})


def set_sign_in(user: ObjectId, *, enabled: bool) -> Call:
    """Let a user sign in or not."""
    return _write("user.sign_in", f"/users/{guid(user)}", {"accountEnabled": enabled})


def set_attribute(user: ObjectId, attribute: str, value: str) -> Call:
    """Write an attribute that the configuration may use."""
    head, _, tail = attribute_path(attribute).partition("/")
    body = {head: {tail: value}} if tail else {head: value}
    return _write("user.attribute", f"/users/{guid(user)}", body)


def set_usage_location(user: ObjectId, country: str) -> Call:
    """Write the country (ISO 3166, two letters) that decides which services are allowed."""
    return _write("user.usage_location", f"/users/{guid(user)}", {"usageLocation": country})


def revoke_sessions(user: ObjectId) -> Call:
    """End the sessions of a user; tokens handed out before live on for up to an hour."""
    return _write("user.revoke_sessions", f"/users/{guid(user)}/revokeSignInSessions", None)


def assign_licences(user: ObjectId, *, add: Iterable[str], remove: Iterable[str]) -> Call:
    """Give and take licences in one act, so that the mailbox never is without."""
    body = {
        "addLicenses": [{"skuId": guid(sku), "disabledPlans": []} for sku in add],
        "removeLicenses": [guid(sku) for sku in remove],
    }
    return _write("user.assign_licences", f"/users/{guid(user)}/assignLicense", body)


def delete_user(user: ObjectId) -> Call:
    """Move a user to the recycle bin, where it stays 30 days."""
    return _write("user.delete", f"/users/{guid(user)}", None)


def restore_user(user: ObjectId) -> Call:
    """Bring a user back out of the recycle bin."""
    path = f"/directory/deletedItems/{guid(user)}/restore"
    return _write("deleted_user.restore", path, None)


def add_member(group: str, user: ObjectId) -> Call:
    """Make a user a member of a group; 400 when it is one already."""
    return _write("group.add_member", f"/groups/{guid(group)}/members/$ref", _reference(user))


def remove_member(group: str, user: ObjectId) -> Call:
    """End a membership; 404 when there is none."""
    path = f"/groups/{guid(group)}/members/{guid(user)}/$ref"
    return _write("group.remove_member", path, None)


def add_owner(group: str, user: ObjectId) -> Call:
    """Make a user an owner of a group; 400 when it is one already."""
    return _write("group.add_owner", f"/groups/{guid(group)}/owners/$ref", _reference(user))


def remove_owner(group: str, user: ObjectId) -> Call:
    """End an ownership; 404 when there is none, 400 for the last owner."""
    path = f"/groups/{guid(group)}/owners/{guid(user)}/$ref"
    return _write("group.remove_owner", path, None)


def guid(text: str) -> str:
    """Return an id in lower case.

    Raises:
        ValueError: It is no GUID; the text is not in the message, it may be anything.
    """
    lowered = text.lower()
    if _GUID.fullmatch(lowered) is None:
        raise ValueError("an id of Microsoft Graph must be a GUID")
    return lowered


def attribute_path(attribute: str) -> str:
    """Return how Microsoft Graph names an attribute of a user in a filter.

    Raises:
        ValueError: The configuration may not use it.
    """
    if attribute in EXTENSION_ATTRIBUTES:
        return f"onPremisesExtensionAttributes/{attribute}"
    if attribute in TEXT_ATTRIBUTES:
        return attribute
    raise ValueError("no attribute that the configuration may use")


def _read(name: str, path: str, query: Mapping[str, str], *, advanced: bool = False) -> Call:
    pairs = "&".join(f"{key}={quote(value, safe='')}" for key, value in query.items())
    headers = _ADVANCED if advanced else {}
    return Call(operation=OPERATIONS[name], path=f"{path}?{pairs}", headers=headers)


def _write(name: str, path: str, body: Mapping[str, object] | None) -> Call:
    return Call(operation=OPERATIONS[name], path=path, body=body)


def _reference(user: ObjectId) -> dict[str, str]:
    return {"@odata.id": _DIRECTORY_OBJECT + guid(user)}


def _holds(address: str) -> str:
    """Both spellings of the prefix: the upper-case one marks the primary address."""
    clauses: Sequence[str] = (
        f"userPrincipalName eq {_text(address)}",
        f"mail eq {_text(address)}",
        f"proxyAddresses/any(one:one eq {_text('smtp:' + address)})",
        f"proxyAddresses/any(one:one eq {_text('SMTP:' + address)})",
    )
    return " or ".join(clauses)


def _text(value: str) -> str:
    """Write a text literal of OData: a quote inside is doubled."""
    doubled = value.replace("'", "''")
    return f"'{doubled}'"


def _search_text(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
