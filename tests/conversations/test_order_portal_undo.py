"""Taking back an order that a supplier has: asked of the supplier, told, and read back."""

from mutations.handover import Asks, HandoverState
from mutations.life_cycle import State
from mutations.request import MutationRequest
from tests.conversations.journeys import (
    FIRST,
    Days,
    assert_hides,
    assert_shows,
    card_of,
    ledger,
    reaches,
)
from tests.conversations.portal_stage import Supplier, open_supplier
from tests.conversations.read_back import ReadBack
from tests.conversations.stage import JAN, MARLEEN, SOFIE, eventually
from tests.fakes.order_portal import Script

REASON = "De overstap gaat niet door"


async def _stopped_halfway(supplier: Supplier) -> MutationRequest:
    """Let the supplier do order B and then stop; return the request."""
    request = await supplier.gets_order("decision.not_keep", wish="not_keep")
    await supplier.works(request)
    assert await supplier.tells(request.id, "needs_person", reason="Een fout") == 204
    return await reaches(supplier.stage, State.ATTENTION)


async def _ask_back(supplier: Supplier) -> None:
    sofie = supplier.stage.person(SOFIE)
    called = await card_of(supplier.stage, SOFIE, "Hulp nodig bij de uitvoering")
    question = await sofie.press(called, "undo.ask")
    name = supplier.stage.bot.use_cases.context.register.contract.supplier
    assert_shows(question, "Alles terugdraaien?", f"Dit vraag ik {name} terug te zetten")
    assert_shows(question, "Bewaartermijn van OneDrive")  # of its own records
    assert_hides(question, "Dit zet u zelf terug")
    answer = await sofie.press(called, "undo.sure", reason=REASON)
    assert_shows(answer, "Wordt teruggedraaid", REASON)


async def test_supplier_is_asked_to_take_back_and_the_bot_reads_it(days: Days) -> None:
    async with open_supplier(days, recheck_s=0.5, simulated_lag_s=0.0) as supplier:
        before = await ReadBack.of(supplier.stage, JAN)
        request = await _stopped_halfway(supplier)
        await _ask_back(supplier)
        back = f"{request.id}.back"
        await eventually(lambda: back in supplier.portal.orders)
        document = supplier.portal.orders[back]
        assert document["format"] == "mutatiebot.take-back/1"
        assert document["takes_back"] == request.id
        assert REASON not in str(document)
        order = {one["position"]: one for one in supplier.portal.orders[request.id]["steps"]}
        positions = [one["position"] for one in document["steps"]]
        assert positions == sorted(positions, reverse=True)
        for one in document["steps"]:
            asked = order[one["position"]]
            assert (one["before"], one["after"]) == (asked["after"], asked["before"])

        # What the order itself came to no longer counts.
        assert await supplier.is_done(request.id) == 204
        assert await supplier.is_done(back) == 204
        await supplier.takes_back(request)

        undone = await reaches(supplier.stage, State.UNDONE, timeout_s=60)
        assert undone.handover is not None
        assert (undone.handover.asks, undone.handover.state) == (
            Asks.TAKE_BACK,
            HandoverState.DONE,
        )
        assert await ReadBack.of(supplier.stage, JAN) == before
        told = await card_of(supplier.stage, MARLEEN, "meldt dat alles terug is")
        assert_hides(told.card, "teruggezet en nagelezen")


async def test_word_that_it_is_back_is_not_enough(days: Days) -> None:
    async with open_supplier(days, recheck_s=0.3, simulated_lag_s=0.0) as supplier:
        request = await _stopped_halfway(supplier)
        changed = await ledger(supplier.stage)
        await _ask_back(supplier)
        back = f"{request.id}.back"
        await eventually(lambda: back in supplier.portal.orders)
        assert await supplier.is_done(back) == 204

        async def is_being_read() -> bool:
            rows = await supplier.stage.bot.storage.journal.load(request.id)
            return any("undo_since" in row.detail for row in rows)

        await eventually(is_being_read)
        assert (await supplier.stage.request(FIRST)).state is State.UNDOING
        assert await ledger(supplier.stage) == changed  # the bot itself takes nothing back


async def test_refused_or_stopped_taking_back_goes_to_the_desk_and_out_again(days: Days) -> None:
    async with open_supplier(days, recheck_s=0.5, simulated_lag_s=0.0) as supplier:
        request = await _stopped_halfway(supplier)
        supplier.portal.answer_next(Script(422, body={"code": "NOT-NOW"}))
        await _ask_back(supplier)
        stopped = await reaches(supplier.stage, State.ATTENTION)
        assert stopped.undo is not None
        assert stopped.attention is not None
        assert stopped.attention.step == "portal"  # so nobody can withdraw it
        called = await card_of(supplier.stage, SOFIE, "NOT-NOW")
        await supplier.stage.person(SOFIE).press(called, "Opnieuw proberen")
        back = f"{request.id}.back"
        await eventually(lambda: back in supplier.portal.orders)

        assert await supplier.tells(back, "needs_person", reason="Adres in gebruik") == 204
        await reaches(supplier.stage, State.ATTENTION)
        called = await card_of(supplier.stage, SOFIE, "Adres in gebruik")
        await supplier.stage.person(SOFIE).press(called, "Opnieuw proberen")
        await supplier.takes_back(request)

        async def is_told() -> bool:
            return await supplier.is_done(back) == 204

        await eventually(is_told)
        await reaches(supplier.stage, State.UNDONE, timeout_s=60)


async def test_taking_back_that_nobody_asked_is_unknown(days: Days) -> None:
    async with open_supplier(days) as supplier:
        request = await supplier.gets_order()
        assert await supplier.tells(f"{request.id}.back", "in_progress") == 404
        assert await supplier.tells(f"{request.id}.back.back", "in_progress") == 404
