"""How fast messages go out: the limits Teams publishes, with room left for answers in a turn.

Source: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit
"""

import asyncio
from typing import Final, Protocol

from bot.edge.delivery_errors import SendLimitError
from store.send_limits import Limit, SqlSendLimits

# Teams allows a bot in one thread 7 in 1 s, 8 in 2 s, 60 in 30 s and 1800 in an hour. The first
# of these allows 5, 7, 49 and more; the second 1680 in an hour. What is left is for answers.
THREAD_SOON: Final = Limit(per_s=1.5, burst=4)
THREAD_HOUR: Final = Limit(per_s=0.45, burst=60)


class Pace(Protocol):
    """Says when a request may go to the Bot Connector."""

    async def turn(self, thread: str) -> None:
        """Return when a request about `thread` may go.

        Raises:
            SendLimitError: Not soon; nothing was sent.
            DatabaseUnavailableError: The shared count cannot be read.
        """
        ...


class AtOnce:
    """For answers within a turn, which Teams cuts off: the pace of the jobs leaves them room."""

    async def turn(self, thread: str) -> None:
        """Return."""


class TeamsPace:
    """For messages that nobody waits for: one count for all replicas, kept in the database.

    Waits with no transaction open. Answers within a turn are not counted: they do not wait, and
    the limits here stay so far below the published ones that both fit.
    """

    def __init__(self, limits: SqlSendLimits, *, tenant_id: str, tenant_per_s: int) -> None:
        self._limits = limits
        self._tenant = (f"tenant:{tenant_id}", Limit(per_s=tenant_per_s, burst=1))

    async def turn(self, thread: str) -> None:
        """Return when a request about `thread` may go; see `Pace`."""
        wanted = [(f"soon:{thread}", THREAD_SOON), (f"hour:{thread}", THREAD_HOUR), self._tenant]
        wait_s = await self._limits.reserve(wanted)
        if wait_s is None:
            raise SendLimitError(code="SendLimit", retry_after_s=self._limits.patience_s)
        await asyncio.sleep(wait_s)
