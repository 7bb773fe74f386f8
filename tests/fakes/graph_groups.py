"""Groups in the fake Graph: who is in them, who owns them, and who may change that.

https://learn.microsoft.com/graph/api/resources/group. Members of dynamic groups follow a rule,
those of synced groups the Active Directory, those of distribution lists and mail-enabled security
groups change in Exchange, and those of role-assignable groups need a permission of their own.
"""

import re
from typing import Any, Final, Literal
from uuid import NAMESPACE_OID, uuid5

from msgspec.structs import replace

from tests.fakes.graph_call import Answer, Asked
from tests.fakes.graph_errors import (
    GraphError,
    already_linked,
    bad_request,
    denied,
    last_owner,
    mail_enabled,
    not_found,
    synced,
    unsupported_query,
)
from tests.fakes.graph_people import USUAL, People, checked_id
from tests.fakes.graph_users import Users
from tests.fakes.tenant_records import Group, shown
from tests.fakes.tenant_state import TenantState

Kind = Literal["members", "owners"]

_USUAL_GROUP: Final = (
    *("id", "createdDateTime", "description", "displayName", "groupTypes", "mail"),
    *("mailEnabled", "mailNickname", "membershipRule", "onPremisesSyncEnabled"),
    *("securityEnabled", "visibility", "isAssignableToRole"),
)
_REFERENCE: Final = re.compile(
    r"https://graph\.microsoft\.com/v1\.0/(?:directoryObjects|users)/([0-9a-fA-F-]{36})"
)
_ROLES: Final = "RoleManagement.ReadWrite.Directory"


