"""A plan for machines: the same facts as the report, as JSON."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

import msgspec

from fulfilment.tenants.microsoft365.step_calls import calls_of
from mutations.case_finder import Outcome
from mutations.dry_run import Change, Difference, DryRun, group_kind
from mutations.identity import RequestNumber
from mutations.life_cycle import State
from mutations.plan import Obstacle, PlannedStep, Route, Undo

FORMAT: Final = "mutatiebot.plan/1"
"""Raised when a field is renamed, taken away or comes to mean something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLine:
    """One step on the real tenant.

    Attributes:
        calls: Most calls to Microsoft 365 for it; those of several steps at one moment are one.
        changes: How many of them change something.
        permissions: Application permissions that they need.
        due_on: Known once a person was asked to do it.
    """

    position: int
    name: str
    target: str
    title: str
    group_kind: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    route: Route
    undo: Undo
    calls: int
    changes: int
    permissions: tuple[str, ...]
    due_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceLine:
    """One step that is not as it was kept; `fields` names what is other about it."""

    change: Change
    name: str
    target: str
    title: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The plan of one request at one moment; `differences` is null where no plan is kept."""

    format: str
    made_at: datetime
    number: RequestNumber
    state: State
    outcome: Outcome
    hand_days: int
    steps: tuple[StepLine, ...]
    obstacles: tuple[Obstacle, ...]
    differences: tuple[DifferenceLine, ...] | None


def document_of(run: DryRun) -> bytes:
    """Return the plan as JSON, UTF-8, with a newline at the end."""
    request, found = run.request, run.differences
    document = Document(
        format=FORMAT,
        made_at=run.at.astimezone(UTC),
        number=request.number,
        state=request.state,
        outcome=request.outcome,
        hand_days=run.hand_days,
        steps=tuple(_step(run, at, step) for at, step in enumerate(run.plan.steps)),
        obstacles=run.plan.obstacles,
        differences=None if found is None else tuple(_difference(one) for one in found),
    )
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _step(run: DryRun, position: int, step: PlannedStep) -> StepLine:
    asked = calls_of(step)
    return StepLine(
        position=position,
        name=step.name,
        target=step.target,
        title=step.title,
        group_kind=group_kind(step),
        before=tuple(step.before.splitlines()),
        after=tuple(step.after.splitlines()),
        route=step.route,
        undo=step.undo,
        calls=len(asked.reads) + len(asked.writes),
        changes=len(asked.writes),
        permissions=asked.permissions,
        due_on=run.due_on(step),
    )


def _difference(one: Difference) -> DifferenceLine:
    step, kept = one.step, one.kept
    names = ("title", "before", "after", "args", "route", "undo")
    other = kept is not None and one.change is Change.OTHER
    fields = [name for name in names if other and getattr(step, name) != getattr(kept, name)]
    return DifferenceLine(
        change=one.change,
        name=step.name,
        target=step.target,
        title=step.title,
        fields=tuple(fields),
    )
