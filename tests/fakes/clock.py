"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta

from mutations.clock import Clock


class FakeClock:
    """Tells the time it was given."""

    def __init__(self, moment: datetime = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def advance(self, **parts: float) -> None:
        """Move on by `timedelta(**parts)`."""
        self.moment += timedelta(**parts)


class JumpingClock:
    """Runs on from where another clock is, and jumps to where a test sends it."""

    def __init__(self, real: Clock) -> None:
        self._real = real
        self._ahead = timedelta()

    def now(self) -> datetime:
        return self._real.now() + self._ahead

    def jump_to(self, moment: datetime) -> None:
        """Make `moment` now, as when the clock of the machine is set."""
        self._ahead += moment - self.now()
