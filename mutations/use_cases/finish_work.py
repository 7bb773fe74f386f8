"""The end of an order, and what is still to be said after it."""

from datetime import timedelta

from mutations.authority import deciders_of
from mutations.identity import RequestId
from mutations.jobs import Deliver, Message, WarnOfRetentionEnd
from mutations.life_cycle import State
from mutations.ports import Work
from mutations.request import StepResult
from mutations.timers import day_begins
from mutations.transitions import finish
from mutations.use_cases.context import Context
from mutations.use_cases.settle import tell


class FinishWork:
    """Close a request whose every step has been read back (R10)."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, request_id: RequestId, results: tuple[StepResult, ...]) -> None:
        """Record the results, give back the reservation, tell everybody; twice is once."""
        context = self._context

        async def act(work: Work) -> None:
            request = await work.requests.get(request_id)
            if request is None or request.state is not State.CARRYING_OUT:
                return
            now = context.now()
            done = finish(request, results, at=now)
            await work.reservations.release(request.id)
            await work.audit.append(
                "work.finished",
                at=now,
                actor=None,
                request_id=request.id,
                params={"steps": len(results)},
            )
            await tell(work, done, Message.DONE)
            await work.jobs.enqueue(
                Deliver(
                    request_id=request.id,
                    person=request.subject.object_id,
                    message=Message.DONE,
                )
            )
            if done.onedrive_ends_on is not None:
                warn_on = done.onedrive_ends_on - timedelta(
                    days=context.register.contract.warn_before
                )
                await work.jobs.enqueue(
                    WarnOfRetentionEnd(request_id=request.id), at=day_begins(warn_on)
                )
            await work.requests.save(done)

        await context.store.run(act)


class WarnBeforeRetentionEnds:
    """Warn the requester and the source entity before OneDrive data is lost (R8)."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, job: WarnOfRetentionEnd) -> None:
        """Send the warnings once; a repeated job sends nothing new."""
        context = self._context

        async def act(work: Work) -> None:
            request = await work.requests.get(job.request_id)
            if request is None or request.onedrive_ends_on is None:
                return  # it was taken back: nothing is lost on that day
            deciders = deciders_of(request, context.register, on=context.today())
            for person in (request.requester.object_id, *deciders):
                await work.jobs.enqueue(
                    Deliver(
                        request_id=request.id,
                        person=person,
                        message=Message.RETENTION_ENDS,
                    )
                )

        await context.store.run(act)
