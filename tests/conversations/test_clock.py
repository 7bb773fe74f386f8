"""The clock jumps: tokens are refused by name, the work goes on, the audit holds."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.clock import ShiftedClock
from mutations.life_cycle import State
from store.audit_check import audit_rows, verify
from tests.conversations.journeys import ask, card_of, install, reaches, say
from tests.conversations.outages import probe, turns, typed
from tests.conversations.stage import ARNO, MARLEEN, MONDAY_MORNING, Stage, open_stage
from tests.fakes.clock import JumpingClock

JUMPS = (
    # Never before the start: the simulated tenant does not show what it was given later.
    MONDAY_MORNING + timedelta(minutes=8),
    MONDAY_MORNING + timedelta(minutes=2),
    MONDAY_MORNING + timedelta(days=4),
    MONDAY_MORNING + timedelta(minutes=4),
    datetime(2027, 3, 28, 0, 59, 58, tzinfo=UTC),  # summer time begins in Brussels
    datetime(2027, 10, 31, 0, 59, 58, tzinfo=UTC),  # and ends
    datetime(2028, 2, 29, 22, 59, 58, tzinfo=UTC),  # the leap day ends
    datetime(2038, 1, 19, 3, 14, 6, tzinfo=UTC),  # seconds no longer fit in 31 bits
)


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock(ShiftedClock(MONDAY_MORNING))


@pytest.fixture
async def jumping(tmp_path: Path, database_url: str, clock: JumpingClock) -> AsyncIterator[Stage]:
    """A bot whose clock jumps; the channel's tokens go by the same clock."""
    async with open_stage(tmp_path, database_url, clock=clock) as opened:
        yield opened


@pytest.mark.case("F01", "F02")
async def test_work_goes_on_when_the_clock_jumps(
    jumping: Stage, clock: JumpingClock, owner_url: str
) -> None:
    await _work_goes_on(jumping, clock, JUMPS[1:5:3], owner_url)


@pytest.mark.long
@pytest.mark.case("F01", "F02")
async def test_work_goes_on_whatever_the_clock_does(
    jumping: Stage, clock: JumpingClock, owner_url: str
) -> None:
    await _work_goes_on(jumping, clock, JUMPS, owner_url)


async def _work_goes_on(
    jumping: Stage, clock: JumpingClock, jumps: Sequence[datetime], owner_url: str
) -> None:
    install(jumping)
    marleen, arno = jumping.person(MARLEEN), jumping.person(ARNO)
    for moment in jumps:
        clock.jump_to(moment)
        marleen.new_token()
        arno.new_token()
        day = (moment + timedelta(days=9)).date()
        day += timedelta(days=(2 - day.weekday()) % 7)  # a Wednesday
        request = await ask(jumping, effective_on=day.isoformat())
        assert abs(request.created_at - moment) < timedelta(minutes=1)
        question = await card_of(jumping, ARNO, request.number, having="decision.keep")
        await arno.press(question, "decision.keep")
        ordered = await reaches(jumping, State.SCHEDULED, request.number)
        assert ordered.start_on == day
        sure = await say(marleen, f"annuleer {request.number}")
        await marleen.press(sure, "Ja, intrekken")
        await reaches(jumping, State.WITHDRAWN, request.number)
    await turns(jumping, 200)
    with audit_rows(owner_url) as rows:
        assert verify(rows, {}).fault is None


@pytest.mark.case("F01")
@pytest.mark.parametrize(
    "jump", [timedelta(minutes=-66), timedelta(minutes=-6), timedelta(days=1)]
)
async def test_token_that_does_not_fit_the_clock_is_refused_by_that_name(
    jumping: Stage, clock: JumpingClock, jump: timedelta
) -> None:
    marleen = jumping.person(MARLEEN)
    assert (await typed(marleen, "help")).status == 200
    now = clock.now()

    clock.jump_to(now + jump)

    assert (await typed(marleen, "help")).status == 403
    async with jumping.world.session.get(f"{jumping.world.bot_url}/metrics") as page:
        assert 'mutatiebot_refusals_total{reason="lifetime"} 1.0' in await page.text()
    assert (await probe(jumping, "/livez"))[0] == 200
    clock.jump_to(now)
    assert (await typed(marleen, "help")).status == 200
