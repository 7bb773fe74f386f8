"""Working days of the Flemish administration (R1)."""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from holidays.groups.christian import ChristianHolidays
from holidays.holiday_base import HolidayBase

WEEKEND_KEYS: Final = MappingProxyType({5: "holiday.saturday", 6: "holiday.sunday"})
HOLIDAY_KEYS: Final = (
    "holiday.new_year",
    "holiday.easter_monday",
    "holiday.labour_day",
    "holiday.ascension",
    "holiday.whit_monday",
    "holiday.flemish_community",
    "holiday.national_day",
    "holiday.assumption",
    "holiday.all_saints",
    "holiday.all_souls",
    "holiday.armistice",
    "holiday.kings_feast",
    "holiday.christmas",
    "holiday.boxing_day",
    "holiday.year_end",
    *WEEKEND_KEYS.values(),
)
"""Every message key that `holiday_name_key` can return."""


class _FlemishAdministration(HolidayBase, ChristianHolidays):
    """The 14 holidays of R1 and the year-end closure, named by their message keys.

    Own list instead of the `BE` one of the library: that one holds the ten legal holidays under
    translated names. A test compares the two, so a new legal holiday does not go unseen.
    """

    country = "BE"

    def __init__(self, year: int) -> None:
        ChristianHolidays.__init__(self)
        super().__init__(years=year, expand=False)

    def _populate_public_holidays(self) -> None:
        self._add_holiday_jan_1("holiday.new_year")
        self._add_easter_monday("holiday.easter_monday")
        self._add_holiday_may_1("holiday.labour_day")
        self._add_ascension_thursday("holiday.ascension")
        self._add_pentecost_monday("holiday.whit_monday")
        self._add_holiday_jul_11("holiday.flemish_community")
        self._add_holiday_jul_21("holiday.national_day")
        self._add_holiday_aug_15("holiday.assumption")
        self._add_holiday_nov_1("holiday.all_saints")
        self._add_holiday_nov_2("holiday.all_souls")
        self._add_holiday_nov_11("holiday.armistice")
        self._add_holiday_nov_15("holiday.kings_feast")
        self._add_holiday_dec_25("holiday.christmas")
        self._add_holiday_dec_26("holiday.boxing_day")
        for day in range(27, 32):
            self._add_holiday("holiday.year_end", date(self._year, 12, day))


def is_working_day(day: date) -> bool:
    """Tell whether the Flemish administration works on a calendar day in Brussels (R1)."""
    return holiday_name_key(day) is None


def holiday_name_key(day: date) -> str | None:
    """Return the message key that says why a day is no working day, or None for a working day.

    A holiday that falls in a weekend is named as the holiday.
    """
    return _holidays(day.year).get(day) or WEEKEND_KEYS.get(day.weekday())


def next_working_day(day: date) -> date:
    """Return the day itself when it is a working day, else the first working day after it."""
    return day if is_working_day(day) else add_working_days(day, 1)


def last_working_day_before(day: date) -> date:
    """Return the nearest working day before a day."""
    before = day - timedelta(days=1)
    while not is_working_day(before):
        before -= timedelta(days=1)
    return before


def add_working_days(start: date, n: int) -> date:
    """Return the `n`-th working day after `start`; `start` itself, working day or not, for 0.

    Raises:
        ValueError: `n` is negative.
    """
    if n < 0:
        raise ValueError("working days are counted forwards only")
    if n == 0:
        return start
    year, position = start.year, bisect_right(_working_days(start.year), start) + n - 1
    while position >= len(_working_days(year)):
        position -= len(_working_days(year))
        year += 1
    return _working_days(year)[position]


def working_days_between(start: date, end: date) -> int:
    """Count the working days after `start` up to and including `end`; 0 when `end` is earlier."""
    if end <= start:
        return 0
    years = (_working_days(year) for year in range(start.year, end.year + 1))
    return sum(bisect_right(days, end) - bisect_right(days, start) for days in years)


@lru_cache(maxsize=128)
def _holidays(year: int) -> Mapping[date, str]:
    calendar = _FlemishAdministration(year)
    # Two holidays can meet (1 May and Ascension in 2008): the first name is enough.
    return MappingProxyType({day: calendar.get_list(day)[0] for day in calendar})


@lru_cache(maxsize=128)
def _working_days(year: int) -> tuple[date, ...]:
    first, last = date(year, 1, 1), date(year, 12, 31)
    days = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
    return tuple(day for day in days if is_working_day(day))
