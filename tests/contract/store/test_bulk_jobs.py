"""Bulk work has places of its own: nothing else waits behind it, however many there are of it."""

import asyncio
from dataclasses import replace
from datetime import datetime
from functools import partial

from mutations.identity import ObjectId, RequestId
from mutations.jobs import CarryOut
from store.jobs import BULK_PLACE, USUAL_PLACE
from store.work import SqlStore, SqlWork
from tests.contract.store.workers import FAST, Jobs, Recorder, until, working
from tests.fakes.clock import FakeClock


async def test_other_work_is_done_while_all_places_of_bulk_work_are_taken(jobs: Jobs) -> None:
    at_work = asyncio.Semaphore(0)
    goes_on = asyncio.Event()
    single = Recorder()

    async def hang() -> None:
        at_work.release()
        await goes_on.wait()

    jobs.engine.register("hang", hang)
    jobs.engine.register("single", single)
    async with jobs.store.begin() as work:
        for _ in range(FAST.bulk_concurrency + FAST.concurrency + 1):
            await work.jobs.enqueue("hang", place=BULK_PLACE)
    async with working(jobs.engine):
        for _ in range(FAST.bulk_concurrency):
            await at_work.acquire()
        async with jobs.store.begin() as work:
            await work.jobs.enqueue("single")

        await until(lambda: bool(single.calls))

        assert at_work.locked()  # no more of them began
        goes_on.set()
        await until(lambda: _all_done(jobs))


async def test_what_has_begun_goes_before_what_has_not(jobs: Jobs, clock: FakeClock) -> None:
    handler = Recorder()
    jobs.engine.register(CarryOut.name, handler)
    store = SqlStore(jobs.store, clock)
    for name, at in (("new", None), ("newer", None), ("begun", clock.now())):
        await store.run(partial(_enqueue, name=name, at=at))

    async with working(jobs.engine, replace(FAST, bulk_concurrency=1)):
        await until(lambda: len(handler.calls) == 3)

    assert [call["request_id"] for call in handler.calls] == ["begun", "new", "newer"]


async def test_one_account_is_worked_on_by_one_job_whatever_places_they_have(jobs: Jobs) -> None:
    now, most = 0, 0

    async def carry_out() -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.1)
        now -= 1

    jobs.engine.register("carry_out", carry_out)
    async with jobs.store.begin() as work:
        for number in range(6):
            place = BULK_PLACE if number % 2 == 0 else USUAL_PLACE
            await work.jobs.enqueue("carry_out", lock="account:1", place=place)

    async with working(jobs.engine):
        await until(lambda: _all_done(jobs))

    assert most == 1


async def _enqueue(work: SqlWork, *, name: str, at: datetime | None) -> None:
    job = CarryOut(request_id=RequestId(name), account=ObjectId(name))
    await work.jobs.enqueue(job, at=at, bulk=True)


async def _all_done(jobs: Jobs) -> bool:
    return await jobs.count("todo") == 0 == await jobs.count("doing")
