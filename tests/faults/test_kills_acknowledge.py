"""Nobody is told that something was done before the database has answered that it is."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from bot.settings import Mode
from tests.conversations.stage import ARNO, MARLEEN
from tests.faults.flows import everybody_joins, next_day
from tests.faults.kill_points import Phase
from tests.faults.scene import Scene, Wiring, open_scene
from tests.faults.wire_pause import Pause, commits

_LOOK_S = 0.7
_PATIENCE_S = 60.0

Turn = Coroutine[Any, Any, None]


async def _waits_for_commit(pause: Pause, turn: Turn) -> None:
    """Play a turn whose commit is done but not answered yet: nor is the turn."""
    pause.is_on = True
    task = asyncio.create_task(turn)
    held = await asyncio.wait_for(pause.next(), _PATIENCE_S)
    await asyncio.sleep(_LOOK_S)
    assert not task.done(), "answered before the database had"
    pause.is_on = False
    held.let_go()
    await task


async def _presses(scene: Scene, number: int, button: str, **inputs: str) -> None:
    await scene.press(number, await scene.card_with(number, button), button, **inputs)


@pytest.mark.case("C07", "I01")
@pytest.mark.timeout(300)
async def test_turn_is_answered_only_after_its_commit(
    tmp_path: Path, fresh_url: str, tell: Callable[[str], None]
) -> None:
    writes = ("insert into draft", "update draft", "insert into request (", "update req")
    pause = Pause(Phase.AFTER, commits(*writes))
    wiring = Wiring(pause, is_forked=True)
    async with open_scene(tmp_path, fresh_url, mode=Mode.LIVE, wiring=wiring) as scene:
        await scene.start()
        await everybody_joins(scene)
        answers = {
            "colleague": "jan.peeters@wegenwater.vlaanderen.example",
            "target": "OVO000102",
            "effective_on": next_day().isoformat(),
            "status_changes": "no",
            "wish": "keep",
        }
        turns: tuple[Callable[[], Turn], ...] = (
            lambda: _presses(scene, MARLEEN, "Nieuwe mutatie"),
            lambda: _presses(scene, MARLEEN, "draft.fill", **answers),
            lambda: _presses(scene, MARLEEN, "Indienen"),
            lambda: _presses(scene, ARNO, "decision.keep"),
        )
        for turn in turns:
            await _waits_for_commit(pause, turn())
        await scene.in_state("scheduled")
    tell(f"answered only after the commit: {len(turns)} of {len(turns)} turns")
