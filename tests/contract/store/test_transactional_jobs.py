"""Jobs and the transaction that queues them."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from store import audit
from store.audit_chain import Event
from store.jobs import UnknownTaskError
from store.unit_of_work import UnitOfWork
from tests.contract.store.workers import Jobs, Recorder, until, working

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


async def _write(work: UnitOfWork) -> None:
    tried = Event(at=AT, kind="tried", actor="a1", request_id=None, correlation_id=None, params={})
    await audit.write(work.connection, [tried])


async def _audit_lines(jobs: Jobs) -> int:
    async with jobs.database.connection() as connection:
        return len(await (await connection.execute("select from audit")).fetchall())


async def test_a_job_of_a_committed_transaction_runs(jobs: Jobs) -> None:
    handler = Recorder()
    jobs.engine.register("greet", handler)
    async with jobs.store.begin() as work:
        assert await work.jobs.enqueue("greet", person="p1", count=2)

    async with working(jobs.engine):
        await until(lambda: bool(handler.calls))

    assert handler.calls == [{"person": "p1", "count": 2}]
    assert await jobs.count("succeeded") == 1


async def test_a_rolled_back_transaction_leaves_no_job_and_no_change(jobs: Jobs) -> None:
    jobs.engine.register("greet", Recorder())

    async def fail() -> None:
        async with jobs.store.begin() as work:
            await _write(work)
            await work.jobs.enqueue("greet")
            raise LookupError

    with pytest.raises(LookupError):
        await fail()

    assert await jobs.count("todo") == 0
    assert await _audit_lines(jobs) == 0


async def test_a_job_is_not_seen_before_the_commit(jobs: Jobs) -> None:
    handler = Recorder()
    jobs.engine.register("greet", handler)
    async with working(jobs.engine):
        async with jobs.store.begin() as work:
            await work.jobs.enqueue("greet")
            await asyncio.sleep(0.5)
            assert handler.calls == []
        await until(lambda: bool(handler.calls))


async def test_a_second_job_with_the_queueing_lock_does_not_spoil_the_transaction(
    jobs: Jobs,
) -> None:
    handler = Recorder()
    jobs.engine.register("greet", handler)
    async with jobs.store.begin() as work:
        assert await work.jobs.enqueue("greet", queueing_lock="one", turn=1)
    async with jobs.store.begin() as work:
        assert not await work.jobs.enqueue("greet", queueing_lock="one", turn=2)
        await _write(work)

    assert await _audit_lines(jobs) == 1
    assert await jobs.count("todo") == 1


async def test_queueing_again_for_an_earlier_moment_brings_the_waiting_job_forward(
    jobs: Jobs,
) -> None:
    handler = Recorder()
    jobs.engine.register("greet", handler)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    async with jobs.store.begin() as work:
        await work.jobs.enqueue("greet", queueing_lock="one", at=tomorrow)
        await work.jobs.enqueue("greet", queueing_lock="one", at=tomorrow + timedelta(days=1))

    async with working(jobs.engine):
        await asyncio.sleep(0.4)
        assert handler.calls == []
        async with jobs.store.begin() as work:
            assert not await work.jobs.enqueue("greet", queueing_lock="one")
        await until(lambda: bool(handler.calls))


async def test_a_waiting_job_that_stands_for_ours_starts_only_after_our_commit(jobs: Jobs) -> None:
    seen: list[int] = []

    async def look() -> None:
        seen.append(await _audit_lines(jobs))

    jobs.engine.register("look", look)
    async with jobs.store.begin() as work:
        await work.jobs.enqueue("look", queueing_lock="one")
    async with jobs.store.begin() as work:
        await _write(work)
        assert not await work.jobs.enqueue("look", queueing_lock="one")
        async with working(jobs.engine):
            await asyncio.sleep(0.5)
    async with working(jobs.engine):
        await until(lambda: bool(seen))

    assert seen == [1]


async def test_a_job_waits_for_its_moment(jobs: Jobs) -> None:
    handler = Recorder()
    jobs.engine.register("greet", handler)
    due = datetime.now(UTC) + timedelta(seconds=0.8)
    async with jobs.store.begin() as work:
        await work.jobs.enqueue("greet", at=due, which="at")
        await work.jobs.enqueue("greet", delay_s=0.8, which="delay")

    async with working(jobs.engine):
        await until(lambda: len(handler.calls) == 2)

    assert min(handler.times) >= due


async def test_jobs_with_one_lock_run_one_at_a_time_and_in_order(jobs: Jobs) -> None:
    events: list[str] = []

    async def change(name: str) -> None:
        events.append(f"start {name}")
        await asyncio.sleep(0.1)
        events.append(f"end {name}")

    jobs.engine.register("change", change)
    async with jobs.store.begin() as work:
        for name in ("a", "b", "c"):
            await work.jobs.enqueue("change", lock="account-1", name=name)

    async with working(jobs.engine):
        await until(lambda: len(events) == 6)

    assert events == ["start a", "end a", "start b", "end b", "start c", "end c"]


async def test_jobs_with_different_locks_run_side_by_side(jobs: Jobs) -> None:
    meeting = asyncio.Barrier(2)
    done: list[str] = []

    async def meet(name: str) -> None:
        async with asyncio.timeout(5):
            await meeting.wait()
        done.append(name)

    jobs.engine.register("meet", meet)
    async with jobs.store.begin() as work:
        await work.jobs.enqueue("meet", lock="account-1", name="a")
        await work.jobs.enqueue("meet", lock="account-2", name="b")

    async with working(jobs.engine):
        await until(lambda: len(done) == 2)


async def test_a_job_nobody_can_do_is_refused_at_once(jobs: Jobs) -> None:
    async with jobs.store.begin() as work:
        with pytest.raises(UnknownTaskError):
            await work.jobs.enqueue("misspelt")
