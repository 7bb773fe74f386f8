"""A worker that is stopped for so long that another takes over cannot repeat what that one did."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import pytest

from bot.settings import Mode
from tests.conversations.stage import eventually
from tests.faults.flows import keep, order_asked
from tests.faults.kill_points import Phase
from tests.faults.outcome import finish, newest_cards, summary
from tests.faults.scene import Scene, Wiring, open_scene
from tests.faults.wire import Act
from tests.faults.wire_pause import Held, Pause, commits

_WORKERS = 2


@dataclass(frozen=True)
class Spot:
    """Where a worker is stopped: at which act, and what the journal says then."""

    name: str
    where: Callable[[Act], bool]
    journal: LiteralString
    phase: Phase = Phase.AFTER


_LOOK: LiteralString = "select name from step_journal where "


def _saves(act: Act) -> bool:
    return act.text.startswith("update step_journal")


def _updates_a_card(act: Act) -> bool:
    return act.text.startswith("PUT ")


SPOTS = (
    pytest.param(
        Spot("about to write", _saves, "state = 'pending' and intent_at is not null"),
        marks=pytest.mark.long,  # the other one waits before it writes what was never written
    ),
    Spot("has written", commits("insert into simulated_ledger"), "intent_at is not null"),
    Spot(
        "updates a card",
        _updates_a_card,
        "exists (select from request where state = 'carrying_out')",
        Phase.BEFORE,
    ),
    pytest.param(Spot("has read once", _saves, "state = 'converging'"), marks=pytest.mark.long),
)


async def _stopped(scene: Scene, pause: Pause, spot: Spot) -> Held:
    """Stop the worker that comes to the spot."""
    while True:
        held = await pause.next()
        if await scene.rows(_LOOK + spot.journal):
            pause.is_on = False
            scene.processes[held.act.process].send(signal.SIGSTOP)
            return held
        held.let_go()


async def _show(scene: Scene, cards: Mapping[tuple[str, str], str]) -> None:
    """Wait until people see these cards: who was overtaken looks again."""

    async def do_show() -> bool:
        return await newest_cards(scene) == cards

    with contextlib.suppress(TimeoutError):
        await eventually(do_show)
    assert await newest_cards(scene) == cards


@pytest.mark.case("D08")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("spot", SPOTS, ids=lambda spot: spot.name.replace(" ", "-"))
async def test_paused_worker_does_not_repeat_what_another_did(
    spot: Spot, tmp_path: Path, fresh_url: str, tell: Callable[[str], None]
) -> None:
    pause = Pause(spot.phase, spot.where)
    wiring = Wiring(pause, workers=_WORKERS)
    async with open_scene(tmp_path, fresh_url, mode=Mode.LOCAL, wiring=wiring) as scene:
        await scene.start()
        await order_asked(scene)
        pause.is_on = True
        await keep(scene)
        held = await _stopped(scene, pause, spot)
        worker = scene.processes[held.act.process]

        await finish(scene, "done")
        before = await summary(scene), await newest_cards(scene)
        held.let_go()
        await asyncio.sleep(0.5)  # what is under way arrives
        worker.send(signal.SIGCONT)
        await asyncio.sleep(3.0)  # what it meant to do it does at once
        await scene.at_rest()

        assert await summary(scene) == before[0]
        await _show(scene, before[1])
        assert set(before[0]["effects"].values()) == {1}
        assert all(state == "verified" for _, _, state in before[0]["journal"])
        for process in scene.workers.values():
            process.ask_to_stop()
            assert await process.ended() == 0
    tell(f"worker paused when it {spot.name}, taken over: one effect each, 1 of 1")
