"""Too many changes in an hour: all stands still until the service desk looked."""

from functools import partial

from mutations.life_cycle import State
from tests.conversations.journeys import (
    Days,
    ask,
    assert_shows,
    card_of,
    decide,
    install,
    ledger,
    reaches,
)
from tests.conversations.stage import ARNO, SOFIE, Stage, eventually

WHY = "al 1 keer iets aan accounts"


def _has_called(stage: Stage, times: int) -> bool:
    return sum("hulp nodig" in str(one.body) for one in stage.person(SOFIE).inbox) == times


async def test_order_waits_until_the_service_desk_lets_all_go_on(days: Days) -> None:
    async with days.open(changes_per_hour=1) as stage:
        install(stage)
        await ask(stage, wish="not_keep")
        question = await decide(stage, "decision.not_keep")
        await stage.person(ARNO).press(question, "decision.not_keep_sure")
        called = await card_of(stage, SOFIE, WHY)
        await reaches(stage, State.ATTENTION)
        assert_shows(called.card, "Alle opdrachten staan nu stil", "Opnieuw proberen")
        assert [one.operation for one in await ledger(stage)] == ["set_litigation_hold"]
        assert await stage.bot.storage.brake.pulled_at() is not None

        for so_far in (1, 2, 3):  # the new UPN and then the old address are one too many again
            await eventually(partial(_has_called, stage, so_far), timeout_s=60)
            await stage.person(SOFIE).press(await card_of(stage, SOFIE, WHY), "Opnieuw proberen")

        await reaches(stage, State.DONE)
        assert await stage.bot.storage.brake.pulled_at() is None
        done = [one.operation for one in await ledger(stage)]
        assert done.count("set_litigation_hold") == 1
        assert done.count("set_upn") == 1
