"""Which handler does which job."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.jobs.carry_out import OrderRunner
from bot.jobs.checklists import ChecklistLooker
from bot.jobs.deliver import Deliveries
from bot.jobs.parked import ParkedJobs
from bot.jobs.refresh import CardRefresher
from mutations.identity import RequestId
from mutations.jobs import (
    CarryOut,
    CheckChecklist,
    CheckPreconditions,
    Deliver,
    ExpireRequest,
    HandOver,
    RefreshCards,
    RemindChecklist,
    RemindDeciders,
    RemindHands,
    RemindRequester,
    StartOrder,
    WarnOfRetentionEnd,
)
from mutations.use_cases import UseCases
from store.job_runs import Handler
from store.jobs import JobEngine
from store.retry_policy import WITHOUT_END


@dataclass(frozen=True, slots=True, kw_only=True)
class Runners:
    """What does the jobs that reach beyond the rules."""

    orders: OrderRunner
    checklists: ChecklistLooker


def register_jobs(
    engine: JobEngine,
    use_cases: UseCases,
    *,
    deliveries: Deliveries,
    refresher: CardRefresher,
    runners: Runners,
    parked: ParkedJobs,
) -> None:
    """Let the engine do every kind of job that a use case can enqueue.

    All go on trying while a fault is expected to pass, except the orders: when those hang for
    hours, the service desk gets them.
    """

    def owe(name: str, handler: Handler) -> None:
        engine.register(name, handler, retry=WITHOUT_END, on_parked=parked.recorder(name))

    owe(Deliver.name, deliveries.deliver)
    owe(RefreshCards.name, refresher.refresh)
    owe(StartOrder.name, runners.orders.begin)
    owe(CheckChecklist.name, runners.checklists.look)
    for name, handler in _timers(use_cases).items():
        owe(name, handler)

    async def give_up(request_id: str, **_: object) -> None:
        await runners.orders.give_up(RequestId(request_id))
        await parked.record(CarryOut.name, RequestId(request_id))

    engine.register(CarryOut.name, runners.orders.carry_out, on_parked=give_up)


class Desk(Protocol):
    """Hands orders over to the portal of a supplier."""

    async def hand_over(self, request_id: RequestId) -> None:
        """Hand one order over; may be repeated."""
        ...

    async def give_up(self, request_id: RequestId) -> None:
        """Call a person for an order that does not get through; twice is once."""
        ...


def register_desk(engine: JobEngine, desk: Desk, parked: ParkedJobs) -> None:
    """Let orders go to a portal; what does not get through for hours goes to the service desk."""

    async def give_up(request_id: str) -> None:
        await desk.give_up(RequestId(request_id))
        await parked.record(HandOver.name, RequestId(request_id))

    async def hand_over(request_id: str) -> None:
        await desk.hand_over(RequestId(request_id))

    engine.register(HandOver.name, hand_over, on_parked=give_up)


def _timers(use_cases: UseCases) -> Mapping[str, Handler]:
    """Return what is done when its time has come, by name."""

    async def check(request_id: str) -> None:
        await use_cases.recheck(CheckPreconditions(request_id=RequestId(request_id)))

    async def remind(request_id: str, count: int) -> None:
        await use_cases.remind(RemindDeciders(request_id=RequestId(request_id), count=count))

    async def remind_requester(request_id: str, count: int) -> None:
        job = RemindRequester(request_id=RequestId(request_id), count=count)
        await use_cases.remind_of_confirmation(job)

    async def expire(request_id: str) -> None:
        await use_cases.expire(ExpireRequest(request_id=RequestId(request_id)))

    async def warn(request_id: str) -> None:
        job = WarnOfRetentionEnd(request_id=RequestId(request_id))
        await use_cases.warn_of_retention_end(job)

    async def remind_hands(request_id: str, count: int) -> None:
        await use_cases.remind_of_hands(RemindHands(request_id=RequestId(request_id), count=count))

    async def remind_checklist(request_id: str) -> None:
        job = RemindChecklist(request_id=RequestId(request_id))
        await use_cases.remind_of_checklist(job)

    return {
        RemindChecklist.name: remind_checklist,
        CheckPreconditions.name: check,
        RemindDeciders.name: remind,
        RemindRequester.name: remind_requester,
        ExpireRequest.name: expire,
        RemindHands.name: remind_hands,
        WarnOfRetentionEnd.name: warn,
    }
