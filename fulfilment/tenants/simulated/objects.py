"""Where the simulated tenant is kept: objects that readers see change late."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

Body = dict[str, Any]
"""One object in JSON values."""

Change = Callable[[Body | None], Body | None]
"""Makes the new object out of the true one; None means absent. Pure: it may be called again."""

Done = tuple[str, Mapping[str, Any]]
"""Name of an operation, as in the `Tenant` port, and its arguments."""


class LedgerRow(Protocol):
    """One operation that the simulated tenant really did."""

    @property
    def at(self) -> datetime:
        """Moment of the operation, UTC."""
        ...

    @property
    def operation(self) -> str:
        """Name of the operation, as in the `Tenant` port."""
        ...

    @property
    def target(self) -> str:
        """Id of the object it was done to."""
        ...

    @property
    def detail(self) -> Mapping[str, Any]:
        """Arguments of the operation."""
        ...


class SimulatedObjects(Protocol):
    """Keeps objects by kind and id; each call is committed when it returns."""

    async def get(self, kind: str, object_id: str, now: datetime) -> Body | None:
        """Return the object as a reader sees it at `now`, or None when it shows none."""
        ...

    async def list(self, kind: str, now: datetime) -> Mapping[str, Body]:
        """Return all objects of a kind as a reader sees them at `now`, by id."""
        ...

    async def change(
        self,
        kind: str,
        object_id: str,
        change: Change,
        visible_at: datetime,
        now: datetime,
        *,
        done: Done | None = None,
    ) -> Body | None:
        """Write what `change` makes of the true object at `now`, with nobody in between.

        Readers see it from `visible_at` on; nothing is written when nothing changed. `done` goes
        into the ledger with it, together or not at all. Returns the true object afterwards.
        """
        ...

    async def ledger(self) -> Sequence[LedgerRow]:
        """Return every operation, oldest first."""
        ...
