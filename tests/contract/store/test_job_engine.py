"""What becomes of jobs that fail, and of those whose worker dies."""

import asyncio
import contextlib
import sys
from collections.abc import Callable

import psycopg
import pytest
from procrastinate.exceptions import ConnectorException
from procrastinate.types import JSONValue
from typing_extensions import override

from store.database import Database
from store.job_runs import JobOutcome
from store.jobs import REMOVE_OLD_JOBS, JobEngine
from store.retry_policy import RetryPolicy
from tests.contract.store.workers import FAST, Jobs, Recorder, until, working

IMPATIENT = RetryPolicy(
    transient_runs=4, unexpected_runs=2, first_wait_s=0.01, longest_wait_s=0.02
)


class BusyError(Exception):
    retry_after_s = 0.5


class Failing(Recorder):
    """Fails a number of times before it succeeds."""

    def __init__(self, error: Callable[[], Exception], times: int) -> None:
        super().__init__()
        self._error = error
        self._left = times

    @override
    async def __call__(self, **args: JSONValue) -> None:
        await super().__call__(**args)
        if self._left:
            self._left -= 1
            raise self._error()


class Watching:
    """Notes how runs ended, housekeeping apart: whether that runs depends on the hour."""

    def __init__(self) -> None:
        self.outcomes: list[JobOutcome] = []

    def __call__(self, task: str, outcome: JobOutcome, seconds: float) -> None:
        assert seconds >= 0
        if task != REMOVE_OLD_JOBS:
            self.outcomes.append(outcome)


async def _run(database: Database, handler: Recorder, end: JobOutcome) -> tuple[Jobs, Watching]:
    watching = Watching()
    engine = JobEngine(database, transient=(BusyError,), policy=IMPATIENT, observer=watching)
    await engine.open()
    engine.register("work", handler)
    jobs = Jobs(database, engine)
    async with jobs.store.begin() as work:
        await work.jobs.enqueue("work")
    async with working(engine):
        await until(lambda: end in watching.outcomes)
    return jobs, watching


async def test_a_passing_fault_is_tried_again_until_it_is_over(database: Database) -> None:
    handler = Failing(BusyError, times=3)

    jobs, watching = await _run(database, handler, JobOutcome.DONE)

    assert watching.outcomes == [JobOutcome.RETRIED] * 3 + [JobOutcome.DONE]
    assert await jobs.count("succeeded") == 1
    # The other side said when to come back.
    assert (handler.times[1] - handler.times[0]).total_seconds() >= 0.5


async def test_an_unexpected_fault_is_parked_for_a_person_after_a_few_runs(
    database: Database,
) -> None:
    jobs, watching = await _run(database, Failing(ZeroDivisionError, times=9), JobOutcome.PARKED)

    assert watching.outcomes == [JobOutcome.RETRIED, JobOutcome.PARKED]
    assert await jobs.count("failed") == 1


async def test_a_failed_job_gives_way_to_a_waiting_one_with_its_queueing_lock(
    database: Database,
) -> None:
    engine = JobEngine(database, policy=IMPATIENT)
    await engine.open()
    jobs = Jobs(database, engine)
    runs: list[int] = []

    async def fail_once_after_being_asked_again() -> None:
        runs.append(1)
        if len(runs) == 1:
            async with jobs.store.begin() as work:
                assert await work.jobs.enqueue("work", queueing_lock="one", delay_s=0.3)
            raise ZeroDivisionError

    engine.register("work", fail_once_after_being_asked_again)
    async with jobs.store.begin() as work:
        await work.jobs.enqueue("work", queueing_lock="one")
    async with working(engine):
        await until(lambda: len(runs) == 2)

    assert await jobs.count("doing") == 0
    assert await jobs.count("aborted") == 1
    assert await jobs.count("succeeded") == 1


async def test_a_worker_asked_to_stop_lets_the_running_job_finish(jobs: Jobs) -> None:
    done: list[str] = []
    started = asyncio.Event()

    async def slow() -> None:
        started.set()
        await asyncio.sleep(0.5)
        done.append("slow")

    jobs.engine.register("slow", slow)
    async with jobs.store.begin() as work:
        await work.jobs.enqueue("slow")
    async with working(jobs.engine):
        await started.wait()

    assert done == ["slow"]
    assert await jobs.count("succeeded") == 1


