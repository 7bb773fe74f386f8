"""Before and after an order at a supplier: its plan, and its evidence."""

import json

from bot.commands.check import Verdict, check_portal
from bot.evidence.collect import collect
from bot.evidence.document import canonical, document_of
from bot.evidence.report import report_of
from bot.evidence.shape import Finding
from bot.plan.look import look
from bot.plan.report import report_of as plan_report_of
from cards.words import request_words
from mutations.identity import RequestNumber
from mutations.life_cycle import State
from mutations.plan import Route, Undo
from tests.conversations.journeys import (
    FIRST,
    WEDNESDAY,
    Days,
    ask,
    assert_hides,
    assert_shows,
    card_of,
    decide,
    install,
    ledger,
    reaches,
    say,
)
from tests.conversations.portal_stage import open_supplier
from tests.conversations.stage import ARNO, MARLEEN
from texts.translator import load

NUMBER = RequestNumber(FIRST)


async def test_plan_on_the_card_and_in_the_terminal_names_the_supplier(
    days: Days, database_url: str
) -> None:
    async with open_supplier(days) as supplier:
        stage = supplier.stage
        install(stage)
        await ask(stage, wish="not_keep", effective_on=WEDNESDAY)
        question = await decide(stage, "decision.not_keep")
        await stage.person(ARNO).press(question, "decision.not_keep_sure")
        await reaches(stage, State.SCHEDULED)
        name = stage.bot.use_cases.context.register.contract.supplier
        told = await say(stage.person(MARLEEN), f"status {FIRST}")
        card = await stage.person(MARLEEN).press(told, "Toon het plan")
        assert_shows(card, f"door {name}, op bestelling", f"vraagt de mutatiebot aan {name}")
        assert_hides(card, "Exchange Online", "Microsoft Graph", "met de hand")

        register, clock = stage.bot.use_cases.context.register, stage.clock
        run = await look(stage.bot.settings, database_url, NUMBER, register=register, clock=clock)
        assert run is not None
        routes = {step.route for step in run.plan.steps}
        assert routes == {Route.SUPPLIER, Route.RECORD}
        undos = {step.undo for step in run.plan.steps if step.route is Route.SUPPLIER}
        assert undos <= {Undo.SUPPLIER, Undo.NEVER, Undo.NOTHING}
        assert not run.differences
        report = plan_report_of(load("nl"), register, run)
        assert f"Hoe: door {name}, op bestelling" in report
        assert not await ledger(stage)
        assert not supplier.portal.bodies


async def test_evidence_tells_whose_word_it_is(days: Days, database_url: str) -> None:
    async with open_supplier(days) as supplier:
        request = await supplier.gets_order()
        await supplier.forbids_reading(request.id)
        await supplier.works(request)
        assert await supplier.is_done(request.id) == 204
        await reaches(supplier.stage, State.DONE)
        await card_of(supplier.stage, MARLEEN, "Gemeld door")
        context = supplier.stage.bot.use_cases.context
        found = await collect(database_url, NUMBER, clock=supplier.stage.clock, anchored=None)
    assert found is not None
    t = load("nl")
    document = document_of(found, context.register, t)

    assert document.findings == (Finding.NOT_VERIFIED,)
    assert document.handover is not None
    assert len(document.handover.reported) == len(supplier.portal.orders[request.id]["steps"])
    kinds = [row.kind for row in document.audit.rows]
    assert [kinds.count(kind) for kind in ("order.handed_over", "order.reported")] == [1, 1]
    written = canonical(document)
    assert json.loads(written)["handover"]["state"] == "done"
    words = request_words(t, context.register, found.request)
    report = report_of(t, document, words=words, sha256="0" * 64)
    assert "gemeld door de leverancier, niet na te lezen" in report
    assert "Gemeld door de leverancier" in report
    assert "bestelling aangenomen door het bestelportaal" in report


async def test_check_looks_at_the_portal_and_hands_nothing_over(days: Days) -> None:
    async with open_supplier(days) as supplier:
        settings = supplier.stage.bot.settings
        assert (await check_portal(settings)).verdict is Verdict.OK
        assert supplier.portal.bodies == []
        await supplier.portal.stop()
        assert (await check_portal(settings)).verdict is Verdict.NOT_OK
        await supplier.portal.start()
