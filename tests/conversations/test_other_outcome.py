"""The source entity decides otherwise than asked, or refuses: the requester has the word."""

from mutations.case_finder import Outcome
from mutations.life_cycle import State
from tests.conversations.journeys import (
    FIRST,
    address,
    ask,
    assert_hides,
    assert_shows,
    card_of,
    decide,
    install,
    ledger,
    reaches,
    say,
    titles,
)
from tests.conversations.stage import ARNO, BERT, BRITT, MARLEEN, Stage, eventually, words_of

DIFFERS = "iets anders beslist dan u vroeg"


async def _decide_not_to_keep(stage: Stage) -> None:
    question = await decide(stage, "decision.not_keep")
    await stage.person(ARNO).press(question, "decision.not_keep_sure")


async def test_keep_was_asked_and_not_keeping_goes_on_only_once_confirmed(
    stage: Stage,
) -> None:
    install(stage)
    await ask(stage, colleague=address(BERT))
    await _decide_not_to_keep(stage)
    told = await card_of(stage, MARLEEN, DIFFERS)
    assert_shows(
        told.card,
        "U vroeg: behouden",
        "besliste: **niet behouden**",
        "Entiteitswissel zonder behoud van data",
        "litigation hold",
        "Arno Wouters",
    )
    waiting = await say(stage.person(MARLEEN), "wat wacht op mij?")
    assert_shows(waiting.card, FIRST, "Wacht op bevestiging")
    assert (await stage.request(FIRST)).agreed is None
    assert await ledger(stage) == ()

    await stage.person(MARLEEN).press(told, "Akkoord met niet behouden")
    done = await reaches(stage, State.DONE)
    assert done.outcome is Outcome.B
    assert (await ledger(stage))[0].operation == "set_litigation_hold"
    kinds = [row["kind"] for row in await stage.audit()]
    assert kinds.index("request.outcome_confirmed") < kinds.index("request.ordered")


async def test_not_keeping_was_asked_and_keeping_is_confirmed(stage: Stage) -> None:
    install(stage)
    await ask(stage, colleague=address(BERT), wish="not_keep")
    await decide(stage)
    told = await card_of(stage, MARLEEN, DIFFERS)
    assert_shows(told.card, "Entiteitswissel met behoud van data")
    await stage.person(MARLEEN).press(told, "Akkoord met behouden")
    done = await reaches(stage, State.DONE)
    assert done.outcome is Outcome.A
    assert "set_litigation_hold" not in {one.operation for one in await ledger(stage)}


async def test_order_c_becomes_two_free_orders_when_nothing_is_kept(stage: Stage) -> None:
    install(stage)
    await ask(stage, status_changes="yes")
    question = await decide(stage, "decision.not_keep")
    assert_shows(question.card, "prullenbak", "woensdag 23 december 2026", "twee bestellingen")
    await stage.person(ARNO).press(question, "decision.not_keep_sure")
    told = await card_of(stage, MARLEEN, DIFFERS)
    assert_shows(told.card, "deactivatie en activatie van een O365-abonnement")
    card = await stage.person(MARLEEN).press(told, "Akkoord met niet behouden")
    assert_shows(card, "Zelf te regelen", "Uw checklist", "Deactivatie", "Activatie", "WebIDM")
    listed = await stage.request(FIRST)
    assert (listed.state, listed.outcome) == (State.CHECKLIST, Outcome.D)
    assert_shows(card, "Dit is gedaan", "Arno Wouters")
    again = await ask(stage, colleague=address(BERT))  # what was reserved is free
    assert again.checks is not None
    assert [pool.reserved for pool in again.checks.licences.pools] == [0, 0, 0]


async def test_requester_withdraws_what_was_decided_otherwise(stage: Stage) -> None:
    install(stage)
    await ask(stage, colleague=address(BERT))
    await _decide_not_to_keep(stage)
    told = await card_of(stage, MARLEEN, DIFFERS)
    await stage.person(MARLEEN).press(told, "Intrekken")
    card = await stage.person(MARLEEN).press(told, "Ja, intrekken")
    assert_shows(card, "Ingetrokken", "er is niets gewijzigd")
    assert "Akkoord met niet behouden" not in titles(card)
    britt = await card_of(stage, BRITT, "Ingetrokken")
    assert_shows(britt.card, "Arno Wouters", "niet behouden")
    assert await ledger(stage) == ()


async def test_refusal_needs_a_reason_that_reaches_the_requester(stage: Stage) -> None:
    install(stage)
    await ask(stage)
    question = await decide(stage, "decision.refuse")
    assert_shows(question.card, "Waarom weigert u?")
    request = await stage.request(FIRST)
    blank = await stage.person(ARNO).press_sealed(
        "decision.refuse_sure", {"request": request.id, "round": 1}, reason="  "
    )
    assert_shows(blank.body["value"], "Er ontbreekt een reden")
    assert (await stage.request(FIRST)).decision is None

    reason = "Jan rondt eerst het dossier *Schelde* af."
    await stage.person(ARNO).press(question, "decision.refuse_sure", reason=reason)
    told = await card_of(stage, MARLEEN, "is geweigerd")
    assert_shows(told.card, "Arno Wouters", f"Reden: {reason}", "Overleg met Agentschap Wegen")
    assert (await stage.request(FIRST)).state is State.REJECTED
    copy = await card_of(stage, BRITT, "weigerde de mutatie")
    assert_shows(copy.card, "Arno Wouters", reason)


async def test_first_decision_stands_and_every_copy_says_who_decided_what_and_when(
    stage: Stage,
) -> None:
    install(stage)
    await ask(stage, effective_on="2026-12-01")
    arno = await card_of(stage, ARNO, "Uw beslissing wordt gevraagd")
    britt = await card_of(stage, BRITT, "Uw beslissing wordt gevraagd")
    late = dict(britt.card)
    await stage.person(ARNO).press(arno, "Behouden")
    made = "**Arno Wouters** koos op maandag 23 november 2026 om"
    await eventually(lambda: made in words_of(britt.card))
    for card in (arno.card, britt.card):
        assert_shows(card, "Er is beslist", made, "**behouden**")
        assert titles(card) == []

    britt.replace_card(late)  # Britt had not looked at the screen yet
    refused = await stage.person(BRITT).press(britt, "Niet behouden")
    assert_shows(refused, made)
    britt.replace_card(late)
    refused = await stage.person(BRITT).press(britt, "Behouden")
    assert_shows(refused, "Arno Wouters heeft al beslist", made)
    assert titles(refused) == []
    decision = (await stage.request(FIRST)).decision
    assert decision is not None
    assert decision.by.name == "Arno Wouters"

    status = await say(stage.person(BRITT), f"status {FIRST}")
    assert_shows(status.card, "Ingepland", made, "wacht op de startdatum, dinsdag 1 december")
    assert_hides(status.card, "Uw beslissing wordt gevraagd")
