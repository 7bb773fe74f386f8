"""Steps of an order that only a person can do: who does them, by when, and what they said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from mutations.clock import local_date
from mutations.errors import DomainError
from mutations.party import Party
from mutations.working_days import add_working_days

_NO_ASKS: Final[Mapping[int, Mapping[str, str]]] = MappingProxyType({})


class TaskGoneError(DomainError):
    """The step no longer waits for a person."""

    message_key = "error.task.gone"


class TaskTakenError(DomainError):
    """Somebody else does it already."""

    message_key = "error.task.taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a person said of a step that they did; `evidence` are their words."""

    by: Party
    at: datetime
    evidence: str

    def is_repeated_by(self, other: "Done") -> bool:
        """Tell whether the same person says the same, whenever that is."""
        return (self.by.object_id, self.evidence) == (other.by.object_id, other.evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandTask:
    """One step that a person does by hand.

    Attributes:
        position: Place of the step in the plan, from 0.
        asked_at: When it was asked of the service desk.
        due_on: Last working day by which it is to be done.
        taken_by: Who of the service desk does it; None while nobody said so.
        asks: What they must know beside the plan, by kind of value.
        done: What they said once it was done; the bot reads it back where it can (R10).
    """

    position: int
    asked_at: datetime
    due_on: date
    taken_by: Party | None = None
    asks: Mapping[str, str] = field(default_factory=dict)
    done: Done | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether a person still has to do it."""
        return self.done is None


Tasks = tuple[HandTask, ...]


def asked(
    tasks: Tasks,
    positions: Sequence[int],
    *,
    at: datetime,
    within: int,
    asks: Mapping[int, Mapping[str, str]] = _NO_ASKS,
) -> Tasks:
    """Return the tasks with those that are new, to be done `within` so many working days.

    `asks` is what whoever does them must know beside the plan, by position.
    """
    known = {task.position for task in tasks}
    due_on = add_working_days(local_date(at), within)
    new = (one for one in positions if one not in known)
    return (
        *tasks,
        *(
            HandTask(position=one, asked_at=at, due_on=due_on, asks=dict(asks.get(one, {})))
            for one in new
        ),
    )


def open_tasks(tasks: Tasks) -> Tasks:
    """Return what a person still has to do, first what comes first in the plan."""
    return tuple(sorted((one for one in tasks if one.is_open), key=lambda one: one.position))


def taken(tasks: Tasks, position: int, by: Party) -> Tasks:
    """Let `by` do an open task; doing it twice is doing it once.

    Raises:
        TaskGoneError: It does not wait for a person.
        TaskTakenError: Somebody else does it already.
    """
    task = open_task(tasks, position)
    if task.taken_by is not None and task.taken_by.object_id != by.object_id:
        raise TaskTakenError(name=task.taken_by.name)
    return _with(tasks, replace(task, taken_by=by))


def reported(tasks: Tasks, position: int, done: Done) -> Tasks:
    """Record that an open task was done, by whoever it was.

    The same person saying the same of it once more changes nothing: their first answer was lost.

    Raises:
        TaskGoneError: It does not wait for a person.
    """
    said = next((task.done for task in tasks if task.position == position), None)
    if said is not None and said.is_repeated_by(done):
        return tasks
    return _with(tasks, replace(open_task(tasks, position), done=done))


def forgotten(tasks: Tasks, positions: Sequence[int]) -> Tasks:
    """Return the tasks without these; a step that still waits is then asked anew."""
    return tuple(one for one in tasks if one.position not in positions)


def open_task(tasks: Tasks, position: int) -> HandTask:
    """Return one open task.

    Raises:
        TaskGoneError: It does not wait for a person.
    """
    found = next((one for one in open_tasks(tasks) if one.position == position), None)
    if found is None:
        raise TaskGoneError
    return found


def _with(tasks: Tasks, task: HandTask) -> Tasks:
    return tuple(task if one.position == task.position else one for one in tasks)
