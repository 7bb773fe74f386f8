"""Accounts in the fake Graph: read, list, create, change, delete, restore.

https://learn.microsoft.com/graph/api/resources/user. Deletion is soft: the object id goes before
the UPN, which is free again, and the account can be restored for 30 days.
"""

import dataclasses
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from tests.fakes.graph_call import Answer, Asked
from tests.fakes.graph_errors import (
    bad_request,
    conflict,
    denied,
    invalid_property,
    not_found,
    read_only,
    synced,
    unverified_domain,
)
from tests.fakes.graph_people import USUAL, People, checked_id
from tests.fakes.graph_query import Query
from tests.fakes.tenant_records import EXTENSIONS, User
from tests.fakes.tenant_state import TenantState

_TEXTS: Final = frozenset(
    {
        *("companyName", "department", "displayName", "employeeId", "employeeType"),
        *("givenName", "jobTitle", "mailNickname", "mobilePhone", "officeLocation"),
        *("preferredLanguage", "surname", "usageLocation", "userPrincipalName", "userType"),
        "onPremisesImmutableId",
    }
)
_SETTABLE: Final = _TEXTS | {
    "accountEnabled",
    "onPremisesExtensionAttributes",
    "passwordProfile",
}
_NEVER_NULL: Final = frozenset({"accountEnabled", "displayName", "userPrincipalName"})
_OF_THE_CLOUD: Final = frozenset({"usageLocation"})  # of a synced account, all others are AD's
_REQUIRED: Final = (
    *("accountEnabled", "displayName", "mailNickname", "passwordProfile", "userPrincipalName"),
)
_ENABLING: Final = frozenset({"User.EnableDisableAccount.All"})
_WRITING: Final = frozenset(
    {"User.ReadWrite.All", "User.ReadUpdate.All", "Directory.ReadWrite.All"}
)
_RECYCLED: Final = timedelta(days=30)
_ID_DIGITS: Final = 32
_USER_TYPE: Final = "#microsoft.graph.user"


