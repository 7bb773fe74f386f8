"""Open-loop arrivals: each activity has its moment, and its wait counts from that moment."""

import asyncio
import time
from array import array
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
import orjson

from benchmarks.load_people import Card, Kind, Onlooker

_MOST_UNDER_WAY: Final = 2000
_KEPT_ERRORS: Final = 20


@dataclass
class Waits:
    """Milliseconds from the planned moment to the whole answer, by minute and kind."""

    by_minute: dict[tuple[int, Kind], "array[float]"] = field(default_factory=dict)

    def add(self, minute: int, kind: Kind, wait_ms: float) -> None:
        """Keep one wait."""
        self.by_minute.setdefault((minute, kind), array("d")).append(wait_ms)

    def of(self, *, minute: int | None = None, kind: Kind | None = None) -> list[float]:
        """Return waits, sorted; all of them, or those of a minute or a kind."""
        return sorted(
            wait
            for (its_minute, its_kind), waits in self.by_minute.items()
            if minute in {None, its_minute} and kind in {None, its_kind}
            for wait in waits
        )


def quantile(ordered: list[float], share: float) -> float:
    """Return the value below which a share of the sorted values lies; 0 for none."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


@dataclass
class Pacer:
    """Sends activities at fixed moments, half of each kind, and counts what goes wrong.

    What the pairs want to do next goes at the next moment for its kind; onlookers fill the rest.
    """

    session: aiohttp.ClientSession
    url: str
    token: str
    onlookers: list[Onlooker] = field(default_factory=list)
    waits: Waits = field(default_factory=Waits)
    errors: list[str] = field(default_factory=list)
    error_count: int = 0
    sent: int = 0
    _wanted: dict[Kind, deque[tuple[Mapping[str, Any], asyncio.Future[Card]]]] = field(
        default_factory=lambda: {kind: deque() for kind in Kind}
    )
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)

    async def take(self, kind: Kind, activity: Mapping[str, Any]) -> Card:
        """Send an activity at the next moment for its kind and return what a press led to."""
        future: asyncio.Future[Card] = asyncio.get_running_loop().create_future()
        self._wanted[kind].append((activity, future))
        return await future

    async def run(self, *, per_s: float, seconds: float) -> None:
        """Send `per_s` activities a second, whatever becomes of them, for some seconds."""
        began = time.perf_counter()
        for number in range(int(per_s * seconds)):
            planned = began + number / per_s
            await asyncio.sleep(max(0.0, planned - time.perf_counter()))
            if len(self._under_way) >= _MOST_UNDER_WAY:
                self.fail("the bot does not keep up: nothing more is sent")
                break
            kind = Kind.PRESS if number % 2 else Kind.MESSAGE
            task = asyncio.create_task(
                self._one(kind, number, planned, int((planned - began) // 60))
            )
            self.sent += 1
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        await asyncio.gather(*self._under_way)

    def forget(self) -> None:
        """Begin to count anew, but keep the errors."""
        self.waits = Waits()
        self.sent = 0

    def fail(self, what: str, *, times: int = 1) -> None:
        """Count an error, and keep the first ones in words."""
        self.error_count += times
        if len(self.errors) < _KEPT_ERRORS:
            self.errors.append(what)

    async def _one(self, kind: Kind, number: int, planned: float, minute: int) -> None:
        if self._wanted[kind]:
            activity, future = self._wanted[kind].popleft()
            card = await self._post(activity, kind)
            if not future.done():
                future.set_result(card)
        else:
            await self._idle(self.onlookers[(number // 2) % len(self.onlookers)], kind)
        self.waits.add(minute, kind, (time.perf_counter() - planned) * 1000)

    async def _idle(self, onlooker: Onlooker, kind: Kind) -> None:
        if kind is Kind.MESSAGE:
            await self._post(onlooker.message(), kind)
            return
        activity, shown = onlooker.press()
        card = await self._post(activity, kind)
        if card:
            onlooker.took(shown, card)

    async def at_once(self, kind: Kind, activity: Mapping[str, Any]) -> Card:
        """Send an activity now, outside the load, and return what a press led to."""
        return await self._post(activity, kind)

    async def _post(self, activity: Mapping[str, Any], kind: Kind) -> Card:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        try:
            async with self.session.post(
                self.url, data=orjson.dumps(activity), headers=headers
            ) as answer:
                status, raw = answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            self.fail(f"{kind}: {type(error).__name__}")
            return {}
        return self._checked(status, raw, kind)

    def _checked(self, status: int, raw: bytes, kind: Kind) -> Card:
        if status != 200:  # noqa: PLR2004 - plain HTTP
            self.fail(f"{kind}: HTTP {status}")
            return {}
        if kind is Kind.MESSAGE:
            return {}
        body = orjson.loads(raw)
        card = body.get("value")
        if body.get("statusCode") != 200 or not isinstance(card, dict):  # noqa: PLR2004
            self.fail(f"{kind}: answered {raw[:200]!r}")
            return {}
        return card
