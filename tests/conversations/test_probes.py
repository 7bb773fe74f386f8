"""The probes tell the truth under each fault, and of its end."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from tests.conversations.outages import no_connections, probe, throw_out, turns, typed
from tests.conversations.stage import MARLEEN, Stage, eventually, open_stage
from tests.world.fault_proxy import Fault, proxied

ALL_WELL = {"database": True, "keys": True, "worker": True, "outbox": True}
SET_READ_ONLY = "alter database {} set default_transaction_read_only = {}"


def _set_read_only(owner_url: str, *, on: bool) -> None:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute("set default_transaction_read_only = off")
        connection.execute(SET_READ_ONLY.format(name, "on" if on else "off").encode())


@pytest.fixture
async def idle_stage(tmp_path: Path, database_url: str) -> AsyncIterator[Stage]:
    """A bot without a worker, whose workers count as dead early."""
    async with open_stage(tmp_path, database_url, worker=False, dead_worker_after_s=1) as opened:
        yield opened


async def test_all_is_well(stage: Stage) -> None:
    assert await turns(stage, 200) == ALL_WELL
    assert (await probe(stage, "/startup"))[0] == 200
    assert (await probe(stage, "/livez"))[0] == 200


@pytest.mark.case("O01", "C05")
async def test_exhausted_pool_is_not_ready_and_recovers(stage: Stage) -> None:
    await turns(stage, 200)
    async with no_connections(stage):
        assert (await turns(stage, 503, within_s=10))["database"] is not True
        assert (await probe(stage, "/livez"))[0] == 200
    assert await turns(stage, 200, within_s=30) == ALL_WELL


@pytest.mark.case("O01", "C04")
async def test_read_only_database_is_not_ready_takes_nothing_and_recovers(
    stage: Stage, owner_url: str
) -> None:
    marleen = stage.person(MARLEEN)
    await turns(stage, 200)
    _set_read_only(owner_url, on=True)
    try:
        await throw_out(owner_url)
        checks = await turns(stage, 503)

        async def is_named() -> bool:
            return bool((await turns(stage, 503))["database"] == "read-only")

        await eventually(is_named, timeout_s=30)
        assert checks["keys"] is True
        answer = await typed(marleen, "nieuwe mutatie")
        assert answer.status == 503
        assert (await probe(stage, "/livez"))[0] == 200
    finally:
        _set_read_only(owner_url, on=False)
        await throw_out(owner_url)
    assert await turns(stage, 200) == ALL_WELL
    assert (await typed(marleen, "nieuwe mutatie")).status == 200


@pytest.mark.case("O01")
async def test_silent_database_is_not_ready_while_the_loop_turns(
    tmp_path: Path, database_url: str
) -> None:
    async with (
        proxied(database_url) as (proxy, url),
        open_stage(tmp_path, url) as stage,
    ):
        await turns(stage, 200)
        proxy.fault = Fault.BLACK_HOLE
        checks = await turns(stage, 503)
        assert checks["database"] == "no answer in time"
        async with asyncio.timeout(0.5):
            assert (await probe(stage, "/livez"))[0] == 200
        proxy.fault = Fault.NONE
        assert await turns(stage, 200, within_s=30) == ALL_WELL


@pytest.mark.case("O01")
async def test_missing_and_silent_workers_are_not_ready(idle_stage: Stage, owner_url: str) -> None:
    assert (await turns(idle_stage, 503))["worker"] == "none"
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("insert into procrastinate_workers default values")
        assert await turns(idle_stage, 200) == ALL_WELL
        # As if the only replica with a worker were gone without a word.
        checks = await turns(idle_stage, 503)
        assert str(checks["worker"]).startswith("silent for ")
        connection.execute("update procrastinate_workers set last_heartbeat = now()")
        await turns(idle_stage, 200)


@pytest.mark.case("O01")
async def test_outbox_that_stands_still_is_not_ready(idle_stage: Stage, owner_url: str) -> None:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("insert into procrastinate_workers default values")
        connection.execute(
            "insert into procrastinate_jobs (queue_name, task_name, lock)"
            " values ('default', 'message.deliver', 'person:a')"
        )
        assert await turns(idle_stage, 200) == ALL_WELL
        connection.execute("update procrastinate_events set at = at - interval '11 minutes'")
        assert str((await turns(idle_stage, 503))["outbox"]).startswith("a job waits for 66")

        # Held up by somebody who cannot be reached now: that is no fault of the outbox.
        connection.execute(
            "update procrastinate_jobs set scheduled_at = now() + interval '5 minutes'"
        )
        connection.execute("update procrastinate_workers set last_heartbeat = now()")
        connection.execute(
            "insert into procrastinate_jobs (queue_name, task_name, lock)"
            " values ('default', 'message.deliver', 'person:a')"
        )
        connection.execute("update procrastinate_events set at = at - interval '11 minutes'")
        assert await turns(idle_stage, 200) == ALL_WELL


async def test_reorganisation_that_waits_for_its_turn_is_ready(
    idle_stage: Stage, owner_url: str
) -> None:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("insert into procrastinate_workers default values")
        for queue, status in (("bulk", 200), ("default", 503)):
            connection.execute(
                "insert into procrastinate_jobs (queue_name, task_name, lock)"
                " values (%s, 'order.carry_out', %s)",
                (queue, f"account:{queue}"),
            )
            connection.execute("update procrastinate_events set at = at - interval '11 minutes'")
            await turns(idle_stage, status)