class Users:
    """Answers the calls about accounts."""

    def __init__(self, state: TenantState, people: People) -> None:
        self._state = state
        self._people = people

    def read(self, asked: Asked) -> Answer:
        """Answer one account, by id or UPN."""
        user = self._people.seen(asked.target, self._state.view())
        return self._people.one(user, asked)

    def list_all(self, asked: Asked) -> Answer:
        """Answer the accounts that fit the query, a page at a time."""
        return self._page(asked, deleted=False)

    def list_deleted(self, asked: Asked) -> Answer:
        """Answer the accounts in the recycle bin."""
        return self._page(asked, deleted=True)

    def count(self, asked: Asked) -> Answer:
        """Answer how many accounts fit, as text."""
        if not asked.query.is_eventual:
            raise bad_request("$count is not currently supported.")
        counted = _counting(asked)
        whole = self._people.every(self._state.view())
        return Answer(200, str(len(counted.narrowed(whole))))

    def create(self, asked: Asked) -> Answer:
        """Make an account; sending it again makes no second one: the UPN is taken."""
        body = _document(asked.body)
        for name in _REQUIRED:
            if name not in body:
                raise bad_request(f"A value is required for property '{name}' of resource 'User'.")
        changes = _changes(body)
        self._check_upn(changes["user_principal_name"], "")
        identity = str(UUID(int=self._state.random.getrandbits(128), version=4))
        now = self._state.now
        user = User(id=identity, created_date_time=now, **changes)
        self._state.write(self._state.users, identity, user)
        return self._people.one(user, asked, status=201)

    def update(self, asked: Asked) -> Answer:
        """Change properties of an account."""
        user = self._people.writable(asked.target)
        body = _document(asked.body)
        allowed = _WRITING | _ENABLING if set(body) == {"accountEnabled"} else _WRITING
        if not asked.roles & allowed:
            raise denied()
        changes = _changes(body)
        if user.is_synced and set(body) - _OF_THE_CLOUD:
            raise synced()
        if "user_principal_name" in changes:
            self._check_upn(changes["user_principal_name"], user.id)
        if "on_premises_extension_attributes" in changes:
            before = user.on_premises_extension_attributes
            merged = {**before, **changes["on_premises_extension_attributes"]}
            changes["on_premises_extension_attributes"] = merged
        self._state.write(self._state.users, user.id, replace(user, **changes))
        return Answer()

    def delete(self, asked: Asked) -> Answer:
        """Move an account to the recycle bin."""
        self.soft_delete(self._people.writable(asked.target))
        return Answer()

    def soft_delete(self, user: User) -> None:
        """Delete an account as it really is; its licences are free and its memberships rest."""
        if user.is_synced:
            raise synced()
        deleted = replace(
            user,
            deleted_date_time=self._state.now,
            user_principal_name=user.id.replace("-", "") + user.user_principal_name,
        )
        self._state.write(self._state.users, user.id, deleted)

    def revoke(self, asked: Asked) -> Answer:
        """End the sessions of an account."""
        user = self._people.writable(asked.target)
        after = replace(user, sign_in_sessions_valid_from_date_time=self._state.now)
        self._state.write(self._state.users, user.id, after)
        return Answer(200, {"@odata.context": f"{asked.url}#Edm.Boolean", "value": True})

    def read_deleted(self, asked: Asked) -> Answer:
        """Answer one account in the recycle bin."""
        user = self._state.users.seen(checked_id(asked.target), self._state.view())
        if user is None or not user.is_deleted:
            raise not_found(asked.target)
        return self._people.one(user, asked, kind=_USER_TYPE)

    def restore(self, asked: Asked) -> Answer:
        """Bring an account back, under its own UPN or another."""
        user = self._recycled(asked.target)
        body = _document(asked.body) if asked.body is not None else {}
        if set(body) - {"newUserPrincipalName", "autoReconcileProxyConflict"}:
            raise bad_request("The request body has an unknown parameter.")
        upn = body.get("newUserPrincipalName") or user.user_principal_name[_ID_DIGITS:]
        self._check_upn(upn, user.id)
        restored = replace(user, deleted_date_time=None, user_principal_name=upn)
        self._state.write(self._state.users, user.id, restored)
        return self._people.one(restored, asked, kind=_USER_TYPE)

    def purge(self, asked: Asked) -> Answer:
        """Delete an account for good, with its mailbox and OneDrive."""
        user = self._recycled(asked.target)
        self._state.write(self._state.users, user.id, None)
        self._state.write(self._state.mailboxes, user.id, None)
        self._state.write(self._state.drives, user.id, None)
        return Answer()

    def _recycled(self, name: str) -> User:
        user = self._state.users.true(checked_id(name))
        since = None if user is None else user.deleted_date_time
        if user is None or since is None or self._state.now - since > _RECYCLED:
            raise not_found(name)
        return user

    def _page(self, asked: Asked, *, deleted: bool) -> Answer:
        whole = self._people.every(self._state.view(), deleted=deleted)
        page = asked.query.paged(asked.query.narrowed(whole), url=asked.url)
        page["value"] = [asked.query.select(one, usual=USUAL) for one in page["value"]]
        return Answer(200, page)

    def _check_upn(self, upn: str, own_id: str) -> None:
        name, _, domain = upn.rpartition("@")
        if not name or domain.casefold() not in self._state.domains:
            raise unverified_domain()
        for user in self._state.users.all_true().values():
            if user.id == own_id or user.is_deleted:
                continue
            if user.user_principal_name.casefold() == upn.casefold():
                raise conflict("userPrincipalName")
            if user.holds(upn):
                raise conflict("proxyAddresses")


def _counting(asked: Asked) -> Query:
    """Return the query of a `$count` segment, which counts as an advanced one."""
    return dataclasses.replace(asked.query, given={**asked.query.given, "$count": "true"})


def _document(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise bad_request("Unable to read JSON request payload.")
    return body


def _changes(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a document changes, under the names of the record; checks every value."""
    found: dict[str, Any] = {}
    fields = dict(zip(User.__struct_encode_fields__, User.__struct_fields__, strict=True))
    computed = {"assignedLicenses", "licenseAssignmentStates", "directLicences"}
    for name, value in body.items():
        if name in _SETTABLE:
            _check(name, value)
        elif name in fields or name in computed:
            raise read_only(name)
        else:
            raise invalid_property(name, "User")
        if name in fields:
            found[fields[name]] = value
    return found


def _check(name: str, value: Any) -> None:
    wrong = bad_request(
        f"Invalid value specified for property '{name}' of resource 'User'.",
        target=name,
        code="InvalidValue",
    )
    if value is None and name not in _NEVER_NULL:
        return
    if name == "accountEnabled":
        expected: Any = bool
    elif name == "onPremisesExtensionAttributes":
        expected = dict[str, str | None]
    else:
        expected = dict[str, Any] if name == "passwordProfile" else str
    try:
        msgspec.convert(value, expected)
    except msgspec.ValidationError:
        raise wrong from None
    if value == "" or (name == "onPremisesExtensionAttributes" and set(value) - set(EXTENSIONS)):
        raise wrong
