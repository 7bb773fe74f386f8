"""The clocks of the program."""

from datetime import UTC, date, datetime, time

from mutations.clock import BRUSSELS, local_date
from mutations.working_days import next_working_day


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """Return this moment as an aware UTC datetime."""
        return datetime.now(UTC)


class ShiftedClock:
    """A clock that runs as fast as the machine's but started at another moment.

    For demos on a day on which nobody works, and for tests.
    """

    def __init__(self, start: datetime) -> None:
        self._shift = start - datetime.now(UTC)

    def now(self) -> datetime:
        """Return the shifted moment as an aware UTC datetime."""
        return datetime.now(UTC) + self._shift


def demo_clock() -> SystemClock | ShiftedClock:
    """Return a clock on which it is a working day, so that a demo can be played on any day."""
    real = SystemClock()
    day = local_date(real.now())
    return real if next_working_day(day) == day else ShiftedClock(_nine_o_clock(day))


def _nine_o_clock(day: date) -> datetime:
    moment = datetime.combine(next_working_day(day), time(9), tzinfo=BRUSSELS)
    return moment.astimezone(UTC)
