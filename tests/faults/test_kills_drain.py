"""SIGTERM while people write and press: what was begun is answered, what was answered stands."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.settings import Mode
from mutations.working_days import next_working_day
from tests.conversations.stage import ARNO, BRITT, JAN, MARLEEN, RIK
from tests.fakes.teams_client import find_action
from tests.faults.flows import half_fill, next_day
from tests.faults.scene import Scene, open_scene

_LOAD_S = 3.0
_DRAIN_S = 30.0
_GIVES_UP_S = 20.0
_OK, _UNAVAILABLE = 200, 503


@dataclass
class Chatter:
    """Asks for the status as fast as the answers come.

    Attributes:
        answered: How often the bot said 200.
    """

    number: int
    answered: int = 0

    async def talk(self, scene: Scene) -> None:
        client = scene.person(self.number)
        while True:
            answer = await client.post(client.activity(type="message", text="status"))
            assert answer.status in {_OK, _UNAVAILABLE}, answer
            self.answered += answer.status == _OK

    def got(self, scene: Scene) -> int:
        """Return how many messages came."""
        return len(scene.person(self.number).inbox)


@dataclass
class Writer:
    """Changes the day in the form again and again.

    Attributes:
        answered: The days that the bot said 200 to.
    """

    number: int
    answered: list[date] = field(default_factory=list)

    async def write(self, scene: Scene) -> None:
        client = scene.person(self.number)
        form = client.last
        action = find_action(form.card, "draft.fill", "Action.Execute")
        days = [next_day()]
        for _ in range(20):
            days.append(next_working_day(days[-1] + timedelta(days=1)))
        for day in itertools.cycle(days):
            data = {**action["data"], "effective_on": day.isoformat()}
            answer = await client.execute(action["verb"], data, form.id)
            assert answer.status in {_OK, _UNAVAILABLE}, answer
            if answer.status == _OK:
                action = find_action(answer.body["value"], "draft.fill", "Action.Execute")
                self.answered.append(day)


async def _until_cut_off(act: Coroutine[Any, Any, None]) -> None:
    """Go on until a call finds nobody; what such a call was for must not have happened."""
    with contextlib.suppress(aiohttp.ClientError):
        await act


@pytest.mark.case("C03")
@pytest.mark.timeout(300)
async def test_stop_signal_under_load_loses_nothing_that_was_begun(
    tmp_path: Path, fresh_url: str, tell: Callable[[str], None]
) -> None:
    chatters = [Chatter(number) for number in (ARNO, BRITT, JAN, RIK)]
    writer = Writer(MARLEEN)
    async with open_scene(tmp_path, fresh_url, mode=Mode.LIVE) as scene:
        await scene.start()
        for number in (MARLEEN, *(one.number for one in chatters)):
            await scene.join(number)
        await half_fill(scene)
        await scene.at_rest()
        welcomed = {one.number: one.got(scene) for one in chatters}
        acts = [chatter.talk(scene) for chatter in chatters] + [writer.write(scene)]
        people = [asyncio.create_task(_until_cut_off(act)) for act in acts]
        await asyncio.sleep(_LOAD_S)

        scene.bot.ask_to_stop()
        asked_at = time.monotonic()
        code = await scene.bot.ended()
        took_s = time.monotonic() - asked_at
        async with asyncio.timeout(_GIVES_UP_S):
            await asyncio.gather(*people)

        assert code == 0
        assert took_s < _DRAIN_S
        for one in chatters:
            assert one.answered > 0
            assert one.got(scene) - welcomed[one.number] == one.answered
        [row] = await scene.rows("select body ->> 'effective_on' as day from draft")
        assert row["day"] == writer.answered[-1].isoformat()
    total = sum(one.answered for one in chatters) + len(writer.answered)
    tell(f"stopped under load in {took_s:.1f} s: 0 of {total} answered acts lost, exit 0")
