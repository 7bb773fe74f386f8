"""SIGKILL at every commit of a conversation and of both orders: each thing happens once."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.settings import Mode
from tests.faults.flows import (
    CONVERSATION,
    ORDER_A,
    ORDER_B,
    Flow,
    check,
    finish,
    newest_cards,
    summary,
)
from tests.faults.kill_points import Fate, KillPoints, kill_points
from tests.faults.scene import Scene, open_scene
from tests.postgres import fresh_database, make_template

# A job whose workers die too often is parked (store.retry_policy), so kills come in portions.
_KILLS_PER_RUN = 15

Tell = Callable[[str, int, int], None]
Expected = tuple[Mapping[str, Any], Mapping[tuple[str, str], str]]
"""What is stored at the end, and what the newest card of each kind says to each person."""


def _mode(flow: Flow) -> Mode:
    """Return live mode where no order is carried out: only local mode has a working day always."""
    return Mode.LIVE if flow.state == "scheduled" else Mode.LOCAL


async def _undisturbed(folder: Path, url: str, flow: Flow) -> Expected:
    async with open_scene(folder, url, mode=_mode(flow)) as scene:
        await scene.bot.start()
        await flow.before(scene)
        await flow.play(scene)
        await finish(scene, flow)
        return await summary(scene), await newest_cards(scene)


async def _killing(scene: Scene, points: KillPoints, fate: Fate, *, most: int) -> None:
    """Kill the bot at each new point until cancelled, at most so many times."""
    for _ in range(most):
        await points.wait()
        await scene.bot.kill()
        await points.decide(fate)
        await scene.bot.start()
    await points.disarm()


async def _run(scene: Scene, flow: Flow, points: KillPoints, fate: Fate) -> bool:
    """Play the flow to its end; tell whether all its points have been killed at."""
    await scene.bot.start()
    await flow.before(scene)
    await scene.at_rest()
    await points.arm()
    killer = asyncio.create_task(_killing(scene, points, fate, most=_KILLS_PER_RUN))
    player = asyncio.create_task(_play(scene, flow))
    try:
        await asyncio.wait({killer, player}, return_when=asyncio.FIRST_COMPLETED)
        if killer.done():
            killer.result()
        await player
        return not killer.done()
    finally:
        for task in (killer, player):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _play(scene: Scene, flow: Flow) -> None:
    await flow.play(scene)
    await finish(scene, flow)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("fate", Fate)
@pytest.mark.parametrize("flow", [CONVERSATION, ORDER_A, ORDER_B], ids=lambda flow: flow.name)
async def test_every_kill_point_is_survived(
    flow: Flow, fate: Fate, tmp_path: Path, postgres_server: str, tell_kills: Tell
) -> None:
    template = make_template(postgres_server)
    with fresh_database(postgres_server, template) as url:
        expected = await _undisturbed(tmp_path, url, flow)
    passed: list[str] = []
    survived, is_complete = 0, False
    try:
        while not is_complete:
            with fresh_database(postgres_server, template) as url:
                is_complete = await _portion(tmp_path, url, flow, fate, passed, expected)
            survived = len(passed)
    finally:
        tell_kills(f"{flow.name}, commit {fate}", survived, len(passed))
    assert survived


async def _portion(
    folder: Path,
    url: str,
    flow: Flow,
    fate: Fate,
    passed: list[str],
    expected: Expected,
) -> bool:
    """Kill at the next points, adding them to `passed`; tell whether there are no more."""
    async with (
        kill_points(url, flow.tables, passed) as points,
        open_scene(folder, url, mode=_mode(flow)) as scene,
    ):
        is_complete = await _run(scene, flow, points, fate)
        await check(scene, *expected)
        return is_complete
