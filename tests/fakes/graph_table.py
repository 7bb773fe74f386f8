"""Every call that the fake Graph answers, with the application permissions that allow it.

Permissions are those of the reference page of each call, "Application", the higher ones included:
https://learn.microsoft.com/graph/api/overview.
"""

from typing import Any, Final

from tests.fakes.graph_call import Answer, Asked, Route
from tests.fakes.graph_errors import GraphError, not_found
from tests.fakes.graph_groups import Groups
from tests.fakes.graph_licences import Licences
from tests.fakes.graph_people import People
from tests.fakes.graph_users import Users
from tests.fakes.tenant_state import TenantState

_ALL: Final = frozenset({"Directory.Read.All", "Directory.ReadWrite.All"})
_ALL_WRITE: Final = frozenset({"Directory.ReadWrite.All"})
_READ_USERS: Final = _ALL | {"User.Read.All", "User.ReadWrite.All", "User.ReadUpdate.All"}
_WRITE_USERS: Final = _ALL_WRITE | {"User.ReadWrite.All", "User.ReadUpdate.All"}
_DELETE_USERS: Final = _WRITE_USERS | {"User.DeleteRestore.All"}
_WRITE_GROUPS: Final = _ALL_WRITE | {"Group.ReadWrite.All"}
_WRITE_MEMBERS: Final = _WRITE_GROUPS | {"GroupMember.ReadWrite.All"}
_READ_GROUPS: Final = _ALL | _WRITE_MEMBERS | {"GroupMember.Read.All", "Group.Read.All"}
_WRITE_LICENCES: Final = _WRITE_USERS | {"LicenseAssignment.ReadWrite.All"}
_READ_LICENCES: Final = (
    _ALL | _WRITE_LICENCES | {"LicenseAssignment.Read.All", "Organization.Read.All"}
)
_READ_FILES: Final = frozenset(
    {"Files.Read.All", "Files.ReadWrite.All", "Sites.Read.All", "Sites.ReadWrite.All"}
)
_READ_DOMAINS: Final = _ALL | {"Domain.Read.All", "Domain.ReadWrite.All"}
_READ_TENANT: Final = _ALL | {"Organization.Read.All", "Organization.ReadWrite.All"}

_USER: Final = "/users/{user-id}"
_GROUP: Final = "/groups/{group-id}"
_BIN: Final = "/directory/deletedItems"


def routes(state: TenantState, tenant_id: str) -> list[Route]:
    """Return the routes over one state."""
    people = People(state, tenant_id)
    users = Users(state, people)
    groups = Groups(state, people, users)
    licences = Licences(state, people)
    other = _Other(state, people)
    return [
        *_user_routes(users, groups, licences, other),
        *_group_routes(groups),
        _read("/subscribedSkus", licences.list_skus, _READ_LICENCES, "SubscribedSku"),
        _read("/domains", other.domains, _READ_DOMAINS, "Domain"),
        _read("/organization", other.organization, _READ_TENANT, "Organization"),
    ]


def _user_routes(users: Users, groups: Groups, licences: Licences, other: "_Other") -> list[Route]:
    deleted = _BIN + "/{directoryObject-id}"
    revoke = _WRITE_USERS | {"User.RevokeSessions.All"}
    update = _WRITE_USERS | {"User.EnableDisableAccount.All"}
    return [
        _read("/users", users.list_all, _READ_USERS, units=2),
        _read("/users/$count", users.count, _READ_USERS),
        _read(_USER, users.read, _READ_USERS),
        _write("POST", "/users", users.create, _WRITE_USERS, has_body=True),
        _write("PATCH", _USER, users.update, update, has_body=True),
        _write("DELETE", _USER, users.delete, _DELETE_USERS),
        _write("POST", f"{_USER}/revokeSignInSessions", users.revoke, revoke),
        _write("POST", f"{_USER}/assignLicense", licences.assign, _WRITE_LICENCES, has_body=True),
        _read(f"{_USER}/memberOf", groups.of_member, _READ_GROUPS, "Group", units=2),
        _read(
            f"{_USER}/memberOf/microsoft.graph.group",
            groups.of_member,
            _READ_GROUPS,
            "Group",
            units=2,
        ),
        _read(f"{_USER}/ownedObjects", groups.of_owner, _READ_GROUPS, "Group", units=2),
        _read(
            f"{_USER}/ownedObjects/microsoft.graph.group",
            groups.of_owner,
            _READ_GROUPS,
            "Group",
            units=2,
        ),
        _read(f"{_USER}/drive", other.drive, _READ_FILES, "Drive"),
        _read(f"{_BIN}/microsoft.graph.user", users.list_deleted, _READ_USERS, units=2),
        _read(deleted, users.read_deleted, _READ_USERS),
        _write("POST", f"{deleted}/restore", users.restore, _DELETE_USERS),
        _write("DELETE", deleted, users.purge, _DELETE_USERS),
    ]