class Groups:
    """Answers the calls about groups."""

    def __init__(self, state: TenantState, people: People, users: Users) -> None:
        self._state = state
        self._people = people
        self._users = users

    def read(self, asked: Asked) -> Answer:
        """Answer one group."""
        whole = _json(self._seen(asked.target))
        chosen = asked.query.select(whole, usual=_USUAL_GROUP)
        return Answer(200, {"@odata.context": f"{asked.url}#context", **chosen})

    def list_all(self, asked: Asked) -> Answer:
        """Answer the groups that fit the query."""
        return self._page(asked, list(self._state.groups.all_seen(self._state.view()).values()))

    def of_member(self, asked: Asked) -> Answer:
        """Answer the groups that an account is a direct member of."""
        return self._page(asked, self._groups_of(asked, "members"))

    def of_owner(self, asked: Asked) -> Answer:
        """Answer the groups that an account owns."""
        return self._page(asked, self._groups_of(asked, "owners"))

    def members(self, asked: Asked) -> Answer:
        """Answer the members of a group."""
        return self._people_of(asked, "members")

    def owners(self, asked: Asked) -> Answer:
        """Answer the owners of a group."""
        return self._people_of(asked, "owners")

    def add_member(self, asked: Asked) -> Answer:
        """Make an account a member."""
        return self._add(asked, "members")

    def add_owner(self, asked: Asked) -> Answer:
        """Make an account an owner."""
        return self._add(asked, "owners")

    def remove_member(self, asked: Asked) -> Answer:
        """End a membership."""
        return self._remove(asked, "members")

    def remove_owner(self, asked: Asked) -> Answer:
        """End an ownership, but not the last one."""
        return self._remove(asked, "owners")

    def delete_member(self, asked: Asked) -> Answer:
        """Delete the account itself: the address of a member without `/$ref` is the account.

        https://learn.microsoft.com/graph/api/group-delete-members, "Caution".
        """
        group = self._seen(asked.target)
        user = self._people.writable(asked.ids[1])
        if user.id not in group.members:
            raise not_found(user.id)
        self._users.soft_delete(user)
        return Answer()

    def drive(self, asked: Asked) -> Answer:
        """Answer the document library of a Microsoft 365 group."""
        group = self._seen(asked.target)
        if not group.is_unified:
            raise GraphError(404, "ResourceNotFound", "Resource is not found.")
        site = str(uuid5(NAMESPACE_OID, group.id))
        url = f"https://tenant.sharepoint.example/sites/{group.mail_nickname or group.id}"
        whole = {
            "id": f"b!{group.id}",
            "driveType": "documentLibrary",
            "name": "Documents",
            "webUrl": f"{url}/Shared%20Documents",
            "sharePointIds": {"siteId": site, "siteUrl": url},
            "quota": {"used": 0},
        }
        usual = ("id", "driveType", "name", "webUrl", "quota")
        chosen = asked.query.select(whole, usual=usual)
        return Answer(200, {"@odata.context": f"{asked.url}#context", **chosen})

    def _add(self, asked: Asked, kind: Kind) -> Answer:
        group = self._changeable(asked)
        user = self._people.writable(_referenced(asked.body))
        present: frozenset[str] = getattr(group, kind)
        if user.id in present:
            raise already_linked(kind)
        self._write(group, kind, present | {user.id})
        return Answer()

    def _remove(self, asked: Asked, kind: Kind) -> Answer:
        group = self._changeable(asked)
        person = checked_id(asked.ids[1])
        present: frozenset[str] = getattr(group, kind)
        if person not in present:
            raise not_found(person)
        if kind == "owners" and present == {person}:
            raise last_owner()
        self._write(group, kind, present - {person})
        return Answer()

    def _write(self, group: Group, kind: Kind, people: frozenset[str]) -> None:
        changes: dict[str, Any] = {kind: people}
        self._state.write(self._state.groups, group.id, replace(group, **changes))

    def _changeable(self, asked: Asked) -> Group:
        """Return a group as it really is, if its people may be changed by this caller."""
        seen = self._seen(asked.target)
        group = self._state.groups.true(seen.id) or seen
        if group.is_dynamic or (group.is_assignable_to_role and _ROLES not in asked.roles):
            raise denied()
        if group.on_premises_sync_enabled:
            raise synced()
        if group.is_of_exchange:
            raise mail_enabled()
        return group

    def _seen(self, name: str) -> Group:
        group = self._state.groups.seen(checked_id(name), self._state.view())
        if group is None:
            raise not_found(name)
        return group

    def _groups_of(self, asked: Asked, kind: Kind) -> list[Group]:
        view = self._state.view()
        user = self._people.seen(asked.target, view)
        if asked.route.template.endswith("microsoft.graph.group") and not asked.query.is_advanced:
            raise unsupported_query("OData cast is supported with advanced query parameters only.")
        groups = self._state.groups.all_seen(view).values()
        return [group for group in groups if user.id in getattr(group, kind)]

    def _people_of(self, asked: Asked, kind: Kind) -> Answer:
        view = self._state.view()
        group = self._state.groups.seen(checked_id(asked.target), view)
        if group is None:
            raise not_found(asked.target)
        present: frozenset[str] = getattr(group, kind)
        whole = [one for one in self._people.every(view) if one["id"] in present]
        page = asked.query.paged(asked.query.narrowed(whole), url=asked.url)
        page["value"] = [
            {"@odata.type": "#microsoft.graph.user", **asked.query.select(one, usual=USUAL)}
            for one in page["value"]
        ]
        return Answer(200, page)

    def _page(self, asked: Asked, groups: list[Group]) -> Answer:
        whole = [_json(group) for group in sorted(groups, key=lambda one: one.id)]
        page = asked.query.paged(asked.query.narrowed(whole), url=asked.url)
        page["value"] = [
            {
                "@odata.type": "#microsoft.graph.group",
                **asked.query.select(one, usual=_USUAL_GROUP),
            }
            for one in page["value"]
        ]
        return Answer(200, page)


def _json(group: Group) -> dict[str, Any]:
    whole = shown(group)
    del whole["members"], whole["owners"]
    return whole


def _referenced(body: Any) -> str:
    if not isinstance(body, dict) or set(body) != {"@odata.id"}:
        raise bad_request("A single @odata.id is required in the request body.")
    found = _REFERENCE.fullmatch(str(body["@odata.id"]))
    if found is None:
        raise bad_request("Invalid URL format specified in @odata.bind.")
    return found.group(1).lower()
