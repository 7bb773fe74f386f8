"""The shape of the register file: every check that says where a fault is.

Each check belongs to one field and looks at the rest of the file through `Context`, so that one
fault never hides another.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveInt,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

_LABEL: Final = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN: Final = rf"({_LABEL}\.)+[a-z]{{2,63}}"


@dataclass(frozen=True, slots=True)
class Context:
    """What the parts of the file must know of each other, whether these are right or not."""

    people: frozenset[str]
    shared_pools: tuple[str, ...]
    today: date


def _context(info: ValidationInfo) -> Context:
    context = info.context
    if not isinstance(context, Context):
        raise TypeError("the register file is validated with a Context")
    return context


def _problem(text: str) -> PydanticCustomError:
    # The text is no template: what people typed may hold braces.
    return PydanticCustomError("register", "{problem}", {"problem": text})


def _in_lower_case(pattern: str, problem: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value.lower()):
            raise _problem(problem)
        return value.lower()

    return AfterValidator(check)


def _filled(value: str) -> str:
    if not value.strip():
        raise _problem("is empty")
    return value.strip()


def _entity_code(value: str) -> str:
    if not re.fullmatch("OVO[0-9]{6}", value):
        raise _problem(f"{value!r} is not OVO and six digits")
    return value


def _person_key(value: str, info: ValidationInfo) -> str:
    if value not in _context(info).people:
        raise _problem(f"nobody has the key {value!r} under [people]")
    return value


def _different(keys: list[str]) -> list[str]:
    _refuse_repeats(keys)
    return keys


def _refuse_repeats(keys: Sequence[str]) -> None:
    repeated = sorted({key for key in keys if keys.count(key) > 1})
    if repeated:
        raise _problem(f"names {', '.join(map(repr, repeated))} more than once")


_Text = Annotated[str, AfterValidator(_filled)]
_Guid = Annotated[
    str, _in_lower_case(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "is not a GUID")
]
_Domain = Annotated[str, _in_lower_case(_DOMAIN, "is not a mail domain")]
_Address = Annotated[
    str, _in_lower_case(rf"[a-z0-9.'_!#^~-]+@{_DOMAIN}", "is not a user principal name")
]
_PersonKey = Annotated[str, AfterValidator(_person_key)]
_PersonKeys = Annotated[list[_PersonKey], AfterValidator(_different)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PersonPart(_Part):
    """Someone under [people]."""

    object_id: _Guid
    name: _Text
    upn: _Address


class DeputyPart(_Part):
    """Someone who decides for an approver, both days included."""

    person: _PersonKey
    from_on: date
    until_on: date

    @field_validator("until_on")
    @classmethod
    def _ends_after_it_starts(cls, until_on: date, info: ValidationInfo) -> date:
        if until_on < info.data.get("from_on", until_on):
            raise _problem(f"is before from_on ({info.data['from_on']})")
        return until_on


class ApproverPart(_Part):
    """Someone who decides for an entity."""

    person: _PersonKey
    deputies: list[DeputyPart] = []

    @field_validator("deputies")
    @classmethod
    def _are_others(cls, deputies: list[DeputyPart], info: ValidationInfo) -> list[DeputyPart]:
        if info.data.get("person") in {deputy.person for deputy in deputies}:
            raise _problem("an approver cannot be their own deputy")
        return deputies


class EntityPart(_Part):
    """One [[entities]] block."""

    # The checks of a field see the fields above it.
    code: Annotated[str, AfterValidator(_entity_code)]
    name: _Text
    domains: Annotated[list[_Domain], Field(min_length=1), AfterValidator(_different)]
    on_tenant: bool
    closed_on: date | None = None
    requesters: _PersonKeys = []
    approvers: list[ApproverPart] = Field(default=[], validate_default=True)
    pools: dict[str, NonNegativeInt] = Field(default={}, validate_default=True)

    @field_validator("approvers")
    @classmethod
    def _somebody_decides(
        cls, value: list[ApproverPart], info: ValidationInfo
    ) -> list[ApproverPart]:
        if not value and _is_in_use(info):
            raise _problem("an entity on the tenant needs at least one approver")
        _refuse_repeats([approver.person for approver in value])
        return value

    @field_validator("pools")
    @classmethod
    def _shared_pools_are_there(
        cls, value: dict[str, int], info: ValidationInfo
    ) -> dict[str, int]:
        missing = [pool for pool in _context(info).shared_pools if pool not in value]
        if missing and _is_in_use(info):
            raise _problem(
                f"the number for {', '.join(missing)} is missing (0 when there are none)"
            )
        return value


def _is_in_use(info: ValidationInfo) -> bool:
    closed_on = info.data.get("closed_on")
    is_closed = closed_on is not None and closed_on <= _context(info).today
    return bool(info.data.get("on_tenant")) and not is_closed


class LeadTimesPart(_Part):
    """Working days per order (R1)."""

    A: PositiveInt
    B: PositiveInt
    C: PositiveInt


class ContractPart(_Part):
    """The terms of the catalogue."""

    version: _Text
    lead_times: LeadTimesPart
    onedrive_days: PositiveInt
    recycle_bin_days: PositiveInt
    days_ahead: PositiveInt
    remind_after: PositiveInt
    expire_after: PositiveInt
    warn_before: PositiveInt
    hand_days: PositiveInt = 2
    # Long before Microsoft empties its recycle bin after 30 days, holidays included.
    undo_days: Annotated[int, Field(ge=1, le=15)] = 5
    bulk_above: PositiveInt = 20
    old_account: Literal["disable", "delete"] = "disable"
    supplier: _Text
    order_portal: _Text
    service_delivery_manager: _PersonKey
    shared_pools: Annotated[list[_Text], Field(min_length=1), AfterValidator(_different)]


class FilePart(_Part):
    """The whole file."""

    people: dict[str, PersonPart]
    service_desk: Annotated[_PersonKeys, Field(min_length=1)]
    contract: ContractPart
    entities: Annotated[list[EntityPart], Field(min_length=1)]
