"""Many notifications at once, from two replicas, to a Bot Connector that counts as Teams does."""

import contextlib
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from mutations.identity import ObjectId
from mutations.jobs import Deliver, Message
from store.work import SqlWork
from tests.conversations.journeys import ask, install
from tests.conversations.stage import ARNO, BRITT, Stage, eventually, open_stage
from tests.fakes.bot_connector import FakeConnector
from tests.fakes.teams_limits import PER_THREAD, TeamsLimits, most_within

_LEFT = """
select count(*) as count from procrastinate_jobs
where task_name in ('message.deliver', 'cards.refresh') and status in ('todo', 'doing')
"""


async def _notify(stage: Stage, *, people: int, each: int) -> None:
    """Owe each of these people so many messages, in one transaction."""
    request = await ask(stage)
    for number in range(people):
        stage.world.connector.add_chat(f"a:crowd-{number}", _person(number))

    async def act(work: SqlWork) -> None:
        for turn in range(each):
            for number in range(people):
                await work.jobs.enqueue(
                    Deliver(
                        request_id=request.id,
                        person=_person(number),
                        message=Message.DECIDED,
                        occasion=f"{turn:03d}",
                    )
                )

    await stage.bot.storage.store.run(act)


def _person(number: int) -> ObjectId:
    return ObjectId(str(UUID(int=0xC0FFEE << 64 | number)))


async def _crowd(
    folder: Path, database_url: str, *, people: int, each: int, patience_s: float
) -> str:
    """Let two replicas deliver and return what was seen; fails when a limit was passed."""
    connector = FakeConnector(limits=TeamsLimits())
    await connector.start()
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(connector.stop)
        stages = []
        for name in ("one", "two"):
            (folder / name).mkdir()
            replica = open_stage(folder / name, database_url, connector=connector, recheck_s=600.0)
            stages.append(await stack.enter_async_context(replica))
        install(stages[0])
        for number in (ARNO, BRITT):
            await stages[0].person(number).join()
        await _notify(stages[0], people=people, each=each)

        async def is_done() -> bool:
            async with stages[0].bot.storage.database.connection() as connection:
                row = await (await connection.execute(_LEFT)).fetchone()
            return row is not None and row["count"] == 0

        await eventually(is_done, timeout_s=patience_s)
    for number in range(people):
        assert len(connector.sent(f"a:crowd-{number}")) == each
    return _figures(connector)


def _figures(connector: FakeConnector) -> str:
    threads: dict[str, list[float]] = defaultdict(list)
    for call in connector.ledger:
        parts = call.path.split("/")
        threads[parts[4] if len(parts) > 4 else str(call.body["members"])].append(call.at)
    assert connector.limits is not None
    assert connector.limits.refused == 0
    for window in PER_THREAD:
        for times in threads.values():
            assert most_within(times, window.seconds) <= window.count
    busiest = max(most_within(times, 1.0) for times in threads.values())
    together = most_within((call.at for call in connector.ledger), 1.0)
    assert busiest <= 7
    assert together <= 30
    return f"{len(connector.ledger)} calls, most in a second {busiest} a thread, {together} in all"


@pytest.mark.case("N04")
async def test_crowd_of_messages_stays_within_the_limits(
    tmp_path: Path, database_url: str, tell: Callable[[str], None]
) -> None:
    figures = await _crowd(tmp_path, database_url, people=12, each=5, patience_s=90)
    tell(f"60 notifications at once from two replicas: {figures}")


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.case("N04")
async def test_thousand_messages_at_once_stay_within_the_limits(
    tmp_path: Path, database_url: str, tell: Callable[[str], None]
) -> None:
    figures = await _crowd(tmp_path, database_url, people=100, each=10, patience_s=500)
    tell(f"1000 notifications at once from two replicas: {figures}")
