"""Jobs that fail too often: orders go to the service desk, everything else is found by command."""

import psycopg

from mutations.jobs import CarryOut, ExpireRequest
from mutations.life_cycle import State
from tests.conversations.journeys import (
    WEDNESDAY,
    Days,
    ask,
    assert_hides,
    assert_shows,
    card_of,
    decide,
    install,
    reaches,
)
from tests.conversations.stage import MARLEEN, MONDAY_MORNING, SOFIE, Stage, eventually

WHY = "De uitvoering is vaak opnieuw geprobeerd en lukt niet"
_TIRED = """
insert into job_fault (job_id, transient, unexpected, deaths)
select number, 23, 4, 0 from generate_series(1, 500) as number
"""
"""Every job is one fault away from its end, where it has one."""


async def _parked(stage: Stage) -> list[str]:
    return [one["params"]["task"] for one in await stage.audit() if one["kind"] == "job.parked"]


async def test_order_that_was_tried_for_hours_goes_to_the_service_desk(
    days: Days, database_url: str
) -> None:
    async with days.open() as stage:
        install(stage)
        await ask(stage, effective_on=WEDNESDAY)
        await decide(stage)
        await reaches(stage, State.SCHEDULED)
        await _at_rest(days)
    with psycopg.connect(database_url) as connection:
        connection.execute(_TIRED)
    wednesday = MONDAY_MORNING.replace(day=25)
    async with days.open(wednesday, simulated_faults="account=transient") as stage:
        await reaches(stage, State.ATTENTION)
        called = await card_of(stage, SOFIE, "Hulp nodig bij de uitvoering")
        assert_shows(called.card, WHY, "wat al gedaan is, wordt niet herhaald")
        told = await card_of(stage, MARLEEN, "er is hulp nodig")
        assert_shows(told.card, WHY)

        async def is_on_record() -> bool:
            return await _parked(stage) == [CarryOut.name]

        await eventually(is_on_record)
        await stage.person(SOFIE).press(called, "Opnieuw proberen")
        await reaches(stage, State.DONE)
        done = await card_of(stage, MARLEEN, "is klaar en nagelezen")
        assert_hides(done.card, WHY)


async def test_job_that_fails_unforeseen_is_in_the_audit_and_the_metrics(stage: Stage) -> None:
    install(stage)
    await ask(stage)
    async with stage.bot.storage.database.connection() as connection:
        await connection.execute(_TIRED.encode())
        await connection.execute(
            "update procrastinate_jobs set scheduled_at = now(),"
            " args = args || '{\"surprise\": 1}' where task_name = %s",
            (ExpireRequest.name,),
        )

    async def is_on_record() -> bool:
        return await _parked(stage) == [ExpireRequest.name]

    await eventually(is_on_record)
    async with stage.world.session.get(f"{stage.world.bot_url}/metrics") as answer:
        text = await answer.text()
    assert 'mutatiebot_jobs_total{outcome="parked",task="request.expire"} 1.0' in text


async def _at_rest(days: Days) -> None:
    async def is_quiet() -> bool:
        return await days.due_jobs() == 0

    await eventually(is_quiet)
