"""Accounts as the fake Graph shows them, and which of them can be read or written now."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from tests.fakes.graph_call import Answer, Asked
from tests.fakes.graph_errors import bad_id, not_found
from tests.fakes.tenant_records import EXTENSIONS, Group, Licence, User, shown
from tests.fakes.tenant_state import TenantState, View

USUAL: Final = (
    *("id", "displayName", "givenName", "surname", "jobTitle", "mail", "mobilePhone"),
    *("officeLocation", "preferredLanguage", "userPrincipalName"),
)
"""What is answered of a user without `$select`."""


class People:
    """Reads accounts through one of the replicas."""

    def __init__(self, state: TenantState, tenant_id: str) -> None:
        self._state = state
        self.tenant_id = tenant_id
        self._whole: dict[str, tuple[User | None, dict[str, Any]]] = {}

    def seen(self, name: str, view: View) -> User:
        """Return an account that is not deleted, by id or UPN, as a reader sees it.

        Raises:
            GraphError: 404, it is not there (yet) or in the recycle bin.
        """
        user = self._state.users.seen(name, view) if "@" not in name else self._named(name, view)
        if user is None or user.is_deleted:
            raise not_found(name)
        return user

    def writable(self, name: str) -> User:
        """Return an account as it really is, for a change.

        Raises:
            GraphError: 404, it is gone, or so new that the replica does not have it.
        """
        seen = self.seen(name, self._state.view())
        user = self._state.users.true(seen.id)
        if user is None or user.is_deleted:
            raise not_found(name)
        return user

    def every(self, view: View, *, deleted: bool = False) -> list[dict[str, Any]]:
        """Return all accounts, or those in the recycle bin, by their id."""
        groups = self._licensing(view)
        users = self._state.users.all_seen(view)
        return [
            self._json(users[key], groups)
            for key in sorted(users)
            if users[key].is_deleted is deleted
        ]

    def one(self, user: User, asked: Asked, *, status: int = 200, kind: str = "") -> Answer:
        """Answer one account with the properties that are asked for."""
        whole = self._json(user, self._licensing(self._state.view()))
        body = {"@odata.context": f"{asked.url}#context"}
        if kind:
            body["@odata.type"] = kind
        return Answer(status, body | asked.query.select(whole, usual=USUAL))

    def licence_states(self, user: User) -> list[dict[str, Any]]:
        """Return the licences of an account as they really are."""
        return states_of(user, self._state.groups.all_true().values())

    def _named(self, upn: str, view: View) -> User | None:
        wanted = upn.casefold()
        for user in self._state.users.all_seen(view).values():
            if user.user_principal_name.casefold() == wanted:
                return user
        return None

    def _licensing(self, view: View) -> list[Group]:
        groups = self._state.groups.all_seen(view).values()
        return [group for group in groups if group.assigned_licenses]

    def _json(self, user: User, groups: Sequence[Group]) -> dict[str, Any]:
        """Return all of an account; what only it decides is made once."""
        if groups:
            return self._made(user, groups)
        kept, whole = self._whole.get(user.id, (None, {}))
        if kept is not user:
            whole = self._made(user, ())
            self._whole[user.id] = (user, whole)
        return dict(whole)

    def _made(self, user: User, groups: Iterable[Group]) -> dict[str, Any]:
        whole = shown(user)
        del whole["directLicences"]
        states = states_of(user, groups)
        extensions = dict.fromkeys(EXTENSIONS) | dict(user.on_premises_extension_attributes)
        return {
            **whole,
            "onPremisesExtensionAttributes": extensions,
            "licenseAssignmentStates": states,
            "assignedLicenses": assigned(states),
        }


def states_of(user: User, groups: Iterable[Group]) -> list[dict[str, Any]]:
    """Return `licenseAssignmentStates`: direct ones, and those of the account's groups."""
    own = [_state(one, None) for one in user.direct_licences]
    inherited = [
        _state(one, group.id)
        for group in groups
        if user.id in group.members
        for one in group.assigned_licenses
    ]
    return own + inherited


def assigned(states: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return `assignedLicenses`: each licence once, wherever it comes from."""
    found = {one["skuId"]: one["disabledPlans"] for one in states}
    return [{"skuId": sku, "disabledPlans": plans} for sku, plans in found.items()]


def checked_id(text: str) -> str:
    """Return an id that is a GUID, in lower case, or refuse it."""
    try:
        return str(UUID(text))
    except ValueError:
        raise bad_id(text) from None


def _state(licence: Licence, group_id: str | None) -> dict[str, Any]:
    return {
        "skuId": licence.sku_id,
        "assignedByGroup": group_id,
        "state": "Active",
        "error": "None",
        "disabledPlans": list(licence.disabled_plans),
        "lastUpdatedDateTime": "2020-01-01T00:00:00Z",
    }
