"""Moments at which something is due, in working days and Brussels time."""

from datetime import UTC, date, datetime, time

from mutations.clock import BRUSSELS, local_date
from mutations.working_days import add_working_days

_OFFICE_OPENS = time(9, 0)


def day_begins(day: date) -> datetime:
    """Return the first moment of a day in Brussels, as aware UTC."""
    return datetime.combine(day, time.min, tzinfo=BRUSSELS).astimezone(UTC)


def day_opens(day: date) -> datetime:
    """Return nine o'clock in Brussels on a day, as aware UTC."""
    return datetime.combine(day, _OFFICE_OPENS, tzinfo=BRUSSELS).astimezone(UTC)


def reminder_at(since: datetime, working_days: int) -> datetime:
    """Return nine o'clock in Brussels, `working_days` after a moment, as aware UTC."""
    return day_opens(add_working_days(local_date(since), working_days))
