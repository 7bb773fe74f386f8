"""Jobs that are left for a person: who hears of them, and how they run again."""

from dataclasses import replace

import pytest
from procrastinate.types import JSONValue
from typing_extensions import override

from store.database import Database
from store.job_runs import JobOutcome
from store.jobs import JobEngine
from store.parked_jobs import SqlParkedJobs
from store.retry_policy import WITHOUT_END, Faults, RetryPolicy
from tests.contract.store.workers import Jobs, Recorder, until, working

QUICK = RetryPolicy(first_wait_s=0.01, longest_wait_s=0.02, unexpected_runs=2, transient_runs=3)


class BusyError(Exception):
    """A fault that passes."""


class Scripted(Recorder):
    """Fails with each of these in turn, then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        super().__init__()
        self._errors = list(errors)

    @override
    async def __call__(self, **args: JSONValue) -> None:
        await super().__call__(**args)
        if self._errors:
            raise self._errors.pop(0)


async def _engine(database: Database) -> tuple[Jobs, list[JobOutcome]]:
    outcomes: list[JobOutcome] = []

    def observe(task: str, outcome: JobOutcome, seconds: float) -> None:
        del seconds
        if task == "work":
            outcomes.append(outcome)

    engine = JobEngine(database, transient=(BusyError,), policy=QUICK, observer=observe)
    await engine.open()
    return Jobs(database, engine), outcomes


async def _queue(jobs: Jobs) -> None:
    async with jobs.store.begin() as work:
        await work.jobs.enqueue("work", request_id="r-1")


async def test_somebody_is_told_before_a_job_is_left(database: Database) -> None:
    jobs, outcomes = await _engine(database)
    told = Recorder()
    handler = Scripted(*[ZeroDivisionError()] * 9)
    jobs.engine.register("work", handler, on_parked=told)
    await _queue(jobs)

    async with working(jobs.engine):
        await until(lambda: JobOutcome.PARKED in outcomes)

    assert told.calls == [{"request_id": "r-1"}]
    assert len(handler.calls) == 2
    assert await jobs.count("failed") == 1


async def test_job_is_kept_as_long_as_nobody_could_be_told(database: Database) -> None:
    jobs, outcomes = await _engine(database)
    told = Scripted(ZeroDivisionError(), BusyError())
    handler = Scripted(*[BusyError()] * 9)
    jobs.engine.register("work", handler, on_parked=told)
    await _queue(jobs)

    async with working(jobs.engine):
        await until(lambda: JobOutcome.PARKED in outcomes)

    assert len(told.calls) == 3
    assert len(handler.calls) == 5
    assert await jobs.count("failed") == 1


async def test_passing_fault_is_never_given_up_where_something_is_owed(
    database: Database,
) -> None:
    jobs, outcomes = await _engine(database)
    policy = replace(WITHOUT_END, first_wait_s=0.01, longest_wait_s=0.02)
    handler = Scripted(*[BusyError()] * 40)
    jobs.engine.register("work", handler, retry=policy)
    await _queue(jobs)

    async with working(jobs.engine):
        await until(lambda: JobOutcome.DONE in outcomes)

    assert outcomes == [JobOutcome.RETRIED] * 40 + [JobOutcome.DONE]


async def test_faults_of_one_kind_do_not_count_for_another(database: Database) -> None:
    jobs, outcomes = await _engine(database)
    handler = Scripted(BusyError(), BusyError(), ZeroDivisionError())
    jobs.engine.register("work", handler)
    await _queue(jobs)

    async with working(jobs.engine):
        await until(lambda: JobOutcome.DONE in outcomes)

    assert JobOutcome.PARKED not in outcomes


async def test_parked_job_is_listed_and_runs_again_as_if_new(database: Database) -> None:
    jobs, outcomes = await _engine(database)
    handler = Scripted(*[ZeroDivisionError()] * 3)
    jobs.engine.register("work", handler)
    await _queue(jobs)
    async with working(jobs.engine):
        await until(lambda: JobOutcome.PARKED in outcomes)
    parked = SqlParkedJobs(database)

    [found] = await parked.all()
    assert (found.task, found.request_id) == ("work", "r-1")
    assert found.parked_at is not None
    assert await parked.retry(found.id)
    assert not await parked.retry(found.id)
    assert await parked.all() == []

    async with working(jobs.engine):
        await until(lambda: JobOutcome.DONE in outcomes)
    assert len(handler.calls) == 4


async def test_parked_job_gives_way_to_an_equal_one_that_waits(database: Database) -> None:
    jobs, outcomes = await _engine(database)
    jobs.engine.register("work", Scripted(*[ZeroDivisionError()] * 2))
    async with jobs.store.begin() as work:
        await work.jobs.enqueue("work", queueing_lock="one")
    async with working(jobs.engine):
        await until(lambda: JobOutcome.PARKED in outcomes)
    async with jobs.store.begin() as work:
        await work.jobs.enqueue("work", queueing_lock="one", delay_s=600)
    parked = SqlParkedJobs(database)

    [found] = await parked.all()
    assert not await parked.retry(found.id)

    assert await parked.all() == []
    assert await jobs.count("todo") == 1


@pytest.mark.case("N01")
@pytest.mark.parametrize(
    ("asked_s", "least_s"), [(0.0, 2.0), (1.0, 2.0), (30.0, 30.0), (3600.0, 3600.0)]
)
def test_wait_is_at_least_what_the_other_side_asked_with_some_spread(
    asked_s: float, least_s: float
) -> None:
    waits = {
        WITHOUT_END.wait_s(Faults(transient=1), job_id=number, asked_s=asked_s)
        for number in range(50)
    }

    assert min(waits) == least_s
    assert max(waits) <= 1.2 * least_s
    assert len(waits) > 5


def test_wait_doubles_up_to_a_quarter_of_an_hour_and_never_ends() -> None:
    waits = [WITHOUT_END.wait_s(Faults(transient=n), job_id=0) for n in range(1, 2000)]

    assert waits[:4] == [2, 4, 8, 16]
    assert max(waits) == waits[-1] == 900
    assert not WITHOUT_END.is_over(Faults(transient=10**6))
    assert sum(waits[:23]) > 3.5 * 3600  # as long as an order is tried
