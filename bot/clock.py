"""The clocks of the program."""

from datetime import UTC, datetime

from mutations.clock import Clock, local_date
from mutations.working_days import next_working_day


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """Return this moment as an aware UTC datetime."""
        return datetime.now(UTC)


class ShiftedClock:
    """A clock that runs as fast as the machine's, a fixed time ahead of or behind it."""

    def __init__(self, start: datetime, *, real: Clock | None = None) -> None:
        """Make `start` now."""
        self._real = real or SystemClock()
        self._shift = start - self._real.now()

    def now(self) -> datetime:
        """Return the shifted moment as an aware UTC datetime."""
        return self._real.now() + self._shift


def demo_clock(real: Clock | None = None) -> Clock:
    """Return a clock on which it is a working day, so that a demo can be played on any day.

    On a day off it is ahead by whole days, so that a restart on that day does not go back in time.
    """
    real = real or SystemClock()
    now = real.now()
    today = local_date(now)
    days_ahead = next_working_day(today) - today
    return ShiftedClock(now + days_ahead, real=real) if days_ahead else real
