"""Too many changes in an hour: all stands still until the service desk looked."""

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


def _calls(stage: Stage) -> int:
    return sum("hulp nodig" in str(one.body) for one in stage.person(SOFIE).inbox)


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

        await stage.person(SOFIE).press(called, "Opnieuw proberen")
        await eventually(lambda: _calls(stage) == 2)  # the old address is one too many again
        again = await card_of(stage, SOFIE, WHY)
        assert again.id != called.id
        await stage.person(SOFIE).press(again, "Opnieuw proberen")

        await reaches(stage, State.DONE)
        assert await stage.bot.storage.brake.pulled_at() is None
        done = [one.operation for one in await ledger(stage)]
        assert done.count("set_litigation_hold") == 1
        assert done.count("set_upn") == 1
