"""What the rules need from storage: one transaction at a time, and only the unit commits."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from mutations.authority import Viewer
from mutations.draft import Draft
from mutations.errors import DomainError
from mutations.identity import EntityCode, ObjectId, RequestId, RequestNumber
from mutations.jobs import Jobs
from mutations.reorganisation import Move
from mutations.request import MutationRequest

T = TypeVar("T")


class OpenRequestExistsError(DomainError):
    """The colleague already has an open request; two would contradict each other."""

    message_key = "error.request.second"


class Requests(Protocol):
    """All mutation requests."""

    async def next_number(self, year: int) -> RequestNumber:
        """Return a number of `year` that was never given and never will be again."""
        ...

    async def add(self, request: MutationRequest) -> None:
        """Keep a new request.

        Raises:
            OpenRequestExistsError: The colleague has another open request.
        """
        ...

    async def get(self, request_id: RequestId) -> MutationRequest | None:
        """Return one request as it was last saved."""
        ...

    async def by_number(self, number: RequestNumber) -> MutationRequest | None:
        """Return the request with a number."""
        ...

    async def save(self, request: MutationRequest) -> MutationRequest:
        """Save what was changed and return it with its new version.

        Raises:
            ConcurrentUpdateError: Somebody saved a newer version first, or opened another request
                about the colleague before this one opens again.
        """
        ...

    async def open_for(self, subject: ObjectId) -> MutationRequest | None:
        """Return the open request about a colleague."""
        ...

    async def came_after(self, request: MutationRequest) -> MutationRequest | None:
        """Return the first later request about the same colleague that may have changed something.

        Those that ended before anything was changed do not count.
        """
        ...

    async def together(self, move: Move, *, most: int) -> int:
        """Return how many orders of a move are on the way; counts no further than `most`."""
        ...

    async def visible_to(
        self, viewer: Viewer, *, limit: int, open_only: bool = False
    ) -> Sequence[MutationRequest]:
        """Return what the viewer is involved in, open ones first, then the newest."""
        ...


class Drafts(Protocol):
    """The half-filled request of each person."""

    async def get(self, person: ObjectId) -> Draft | None:
        """Return the draft of a person."""
        ...

    async def save(self, draft: Draft) -> Draft:
        """Save a draft and return it with its new version.

        Raises:
            ConcurrentUpdateError: It was changed elsewhere first.
        """
        ...

    async def take(self, draft: Draft) -> None:
        """Take away a draft that becomes a request.

        Raises:
            ConcurrentUpdateError: It was changed or taken elsewhere first.
        """
        ...

    async def delete(self, person: ObjectId) -> None:
        """Forget the draft of a person; no fault when there is none."""
        ...


class Reservations(Protocol):
    """Licences set aside for requests (R13)."""

    async def lock(self, entity: EntityCode) -> None:
        """Let no other transaction count the licences of `entity` until this one ends."""
        ...

    async def held_by_others(self, request_id: RequestId, entity: EntityCode) -> Mapping[str, int]:
        """Return per pool how many licences other requests hold."""
        ...

    async def hold(self, request_id: RequestId, entity: EntityCode, pools: Sequence[str]) -> None:
        """Set one licence of each pool aside for a request; doing it twice is doing it once."""
        ...

    async def release(self, request_id: RequestId) -> None:
        """Give back what a request holds."""
        ...


class Audit(Protocol):
    """The record of every decision and refusal; it only grows."""

    async def append(
        self,
        kind: str,
        *,
        at: datetime,
        actor: ObjectId | None,
        request_id: RequestId | None,
        params: Mapping[str, object],
    ) -> None:
        """Record one event; `params` are JSON values without names and addresses."""
        ...


class Work(Protocol):
    """One transaction."""

    @property
    def requests(self) -> Requests:
        """The requests as this transaction sees them."""
        ...

    @property
    def drafts(self) -> Drafts:
        """The drafts as this transaction sees them."""
        ...

    @property
    def reservations(self) -> Reservations:
        """The reservations as this transaction sees them."""
        ...

    @property
    def audit(self) -> Audit:
        """The audit, written in this transaction."""
        ...

    @property
    def jobs(self) -> Jobs:
        """The queue, filled in this transaction."""
        ...


class Reading(Protocol):
    """What can be looked at without a transaction."""

    @property
    def requests(self) -> Requests:
        """The requests as they are now."""
        ...

    @property
    def drafts(self) -> Drafts:
        """The drafts as they are now."""
        ...


class Store(Protocol):
    """Where transactions come from."""

    async def read(self, look: Callable[[Reading], Awaitable[T]]) -> T:
        """Run `look`, which changes nothing; each of its statements sees its own moment."""
        ...

    async def run(self, act: Callable[[Work], Awaitable[T]]) -> T:
        """Run `act` in one transaction and commit what it did.

        When somebody else saved first, `act` is run again from the start on fresh data, a few
        times; it must therefore do nothing outside its transaction.

        Raises:
            ConcurrentUpdateError: It did not work after some tries.
        """
        ...
