"""Room and time for turns: no more at once than can be served, none longer than people wait."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from prometheus_client import Gauge

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnLimits:
    """Limits of one process; Teams gives up on an answer after ten to fifteen seconds.

    Attributes:
        conversation_s: Longest time for what a turn reads and writes.
        reply_s: Longest time after that for sending what it says.
        at_once: Most turns at the same time; one more is turned away.
        retry_after_s: When the channel may try again what was turned away.
    """

    conversation_s: float = 8.0
    reply_s: float = 1.5
    at_once: int = 200
    retry_after_s: int = 10


class TurnTooLongError(Exception):
    """A turn took too long and was given up; whether it did its work is not known."""


class TurnsInFlight:
    """Counts the turns that are going on and ends those that take too long."""

    def __init__(self, limits: TurnLimits, gauge: Gauge) -> None:
        self._limits = limits
        self._turns: set[asyncio.Task[Any]] = set()
        gauge.set_function(lambda: len(self._turns))

    @property
    def is_full(self) -> bool:
        """Tell whether there is no room for one more."""
        return len(self._turns) >= self._limits.at_once

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what `work` returns, if it does so in time.

        What is given up is cancelled but not waited for: a connection that hangs takes seconds
        to let go. Until then it counts as going on.

        Raises:
            TurnTooLongError: It did not.
        """
        turn = asyncio.create_task(work)
        self._turns.add(turn)
        turn.add_done_callback(self._end)
        try:
            await asyncio.wait({turn}, timeout=self._limits.conversation_s)
        finally:
            if not turn.done():
                turn.cancel()
        if not turn.done():
            raise TurnTooLongError
        return turn.result()

    def _end(self, turn: asyncio.Task[Any]) -> None:
        self._turns.discard(turn)
        if not turn.cancelled():
            turn.exception()  # nobody waits for a turn that was given up
