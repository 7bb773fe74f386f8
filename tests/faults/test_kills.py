"""SIGKILL at every statement and every outgoing call of each flow: each thing happens once."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.faults.flows import FLOWS, FLOWS_REAL, TWO_PROCESSES, Flow
from tests.faults.flows_by_hand import FLOWS_BY_HAND, ORDER_C, TAKE_BACK
from tests.faults.kill_points import KillPoints, Phase, kill_points
from tests.faults.outcome import Outcome, check_done_once, check_taken_back, finish, tenant
from tests.faults.real_tenant import is_kept_or_asked, is_write_done
from tests.faults.scene import Scene, Wiring, open_scene
from tests.faults.wire import Act
from tests.faults.wire_pause import commits
from tests.postgres import as_bot, fresh_database, make_template

# A job whose workers die 24 times is parked (store.retry_policy), so kills come in portions.
_MOST_DEATHS = 18
_PORTION = 60
_DEATHS = "select coalesce(max(deaths), 0) as most from job_fault"

Tell = Callable[[str, int, int], None]


def _id_of(value: object) -> str | None:
    return value.name.replace(" ", "-") if isinstance(value, Flow) else None


async def _undisturbed(folder: Path, owner_url: str, flow: Flow) -> Outcome:
    wiring = Wiring(workers=flow.workers, is_forked=True, is_real=flow.is_real)
    async with open_scene(folder, as_bot(owner_url), mode=flow.mode, wiring=wiring) as scene:
        await scene.start()
        async with _told_truly(scene, flow):
            await flow.before(scene)
            await _play(scene, flow)
        return await Outcome.of(scene)


@contextlib.asynccontextmanager
async def _told_truly(scene: Scene, flow: Flow) -> AsyncIterator[None]:
    """Check that what happens meanwhile leaves the tenant as the end of the flow says."""
    before = await tenant(scene)
    yield
    if flow.takes_back:
        await check_taken_back(scene, before)
    else:
        await check_done_once(scene)


async def _killing(scene: Scene, points: KillPoints, diary: Path) -> None:
    """Revive what is killed at each new point until cancelled; stop when that was often enough."""
    for kills in itertools.count(1):
        hit = await points.hit()
        with diary.open("a") as lines:
            lines.write(f"{time.monotonic():.1f} {hit.label}\n")
        await scene.bury(hit.process)
        [row] = await scene.rows(_DEATHS)
        is_enough = kills == points.most or row["most"] >= _MOST_DEATHS
        if is_enough:
            points.disarm()
        points.carry(hit.process)
        await scene.revive(hit.process)
        if is_enough:
            return


async def _run(scene: Scene, flow: Flow, points: KillPoints, diary: Path) -> bool:
    """Play the flow to its end; tell whether nothing was killed any more.

    Only then all points are known: a kill after a commit hides what would have followed in the
    same turn or job.
    """
    known = len(points.passed)
    await flow.before(scene)
    points.strike = scene.strike
    points.arm()
    killer = asyncio.create_task(_killing(scene, points, diary))
    player = asyncio.create_task(_play(scene, flow))
    try:
        await asyncio.wait({killer, player}, return_when=asyncio.FIRST_COMPLETED)
        if killer.done():
            killer.result()
        await player
        points.disarm()
        await scene.all_up()
    finally:
        for task in (killer, player):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
    return len(points.passed) == known


async def _play(scene: Scene, flow: Flow) -> None:
    await flow.play(scene)
    await finish(scene, flow.state)


async def _portion(
    folder: Path, owner_url: str, flow: Flow, points: KillPoints, expected: Outcome
) -> bool:
    """Kill at the next points; tell whether there are no more."""
    wiring = Wiring(points, flow.workers, is_forked=True, is_real=flow.is_real)
    async with open_scene(folder, as_bot(owner_url), mode=flow.mode, wiring=wiring) as scene:
        await scene.start()
        async with _told_truly(scene, flow):
            is_complete = await _run(scene, flow, points, folder / "kills.log")
        await expected.check(scene)
        return is_complete


async def _survived(
    folder: Path,
    server_url: str,
    flow: Flow,
    *,
    where: Callable[[Phase, Act], bool],
    tell: Callable[[int, int], None],
    most_kills: int | None = None,
) -> None:
    """Kill at every point that counts in as many portions as that takes, or in one of so many."""
    template = make_template(server_url)
    with fresh_database(server_url, template) as url:
        expected = await _undisturbed(folder, url, flow)
    passed: list[str] = []
    survived, is_complete = 0, False
    try:
        while not is_complete:
            with fresh_database(server_url, template) as url:
                async with kill_points(url, where, passed, most_kills or _PORTION) as points:
                    is_complete = await _portion(folder, url, flow, points, expected)
            survived = len(passed)
            is_complete |= most_kills is not None
    finally:
        tell(survived, len(passed))
    assert survived


def _is_decisive(phase: Phase, act: Act) -> bool:
    """Pick what changes the request or the tenant, and what was sent.

    A write to the tenant that is lost is left to the long form: the engine waits before it writes
    again.
    """
    if commits("insert into request (", "update request")(act):
        return True
    is_done = act.text.startswith("POST ") or commits("insert into simulated_ledger")(act)
    return is_done and phase is Phase.AFTER


@pytest.mark.case("C01", "I01", "I05", "I08", "I11")
@pytest.mark.timeout(600)
async def test_kills_at_decisive_moments_are_survived(
    tmp_path: Path, postgres_server: str, tell_kills: Tell
) -> None:
    def tell(survived: int, points: int) -> None:
        tell_kills(f"{TWO_PROCESSES.name}, decisive moments", survived, points)

    await _survived(
        tmp_path,
        postgres_server,
        TWO_PROCESSES,
        where=_is_decisive,
        tell=tell,
        most_kills=_PORTION,
    )


def _is_pivotal(phase: Phase, act: Act) -> bool:
    """Pick the moments at which the request or the tenant has just been changed."""
    is_change = commits("update request", "insert into simulated_ledger")(act)
    return is_change and phase is Phase.AFTER


@pytest.mark.case("C01", "I01", "I05", "I08", "I11")
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("flow", "most_kills"), [(ORDER_C, 8), (TAKE_BACK, 4)], ids=_id_of)
async def test_kills_while_the_service_desk_takes_part_are_survived(
    flow: Flow, most_kills: int, tmp_path: Path, postgres_server: str, tell_kills: Tell
) -> None:
    def tell(survived: int, points: int) -> None:
        tell_kills(f"{flow.name}, first changes", survived, points)

    await _survived(
        tmp_path, postgres_server, flow, where=_is_pivotal, tell=tell, most_kills=most_kills
    )


def _is_of_tenant_or_end(phase: Phase, act: Act) -> bool:
    """Pick the changes of the tenant that were made, and those of the request that are kept."""
    is_kept = phase is Phase.AFTER and commits("update request")(act)
    return is_kept or is_write_done(phase, act)


@pytest.mark.case("C01", "C02", "I05")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("flow", FLOWS_REAL, ids=lambda flow: flow.name.replace(" ", "-"))
async def test_kills_while_microsoft_365_changes_are_survived(
    flow: Flow, tmp_path: Path, postgres_server: str, tell_kills: Tell
) -> None:
    def tell(survived: int, points: int) -> None:
        tell_kills(f"{flow.name}, changes", survived, points)

    await _survived(
        tmp_path,
        postgres_server,
        flow,
        where=_is_of_tenant_or_end,
        tell=tell,
        most_kills=6,
    )


@pytest.mark.long
@pytest.mark.case("C01", "C02", "I05")
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("flow", FLOWS_REAL, ids=lambda flow: flow.name.replace(" ", "-"))
async def test_every_commit_and_every_call_to_microsoft_365_is_survived(
    flow: Flow, tmp_path: Path, postgres_server: str, tell_kills: Tell
) -> None:
    def tell(survived: int, points: int) -> None:
        tell_kills(f"{flow.name}, commits and calls", survived, points)

    await _survived(tmp_path, postgres_server, flow, where=is_kept_or_asked, tell=tell)


@pytest.mark.long
@pytest.mark.case("C01", "C02", "I01", "I05", "I08", "I11")
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("flow", [*FLOWS, *FLOWS_BY_HAND], ids=_id_of)
async def test_every_kill_point_is_survived(
    flow: Flow, phase: Phase, tmp_path: Path, postgres_server: str, tell_kills: Tell
) -> None:
    def tell(survived: int, points: int) -> None:
        tell_kills(f"{flow.name}, {phase}", survived, points)

    await _survived(tmp_path, postgres_server, flow, where=lambda now, _: now is phase, tell=tell)
