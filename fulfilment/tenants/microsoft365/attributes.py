"""Where the tenant keeps what the rules ask about: entity, entitlements, status, profile.

Microsoft has no property for them, so which property holds what is configuration. The property
of the entity is written when an account moves, so only an allowed one can be named.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from fulfilment.tenant import Account
from fulfilment.tenants.microsoft365.calls import guid
from fulfilment.tenants.microsoft365.documents import UserDocument
from fulfilment.tenants.microsoft365.operations import EXTENSION_ATTRIBUTES, TEXT_ATTRIBUTES
from mutations.identity import ENTITY_CODE_PATTERN, EntityCode, ObjectId, Upn

_ALLOWED: Final = TEXT_ATTRIBUTES | EXTENSION_ATTRIBUTES
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_SEPARATOR: Final = ";"


class AttributesError(ValueError):
    """The configuration of the attributes is wrong.

    Attributes:
        problems: Everything that is wrong, one line each.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantAttributes:
    """Which property of a user holds what.

    Attributes:
        entity: Property with the code of the entity, such as `companyName`.
        entitlements: Property with the codes of the entitlements, separated by `;`.
        status: Property with the administrative status.
        profiles: Licences (skuId) of each profile; the first one tells the profile apart.
        usage_location: Country of an account that has none, for its licences.

    Raises:
        AttributesError: Something cannot be so; it lists everything that cannot.
    """

    entity: str
    entitlements: str
    status: str
    profiles: Mapping[str, tuple[str, ...]]
    usage_location: str = "BE"

    def __post_init__(self) -> None:
        problems = [*self._wrong_properties(), *self._wrong_profiles()]
        if _COUNTRY.fullmatch(self.usage_location) is None:
            problems.append("usage_location: must be a country in two capital letters")
        if problems:
            raise AttributesError(problems)

    def main_sku(self, profile: str) -> str | None:
        """Return the licence that tells a profile apart, or None for an unknown profile."""
        skus = self.profiles.get(profile)
        return None if skus is None else guid(skus[0])

    def skus(self, profile: str) -> frozenset[str]:
        """Return the licences of a profile, none for an unknown one."""
        return frozenset(guid(sku) for sku in self.profiles.get(profile, ()))

    def all_skus(self) -> frozenset[str]:
        """Return every licence that belongs to a profile: others are none of our business."""
        return frozenset(guid(sku) for skus in self.profiles.values() for sku in skus)

    def account(self, user: UserDocument) -> Account:
        """Return an account with what its properties say."""
        return Account(
            object_id=ObjectId(user.id.lower()),
            name=user.display_name or user.user_principal_name,
            upn=Upn(user.user_principal_name.lower()),
            enabled=user.account_enabled is not False,
            entity=self._entity(user),
            entitlements=frozenset(_codes(_value(user, self.entitlements))),
            profile=self._profile(user),
            status=_value(user, self.status).strip().lower(),
            employee_id=(user.employee_id or "").strip(),
            is_synced=bool(user.on_premises_sync_enabled),
        )

    def _entity(self, user: UserDocument) -> EntityCode | None:
        codes = [] if user.is_guest else list(_codes(_value(user, self.entity)))
        return codes[0] if len(codes) == 1 else None

    def _profile(self, user: UserDocument) -> str:
        """The largest profile whose licences are all there."""
        held = user.licences
        fitting = [name for name in self.profiles if self.skus(name) <= held]
        return max(fitting, key=lambda name: len(self.skus(name)), default="")

    def _wrong_properties(self) -> Iterable[str]:
        named = {"entity": self.entity, "entitlements": self.entitlements, "status": self.status}
        for setting, value in named.items():
            if value not in _ALLOWED:
                yield f"{setting}: {value!r} is no property that may be used"
        for value, times in Counter(named.values()).items():
            if times > 1:
                yield f"{value!r} is used for more than one thing"

    def _wrong_profiles(self) -> Iterable[str]:
        if not self.profiles:
            yield "profiles: at least one is needed"
        for name, skus in self.profiles.items():
            if not name.strip() or not skus:
                yield f"profiles: {name!r} needs a name and at least one licence"
            for sku in skus:
                if not _is_guid(sku):
                    yield f"profiles: {sku!r} of {name!r} is no GUID"
        firsts = Counter(skus[0].lower() for skus in self.profiles.values() if skus)
        for sku, times in firsts.items():
            if times > 1:
                yield f"profiles: {sku!r} is the first licence of more than one profile"


def _is_guid(text: str) -> bool:
    try:
        guid(text)
    except ValueError:
        return False
    return True


def _value(user: UserDocument, attribute: str) -> str:
    if attribute in EXTENSION_ATTRIBUTES:
        return (user.on_premises_extension_attributes or {}).get(attribute) or ""
    values = {
        "companyName": user.company_name,
        "department": user.department,
        "officeLocation": user.office_location,
        "employeeType": user.employee_type,
    }
    return values[attribute] or ""


def _codes(text: str) -> Iterable[EntityCode]:
    """What is no code of an entity is left out: such a property often holds words as well."""
    for part in text.split(_SEPARATOR):
        code = part.strip().upper()
        if ENTITY_CODE_PATTERN.match(code):
            yield EntityCode(code)
