"""What goes on after a kill or a stop: drafts, another worker, a turn, the embedded database."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.settings import Mode
from store.embedded import EmbeddedPostgres
from tests.conversations.stage import MARLEEN, words_of
from tests.faults.flows import (
    everybody_joins,
    fill,
    half_fill,
    keep,
    next_day,
    order_asked,
    submit,
    today,
)
from tests.faults.kill_points import Phase
from tests.faults.outcome import finish
from tests.faults.scene import Wiring, open_scene
from tests.faults.wire_pause import Pause, commits

pytestmark = pytest.mark.timeout(300)  # several starts of the program, also on a busy machine

Tell = Callable[[str, int, int], None]


async def test_conversation_goes_on_after_kills_between_turns(
    tmp_path: Path, fresh_url: str, tell_kills: Tell
) -> None:
    async with open_scene(tmp_path, fresh_url, mode=Mode.LIVE) as scene:
        await scene.start()
        await everybody_joins(scene)
        await half_fill(scene)
        await scene.restart()
        form = await scene.say(MARLEEN, "nieuwe mutatie")
        assert "Jan Peeters" in words_of(form.card)

        await fill(scene, wish="keep", effective_on=next_day())
        await scene.restart()
        await submit(scene)
        await keep(scene)
        await scene.in_state("scheduled")
        await scene.at_rest()
        kinds = [row["kind"] for row in await scene.rows("select kind from audit order by seq")]
        decided = ["request.submitted", "request.decided", "request.ordered"]
        assert [kind for kind in kinds if kind.startswith("request.")] == decided
        assert "M-2" in words_of((await scene.say(MARLEEN, "status")).card)
    tell_kills("between turns", 2, 2)


async def test_other_worker_takes_over_from_a_killed_process(
    tmp_path: Path, fresh_url: str, tell_kills: Tell
) -> None:
    pause = Pause(Phase.AFTER, commits("insert into simulated_ledger"))
    wiring = Wiring(pause, workers=2)
    async with open_scene(tmp_path, fresh_url, mode=Mode.LOCAL, wiring=wiring) as scene:
        await scene.start()
        await order_asked(scene)
        pause.is_on = True
        await keep(scene)
        held = await pause.next()
        pause.is_on = False
        killed = scene.workers.pop(held.act.process)
        await killed.kill()
        held.let_go()

        await finish(scene, "done")
        rows = await scene.rows("select operation from simulated_ledger order by seq")
        assert {row["operation"] for row in rows} == {"set_upn", "move_to_entity"}
        assert len(rows) == 2
        [left] = scene.workers.values()
        left.ask_to_stop()
        assert await left.ended() == 0
    tell_kills("order A, another worker", 1, 1)


async def test_stop_signal_lets_the_turn_finish(tmp_path: Path, fresh_url: str) -> None:
    pause = Pause(Phase.AFTER, commits("insert into draft"))
    wiring = Wiring(pause)
    async with open_scene(tmp_path, fresh_url, mode=Mode.LIVE, wiring=wiring) as scene:
        await scene.start()
        welcome = await scene.join(MARLEEN)
        pause.is_on = True
        turn = asyncio.create_task(scene.person(MARLEEN).press(welcome, "Nieuwe mutatie"))
        held = await pause.next()
        scene.bot.ask_to_stop()
        await asyncio.sleep(0.5)
        assert not turn.done()
        held.let_go()

        card = await turn
        assert "draft.fill" in str(card)
        assert await scene.bot.ended() == 0, scene.bot.log.read_text()[-3000:]
        assert len(await scene.rows("select person from draft")) == 1


@pytest.fixture
def data_dir() -> Iterator[Path]:
    # Not below pytest's own folder, which it closes to the account that the server runs as.
    folder = Path(tempfile.mkdtemp(prefix="mutatiebot-faults-"))
    yield folder
    EmbeddedPostgres.start(folder / "postgres").stop()  # its last user, whatever happened
    shutil.rmtree(folder)


async def test_embedded_database_keeps_draft_and_request(tmp_path: Path, data_dir: Path) -> None:
    async with open_scene(tmp_path, "", mode=Mode.LOCAL, DATA_DIR=data_dir) as scene:
        await scene.bot.start()
        await scene.join(MARLEEN)
        await half_fill(scene)
        await scene.restart()
        form = await scene.say(MARLEEN, "nieuwe mutatie")
        assert "Jan Peeters" in words_of(form.card)

        await fill(scene, wish="keep", effective_on=today())
        await submit(scene)
        await scene.restart()
        answer = await scene.say(MARLEEN, "status")
        assert "Jan Peeters" in words_of(answer.card)
        scene.bot.ask_to_stop()
        assert await scene.bot.ended() == 0, scene.bot.log.read_text()[-3000:]
    assert not (data_dir / "postgres" / "cluster" / "postmaster.pid").exists()
