"""Messages that do not arrive at once: people without the bot, and a Bot Connector in trouble."""

from mutations.life_cycle import State
from tests.conversations.journeys import (
    FIRST,
    ask,
    assert_shows,
    card_of,
    decide,
    install,
    reaches,
    say,
    seen,
    titles,
)
from tests.conversations.stage import ARNO, BRITT, MARLEEN, Stage, eventually


async def test_requester_hears_who_cannot_be_reached_and_the_message_arrives_after_all(
    stage: Stage,
) -> None:
    install(stage)
    arno, marleen = stage.person(ARNO), stage.person(MARLEEN)
    stage.world.connector.block(arno.persona.conversation_id)
    await ask(stage)
    await card_of(stage, BRITT, "Uw beslissing wordt gevraagd")
    unreachable = f"Ik kan Arno Wouters niet bereiken voor {FIRST}"
    told = await card_of(stage, MARLEEN, unreachable)
    assert_shows(told.card, "de mutatiebot te openen in Teams", "In voorbereiding")
    assert arno.inbox == []

    stage.world.connector.unblock(arno.persona.conversation_id)
    [welcome] = [one for one in await arno.join() if one.body.get("replyToId")]
    assert_shows(welcome.card, "Dag Arno Wouters")
    await decide(stage)
    await reaches(stage, State.DONE)
    done = await card_of(stage, MARLEEN, "is klaar en nagelezen")
    assert done is marleen.last
    assert len(marleen.inbox) == 4, seen(marleen)  # sent, unreachable, ordered, done


async def test_approver_who_comes_after_the_decision_is_not_asked_any_more(
    stage: Stage,
) -> None:
    install(stage, but=BRITT)
    await ask(stage, effective_on="2026-12-01")
    await card_of(stage, MARLEEN, f"Ik kan Britt Jacobs niet bereiken voor {FIRST}")
    await decide(stage)
    await reaches(stage, State.SCHEDULED)
    britt = stage.person(BRITT)
    await britt.join()
    status = await say(britt, f"status {FIRST}")
    assert_shows(status.card, "Arno Wouters", "Ingepland")
    assert len(britt.inbox) == 2, seen(britt)


async def test_connector_in_trouble_delays_messages_and_repeats_none(stage: Stage) -> None:
    install(stage)
    connector = stage.world.connector
    await ask(stage)
    connector.answer_next(503, times=3)
    connector.answer_next(429, headers={"Retry-After": "1"})
    question = await card_of(stage, BRITT, "Uw beslissing wordt gevraagd")
    await stage.person(BRITT).press(question, "Behouden")
    await reaches(stage, State.DONE)
    await card_of(stage, MARLEEN, "is klaar en nagelezen")
    final = await card_of(stage, ARNO, "Britt Jacobs")
    assert titles(final.card) == []

    def is_settled() -> bool:
        return "Klaar" in str(final.card)

    await eventually(is_settled)
    summaries = [one.body.get("summary") for one in stage.person(ARNO).inbox]
    assert len(summaries) == 1, seen(stage.person(ARNO))
