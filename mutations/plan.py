"""The plan of an order: what will change, from what to what, before anything is touched."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from mutations.case_finder import Outcome
from mutations.identity import EntityCode, ObjectId


class Route(StrEnum):
    """By which way a step is carried out."""

    GRAPH = "graph"  # Microsoft Graph
    EXCHANGE = "exchange"  # Exchange Online
    RECORD = "record"  # our own durable record
    READ = "read"  # nothing changes; it is only looked at
    HAND = "hand"  # a person does it, the bot reads it back where it can
    SUPPLIER = "supplier"  # the supplier does it, on an order at its portal; likewise read back


class Undo(StrEnum):
    """Whether a step can be taken back."""

    BACK = "back"  # from the state before, as long as nobody else took what was freed
    NOTHING = "nothing"  # there is nothing to take back
    HAND = "hand"  # only by a person
    SUPPLIER = "supplier"  # by the supplier, which the bot asks
    NEVER = "never"  # by nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """The facts that a plan is made of.

    Attributes:
        onedrive_days: Days that OneDrive data stays after order B, by the terms agreed on (R8).
    """

    subject: ObjectId
    source: EntityCode
    target: EntityCode
    outcome: Outcome
    onedrive_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """One change with its values before and after, as a person reads them.

    Attributes:
        name: Stable name of the step, such as `mailbox.litigation_hold`; also the key of its
            label in the catalogue (`step.<name>`).
        target: Id of what is changed, for the journal; never shown.
        title: Readable name of what is changed where the label needs one (a group's name).
        before: Value now; empty for none. For lists one value a line.
        after: Value when done; empty for none.
        args: What the step needs to run, JSON values only.
        route: By which way it is carried out.
        undo: Whether it can be taken back.
    """

    name: str
    target: str
    title: str = ""
    before: str = ""
    after: str = ""
    args: Mapping[str, object]
    route: Route = Route.GRAPH
    undo: Undo = Undo.BACK


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why an order cannot be carried out as planned: message key and parameters."""

    key: str
    params: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Ordered steps of one move; with obstacles it must not be started."""

    steps: tuple[PlannedStep, ...]
    obstacles: tuple[Obstacle, ...] = ()

    @property
    def is_for_supplier(self) -> bool:
        """Tell whether the order goes to the portal of the supplier."""
        return any(step.route is Route.SUPPLIER for step in self.steps)


class Planner(Protocol):
    """Makes plans; a dry run that writes nothing to the tenant."""

    async def plan(self, move: Move) -> Plan:
        """Return what would change for `move`, read from the accounts as they are now.

        Raises:
            DirectoryUnavailableError: The tenant did not answer.
        """
        ...
