"""The rate limits that Teams publishes for bots, counted as its side counts them.

Source: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit, "Send to
conversation" and "Create conversation" per bot and thread, and the limit per app and tenant: 30 a
second in one version of the page, 50 in a later one, so it can be set. The page does not say
whether updates and deletions count in their thread: here they do, which is the stricter reading.
What is refused does not count.
"""

import math
import time
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """At most `count` calls in any `seconds`."""

    count: int
    seconds: float


PER_THREAD = (Window(7, 1), Window(8, 2), Window(60, 30), Window(1800, 3600))


class _Stream:
    """The calls that were let through in one thread or tenant."""

    def __init__(self, windows: tuple[Window, ...]) -> None:
        self._windows = windows
        self._times: deque[float] = deque(maxlen=max(window.count for window in windows))

    def wait_s(self, now: float) -> float:
        """Return the seconds until one more call fits; 0 when it fits now."""
        return max(self._wait_s(window, now) for window in self._windows)

    def count(self, now: float) -> None:
        self._times.append(now)

    def _wait_s(self, window: Window, now: float) -> float:
        if len(self._times) < window.count:
            return 0.0
        return max(0.0, self._times[-window.count] + window.seconds - now)


class TeamsLimits:
    """Lets calls of one bot in one tenant through within the limits.

    `tenant` bounds all calls together, None for no such bound.
    """

    def __init__(
        self,
        *,
        tenant: Window | None = Window(30, 1),
        thread: tuple[Window, ...] = PER_THREAD,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._thread = thread
        self._threads: dict[str, _Stream] = {}
        self._tenant = _Stream((tenant,)) if tenant else None
        self.refused = 0

    def admit(self, thread: str) -> float:
        """Count one call and return 0, or return the seconds to wait without counting it.

        Args:
            thread: The conversation, or for the making of one its person; empty for a call that
                belongs to neither.
        """
        now = self._monotonic()
        streams = [] if self._tenant is None else [self._tenant]
        if thread:
            streams.append(self._threads.setdefault(thread, _Stream(self._thread)))
        wait_s = max((stream.wait_s(now) for stream in streams), default=0.0)
        if wait_s > 0:
            self.refused += 1
            return wait_s
        for stream in streams:
            stream.count(now)
        return 0.0


def retry_after(wait_s: float) -> str:
    """Return the Retry-After of a refusal: whole seconds, one at least."""
    return str(max(1, math.ceil(wait_s)))


def most_within(times: Iterable[float], seconds: float) -> int:
    """Return the most calls in any span of `seconds`; a call at its very end is outside."""
    ordered = sorted(times)
    starts = [bisect_right(ordered, at - seconds) for at in ordered]
    return max((end - start + 1 for end, start in enumerate(starts)), default=0)
