"""The limits of Microsoft Graph for identity and access, counted as its side counts them.

Source: https://learn.microsoft.com/graph/throttling-limits, "Identity and access service limits":
per application and tenant 3,000 writes in 150 seconds, and resource units per 10 seconds by the
size of the tenant (8,000 for a large one). Each call in a batch counts by itself. The page does
not say whether what is refused counts; here it does not.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

_CHEAP_PAGE: Final = 20
TELL_FROM: Final = 0.8
"""Share of a limit from which answers carry `x-ms-throttle-limit-percentage`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """At most so many writes and resource units in any window."""

    writes: int = 3000
    write_window_s: float = 150.0
    units: int = 8000
    unit_window_s: float = 10.0

    def scaled(self, factor: float) -> "Limits":
        """Return limits for a test: numbers and windows smaller by a factor, the rate the same."""
        return Limits(
            writes=max(1, round(self.writes / factor)),
            write_window_s=self.write_window_s / factor,
            units=max(1, round(self.units / factor)),
            unit_window_s=self.unit_window_s / factor,
        )


@dataclass(slots=True)
class _Window:
    most: int
    seconds: float
    used: int = 0
    spent: deque[tuple[float, int]] = field(default_factory=deque)

    def wait_s(self, cost: int, now: float) -> float:
        """Return the seconds until `cost` fits; what costs more than all waits for all."""
        while self.spent and self.spent[0][0] <= now - self.seconds:
            self.used -= self.spent.popleft()[1]
        free = self.most - self.used
        for at, spent in self.spent:
            if free >= cost:
                break
            free += spent
            if free >= cost:
                return at + self.seconds - now
        return 0.0

    def spend(self, cost: int, now: float) -> None:
        self.spent.append((now, cost))
        self.used += cost


class TenantQuota:
    """Lets calls of one application through within the limits.

    Attributes:
        refused: Calls that were throttled.
        most_used: Highest share of a limit that was ever in use.
    """

    def __init__(
        self, limits: Limits | None = None, *, now: Callable[[], float] = monotonic
    ) -> None:
        limits = limits or Limits()
        self._writes = _Window(limits.writes, limits.write_window_s)
        self._units = _Window(limits.units, limits.unit_window_s)
        self._now = now
        self.refused = 0
        self.most_used = 0.0

    def admit(self, *, is_write: bool, units: int) -> float:
        """Count one call and return 0, or return the seconds to wait without counting it."""
        now = self._now()
        wait_s = self._units.wait_s(units, now)
        if is_write:
            wait_s = max(wait_s, self._writes.wait_s(1, now))
        if wait_s > 0:
            self.refused += 1
            return wait_s
        self._units.spend(units, now)
        if is_write:
            self._writes.spend(1, now)
        self.most_used = max(self.most_used, self.used)
        return 0.0

    @property
    def used(self) -> float:
        """Share of the tightest limit in use, as of the last call."""
        return max(one.used / one.most for one in (self._writes, self._units))


def units_of(*, base: int, has_select: bool, top: int | None) -> int:
    """Return what a call costs: `$select` saves one unit and a small `$top` another, least 1."""
    saved = int(has_select) + int(top is not None and top < _CHEAP_PAGE)
    return max(1, base - saved)
