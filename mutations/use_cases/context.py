"""What every use case works with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mutations.authority import Viewer, viewer
from mutations.clock import Clock, local_date
from mutations.directory import Directory
from mutations.identity import ObjectId
from mutations.plan import Planner
from mutations.ports import Store
from mutations.register import Register


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The outside world as the use cases see it.

    Attributes:
        new_id: Returns an unguessable id of 32 hex digits.
        hands_over: Whether a supplier carries the orders out, by its portal.
        recheck_every: How long after a look at the preconditions the next one follows.
    """

    store: Store
    directory: Directory
    planner: Planner
    register: Register
    clock: Clock
    new_id: Callable[[], str]
    recheck_every: timedelta
    hands_over: bool = False

    def now(self) -> datetime:
        """Return this moment, UTC."""
        return self.clock.now()

    def today(self) -> date:
        """Return today in Brussels."""
        return local_date(self.clock.now())

    def viewer(self, person: ObjectId) -> Viewer:
        """Return what the register says of a person today."""
        return viewer(person, self.register, on=self.today())
