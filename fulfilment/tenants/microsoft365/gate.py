"""Lets writes through within the quota: in the order they came, with one question for many."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import Final

from fulfilment.tenant import TransientTenantError

_MOST_AT_ONCE: Final = 20


class Gate:
    """Whoever comes while others wait for the quota waits behind them, and asks together.

    Each asking for itself, those who need much would lose every time from those who need little,
    and the quota would stand unused whenever all of them sleep.
    """

    def __init__(self, admit: Callable[[int], Awaitable[None]], *, window_s: float) -> None:
        """Prepare.

        Args:
            admit: Returns when so many may go, or raises for all of them.
            window_s: How long the first waits for others.
        """
        self._admit = admit
        self._window_s = window_s
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._opening: asyncio.Task[None] | None = None

    async def enter(self) -> None:
        """Return when it is this caller's turn; one that is cancelled before uses nothing up.

        Raises:
            TransientTenantError: Not in time; nothing was sent.
        """
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        if self._opening is None:
            # A context of its own: it is not the work of whoever came first.
            self._opening = asyncio.create_task(self._open(), context=Context())
        await turn

    async def drain(self) -> None:
        """Wait until everybody who waits now went through or was refused."""
        if self._opening is not None:
            await asyncio.wait([self._opening])

    async def _open(self) -> None:
        try:
            await asyncio.sleep(self._window_s)
            while group := self._next():
                await self._let_in(group)
        finally:
            self._opening = None
            for turn in self._waiting:  # none, unless this task was cancelled
                _settle(turn, TransientTenantError())
            self._waiting.clear()

    async def _let_in(self, group: list[asyncio.Future[None]]) -> None:
        fault: BaseException = TransientTenantError()
        try:
            await self._admit(len(group))
        except Exception as error:  # noqa: BLE001 - it is for those who wait
            fault = error
        else:
            for turn in group:
                _settle(turn, None)
        finally:
            for turn in group:
                _settle(turn, fault)

    def _next(self) -> list[asyncio.Future[None]]:
        group: list[asyncio.Future[None]] = []
        while self._waiting and len(group) < _MOST_AT_ONCE:
            turn = self._waiting.popleft()
            if not turn.done():
                group.append(turn)
        return group


def _settle(turn: asyncio.Future[None], fault: BaseException | None) -> None:
    if turn.done():
        return
    if fault is None:
        turn.set_result(None)
    else:
        turn.set_exception(fault)
