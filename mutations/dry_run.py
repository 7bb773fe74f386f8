"""A plan that is only looked at, and what sets it apart from the plan kept with the request."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from mutations.plan import Plan, PlannedStep, Route
from mutations.request import MutationRequest


class Change(StrEnum):
    """What became of a step since the plan was kept."""

    ADDED = "added"
    GONE = "gone"
    OTHER = "other"  # another value, route or thing than was kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One step that is not as it was kept.

    Attributes:
        step: As it is now; of a step that is gone, as it was kept.
        kept: As it was kept; None for a step that was added.
    """

    change: Change
    step: PlannedStep
    kept: PlannedStep | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """What would be done now, without anything being done.

    Attributes:
        at: When the accounts were read; aware.
        differences: From the plan kept with the request; None where none fits it.
        hand_days: Working days in which a person does a step that is asked for.
    """

    request: MutationRequest
    plan: Plan
    at: datetime
    differences: tuple[Difference, ...] | None
    hand_days: int

    @property
    def by_hand(self) -> tuple[tuple[int, PlannedStep], ...]:
        """The steps that only a person can do, by their number from 1."""
        steps = enumerate(self.plan.steps, 1)
        return tuple((number, step) for number, step in steps if step.route is Route.HAND)

    def due_on(self, step: PlannedStep) -> date | None:
        """Return by when a step is to be done that was asked of a person; None before that."""
        kept = self.request.plan.steps if self.request.plan else ()
        for task in self.request.tasks:
            if task.position < len(kept) and _key(kept[task.position]) == _key(step):
                return task.due_on
        return None


def differences(kept: Plan, now: Plan) -> tuple[Difference, ...]:
    """Return each step that came, went or is another, in the order of the plan that is made now.

    Steps are the same when they are of one kind and about one thing; their order plays no part.
    """
    before, after = _by_key(kept.steps), _by_key(now.steps)
    found = [
        Difference(change=Change.OTHER if key in before else Change.ADDED, step=step, kept=old)
        for key, step in after.items()
        if (old := before.get(key)) != step
    ]
    found += (
        Difference(change=Change.GONE, step=step, kept=step)
        for key, step in before.items()
        if key not in after
    )
    return tuple(found)


_Key = tuple[str, str]


def _key(step: PlannedStep) -> _Key:
    return step.name, step.target


def _by_key(steps: Iterable[PlannedStep]) -> Mapping[_Key, PlannedStep]:
    return {_key(step): step for step in steps}


def group_kind(step: PlannedStep) -> str:
    """Return which kind a group is that a step is about; empty for what is no group."""
    return str(step.args.get("kind", ""))
