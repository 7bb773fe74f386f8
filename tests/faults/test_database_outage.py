"""The database is killed while people press and type: told so, nothing acknowledged is lost."""

import asyncio
import contextlib
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from mutations.identity import find_request_number
from tests.conversations.journeys import FORM, card_of, install
from tests.conversations.outages import AGAIN, has_again, turns, typed
from tests.conversations.stage import ARNO, MARLEEN, Stage, eventually, open_stage, words_of
from tests.fakes.bot_connector import Message
from tests.fakes.teams_client import TeamsClient
from tests.faults.own_server import OwnServer, own_server

_POLLING_S = 120.0  # so long that only a notification can wake the worker in time
_RECOVERY_S = 10.0


@dataclass
class Manager:
    """Asks for a move and withdraws it, over and over; repeats what was turned away."""

    client: TeamsClient
    sent: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    turned_away: int = 0
    slowest_s: float = 0.0

    async def work(self) -> None:
        """Go on until cancelled."""
        while True:
            await self.ask()
            await self.withdraw()

    async def ask(self) -> None:
        """Send a request; its number is known once it is acknowledged."""
        form = await self.type("nieuwe mutatie")
        if "draft.submit" not in str(form.card):  # else it was filled in before an outage
            await self.press(form, "draft.fill", **FORM)
        await self.press(form, "draft.submit")
        number = find_request_number(words_of(form.card))
        assert number is not None, words_of(form.card)
        self.sent.append(number)

    async def withdraw(self) -> None:
        """Take the newest request back."""
        sure = await self.type(f"annuleer {self.sent[-1]}")
        await self.press(sure, "Ja, intrekken")
        assert "Ingetrokken" in words_of(sure.card)
        self.withdrawn.append(self.sent[-1])

    async def type(self, text: str) -> Message:
        """Type a message until it is taken, and return the answer."""
        while True:
            known = {message.id for message in self.client.inbox}
            with self._timed():
                answer = await typed(self.client, text)
            if answer.status == 200:
                new = [one for one in self.client.inbox if one.id not in known]
                return next(one for one in new if one.body.get("replyToId"))
            assert answer.status == 503
            self.turned_away += 1
            await asyncio.sleep(0.2)

    async def press(self, message: Message, button: str, **inputs: str) -> None:
        """Press a button, and the one that repeats the press as long as that is what comes."""
        with self._timed():
            card = await self.client.press(message, button, **inputs)
        while has_again(card):
            self.turned_away += 1
            await asyncio.sleep(0.2)
            with self._timed():
                card = await self.client.press(message, AGAIN)

    @contextlib.contextmanager
    def _timed(self) -> Iterator[None]:
        started = time.monotonic()
        yield
        self.slowest_s = max(self.slowest_s, time.monotonic() - started)


@pytest.fixture
async def server() -> AsyncIterator[OwnServer]:
    async with own_server() as started:
        yield started


async def _outage(stage: Stage, server: OwnServer, how: signal.Signals, away_s: float) -> float:
    """Kill the database, start it again and return the seconds until all is well again."""
    server.kill(how)
    assert (await turns(stage, 503))["database"] is not True
    await asyncio.sleep(away_s)
    await server.start()
    back_at = time.monotonic()
    await turns(stage, 200)
    assert (await typed(stage.person(ARNO), "status")).status == 200
    return time.monotonic() - back_at


async def _check(stage: Stage, manager: Manager) -> None:
    """Everything acknowledged is there, once."""
    kinds = Counter((row["kind"], row["request_id"]) for row in await stage.audit())
    for number in manager.sent:
        request = await stage.request(number)
        assert kinds["request.submitted", request.id] == 1
    for number in manager.withdrawn:
        request = await stage.request(number)
        assert request.state == "withdrawn"
        assert kinds["request.withdrawn", request.id] == 1


async def _play(
    folder: Path, server: OwnServer, outages: list[tuple[signal.Signals, float]]
) -> tuple[Manager, list[float]]:
    async with open_stage(
        folder, server.url, database_owner_url=server.owner_url, job_polling_s=_POLLING_S
    ) as stage:
        install(stage)
        manager = Manager(stage.person(MARLEEN))
        recoveries = []
        async with _at_work(manager) as working:
            for how, away_s in outages:
                await _has_worked(manager, working)
                recoveries.append(await _outage(stage, server, how, away_s))
        await _check(stage, manager)
        await _make_due(server)
        await _listens(stage)
    return manager, recoveries


@contextlib.asynccontextmanager
async def _at_work(manager: Manager) -> AsyncIterator[asyncio.Task[None]]:
    working = asyncio.create_task(manager.work())
    try:
        yield working
    finally:
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working


async def _has_worked(manager: Manager, working: asyncio.Task[None]) -> None:
    goal = len(manager.withdrawn) + 2
    await eventually(lambda: len(manager.withdrawn) >= goal or working.done(), timeout_s=60)
    assert not working.done(), working


async def _make_due(server: OwnServer) -> None:
    """Let what failed during the outage wait no longer: it goes before what follows it."""
    connection = await psycopg.AsyncConnection.connect(server.owner_url, autocommit=True)
    async with connection:
        await connection.execute(
            "update procrastinate_jobs set scheduled_at = null where status = 'todo'"
        )


async def _listens(stage: Stage) -> None:
    """A job queued now is done at once: the worker hears of it again."""
    last = Manager(stage.person(MARLEEN))
    open_now = await last.type("mijn aanvragen")
    number = find_request_number(words_of(open_now.card))
    if number is not None and (await stage.request(number)).is_open:
        last.sent.append(number)
        await last.withdraw()
    await last.ask()
    await card_of(stage, ARNO, last.sent[-1], having="decision.keep", timeout_s=15)


@pytest.mark.case("O01", "I01")
@pytest.mark.timeout(240)
async def test_killed_database_loses_nothing_that_was_acknowledged(
    tmp_path: Path, server: OwnServer, tell: Callable[[str], None]
) -> None:
    outages = [(signal.SIGKILL, 2.0)]
    manager, recoveries = await _play(tmp_path, server, outages)
    _tell(tell, manager, recoveries)


@pytest.mark.long
@pytest.mark.timeout(600)
async def test_database_killed_again_and_again_loses_nothing(
    tmp_path: Path, server: OwnServer, tell: Callable[[str], None]
) -> None:
    outages = [(how, s) for s in (0.0, 3.0, 20.0) for how in (signal.SIGKILL, signal.SIGQUIT)]
    manager, recoveries = await _play(tmp_path, server, outages)
    _tell(tell, manager, recoveries)


def _tell(tell: Callable[[str], None], manager: Manager, recoveries: list[float]) -> None:
    acks = len(manager.sent) + len(manager.withdrawn)
    assert acks
    assert manager.slowest_s < _RECOVERY_S
    assert max(recoveries) < _RECOVERY_S
    tell(
        f"database killed {len(recoveries)} times: acknowledged {acks}, lost 0, turned away"
        f" {manager.turned_away}, slowest answer {manager.slowest_s:.1f} s,"
        f" well again after {max(recoveries):.1f} s at most"
    )
