"""The documents that travel between bot and portal; `docs/order.schema.json` is their schema.

A member that is added keeps the version; one that changes or goes raises it.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from mutations.case_finder import Outcome, Retention
from mutations.handover import Asks, take_back_id
from mutations.identity import EntityCode
from mutations.plan import Plan, PlannedStep, Route, Undo
from mutations.register import Register
from mutations.request import MutationRequest

ORDER_FORMAT: Final = "mutatiebot.order/1"
TAKE_BACK_FORMAT: Final = "mutatiebot.take-back/1"
STATUS_FORMAT: Final = "mutatiebot.order-status/1"

_AT_SUPPLIER: Final = frozenset({Route.SUPPLIER, Route.READ})
_OwnWords = Annotated[str, Meta(min_length=1, max_length=500)]
_Value = Annotated[str, Meta(max_length=4000)]
_Position = Annotated[int, Meta(ge=0, le=10_000)]


class StepKind(StrEnum):
    """What is asked of a step."""

    CHANGE = "change"  # from `before` to `after`
    KEEP = "keep"  # it must stay as it is


class Subject(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose account it is."""

    object_id: str
    upn: str


class Entity(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entity of the register, by its OVO code."""

    code: str
    name: str


class DecisionPart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the source entity decided; `fingerprint` is that of `mutations.approval`."""

    retention: Retention
    decided_at: datetime
    fingerprint: str


class OrderStep(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step; positions can have gaps, because the bot does some steps itself."""

    position: _Position
    name: str
    kind: StepKind
    title: str
    before: str
    after: str


class TermsPart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The terms that the order is made under."""

    version: str
    onedrive_days: int
    recycle_bin_days: int


class Order(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes to the portal; the same bytes at every attempt."""

    format: Literal["mutatiebot.order/1"] = ORDER_FORMAT
    order: str
    number: str
    kind: Outcome
    subject: Subject
    source: Entity
    target: Entity
    start_on: date
    ready_on: date
    decision: DecisionPart
    steps: tuple[OrderStep, ...]
    terms: TermsPart


class TakeBack(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The wish to bring back how it was before an order: an order of its own, by its own id.

    A step that was not begun is left as it is; `after` is the value from before the order.
    """

    format: Literal["mutatiebot.take-back/1"] = TAKE_BACK_FORMAT
    order: str
    takes_back: str
    number: str
    steps: tuple[OrderStep, ...]


class StepReport(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the supplier says one step came to; `after` as in the order, empty for none."""

    position: _Position
    after: _Value


class Accepted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="accepted",
               tag_field="state"):  # fmt: skip
    """The portal has the order."""

    format: Literal["mutatiebot.order-status/1"]
    order: Annotated[str, Meta(max_length=64)]


class InProgress(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True,
                 tag="in_progress", tag_field="state"):  # fmt: skip
    """Somebody works on it."""

    format: Literal["mutatiebot.order-status/1"]
    order: Annotated[str, Meta(max_length=64)]


class NeedsPerson(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True,
                  tag="needs_person", tag_field="state"):  # fmt: skip
    """It stopped; `reason` is shown to the service desk."""

    format: Literal["mutatiebot.order-status/1"]
    order: Annotated[str, Meta(max_length=64)]
    reason: _OwnWords


class Done(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="done",
           tag_field="state"):  # fmt: skip
    """Every step of the order is done, by the supplier's word; the bot reads it back."""

    format: Literal["mutatiebot.order-status/1"]
    order: Annotated[str, Meta(max_length=64)]
    steps: Annotated[tuple[StepReport, ...], Meta(max_length=10_000)]


Status = Accepted | InProgress | NeedsPerson | Done


class MalformedStatusError(ValueError):
    """The document is no state of an order."""


def order_of(request: MutationRequest, register: Register) -> Order:
    """Return the order of a request that is being carried out; pure."""
    decision, plan = request.decision, request.plan
    assert decision is not None
    assert request.agreed is not None
    assert plan is not None
    assert request.source is not None
    assert request.start_on is not None
    assert request.ready_on is not None
    terms = request.terms
    return Order(
        order=request.id,
        number=request.number,
        kind=request.outcome,
        subject=Subject(object_id=request.subject.object_id, upn=request.subject_upn),
        source=_entity(register, request.source),
        target=_entity(register, request.target),
        start_on=request.start_on,
        ready_on=request.ready_on,
        decision=DecisionPart(
            retention=request.agreed, decided_at=decision.at, fingerprint=request.approved
        ),
        steps=tuple(_step(at, plan.steps[at]) for at in supplier_positions(plan)),
        terms=TermsPart(
            version=terms.version,
            onedrive_days=terms.onedrive_days,
            recycle_bin_days=terms.recycle_bin_days,
        ),
    )


def take_back_of(request: MutationRequest) -> TakeBack:
    """Return the wish to take the order of a request back, the last step first; pure."""
    plan = request.plan
    assert plan is not None
    return TakeBack(
        order=take_back_id(request.id),
        takes_back=request.id,
        number=request.number,
        steps=tuple(_step_back(at, plan.steps[at]) for at in positions_back(plan)),
    )


def supplier_positions(plan: Plan) -> tuple[int, ...]:
    """Return which steps the supplier is asked for: all but what the bot records for itself."""
    return tuple(at for at, step in enumerate(plan.steps) if step.route in _AT_SUPPLIER)


def positions_back(plan: Plan) -> tuple[int, ...]:
    """Return which steps the supplier is asked to take back, the last first."""
    found = (at for at, step in enumerate(plan.steps) if step.undo is Undo.SUPPLIER)
    return tuple(found)[::-1]


def asked_positions(request: MutationRequest) -> tuple[int, ...]:
    """Return which steps of its plan the supplier is asked for now."""
    assert request.plan is not None
    if request.handover is not None and request.handover.asks is Asks.TAKE_BACK:
        return positions_back(request.plan)
    return supplier_positions(request.plan)


def read_status(document: Mapping[str, object]) -> Status:
    """Return the state that a call-back tells.

    Raises:
        MalformedStatusError: It tells none.
    """
    try:
        status: Status = msgspec.convert(document, Status)
    except msgspec.ValidationError as error:
        raise MalformedStatusError(str(error)) from None
    if isinstance(status, Done):
        positions = [step.position for step in status.steps]
        if len(set(positions)) != len(positions):
            raise MalformedStatusError("a step twice")
    return status


def schema() -> dict[str, Any]:
    """Return the JSON schema of the documents."""
    _, parts = msgspec.json.schema_components(
        (Order, TakeBack, Status), ref_template="#/$defs/{name}"
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Orders that are handed over to a portal, and what it tells of them",
        "oneOf": [{"$ref": f"#/$defs/{one}"} for one in ("Order", "TakeBack", "Status")],
        "$defs": {
            **parts,
            "Status": {
                "oneOf": [
                    {"$ref": f"#/$defs/{one.__name__}"}
                    for one in (Accepted, InProgress, NeedsPerson, Done)
                ]
            },
        },
    }


def _entity(register: Register, code: EntityCode) -> Entity:
    found = register.entities.get(code)
    return Entity(code=code, name=found.name if found else code)


def _step(position: int, step: PlannedStep) -> OrderStep:
    return OrderStep(
        position=position,
        name=step.name,
        kind=StepKind.KEEP if step.route is Route.READ else StepKind.CHANGE,
        title=step.title,
        before=step.before,
        after=step.after,
    )


def _step_back(position: int, step: PlannedStep) -> OrderStep:
    return OrderStep(
        position=position,
        name=step.name,
        kind=StepKind.CHANGE,
        title=step.title,
        before=step.after,
        after=step.before,
    )
