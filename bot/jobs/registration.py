"""Which handler does which job."""

from bot.jobs.carry_out import OrderRunner
from bot.jobs.deliver import Deliveries
from bot.jobs.refresh import CardRefresher
from mutations.identity import RequestId
from mutations.jobs import (
    CarryOut,
    CheckPreconditions,
    Deliver,
    ExpireRequest,
    RefreshCards,
    RemindDeciders,
    StartOrder,
    WarnOfRetentionEnd,
)
from mutations.use_cases import UseCases
from store.jobs import JobEngine


def register_jobs(
    engine: JobEngine,
    use_cases: UseCases,
    *,
    deliveries: Deliveries,
    refresher: CardRefresher,
    orders: OrderRunner,
) -> None:
    """Let the engine do every kind of job that a use case can enqueue."""

    async def check(request_id: str) -> None:
        await use_cases.recheck(CheckPreconditions(request_id=RequestId(request_id)))

    async def remind(request_id: str, count: int) -> None:
        await use_cases.remind(RemindDeciders(request_id=RequestId(request_id), count=count))

    async def expire(request_id: str) -> None:
        await use_cases.expire(ExpireRequest(request_id=RequestId(request_id)))

    async def warn(request_id: str) -> None:
        job = WarnOfRetentionEnd(request_id=RequestId(request_id))
        await use_cases.warn_of_retention_end(job)

    engine.register(Deliver.name, deliveries.deliver)
    engine.register(RefreshCards.name, refresher.refresh)
    engine.register(CheckPreconditions.name, check)
    engine.register(RemindDeciders.name, remind)
    engine.register(ExpireRequest.name, expire)
    engine.register(StartOrder.name, orders.begin)
    engine.register(CarryOut.name, orders.carry_out)
    engine.register(WarnOfRetentionEnd.name, warn)
