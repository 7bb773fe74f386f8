"""Working days of the Flemish administration (R1)."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from holidays import country_holidays
from hypothesis import given
from hypothesis import strategies as st

from mutations.working_days import (
    HOLIDAY_KEYS,
    add_working_days,
    holiday_name_key,
    is_working_day,
    next_working_day,
    working_days_between,
)

days = st.dates(min_value=date(2000, 1, 1), max_value=date(2059, 12, 31))
counts = st.integers(min_value=0, max_value=600)
ONE_DAY = timedelta(days=1)
FIRST, LAST = date(2024, 1, 1), date(2030, 12, 31)


@pytest.fixture(autouse=True, scope="module")
def _calendars_are_loaded() -> None:
    """Keep the first building of sixty calendars out of the time limit of the properties."""
    working_days_between(date(2000, 1, 1), date(2065, 1, 1))


EASTER_SUNDAYS = {
    2024: date(2024, 3, 31),
    2025: date(2025, 4, 20),
    2026: date(2026, 4, 5),
    2027: date(2027, 3, 28),
    2028: date(2028, 4, 16),
    2029: date(2029, 4, 1),
    2030: date(2030, 4, 21),
}
FIXED = (
    [(1, 1), (5, 1), (7, 11), (7, 21), (8, 15), (11, 1), (11, 2), (11, 11), (11, 15)]
    + [(12, 25), (12, 26)]
    + [(12, day) for day in (27, 28, 29, 30, 31)]
)


def closed_days(year: int) -> set[date]:
    """Holidays and year-end closure, written down apart from the code under test."""
    sunday = EASTER_SUNDAYS[year]
    movable = {sunday + timedelta(days=offset) for offset in (1, 39, 50)}
    return movable | {date(year, month, day) for month, day in FIXED}


def every_day(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=offset) for offset in range((last - first).days + 1))


def test_working_days_of_2024_to_2030_equal_an_independent_list() -> None:
    for day in every_day(FIRST, LAST):
        expected = day.weekday() < 5 and day not in closed_days(day.year)
        assert is_working_day(day) is expected, day


def test_no_legal_holiday_that_the_library_knows_is_a_working_day() -> None:
    legal = country_holidays("BE", years=range(2020, 2041), expand=False)

    assert len(legal) > 200
    assert [day for day in legal if is_working_day(day)] == []


@pytest.mark.parametrize(
    ("day", "key"),
    [
        (date(2026, 1, 1), "holiday.new_year"),
        (date(2026, 4, 6), "holiday.easter_monday"),
        (date(2026, 5, 1), "holiday.labour_day"),
        (date(2026, 5, 14), "holiday.ascension"),
        (date(2026, 5, 25), "holiday.whit_monday"),
        (date(2026, 7, 11), "holiday.flemish_community"),  # a Saturday
        (date(2026, 7, 21), "holiday.national_day"),
        (date(2026, 8, 15), "holiday.assumption"),
        (date(2026, 11, 1), "holiday.all_saints"),
        (date(2026, 11, 2), "holiday.all_souls"),
        (date(2026, 11, 11), "holiday.armistice"),
        (date(2026, 11, 15), "holiday.kings_feast"),
        (date(2026, 12, 25), "holiday.christmas"),
        (date(2026, 12, 26), "holiday.boxing_day"),
        (date(2026, 12, 27), "holiday.year_end"),
        (date(2026, 12, 31), "holiday.year_end"),
        (date(2026, 5, 2), "holiday.saturday"),
        (date(2026, 5, 3), "holiday.sunday"),
        (date(2026, 5, 4), None),
        (date(2026, 12, 24), None),
        (date(2027, 1, 4), None),
    ],
)
def test_reason_of_a_day_off_is_named(day: date, key: str | None) -> None:
    assert holiday_name_key(day) == key


def test_keys_in_use_are_exactly_the_published_ones() -> None:
    used = {holiday_name_key(day) for day in every_day(FIRST, LAST)} - {None}

    assert used == set(HOLIDAY_KEYS)
    assert len(HOLIDAY_KEYS) == len(set(HOLIDAY_KEYS)) == 14 + 1 + 2


def test_meeting_holidays_still_have_one_name() -> None:
    meeting = date(2008, 5, 1)  # Labour Day and Ascension

    assert holiday_name_key(meeting) in {"holiday.labour_day", "holiday.ascension"}


@pytest.mark.parametrize(
    ("start", "n", "expected"),
    [
        (date(2026, 4, 2), 1, date(2026, 4, 3)),  # Good Friday is worked
        (date(2026, 4, 3), 1, date(2026, 4, 7)),  # over Easter Monday
        (date(2026, 12, 24), 1, date(2027, 1, 4)),  # over the year-end closure
        (date(2026, 12, 23), 5, date(2027, 1, 7)),
        (date(2026, 5, 13), 1, date(2026, 5, 15)),  # over Ascension
        (date(2026, 5, 16), 5, date(2026, 5, 22)),  # from a Saturday
        (date(2026, 5, 16), 0, date(2026, 5, 16)),  # nothing to wait for
    ],
)
def test_lead_times_end_on_the_expected_day(start: date, n: int, expected: date) -> None:
    assert add_working_days(start, n) == expected


@given(days)
def test_day_off_always_has_a_reason_and_a_working_day_never(day: date) -> None:
    assert is_working_day(day) is (holiday_name_key(day) is None)


@given(days, counts, counts)
def test_waiting_twice_equals_waiting_once(start: date, first: int, second: int) -> None:
    in_two_steps = add_working_days(add_working_days(start, first), second)

    assert in_two_steps == add_working_days(start, first + second)


@given(days, counts.filter(bool))
def test_end_of_a_wait_is_a_later_working_day(start: date, n: int) -> None:
    end = add_working_days(start, n)

    assert end > start
    assert is_working_day(end)


@given(days, counts)
def test_counting_is_the_inverse_of_adding(start: date, n: int) -> None:
    assert working_days_between(start, add_working_days(start, n)) == n


@given(days, days)
def test_counting_equals_looking_at_every_day(start: date, end: date) -> None:
    end = min(end, start + timedelta(days=800))

    expected = sum(is_working_day(day) for day in every_day(start + ONE_DAY, end))

    assert working_days_between(start, end) == expected


@given(days, counts, counts)
def test_longer_wait_never_ends_earlier(start: date, first: int, second: int) -> None:
    low, high = sorted((first, second))

    assert add_working_days(start, low) <= add_working_days(start, high)


@given(days, days, counts)
def test_later_start_never_ends_earlier(first: date, second: date, n: int) -> None:
    low, high = sorted((first, second))

    assert add_working_days(low, n) <= add_working_days(high, n)


@given(days, days, days)
def test_counts_of_adjacent_periods_add_up(first: date, second: date, third: date) -> None:
    low, middle, high = sorted((first, second, third))

    parts = working_days_between(low, middle) + working_days_between(middle, high)

    assert parts == working_days_between(low, high)


@given(days)
def test_next_working_day_is_the_first_one_from_that_day(day: date) -> None:
    found = next_working_day(day)

    assert is_working_day(found)
    assert [between for between in every_day(day, found) if is_working_day(between)] == [found]


def test_earlier_end_counts_nothing() -> None:
    assert working_days_between(date(2026, 5, 8), date(2026, 5, 4)) == 0


def test_counting_backwards_is_refused() -> None:
    with pytest.raises(ValueError, match="forwards"):
        add_working_days(date(2026, 5, 4), -1)
