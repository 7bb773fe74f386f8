"""The short form: a handful of kills, a second worker, an orderly stop, the embedded database."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.settings import Mode
from store.embedded import EmbeddedPostgres
from tests.conversations.stage import ARNO, MARLEEN, words_of
from tests.faults.bot_process import BotProcess
from tests.faults.flows import (
    ORDER_A,
    everybody_joins,
    fill,
    finish,
    half_fill,
    keep,
    next_day,
    submit,
    today,
)
from tests.faults.kill_points import Fate, KillPoints, kill_points
from tests.faults.scene import Scene, open_scene

pytestmark = pytest.mark.timeout(300)  # several starts of the program, also on a busy machine

Tell = Callable[[str, int, int], None]

# The bot was the first to start.
_HOLDER = """
select worker_id = (select min(id) from procrastinate_workers) as is_first
from procrastinate_jobs where status = 'doing' and task_name = 'order.carry_out'
"""


async def _kill_at_next(scene: Scene, points: KillPoints, fate: Fate) -> str:
    """Kill at the next new point and start again; return its label."""
    label = await points.wait()
    await scene.bot.kill()
    await points.decide(fate)
    await scene.bot.start()
    return label


async def test_conversation_survives_kills_between_and_within_turns(
    tmp_path: Path, fresh_url: str, tell_kills: Tell
) -> None:
    async with (
        kill_points(fresh_url, ["request"], []) as points,
        open_scene(tmp_path, fresh_url, mode=Mode.LIVE) as scene,
    ):
        await scene.bot.start()
        await everybody_joins(scene)
        await half_fill(scene)
        await scene.restart()
        form = await scene.say(MARLEEN, "nieuwe mutatie")
        assert "Jan Peeters" in words_of(form.card)

        await fill(scene, wish="keep", effective_on=next_day())
        await scene.restart()
        await points.arm()
        sending = asyncio.create_task(submit(scene))
        first = await _kill_at_next(scene, points, Fate.LOST)
        await sending
        await scene.card_with(ARNO, "decision.keep")
        deciding = asyncio.create_task(keep(scene))
        second = await _kill_at_next(scene, points, Fate.KEPT)
        await deciding

        await scene.in_state("scheduled")
        await scene.at_rest()
        assert (first, second) == ("request: submitted v1", "request: scheduled v2")
        kinds = [row["kind"] for row in await scene.rows("select kind from audit order by seq")]
        assert kinds == ["request.submitted", "request.decided", "request.ordered"]
        assert "M-2" in words_of((await scene.say(MARLEEN, "status")).card)
    tell_kills("conversation, live, in short", 4, 4)


async def test_order_survives_kills_at_tenant_writes(
    tmp_path: Path, fresh_url: str, tell_kills: Tell
) -> None:
    """One write is lost and two are kept but not yet visible when the bot is back."""
    async with (
        kill_points(fresh_url, ["simulated_ledger"], []) as points,
        open_scene(tmp_path, fresh_url, mode=Mode.LOCAL, SIMULATED_LAG_S=4) as scene,
    ):
        await scene.bot.start()
        await ORDER_A.before(scene)
        await points.arm()
        playing = asyncio.create_task(ORDER_A.play(scene))
        labels = [await _kill_at_next(scene, points, fate) for fate in (Fate.LOST, Fate.KEPT)]
        await points.disarm()
        await playing
        await finish(scene, ORDER_A)

        rows = await scene.rows("select operation from simulated_ledger order by seq")
        assert [row["operation"] for row in rows] == ["set_upn", "move_to_entity"]
        assert [label.split()[1] for label in labels] == ["set_upn", "move_to_entity"]
        states = await scene.rows("select distinct state from step_journal")
        assert states == [{"state": "verified"}]
    tell_kills("order A, tenant writes", 2, 2)


async def test_other_worker_takes_over_from_a_killed_process(
    tmp_path: Path, fresh_url: str, tell_kills: Tell
) -> None:
    async with (
        kill_points(fresh_url, ["simulated_ledger"], []) as points,
        open_scene(tmp_path, fresh_url, mode=Mode.LOCAL) as scene,
    ):
        worker = BotProcess(scene.bot.settings, tmp_path / "worker.log", ("worker",))
        try:
            await scene.bot.start()
            await worker.start()
            await ORDER_A.before(scene)
            await points.arm()
            await ORDER_A.play(scene)
            await points.wait()
            [row] = await scene.rows(_HOLDER)
            killed, left = (scene.bot, worker) if row["is_first"] else (worker, scene.bot)
            await killed.kill()
            await points.decide(Fate.KEPT)
            await points.disarm()

            await finish(scene, ORDER_A)
            rows = await scene.rows("select operation from simulated_ledger order by seq")
            assert [row["operation"] for row in rows] == ["set_upn", "move_to_entity"]
            left.ask_to_stop()
            assert await left.ended() == 0
        finally:
            await worker.close()
    tell_kills("order A, another worker", 1, 1)


async def test_stop_signal_lets_the_turn_finish(tmp_path: Path, fresh_url: str) -> None:
    async with (
        kill_points(fresh_url, ["draft"], []) as points,
        open_scene(tmp_path, fresh_url, mode=Mode.LIVE) as scene,
    ):
        await scene.bot.start()
        welcome = await scene.join(MARLEEN)
        await points.arm()
        turn = asyncio.create_task(scene.person(MARLEEN).press(welcome, "Nieuwe mutatie"))
        await points.wait()
        scene.bot.ask_to_stop()
        await asyncio.sleep(0.5)
        assert not turn.done()
        await points.disarm()

        card = await turn
        assert "draft.fill" in str(card)
        assert await scene.bot.ended() == 0
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
        assert await scene.bot.ended() == 0
    assert not (data_dir / "postgres" / "cluster" / "postmaster.pid").exists()
