"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Tells the time it was given."""

    def __init__(self, moment: datetime = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def advance(self, **parts: float) -> None:
        """Move on by `timedelta(**parts)`."""
        self.moment += timedelta(**parts)
