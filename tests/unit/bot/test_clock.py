from datetime import UTC, datetime, timedelta

import pytest

from bot.clock import ShiftedClock, demo_clock
from mutations.clock import local_date
from mutations.working_days import is_working_day
from tests.fakes.clock import FakeClock


@pytest.mark.parametrize("day", range(1, 32))
def test_demo_is_always_played_on_a_working_day_at_the_same_time_of_day(day: int) -> None:
    real = FakeClock(datetime(2026, 12, day, 15, 30, tzinfo=UTC))

    shown = demo_clock(real).now()

    assert is_working_day(local_date(shown))
    assert shown.timetz() == real.now().timetz()
    assert shown >= real.now()
    assert shown == real.now() or not is_working_day(local_date(real.now()))


def test_restart_on_a_day_off_does_not_go_back_in_time() -> None:
    real = FakeClock(datetime(2026, 11, 21, 15, 30, tzinfo=UTC))
    before = demo_clock(real).now()
    real.advance(minutes=5)

    assert demo_clock(real).now() == before + timedelta(minutes=5)


def test_shifted_clock_runs_on() -> None:
    real = FakeClock()
    start = datetime(2030, 1, 2, 9, 0, tzinfo=UTC)
    clock = ShiftedClock(start, real=real)
    real.advance(hours=1)

    assert clock.now() == start + timedelta(hours=1)
