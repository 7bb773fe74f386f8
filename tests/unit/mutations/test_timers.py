"""Deadlines fall on the right moment in Brussels, also around the nights the clock changes."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutations.clock import local_date
from mutations.timers import day_begins, reminder_at
from mutations.working_days import is_working_day
from tests.unit.mutations.strategies import days, laws, moments, near

ONE_DAY = timedelta(days=1)
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
some_days = st.one_of(days, near(SPRING), near(AUTUMN))
some_moments = st.one_of(
    moments,
    st.builds(
        lambda day, minutes: datetime.combine(day, time(), UTC) + timedelta(minutes=minutes),
        some_days,
        st.integers(0, 1439),
    ),
)


def last_sunday(year: int, month: int) -> date:
    day = date(year, month, 31)  # both months of the change have 31 days
    return day - timedelta(days=(day.weekday() + 1) % 7)


def offset(moment: datetime) -> timedelta:
    """Hours ahead of UTC by the European directive: summer time from and to 01:00 UTC."""
    begin, end = (
        datetime.combine(last_sunday(moment.year, month), time(1), UTC) for month in (3, 10)
    )
    return timedelta(hours=2 if begin <= moment < end else 1)


@pytest.mark.parametrize(
    ("day", "begins"),
    [
        (date(2026, 1, 15), "2026-01-14T23:00"),
        (SPRING, "2026-03-28T23:00"),
        (SPRING + ONE_DAY, "2026-03-29T22:00"),
        (date(2026, 7, 11), "2026-07-10T22:00"),
        (AUTUMN, "2026-10-24T22:00"),
        (AUTUMN + ONE_DAY, "2026-10-25T23:00"),
        (date(2027, 1, 1), "2026-12-31T23:00"),
    ],
)
@pytest.mark.case("F02")
def test_day_begins_at_midnight_in_brussels(day: date, begins: str) -> None:
    assert day_begins(day) == datetime.fromisoformat(begins).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "working_days", "due"),
    [
        ("2026-03-27T10:00", 1, "2026-03-30T07:00"),  # the clock goes forward in between
        ("2026-10-23T10:00", 1, "2026-10-26T08:00"),  # and back
        ("2026-10-23T22:30", 1, "2026-10-26T08:00"),  # Saturday in Brussels already
        ("2026-05-04T21:59", 1, "2026-05-05T07:00"),
        ("2026-05-04T22:00", 1, "2026-05-06T07:00"),  # the next day in Brussels
        ("2026-12-24T12:00", 2, "2027-01-05T08:00"),  # over the closed week
        ("2026-04-02T08:00", 2, "2026-04-07T07:00"),  # over Easter
    ],
)
def test_reminder_comes_at_nine_in_brussels(since: str, working_days: int, due: str) -> None:
    begin, end = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (since, due))

    assert reminder_at(begin, working_days) == end


@laws
@given(day=some_days)
def test_day_begins_where_the_day_before_ends(day: date) -> None:
    begins = day_begins(day)

    assert begins.tzinfo is UTC
    assert local_date(begins) == day
    assert local_date(begins - timedelta(microseconds=1)) == day - ONE_DAY


@laws
@given(moment=some_moments)
@pytest.mark.case("F02")
def test_every_moment_lies_in_the_day_of_brussels_that_it_belongs_to(moment: datetime) -> None:
    day = local_date(moment)

    assert day == (moment + offset(moment)).date()
    assert day_begins(day) <= moment < day_begins(day + ONE_DAY)


@laws
@given(year=st.integers(2024, 2035), month=st.integers(0, 2))
@pytest.mark.case("F01")
def test_day_of_a_change_is_an_hour_shorter_or_longer(year: int, month: int) -> None:
    day = [date(year, 6, 1), last_sunday(year, 3), last_sunday(year, 10)][month]

    assert day_begins(day + ONE_DAY) - day_begins(day) == timedelta(hours=[24, 23, 25][month])


@laws
@given(since=some_moments, working_days=st.integers(1, 30))
def test_reminder_comes_on_a_working_day_after_that_many_of_them(
    since: datetime, working_days: int
) -> None:
    due = reminder_at(since, working_days)

    assert due > since
    assert due + offset(due) == datetime.combine(local_date(due), time(9), UTC)
    passed = (local_date(due) - local_date(since)).days
    worked = [
        n for n in range(1, passed + 1) if is_working_day(local_date(since) + timedelta(days=n))
    ]
    assert len(worked) == working_days
    assert worked[-1] == passed


@laws
@given(since=some_moments, one=st.integers(0, 30), other=st.integers(0, 30))
def test_longer_patience_never_reminds_earlier(since: datetime, one: int, other: int) -> None:
    short, long = sorted((one, other))

    assert reminder_at(since, short) <= reminder_at(since, long)
