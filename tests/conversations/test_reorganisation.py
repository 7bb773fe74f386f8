"""Many orders of one move on one day are bulk work; any other order goes its own way."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.demo import DEMO_REGISTER
from mutations.life_cycle import State
from mutations.reorganisation import Move
from tests.conversations.journeys import (
    FIRST,
    SECOND,
    WEDNESDAY,
    ZORG,
    Days,
    address,
    ask,
    decide,
    install,
    reaches,
)
from tests.conversations.stage import BERT, JAN, MONDAY_MORNING, Stage

_TWO_DAYS = timedelta(days=2)


def _register_where_two_are_many(folder: Path) -> Path:
    text = DEMO_REGISTER.read_text(encoding="utf-8")
    assert "bulk_above = 20 " in text
    register = folder / "register-of-few.toml"
    register.write_text(text.replace("bulk_above = 20 ", "bulk_above = 1 "), encoding="utf-8")
    return register


async def _queues(stage: Stage, request_id: str) -> set[str]:
    async with stage.bot.storage.database.connection() as connection:
        cursor = await connection.execute(
            "select distinct queue_name from procrastinate_jobs"
            " where task_name = 'order.carry_out' and args ->> 'request_id' = %s",
            (request_id,),
        )
        return {str(row["queue_name"]) for row in await cursor.fetchall()}


async def _ordered(stage: Stage, number: str, colleague: int, day: str) -> None:
    await ask(stage, colleague=address(colleague), effective_on=day)
    await decide(stage)
    await reaches(stage, State.SCHEDULED, number)


async def test_orders_of_a_reorganisation_take_the_places_of_bulk_work(
    days: Days, tmp_path: Path
) -> None:
    register: Any = {"MUTATIEBOT_REGISTER": _register_where_two_are_many(tmp_path)}
    async with days.open(**register) as stage:
        install(stage)
        await _ordered(stage, FIRST, JAN, WEDNESDAY)
        await _ordered(stage, SECOND, BERT, WEDNESDAY)
    async with days.open(MONDAY_MORNING + _TWO_DAYS, **register) as stage:
        done = [await reaches(stage, State.DONE, number) for number in (FIRST, SECOND)]

        queues = [await _queues(stage, one.id) for one in done]

    assert any("bulk" in one for one in queues)


async def test_an_order_by_itself_takes_none_of_them(days: Days, tmp_path: Path) -> None:
    register: Any = {"MUTATIEBOT_REGISTER": _register_where_two_are_many(tmp_path)}
    async with days.open(**register) as stage:
        install(stage)
        await _ordered(stage, FIRST, JAN, WEDNESDAY)
    async with days.open(MONDAY_MORNING + _TWO_DAYS, **register) as stage:
        done = await reaches(stage, State.DONE, FIRST)

        assert await _queues(stage, done.id) == {"default"}


async def test_orders_of_another_day_or_another_entity_do_not_count(stage: Stage) -> None:
    install(stage)
    await _ordered(stage, FIRST, JAN, WEDNESDAY)
    await _ordered(stage, SECOND, BERT, WEDNESDAY)
    move = Move.of(await stage.request(FIRST))
    assert move is not None
    others = [
        Move(source=move.source, target=move.target, start_on=move.start_on + _TWO_DAYS),
        Move(source=move.source, target=type(move.target)(ZORG), start_on=move.start_on),
        Move(source=move.target, target=move.target, start_on=move.start_on),
    ]

    async def together(move: Move, most: int) -> int:
        store = stage.bot.storage.store
        return await store.read(lambda now: now.requests.together(move, most=most))

    assert await together(move, 10) == 2
    assert await together(move, 1) == 1
    assert [await together(one, 10) for one in others] == [0, 0, 0]