def _group_routes(groups: Groups) -> list[Route]:
    member = "/{directoryObject-id}"
    return [
        _read("/groups", groups.list_all, _READ_GROUPS, "Group", units=2),
        _read(_GROUP, groups.read, _READ_GROUPS, "Group"),
        _read(f"{_GROUP}/members", groups.members, _READ_GROUPS, units=3),
        _read(f"{_GROUP}/owners", groups.owners, _READ_GROUPS, units=2),
        _read(f"{_GROUP}/drive", groups.drive, _READ_FILES, "Drive"),
        _write("POST", f"{_GROUP}/members/$ref", groups.add_member, _WRITE_MEMBERS, has_body=True),
        _write("POST", f"{_GROUP}/owners/$ref", groups.add_owner, _WRITE_GROUPS, has_body=True),
        _write("DELETE", f"{_GROUP}/members{member}/$ref", groups.remove_member, _WRITE_MEMBERS),
        _write("DELETE", f"{_GROUP}/owners{member}/$ref", groups.remove_owner, _WRITE_GROUPS),
        # What a forgotten `/$ref` reaches.
        _write("DELETE", f"{_GROUP}/members{member}", groups.delete_member, _DELETE_USERS),
    ]


def _read(
    template: str,
    handler: Any,
    permissions: frozenset[str],
    resource: str = "User",
    units: int = 1,
) -> Route:
    return Route(
        method="GET",
        template=template,
        permissions=permissions,
        handler=handler,
        resource=resource,
        units=units,
    )


def _write(
    method: str,
    template: str,
    handler: Any,
    permissions: frozenset[str],
    *,
    has_body: bool = False,
) -> Route:
    return Route(
        method=method,
        template=template,
        permissions=permissions,
        handler=handler,
        has_body=has_body,
    )


class _Other:
    """Answers what belongs to nobody else: OneDrive, domains and the tenant itself."""

    def __init__(self, state: TenantState, people: People) -> None:
        self._state = state
        self._people = people

    def drive(self, asked: Asked) -> Answer:
        """Answer the OneDrive of an account."""
        view = self._state.view()
        user = self._people.seen(asked.target, view)
        drive = self._state.drives.seen(user.id, view)
        if drive is None:
            raise GraphError(404, "ResourceNotFound", "User's mysite not found.")
        whole = {
            "id": drive.id,
            "driveType": "business",
            "name": "OneDrive",
            "webUrl": drive.web_url,
            "owner": {"user": {"id": user.id, "displayName": user.display_name}},
            "quota": {"used": drive.used, "deleted": 0, "total": 1 << 40, "state": "normal"},
            "sharePointIds": None,
        }
        usual = ("id", "driveType", "name", "webUrl", "owner", "quota")
        chosen = asked.query.select(whole, usual=usual)
        return Answer(200, {"@odata.context": f"{asked.url}#context", **chosen})

    def domains(self, asked: Asked) -> Answer:
        """Answer the domains of the tenant."""
        whole = [
            {
                "id": name,
                "isVerified": True,
                "isDefault": index == 0,
                "isInitial": False,
                "authenticationType": "Managed",
            }
            for index, name in enumerate(self._state.domains)
        ]
        return _listed(asked, whole)

    def organization(self, asked: Asked) -> Answer:
        """Answer the tenant itself."""
        if not self._people.tenant_id:
            raise not_found("organization")
        domains = [{"name": name, "isVerified": True} for name in self._state.domains]
        whole = {
            "id": self._people.tenant_id,
            "displayName": "Fake tenant",
            "verifiedDomains": domains,
        }
        return _listed(asked, [whole])


def _listed(asked: Asked, whole: list[dict[str, Any]]) -> Answer:
    value = [asked.query.select(one, usual=one) for one in whole]
    return Answer(200, {"@odata.context": f"{asked.url}#context", "value": value})
