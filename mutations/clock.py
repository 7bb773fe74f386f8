"""Time comes from outside, so that every rule can be tried at every moment."""

from datetime import date, datetime
from typing import Final, Protocol
from zoneinfo import ZoneInfo

BRUSSELS: Final = ZoneInfo("Europe/Brussels")


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return this moment as an aware UTC datetime."""
        ...


def local_date(moment: datetime) -> date:
    """Return the calendar day in Brussels at an aware moment."""
    return moment.astimezone(BRUSSELS).date()
