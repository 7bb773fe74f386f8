"""Steps that only a person can do: asked of the service desk by card, reported, read back."""

import msgspec
import pytest

from fulfilment.tenant import GroupKind
from fulfilment.tenants.simulated.records import Kind, membership_id
from mutations.life_cycle import State
from tests.conversations.journeys import (
    FIRST,
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
    titles,
)
from tests.conversations.scenes import card_of as card_in
from tests.conversations.stage import ARNO, JAN, MARLEEN, SOFIE, Stage, eventually, object_id
from tests.fakes.bot_connector import Message

GROUP = "Waterbeheer"


async def _rule(stage: Stage) -> str:
    """Let a rule say who is in one of Jan's groups; return the id of the group."""
    world = stage.bot.world
    mine = [one for one in (await world.memberships()).values() if one.person == object_id(JAN)]
    group = (await world.groups())[min(one.group for one in mine)]
    body = msgspec.to_builtins(msgspec.structs.replace(group, name=GROUP, kind=GroupKind.DYNAMIC))
    at = stage.clock.now()
    await stage.bot.storage.simulated_objects.put(Kind.GROUP, group.id, body, at, at)
    return group.id


async def _leave(stage: Stage, group: str) -> None:
    """Let the rule let Jan go, as its administrators would."""
    key = membership_id(group=group, person=object_id(JAN))
    await stage.bot.world.change_membership("by_hand", key, is_member=False, is_owner=False)


async def _asked(stage: Stage) -> Message:
    """Send order B for Jan and return the card with the step that only a person can do."""
    install(stage)
    await ask(stage, wish="not_keep")
    question = await decide(stage, "decision.not_keep")
    await stage.person(ARNO).press(question, "decision.not_keep_sure")
    return await card_of(stage, SOFIE, GROUP, having="hand.done")


async def test_service_desk_does_a_step_by_hand_and_the_bot_reads_it_back(days: Days) -> None:
    async with days.open(recheck_s=1.0) as stage:
        group = await _rule(stage)
        card = await _asked(stage)
        sofie = stage.person(SOFIE)
        assert_shows(card.card, "Een taak voor u", "volgt een regel", "Nog niemand", "Nu: ")
        waiting = await say(sofie, "wat wacht op mij")
        assert_shows(waiting.card, FIRST)
        status = await say(stage.person(MARLEEN), "status")
        assert_shows(status.card, "met de hand doen wat de mutatiebot niet zelf kan", "Sofie")
        assert titles(status.card).count("Gedaan") == 0

        empty = await sofie.press(card, "hand.done", words="  ")
        assert_shows(empty, "Schrijf erbij wat u deed", "Een taak voor u")
        taken = await sofie.press(card, "hand.take")
        assert_shows(taken, "Sofie De Smet")
        assert "Ik doe dit" not in titles(taken)
        done = await sofie.press(card, "hand.done", words="Regel aangepast, ticket 12345")
        assert_shows(done, FIRST)
        request = await stage.request(FIRST)
        [task] = request.tasks
        data = {"request": request.id, "round": 1, "position": task.position}
        late = await sofie.press_sealed("hand.cannot", data, words="toch niet")
        assert "Deze taak wacht niet meer" in str(late.body)
        assert (await stage.request(FIRST)).state == State.CARRYING_OUT

        await _leave(stage, group)
        await reaches(stage, State.DONE, timeout_s=40)
        kinds = [row["kind"] for row in await stage.audit()]
        assert [kinds.count(kind) for kind in ("hand.asked", "hand.taken", "hand.done")] == [1] * 3
        left = [one for one in await ledger(stage) if one.operation == "remove_group_member"]
        assert group not in {one.target.partition("/")[0] for one in left}


@pytest.mark.case("D01")
async def test_report_that_is_repeated_after_a_lost_answer_counts_once(days: Days) -> None:
    async with days.open(recheck_s=600.0) as stage:
        await _rule(stage)
        await _asked(stage)
        request = await stage.request(FIRST)
        data = {"request": request.id, "round": 1, "position": request.tasks[0].position}
        sofie = stage.person(SOFIE)

        for _ in range(2):
            answer = card_in(await sofie.press_sealed("hand.done", data, words="Regel aangepast"))
            assert_shows(answer, FIRST)
            assert_hides(answer, "Deze taak wacht niet meer")
        other = await sofie.press_sealed("hand.done", data, words="Toch iets anders gedaan")
        assert_shows(card_in(other), "Deze taak wacht niet meer")

        kinds = [row["kind"] for row in await stage.audit()]
        assert [kinds.count(kind) for kind in ("hand.done", "refused")] == [1, 1]


@pytest.mark.case("D01")
async def test_refusal_that_is_repeated_after_a_lost_answer_counts_once(days: Days) -> None:
    async with days.open(recheck_s=600.0) as stage:
        await _rule(stage)
        await _asked(stage)
        request = await stage.request(FIRST)
        data = {"request": request.id, "round": 1, "position": request.tasks[0].position}
        sofie = stage.person(SOFIE)

        for _ in range(2):
            answer = card_in(await sofie.press_sealed("hand.cannot", data, words="Mag niet"))
            assert_shows(answer, "Hulp nodig", "Mag niet")

        kinds = [row["kind"] for row in await stage.audit()]
        assert [kinds.count(kind) for kind in ("hand.declined", "refused")] == [1, 0]


async def test_declined_step_stops_the_work_and_is_asked_anew(days: Days) -> None:
    async with days.open(recheck_s=1.0) as stage:
        group = await _rule(stage)
        card = await _asked(stage)
        sofie = stage.person(SOFIE)

        stopped = await sofie.press(card, "hand.cannot", words="Ik mag die regel niet wijzigen")

        assert_shows(stopped, "Hulp nodig", "Sofie De Smet meldt dat dit niet lukt")
        assert_shows(stopped, "Ik mag die regel niet wijzigen")
        told = await card_of(stage, MARLEEN, "er is hulp nodig")
        assert_shows(told.card, "meldt dat dit niet lukt")
        help_card = await card_of(stage, SOFIE, "Hulp nodig bij de uitvoering")
        await sofie.press(help_card, "Opnieuw proberen")
        again = await card_of(stage, SOFIE, "Een taak voor u", having="hand.done")
        await _leave(stage, group)
        await reaches(stage, State.DONE, timeout_s=40)
        await eventually(lambda: "hand.done" not in str(again.card))


async def test_nobody_but_the_service_desk_reports(days: Days) -> None:
    async with days.open(recheck_s=600.0) as stage:
        await _rule(stage)
        await _asked(stage)
        request = await stage.request(FIRST)
        position = request.tasks[0].position
        for person in (MARLEEN, ARNO, JAN):
            client = stage.person(person)
            for verb in ("hand.take", "hand.done", "hand.cannot"):
                data = {"request": request.id, "round": 1, "position": position}
                await client.press_sealed(verb, data, words="gedaan")
        after = await stage.request(FIRST)
        assert after.tasks == request.tasks
        assert after.state == request.state
