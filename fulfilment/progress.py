"""What a run of an order came to, and what can be told about it afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fulfilment.journal import StepState
from mutations.identity import RequestId


@dataclass(frozen=True, slots=True)
class Finished:
    """Every step was read back in this run and holds."""


@dataclass(frozen=True, slots=True)
class Again:
    """Nothing is wrong; go on after so many seconds."""

    after_s: float


@dataclass(frozen=True, slots=True)
class NeedsPerson:
    """A step cannot go on: which one, and a message key with parameters that says why."""

    step: str
    key: str
    params: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class WaitsForHands:
    """A person has to do these steps; `positions` in the plan. Nothing is wrong.

    Attributes:
        asks: What they must know beside the plan, by position and kind of value.
        after_s: Seconds after which another step goes on meanwhile; None when none does.
    """

    positions: tuple[int, ...]
    asks: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    after_s: float | None = None


Progress = Finished | Again | NeedsPerson | WaitsForHands


@dataclass(frozen=True, slots=True, kw_only=True)
class HandReport:
    """What was said of a step that the bot did not do itself.

    Attributes:
        by: Object id of the person who said it, or the name of the supplier.
        at: When, UTC.
        evidence: Their words.
    """

    by: str
    at: datetime
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLine:
    """One step as it was before and as it was read back, as a person reads it.

    Attributes:
        title: Name of what was changed where the label of the step needs one.
        after: Empty for none, and as long as `verified_at` is None.
    """

    position: int
    name: str
    title: str
    state: StepState
    before: str
    after: str
    verified_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All steps of one request, from the journal."""

    request_id: RequestId
    lines: tuple[ReportLine, ...]
