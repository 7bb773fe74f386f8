"""Licences in the fake Graph: given to accounts and to groups, counted, and given in one act.

https://learn.microsoft.com/graph/api/user-assignlicense: additions and removals succeed or fail
together. What comes from a group cannot be removed from the account.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from msgspec.structs import replace

from tests.fakes.graph_call import Answer, Asked
from tests.fakes.graph_errors import (
    bad_request,
    excluded_licence,
    inherited_licence,
    no_seat,
    no_usage_location,
)
from tests.fakes.graph_people import People, states_of
from tests.fakes.tenant_records import Licence, Sku, User
from tests.fakes.tenant_state import TenantState

_ALLOWED_OPTIONS: Final = frozenset({"$select"})


class Licences:
    """Answers `assignLicense` and `subscribedSkus`."""

    def __init__(self, state: TenantState, people: People) -> None:
        self._state = state
        self._people = people

    def assign(self, asked: Asked) -> Answer:
        """Give and take licences of one account in one act."""
        user = self._people.writable(asked.target)
        add, remove = _wanted(asked.body)
        known = self._state.skus.all_true()
        for sku_id in [*(one.sku_id for one in add), *remove]:
            if sku_id not in known:
                raise bad_request(f"License {sku_id} does not correspond to a valid company.")
        self._check_removals(user, remove)
        kept = [one for one in user.direct_licences if one.sku_id not in remove]
        kept = [one for one in kept if one.sku_id not in {new.sku_id for new in add}]
        if add and not user.usage_location:
            raise no_usage_location()
        after = replace(user, direct_licences=(*kept, *add))
        self._check_additions(user, after, known)
        self._state.write(self._state.users, user.id, after)
        return self._people.one(after, asked, status=200)

    def list_skus(self, asked: Asked) -> Answer:
        """List the licences of the tenant with the seats in use."""
        asked.query.check(allowed=_ALLOWED_OPTIONS)
        users = self._state.users.all_seen(self._state.view())
        whole = [self._sku(sku, users.values()) for sku in self._state.skus.all_true().values()]
        value = [asked.query.select(one, usual=one) for one in whole]
        return Answer(200, {"@odata.context": f"{asked.url}#context", "value": value})

    def used(self, sku: Sku, users: Iterable[User]) -> int:
        """Return the seats of a licence that are in use."""
        groups = [one for one in self._state.groups.all_true().values() if one.assigned_licenses]
        return sku.others + sum(
            any(one["skuId"] == sku.sku_id for one in states_of(user, groups))
            for user in users
            if not user.is_deleted
        )

    def _check_removals(self, user: User, remove: Sequence[str]) -> None:
        own = {one.sku_id for one in user.direct_licences}
        inherited = {one["skuId"] for one in self._people.licence_states(user)} - own
        for sku_id in remove:
            if sku_id in inherited:
                raise inherited_licence()
            if sku_id not in own:
                raise bad_request("User does not have a corresponding license.")

    def _check_additions(self, before: User, after: User, known: Mapping[str, Sku]) -> None:
        held = {one["skuId"] for one in self._people.licence_states(before)}
        now = {one["skuId"] for one in self._people.licence_states(after)}
        for sku_id in now:
            if now & set(known[sku_id].excludes):
                raise excluded_licence(sku_id)
        users = self._state.users.all_true().values()
        for sku_id in now - held:
            if self.used(known[sku_id], users) >= known[sku_id].enabled:
                raise no_seat(sku_id)

    def _sku(self, sku: Sku, users: Iterable[User]) -> dict[str, Any]:
        return {
            "id": f"{self._people.tenant_id}_{sku.sku_id}",
            "skuId": sku.sku_id,
            "skuPartNumber": sku.sku_part_number,
            "appliesTo": "User",
            "capabilityStatus": "Enabled",
            "consumedUnits": self.used(sku, users),
            "prepaidUnits": {
                "enabled": sku.enabled,
                "suspended": 0,
                "warning": 0,
                "lockedOut": 0,
            },
            "servicePlans": [],
        }


def _wanted(body: Any) -> tuple[list[Licence], list[str]]:
    """Read the two lists; both have to be there, empty or not."""
    if not isinstance(body, dict) or set(body) != {"addLicenses", "removeLicenses"}:
        raise bad_request("One or more parameters of the operation 'assignLicense' are missing.")
    try:
        add = [
            Licence(
                sku_id=str(UUID(one["skuId"])),
                disabled_plans=tuple(one.get("disabledPlans") or ()),
            )
            for one in body["addLicenses"]
        ]
        remove = [str(UUID(one)) for one in body["removeLicenses"]]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise bad_request("Cannot convert a primitive value to the expected type.") from None
    return add, remove
