"""Reads the register of entities from its one reviewed file, and reports every fault at once."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.register_schema import ApproverPart, Context, EntityPart, FilePart
from mutations.case_finder import Outcome
from mutations.identity import EntityCode, ObjectId, Upn
from mutations.register import Approver, Contact, Contract, Deputy, Entity, OldAccount, Register


class RegisterFileError(Exception):
    """The register file cannot be used; `problems` says everything that is wrong, and where."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


def load_register(path: Path, *, today: date) -> Register:
    """Read and check the register file.

    Args:
        path: A TOML file in the shape of `bot/demo/register.toml`.
        today: The calendar day in Brussels; an entity closed by then needs no approver.

    Raises:
        RegisterFileError: With every fault of the file.
    """
    try:
        content = path.read_text(encoding="utf-8")
    except OSError as error:
        raise RegisterFileError([f"{path}: cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise RegisterFileError([f"{path}: is not UTF-8 text"]) from error
    return parse_register(content, today=today)


def parse_register(content: str, *, today: date) -> Register:
    """Check the text of a register file and build the register; see `load_register`."""
    try:
        raw = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise RegisterFileError([f"not valid TOML: {error}"]) from error
    problems = list(_written_twice(raw))
    try:
        checked = FilePart.model_validate(raw, context=_context(raw, today), strict=True)
    except ValidationError as error:
        problems += [_sentence(fault, raw) for fault in error.errors()]
        raise RegisterFileError(problems) from error
    if problems:
        raise RegisterFileError(problems)
    return _build(checked)


def _context(raw: Mapping[str, Any], today: date) -> Context:
    pools = _table(raw.get("contract")).get("shared_pools")
    return Context(
        people=frozenset(_table(raw.get("people"))),
        shared_pools=tuple(map(str, pools)) if isinstance(pools, list) else (),
        today=today,
    )


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _written_twice(raw: Mapping[str, Any]) -> Iterator[str]:
    """Find what may stand in the file once only; looks at the raw file, so at all of it."""
    people = _table(raw.get("people"))
    for field in ("object_id", "upn"):
        yield from _repeats(
            {f"people[{key}].{field}": _table(value).get(field) for key, value in people.items()}
        )
    entities = raw.get("entities")
    listed = enumerate(entities if isinstance(entities, list) else [])
    yield from _repeats(
        {f"entities[{number}].code": _table(value).get("code") for number, value in listed}
    )


def _repeats(values: Mapping[str, object]) -> Iterator[str]:
    """Tell, per place, that a value was seen before; capitals make no difference."""
    first_places: dict[str, str] = {}
    for place, value in values.items():
        if isinstance(value, str):
            first = first_places.setdefault(value.casefold(), place)
            if first != place:
                yield f"{place}: {value!r} already stands at {first}"


_SENTENCES: Final = MappingProxyType(
    {
        "missing": "is missing",
        "extra_forbidden": "is not a known setting",
        "too_short": "needs at least one entry",
        "string_type": "must be text",
        "int_type": "must be a whole number",
        "bool_type": "must be true or false",
        "date_type": "must be a date such as 2026-11-01, without quotes",
        "list_type": "must be a list",
        "dict_type": "must be a table",
        "model_type": "must be a table",
        "greater_than": "must be more than 0",
        "greater_than_equal": "must not be negative",
    }
)


def _sentence(fault: ErrorDetails, raw: Mapping[str, Any]) -> str:
    return f"{_place(fault['loc'], raw)}: {_SENTENCES.get(fault['type'], fault['msg'])}"


def _place(steps: Sequence[int | str], raw: Mapping[str, Any]) -> str:
    """Write a place as `entities[OVO000103].approvers[0].person`."""
    place, previous = "", None
    for step in steps:
        if previous == "entities" and isinstance(step, int):
            code = _table(raw["entities"][step]).get("code")
            place += f"[{code if isinstance(code, str) else step}]"
        elif isinstance(step, int) or previous in ("people", "pools"):
            place += f"[{step}]"
        else:
            place += f".{step}" if place else step
        previous = step
    return place


def _build(checked: FilePart) -> Register:
    people = {
        key: Contact(object_id=ObjectId(person.object_id), name=person.name, upn=Upn(person.upn))
        for key, person in checked.people.items()
    }
    terms = checked.contract
    manager = people[terms.service_delivery_manager]
    contract = Contract(
        **terms.model_dump(
            exclude={"lead_times", "service_delivery_manager", "shared_pools", "old_account"}
        ),
        old_account=OldAccount(terms.old_account),
        lead_times=MappingProxyType(
            {Outcome(order): days for order, days in terms.lead_times.model_dump().items()}
        ),
        service_delivery_manager=manager,
        shared_pools=tuple(terms.shared_pools),
    )
    entities = [_build_entity(entity, people) for entity in checked.entities]
    return Register(
        entities=MappingProxyType({entity.code: entity for entity in entities}),
        service_desk=tuple(people[key] for key in checked.service_desk),
        contract=contract,
    )


def _build_entity(entity: EntityPart, people: Mapping[str, Contact]) -> Entity:
    return Entity(
        code=EntityCode(entity.code),
        name=entity.name,
        domains=tuple(entity.domains),
        on_tenant=entity.on_tenant,
        requesters=tuple(people[key] for key in entity.requesters),
        approvers=tuple(_build_approver(approver, people) for approver in entity.approvers),
        pools=MappingProxyType(dict(entity.pools)),
        closed_on=entity.closed_on,
    )


def _build_approver(approver: ApproverPart, people: Mapping[str, Contact]) -> Approver:
    deputies = tuple(
        Deputy(contact=people[one.person], from_on=one.from_on, until_on=one.until_on)
        for one in approver.deputies
    )
    return Approver(contact=people[approver.person], deputies=deputies)
