"""Orders that a supplier carries out: handed over to its portal, called back, read back."""

from dataclasses import replace

from mutations.handover import Handover, HandoverState
from mutations.jobs import HandOver
from mutations.life_cycle import State
from store.parked_jobs import SqlParkedJobs
from store.work import SqlWork
from tests.conversations.journeys import (
    Days,
    ask,
    assert_hides,
    assert_shows,
    card_of,
    decide,
    install,
    ledger,
    reaches,
)
from tests.conversations.portal_stage import Supplier, open_supplier
from tests.conversations.stage import MARLEEN, SOFIE, eventually
from tests.fakes.order_portal import Script


async def test_order_goes_to_the_portal_and_is_read_back_before_it_is_done(days: Days) -> None:
    async with open_supplier(days) as supplier:
        request = await supplier.gets_order()
        order = supplier.portal.orders[request.id]
        assert order["format"] == "mutatiebot.order/1"
        assert order["number"] == request.number
        assert order["kind"] == "A"
        assert order["decision"]["fingerprint"] == request.approved
        assert not await ledger(supplier.stage)

        assert await supplier.tells(request.id, "accepted") == 204
        assert await supplier.tells(request.id, "in_progress") == 204
        assert await supplier.is_done(request.id) == 204
        # The word of the supplier is not enough: nothing shows yet.
        await eventually(lambda: _waits(supplier))
        await supplier.works(request)

        done = await reaches(supplier.stage, State.DONE)
        assert all(one.verified_at and not one.reported_by for one in done.results)
        card = await card_of(supplier.stage, MARLEEN, "is klaar")
        assert_hides(card.card, "Gemeld door")


async def test_what_the_bot_may_not_read_is_told_as_the_word_of_the_supplier(days: Days) -> None:
    async with open_supplier(days) as supplier:
        request = await supplier.gets_order()
        await supplier.forbids_reading(request.id)
        await supplier.works(request)
        assert await supplier.is_done(request.id) == 204
        done = await reaches(supplier.stage, State.DONE)
        name = supplier.stage.bot.use_cases.context.register.contract.supplier
        reported = [one for one in done.results if one.reported_by]
        assert [one.reported_by for one in reported] == [name]
        assert [one.verified_at for one in reported] == [None]
        card = await card_of(supplier.stage, MARLEEN, f"Gemeld door {name}")
        assert_hides(card.card, "Alles is uitgevoerd en nagelezen", "klaar en nagelezen")


async def test_portal_that_is_away_for_a_while_gets_the_order_once(days: Days) -> None:
    async with open_supplier(days) as supplier:
        supplier.portal.answer_next(
            Script(503, headers={"Retry-After": "1"}), Script(429), Script(0)
        )
        request = await supplier.gets_order()
        assert len(supplier.portal.bodies) == 4
        assert len(set(supplier.portal.bodies)) == 1
        assert list(supplier.portal.orders) == [request.id]


async def test_lost_reply_to_the_post_is_one_order(days: Days) -> None:
    async with open_supplier(days) as supplier:
        supplier.portal.answer_next(Script(0, after_doing=True))
        request = await supplier.gets_order()
        await eventually(lambda: _is_taken(supplier))
        assert list(supplier.portal.orders) == [request.id]
        assert len(supplier.portal.bodies) == 2


async def test_stop_between_the_answer_and_its_record_is_one_order(days: Days) -> None:
    async with open_supplier(days) as supplier:
        request = await supplier.gets_order()
        await eventually(lambda: _is_taken(supplier))

        async def forget(work: SqlWork) -> None:
            now = await work.requests.get(request.id)
            assert now is not None
            handover = Handover(asked_at=supplier.stage.clock.now())
            await work.requests.save(replace(now, handover=handover))
            await work.jobs.enqueue(HandOver(request_id=request.id))

        # What the database holds when the process was killed before it could record the answer.
        await supplier.stage.bot.storage.store.run(forget)

        async def is_taken_again() -> bool:
            handover = (await supplier.stage.request(request.number)).handover
            return handover is not None and handover.state is HandoverState.ACCEPTED

        await eventually(is_taken_again)
        assert supplier.portal.bodies[0] == supplier.portal.bodies[1]
        assert list(supplier.portal.orders) == [request.id]


