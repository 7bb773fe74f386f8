"""Jobs that are left for a person: everybody who looks must find them."""

from mutations.clock import Clock
from mutations.identity import RequestId
from store.job_runs import Handler
from store.work import SqlStore, SqlWork


class ParkedJobs:
    """Writes in the audit which work nobody does any more."""

    def __init__(self, store: SqlStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def recorder(self, task: str) -> Handler:
        """Return what records a parked job of one kind, given the arguments of the job."""

        async def record(request_id: str, **_: object) -> None:
            await self.record(task, RequestId(request_id))

        return record

    async def record(self, task: str, request_id: RequestId) -> None:
        """Record one parked job; a stop in the middle may record it twice."""

        async def act(work: SqlWork) -> None:
            await work.audit.append(
                "job.parked",
                at=self._clock.now(),
                actor=None,
                request_id=request_id,
                params={"task": task},
            )

        await self._store.run(act)
