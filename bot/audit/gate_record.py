"""What the gate sends away, in the audit: counted, so that a flood cannot flood the audit."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import structlog
from prometheus_client import Counter

from mutations.clock import Clock
from mutations.errors import ConcurrentUpdateError
from mutations.ports import Store, Work
from store.database import DatabaseUnavailableError

_EVERY_S: Final = 10.0

_log = structlog.get_logger(__name__)


class GateRecord:
    """Writes now and then how many requests the gate refused, one row per reason.

    It reads the counter that the gate keeps anyway. Nothing is lost while the database is away;
    a process that is killed takes at most its last ten seconds with it.
    """

    def __init__(self, refusals: Counter, *, store: Store, clock: Clock) -> None:
        """Begin with nothing recorded.

        Args:
            refusals: Counts refusals; its one label is the reason.
            store: Where the audit is.
            clock: Time of the rows.
        """
        self._refusals = refusals
        self._store = store
        self._clock = clock
        self._recorded: Mapping[str, int] = {}
        self._since = clock.now()

    async def keep(self) -> None:
        """Write every ten seconds until cancelled."""
        while True:
            await asyncio.sleep(_EVERY_S)
            await self.write()

    async def write(self) -> None:
        """Write what was refused since the last time; what fails is written the next time."""
        counted = self._counted()
        fresh = {why: n - self._recorded.get(why, 0) for why, n in counted.items()}
        fresh = {why: n for why, n in fresh.items() if n}
        now = self._clock.now()
        if fresh:
            try:
                await self._append(fresh, now)
            except (DatabaseUnavailableError, ConcurrentUpdateError) as error:
                _log.warning("refusals not recorded yet", error=type(error).__name__)
                return
        self._recorded, self._since = counted, now

    async def _append(self, fresh: Mapping[str, int], now: datetime) -> None:
        async def act(work: Work) -> None:
            for reason, count in sorted(fresh.items()):
                params = {"reason": reason, "count": count, "since": self._since.isoformat()}
                await work.audit.append(
                    "gate.refused", at=now, actor=None, request_id=None, params=params
                )

        await self._store.run(act)

    def _counted(self) -> Mapping[str, int]:
        return {
            sample.labels["reason"]: round(sample.value)
            for metric in self._refusals.collect()
            for sample in metric.samples
            if sample.name.endswith("_total")
        }
