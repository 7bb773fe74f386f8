"""The plan of an order: what will change, from what to what, before anything is touched."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from mutations.case_finder import Outcome
from mutations.identity import EntityCode, ObjectId


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """The facts that a plan is made of."""

    subject: ObjectId
    source: EntityCode
    target: EntityCode
    outcome: Outcome


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
    """

    name: str
    target: str
    title: str = ""
    before: str = ""
    after: str = ""
    args: Mapping[str, object]


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


class Planner(Protocol):
    """Makes plans; a dry run that writes nothing to the tenant."""

    async def plan(self, move: Move) -> Plan:
        """Return what would change for `move`, read from the accounts as they are now.

        Raises:
            DirectoryUnavailableError: The tenant did not answer.
        """
        ...
