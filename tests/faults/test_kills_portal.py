"""SIGKILL around the hand-over of an order and around a call-back: each counts once."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from bot.clock import demo_clock
from bot.settings import Mode
from tests.conversations.stage import SOFIE
from tests.fakes.order_portal import CALLBACK_SECRET, FORMAT, SECRET, FakePortal
from tests.faults.flows import keep, order_asked
from tests.faults.kill_points import Phase
from tests.faults.scene import Scene, Wiring, open_scene
from tests.faults.wire import Act
from tests.faults.wire_pause import Pause, commits

pytestmark = pytest.mark.timeout(300)  # several starts of the program, also on a busy machine

Tell = Callable[[str, int, int], None]

_records = commits("insert into audit")
_HANDED_OVER = "select seq from audit where kind = 'order.handed_over'"
_REPORTED = "select seq from audit where kind = 'order.reported'"


@dataclass
class Handing:
    """A bot that hands over to a portal, and what holds its commits."""

    scene: Scene
    portal: FakePortal
    pause: Pause

    async def is_recorded(self, query: str) -> None:
        async def is_there() -> bool:
            return bool(await self.scene.rows(query))

        await self.scene.until(is_there, what=query)

    async def dies(self) -> None:
        """Kill the bot, whatever is held, and start it again."""
        await self.scene.bury("bot")
        await self.scene.revive("bot")


@contextlib.asynccontextmanager
async def _handing(folder: Path, url: str, phase: Phase) -> AsyncIterator[Handing]:
    portal = FakePortal(demo_clock())
    await portal.start()

    def once_it_is_there(act: Act) -> bool:
        return bool(portal.orders) and _records(act)

    pause = Pause(phase, once_it_is_there)
    try:
        async with open_scene(
            folder,
            url,
            mode=Mode.LOCAL,
            wiring=Wiring(pause),
            TENANT="order_portal",
            PORTAL_URL=portal.url,
            PORTAL_SECRET=SECRET,
            PORTAL_CALLBACK_SECRET=CALLBACK_SECRET,
        ) as scene:
            await scene.start()
            await order_asked(scene)
            await scene.join(SOFIE)  # of the service desk
            yield Handing(scene, portal, pause)
    finally:
        await portal.stop()


async def test_order_whose_answer_was_not_recorded_is_sent_again_and_is_one(
    tmp_path: Path, fresh_url: str, tell_kills: Tell
) -> None:
    async with _handing(tmp_path, fresh_url, Phase.BEFORE) as handing:
        scene, portal = handing.scene, handing.portal
        # The portal has the order and the process dies before the answer is there.
        portal.when_kept = lambda: scene.strike("bot")
        await keep(scene)
        await scene.until(portal.has_order, what="the order at the portal")
        portal.when_kept = None
        handing.pause.is_on = True
        await handing.dies()
        # It dies once more with the answer read, just before the record is committed.
        held = await handing.pause.next()
        assert await scene.rows(_HANDED_OVER) == []
        handing.pause.is_on = False
        scene.strike("bot")
        held.cut()
        await handing.dies()

        await handing.is_recorded(_HANDED_OVER)
        await scene.at_rest()
        assert len(portal.orders) == 1
        assert len(portal.bodies) == 3
        assert len(set(portal.bodies)) == 1, "the same bytes at every attempt"
        assert await scene.rows("select state from request") == [{"state": "carrying_out"}]
        assert len(await scene.rows(_HANDED_OVER)) == 1
    tell_kills("order at a portal", 2, 2)


async def test_call_back_whose_answer_was_lost_counts_once(
    tmp_path: Path, fresh_url: str, tell_kills: Tell
) -> None:
    async with _handing(tmp_path, fresh_url, Phase.AFTER) as handing:
        scene, portal = handing.scene, handing.portal
        await keep(scene)
        await handing.is_recorded(_HANDED_OVER)
        await scene.at_rest()
        [order] = portal.orders
        told = {"format": FORMAT, "order": order, "state": "needs_person", "reason": "Vol"}
        raw = json.dumps(told).encode()

        async def post() -> int:
            sent = {
                "Content-Type": "application/json",
                **portal.headers(raw, message_id="msg_once"),
            }
            async with aiohttp.ClientSession() as session:
                return await portal.post(session, scene.bot.url, raw, sent)

        handing.pause.is_on = True
        await _killed_before_the_answer(handing, post)
        await handing.dies()
        assert await post() == 204
        assert await post() == 204
        await scene.in_state("attention")
        await scene.at_rest()
        assert len(await scene.rows(_REPORTED)) == 1
        stopped = await scene.rows("select seq from audit where kind = 'work.stopped'")
        assert len(stopped) == 1
    tell_kills("call-back of a portal", 1, 1)


async def _killed_before_the_answer(
    handing: Handing, post: Callable[[], Coroutine[None, None, int]]
) -> None:
    """Kill the bot when the call-back is committed and not answered."""
    posting = asyncio.create_task(post())
    held = await handing.pause.next()
    handing.pause.is_on = False
    handing.scene.strike("bot")
    held.cut()
    with contextlib.suppress(aiohttp.ClientError):
        assert await posting != 204, "it was answered before the kill"