async def test_refused_order_goes_to_the_service_desk_and_out_again(days: Days) -> None:
    async with open_supplier(days) as supplier:
        supplier.portal.answer_next(Script(422, body={"code": "ENTITY-UNKNOWN"}))
        install(supplier.stage)
        await ask(supplier.stage)
        await decide(supplier.stage)
        stopped = await reaches(supplier.stage, State.ATTENTION)
        called = await card_of(supplier.stage, SOFIE, "Hulp nodig bij de uitvoering")
        assert_shows(called.card, "ENTITY-UNKNOWN", "neemt de bestelling niet aan")
        await supplier.stage.person(SOFIE).press(called, "Opnieuw proberen")
        await eventually(lambda: supplier.portal.orders)
        await supplier.works(stopped)
        await supplier.is_done(stopped.id)
        await reaches(supplier.stage, State.DONE)


async def test_order_that_does_not_get_through_is_parked_and_sent_by_command(days: Days) -> None:
    async with open_supplier(days) as supplier:
        supplier.portal.answer_always(Script(503))
        install(supplier.stage)
        await ask(supplier.stage)
        database = supplier.stage.bot.storage.database
        await _spend_attempts(supplier)
        await decide(supplier.stage)
        stopped = await reaches(supplier.stage, State.ATTENTION)
        called = await card_of(supplier.stage, SOFIE, "Hulp nodig bij de uitvoering")
        assert_shows(called.card, "niet te bereiken")
        supplier.portal.answer_always(None)
        jobs = SqlParkedJobs(database)

        async def parked() -> list[int]:
            return [one.id for one in await jobs.all() if one.task == "order.hand_over"]

        [job] = await eventually(parked)
        assert await jobs.retry(job)
        await reaches(supplier.stage, State.CARRYING_OUT)
        assert list(supplier.portal.orders) == [stopped.id]


async def test_order_that_does_not_get_through_is_sent_again_by_the_service_desk(
    days: Days,
) -> None:
    async with open_supplier(days) as supplier:
        supplier.portal.answer_always(Script(503))
        install(supplier.stage)
        await ask(supplier.stage)
        await _spend_attempts(supplier)
        await decide(supplier.stage)
        stopped = await reaches(supplier.stage, State.ATTENTION)
        called = await card_of(supplier.stage, SOFIE, "niet te bereiken")
        supplier.portal.answer_always(None)
        await supplier.stage.person(SOFIE).press(called, "Opnieuw proberen")
        await eventually(lambda: _is_taken(supplier))
        assert list(supplier.portal.orders) == [stopped.id]
        assert len(set(supplier.portal.bodies)) == 1
        await supplier.works(stopped)
        assert await supplier.is_done(stopped.id) == 204
        await reaches(supplier.stage, State.DONE)


async def test_supplier_that_needs_a_person_is_helped_and_gets_the_order_again(
    days: Days,
) -> None:
    async with open_supplier(days) as supplier:
        request = await supplier.gets_order()
        reason = "Het adres is nog in gebruik"
        assert await supplier.tells(request.id, "needs_person", reason=reason) == 204
        await reaches(supplier.stage, State.ATTENTION)
        called = await card_of(supplier.stage, SOFIE, reason)
        await supplier.stage.person(SOFIE).press(called, "Opnieuw proberen")
        await eventually(lambda: len(supplier.portal.bodies) == 2)
        await supplier.works(request)
        assert await supplier.is_done(request.id) == 204
        await reaches(supplier.stage, State.DONE)
        assert len(supplier.portal.orders) == 1


async def _waits(supplier: Supplier) -> bool:
    request = await supplier.stage.request("M-2026-00001")
    assert request.state is State.CARRYING_OUT
    rows = await supplier.stage.bot.storage.journal.load(request.id)
    return any(row.state == "waiting" for row in rows)


async def _is_taken(supplier: Supplier) -> bool:
    kinds = [row["kind"] for row in await supplier.stage.audit()]
    return kinds.count("order.handed_over") == 1


async def _spend_attempts(supplier: Supplier) -> None:
    """Let every job to come have failed so often that its next failure is the last."""
    async with supplier.stage.bot.storage.database.connection() as connection:
        await connection.execute(
            "insert into job_fault (job_id, transient, unexpected, deaths)"
            " select number, 23, 0, 0 from generate_series(1, 500) as number"
        )
