"""One transaction as the rules see it: requests, drafts, reservations, audit and jobs together."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final, TypeVar

from mutations.clock import Clock
from mutations.errors import ConcurrentUpdateError
from mutations.identity import ObjectId, RequestId
from mutations.jobs import (
    CarryOut,
    Deliver,
    Job,
    RefreshCards,
)
from store import audit
from store.audit_chain import Event
from store.database import Connection
from store.deliveries import DeliveryRecord
from store.drafts import SqlDrafts
from store.jobs import BULK_PLACE, BULK_PLACE_AT_THE_END, USUAL_PLACE, Place
from store.requests import SqlRequests
from store.reservations import SqlReservations
from store.sent_cards import SentCardRecord
from store.unit_of_work import Store, TransactionalJobs, UnitOfWork

T = TypeVar("T")

_RUNS: Final = 5


class SqlAudit:
    """The audit, written at the very end of the transaction that it tells of."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._events: list[Event] = []

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
        self._events.append(
            Event(
                at=at,
                kind=kind,
                actor=actor,
                request_id=request_id,
                correlation_id=audit.correlation_id(),
                params=params,
            )
        )

    async def write(self) -> None:
        """Write what was recorded; the last thing before the commit."""
        events, self._events = self._events, []
        await audit.write(self._connection, events)


class SqlJobs:
    """The queue, filled in this transaction; times are those of the injected clock."""

    def __init__(self, jobs: TransactionalJobs, now: datetime) -> None:
        self._jobs = jobs
        self._now = now

    async def enqueue(self, job: Job, *, at: datetime | None = None, bulk: bool = False) -> None:
        """Have `job` done once the transaction holds, not before `at` (aware; None: at once).

        Bulk work has places of its own; in it, what has begun goes before what has not, so that
        few orders are half done at a time.
        """
        delay_s = None if at is None else max(0.0, (at - self._now).total_seconds())
        await self._jobs.enqueue(
            job.name,
            lock=_lock(job),
            queueing_lock=_queueing_lock(job),
            delay_s=delay_s or None,
            place=_place(bulk=bulk, begins=at is None),
            **asdict(job),
        )


def _place(*, bulk: bool, begins: bool) -> Place:
    if not bulk:
        return USUAL_PLACE
    return BULK_PLACE_AT_THE_END if begins else BULK_PLACE


def _lock(job: Job) -> str | None:
    """Return what may only be worked on by one job at a time."""
    match job:
        case Deliver(person=person):
            return f"person:{person}"
        case RefreshCards(request_id=request_id):
            return f"cards:{request_id}"
        case CarryOut(account=account):
            return f"account:{account}"
        case _:
            return None


def _queueing_lock(job: Job) -> str | None:
    """Return what it is enough to have waiting once."""
    match job:
        case Deliver():
            return None
        case CarryOut(request_id=request_id, resumed=resumed):
            return f"{job.name}:{request_id}:{resumed}"
        case _:
            return f"{job.name}:{job.request_id}"


@dataclass(frozen=True, slots=True)
class SqlWork:
    """One open transaction."""

    requests: SqlRequests
    drafts: SqlDrafts
    reservations: SqlReservations
    audit: SqlAudit
    jobs: SqlJobs
    deliveries: DeliveryRecord
    sent_cards: SentCardRecord

    @classmethod
    def of(cls, unit: UnitOfWork, now: datetime) -> "SqlWork":
        """Return the repositories over an open unit of work."""
        connection = unit.connection
        return cls(
            requests=SqlRequests(connection, now),
            drafts=SqlDrafts(connection, now),
            reservations=SqlReservations(connection, now),
            audit=SqlAudit(connection),
            jobs=SqlJobs(unit.jobs, now),
            deliveries=DeliveryRecord(connection, now),
            sent_cards=SentCardRecord(connection, now),
        )


@dataclass(frozen=True, slots=True)
class SqlReading:
    """What can be looked at without a transaction."""

    requests: SqlRequests
    drafts: SqlDrafts


class SqlStore:
    """Runs use cases in transactions of their own."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def read(self, look: Callable[[SqlReading], Awaitable[T]]) -> T:
        """Run `look`, which changes nothing; each of its statements sees its own moment.

        Raises:
            DatabaseUnavailableError: The database does not answer in time.
        """
        now = self._clock.now()
        async with self._store.reading() as connection:
            return await look(SqlReading(SqlRequests(connection, now), SqlDrafts(connection, now)))

    async def run(self, act: Callable[[SqlWork], Awaitable[T]]) -> T:
        """Run `act` in one transaction and commit; again on fresh data when another was first.

        Raises:
            ConcurrentUpdateError: It did not work after some tries.
            DatabaseUnavailableError: The database does not answer in time.
        """
        for _ in range(_RUNS - 1):
            try:
                return await self._once(act)
            except ConcurrentUpdateError:
                continue
        return await self._once(act)

    async def _once(self, act: Callable[[SqlWork], Awaitable[T]]) -> T:
        async with self._store.begin() as unit:
            work = SqlWork.of(unit, self._clock.now())
            result = await act(work)
            await work.audit.write()
            return result