async def _killed_in_the_middle_of_a_job(database_url: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.contract.store.hanging_worker", database_url),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(30):
            assert await process.stdout.readline() == b"started\n"
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def test_the_job_of_a_killed_worker_is_run_again_by_another(
    jobs: Jobs, database_url: str
) -> None:
    handler = Recorder()
    jobs.engine.register("hang", handler)
    async with jobs.store.begin() as work:
        await work.jobs.enqueue("hang", lock="account-1", request="r1")
    await _killed_in_the_middle_of_a_job(database_url)
    assert await jobs.count("doing") == 1

    async with working(jobs.engine):
        await until(lambda: bool(handler.calls))

    assert handler.calls == [{"request": "r1"}]
    assert await jobs.count("succeeded") == 1


async def test_a_job_that_kills_its_workers_is_parked(
    database: Database, database_url: str
) -> None:
    watching = Watching()
    policy = RetryPolicy(deaths=1)
    engine = JobEngine(database, policy=policy, observer=watching)
    await engine.open()
    told = Recorder()
    engine.register("hang", Recorder(), on_parked=told)
    jobs = Jobs(database, engine)
    async with jobs.store.begin() as work:
        await work.jobs.enqueue("hang")
    await _killed_in_the_middle_of_a_job(database_url)

    async with working(engine), asyncio.timeout(10):
        while not await jobs.count("failed"):  # noqa: ASYNC110 - what is looked at is a table
            await asyncio.sleep(0.02)

    assert watching.outcomes == [JobOutcome.PARKED]
    assert await jobs.count("failed") == 1
    assert told.calls == [{}]


async def test_a_long_job_of_a_living_worker_is_left_alone(jobs: Jobs, database: Database) -> None:
    handler = Recorder()

    async def long() -> None:
        await handler()
        await asyncio.sleep(2.5 * FAST.stalled_after_s)

    other = JobEngine(database)
    await other.open()
    for engine in (jobs.engine, other):
        engine.register("long", long)
    async with jobs.store.begin() as work:
        await work.jobs.enqueue("long")
    async with working(other), working(jobs.engine):
        await until(lambda: bool(handler.calls))

    assert len(handler.calls) == 1
    assert await jobs.count("succeeded") == 1


async def test_a_worker_goes_on_after_it_lost_the_database(
    jobs: Jobs, postgres_server: str
) -> None:
    handler = Recorder()
    jobs.engine.register("greet", handler)
    async with working(jobs.engine):
        await asyncio.sleep(0.3)
        with psycopg.connect(postgres_server) as administrator:
            administrator.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname <> current_database() and application_name = 'mutatiebot'"
                " and datname = %s",
                (psycopg.conninfo.conninfo_to_dict(jobs.database.url)["dbname"],),
            )
        await asyncio.sleep(0.3)
        async with jobs.store.begin() as work:
            await work.jobs.enqueue("greet")
        await until(lambda: bool(handler.calls))


async def test_periodic_tasks_run_once_over_all_workers(jobs: Jobs, database: Database) -> None:
    handler = Recorder()
    other = JobEngine(database)
    await other.open()
    for engine in (jobs.engine, other):
        engine.register("tick", handler, cron="* * * * * *")
    async with working(other), working(jobs.engine):
        await until(lambda: len(handler.calls) >= 2)

    seconds = [moment.replace(microsecond=0) for moment in handler.times]
    assert handler.calls[0] == {}
    assert len(set(seconds)) >= len(seconds) - 1


async def test_finished_jobs_are_removed_and_failed_ones_kept(database: Database) -> None:
    engine = JobEngine(database, policy=IMPATIENT, keep_finished_h=24)
    await engine.open()
    jobs = Jobs(database, engine)
    engine.register("work", Recorder())
    engine.register("fail", Failing(ZeroDivisionError, times=9))
    async with jobs.store.begin() as work:
        await work.jobs.enqueue("work")
        await work.jobs.enqueue("fail")

    async def both_ended() -> bool:
        return await jobs.count("failed") == await jobs.count("succeeded") == 1

    async def only_the_failed_one_is_left() -> bool:
        return await _names(database) - {REMOVE_OLD_JOBS} == {"fail"}

    async with working(engine):
        await until(both_ended)
        async with database.connection() as connection:
            await connection.execute("update procrastinate_events set at = at - interval '25 h'")
        async with jobs.store.begin() as work:
            await work.jobs.enqueue(REMOVE_OLD_JOBS)
        await until(only_the_failed_one_is_left)


async def _names(database: Database) -> set[str]:
    async with database.connection() as connection:
        cursor = await connection.execute("select task_name from procrastinate_jobs")
        return {row["task_name"] async for row in cursor}


async def test_worker_that_loses_the_database_while_it_stops_does_stop(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = JobEngine(database)
    await engine.open()
    is_at_work = asyncio.Event()

    async def run(_: object) -> None:
        is_at_work.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise ConnectorException from None

    monkeypatch.setattr("store.job_worker.Worker.run", run)
    worker = asyncio.create_task(engine.run_worker(FAST))
    await is_at_work.wait()
    worker.cancel()

    async with asyncio.timeout(5):
        await asyncio.wait({worker})
    assert worker.cancelled()
