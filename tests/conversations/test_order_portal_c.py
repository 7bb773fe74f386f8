"""Order C at a supplier: new account, licences and data by the supplier, read back."""

from mutations.life_cycle import State
from mutations.plan import Route
from tests.conversations.journeys import Days, assert_shows, card_of, reaches, say
from tests.conversations.portal_stage import open_supplier
from tests.conversations.read_back import ReadBack
from tests.conversations.stage import JAN, MARLEEN, SOFIE, message_with

STEPS = [
    ("mailbox.litigation_hold", "change"),
    ("account.new", "change"),
    ("account.licence", "change"),
    ("account.block", "change"),
    ("data.migration", "change"),
    ("account.entity", "change"),
]


async def test_order_c_is_asked_whole_and_read_back_without_work_by_hand(days: Days) -> None:
    async with open_supplier(days, recheck_s=0.5) as supplier:
        stage = supplier.stage
        before = await ReadBack.of(stage, JAN)
        request = await supplier.gets_order(status_changes="yes")
        order = supplier.portal.orders[request.id]
        assert order["kind"] == "C"
        assert [(one["name"], one["kind"]) for one in order["steps"]] == STEPS
        assert request.plan is not None
        assert {step.route for step in request.plan.steps} == {Route.SUPPLIER}
        await supplier.tells(request.id, "in_progress")
        status = await say(stage.person(MARLEEN), "status M-2026-00001")
        supplier_name = stage.bot.use_cases.context.register.contract.supplier
        assert_shows(status.card, supplier_name, "voert de bestelling uit")

        await supplier.works(request)
        assert await supplier.is_done(request.id) == 204
        done = await reaches(stage, State.DONE, timeout_s=60)

        assert all(one.verified_at for one in done.results)
        assert len(done.results) == len(STEPS)
        assert done.tasks == ()
        assert message_with(stage.person(SOFIE), "Een taak voor u") is None
        after = await ReadBack.of(stage, JAN)
        assert (before.enabled, after.enabled, after.hold) == (True, False, True)
        entries = {one.name: one for one in await stage.bot.storage.journal.load(request.id)}
        moved = entries["data.migration"].after
        assert moved is not None
        assert moved["reported_by"] == supplier_name
        await card_of(stage, MARLEEN, "is klaar")
