"""Two people at once, impatient fingers, and a channel that delivers everything several times."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Sequence
from pathlib import Path
from typing import Any

import pytest

from fulfilment.tenants.simulated.records import Kind
from mutations.request import MutationRequest
from tests.conversations.journeys import address, install
from tests.conversations.scenes import (
    Kept,
    acts,
    ask,
    assert_problem,
    assert_words,
    card_about,
    card_of,
    decided,
    nothing_changes,
    now,
    summary,
)
from tests.conversations.stage import (
    ARNO,
    BERT,
    BRITT,
    INES,
    JAN,
    MARLEEN,
    MONDAY_MORNING,
    RIK,
    SOFIE,
    TOM,
    Stage,
    eventually,
    object_id,
    open_stage,
    words_of,
)
from tests.fakes.bot_connector import Message
from tests.fakes.teams_client import HttpAnswer, TeamsClient

ROUNDS = 20
REPEATS = 10
REASON = "Eerst zijn werk afmaken"
TODAY = MONDAY_MORNING.date().isoformat()
CHOICES = ("decision.keep", "decision.not_keep_sure", "decision.refuse_sure")
CHOSEN = {
    "decision.keep": "koos op",
    "decision.not_keep_sure": "koos op",
    "decision.refuse_sure": "weigerde de mutatie op",
}


@pytest.fixture
async def stage(tmp_path: Path, database_url: str) -> AsyncIterator[Stage]:
    """The whole bot, looking seldom at preconditions, with everybody in reach."""
    async with open_stage(tmp_path, database_url, recheck_s=600) as opened:
        install(opened)
        yield opened


async def test_of_two_approvers_at_once_one_wins_and_the_other_reads_who(stage: Stage) -> None:
    copies: list[Message] = []
    winners = set()
    pairs = itertools.cycle(itertools.permutations(CHOICES, 2))
    for number, verbs in zip(range(ROUNDS), pairs, strict=False):
        request = await ask(stage, colleague=address(TOM))
        mine = [await card_about(stage, who, request) for who in (ARNO, BRITT)]
        sides = list(zip((ARNO, BRITT), verbs, mine, strict=True))[:: _sign(number)]
        answers = await _at_once(
            *(_press(stage, who, request, verb, copy) for who, verb, copy in sides)
        )

        after = await now(stage, request)
        assert after.decision is not None
        [late] = [one for one in answers if "heeft al beslist" in words_of(one)]
        [first] = [one for one in answers if one is not late]
        who, verb, _ = sides[answers.index(first)]
        winner = after.decision.by
        assert winner.object_id == object_id(who)
        assert_words(late, f"{winner.name} heeft al beslist", f"{winner.name} {CHOSEN[verb]}")
        assert_words(first, f"{winner.name} {CHOSEN[verb]}")
        assert await acts(stage, "request.decided", request) == 1
        assert await acts(stage, "refused", request) == 1
        winners.add(who)
        copies += mine
        if after.is_open:
            await decided(stage, MARLEEN, request, "request.withdraw_sure")

    assert winners == {ARNO, BRITT}
    assert len(copies) == 2 * ROUNDS
    for copy in copies:
        assert_words(copy.card, "Er is beslist")
        assert "decision." not in str(copy.card)


async def test_copy_of_the_approver_who_was_late_becomes_final_by_itself(stage: Stage) -> None:
    request = await ask(stage, colleague=address(TOM))
    other = await card_about(stage, BRITT, request)
    await decided(stage, ARNO, request, "decision.refuse_sure", reason=REASON)

    await eventually(lambda: "Arno Wouters" in words_of(other.card))
    assert "decision." not in str(other.card)
    assert_words(other.card, "weigerde de mutatie op", REASON)


async def test_decision_that_comes_many_times_counts_once(stage: Stage) -> None:
    for colleague, verb, is_same_activity in zip(
        (TOM, BERT, JAN, INES, 13, 11), CHOICES * 2, (True,) * 3 + (False,) * 3, strict=True
    ):
        request = await ask(stage, colleague=address(colleague))
        arno = stage.person(ARNO)
        sealed = arno.sealed(verb, {"request": request.id, "round": 1})
        data = {**sealed, "reason": REASON}
        answers = await _many(arno, verb, data, is_same_activity=is_same_activity)

        assert await acts(stage, "request.decided", request) == 1
        assert await acts(stage, "refused", request) == 0
        for card in answers:
            assert_words(card, "Er is beslist", f"Arno Wouters {CHOSEN[verb]}")


async def test_submission_that_comes_many_times_makes_one_request(stage: Stage) -> None:
    marleen = stage.person(MARLEEN)
    for colleague, is_same_activity in ((TOM, True), (BERT, False)):
        message = await summary(stage, colleague=address(colleague))
        data = _data(message.card, "draft.submit")
        answers = await _many(marleen, "draft.submit", data, is_same_activity=is_same_activity)
        for card in answers:
            assert_words(card, "Uw aanvraag M-2026-")

    assert await acts(stage, "request.submitted") == 2
    assert await acts(stage, "refused") == 0
    assert len((await Kept.of(stage)).requests) == 2


async def test_every_other_press_that_comes_many_times_counts_once(stage: Stage) -> None:
    marleen = stage.person(MARLEEN)
    request = await ask(stage, colleague=address(TOM), wish="keep")
    await decided(stage, ARNO, request, "decision.not_keep_sure")
    data = {"request": request.id, "round": 1}
    sealed = marleen.sealed("outcome.confirm", data)
    for card in await _many(marleen, "outcome.confirm", sealed):
        assert_words(card, request.number, "niet behouden")
    assert await acts(stage, "request.outcome_confirmed", request) == 1

    sealed = marleen.sealed("request.withdraw_sure", data)
    for card in await _many(marleen, "request.withdraw_sure", sealed):
        assert_words(card, request.number, "Ingetrokken")
    assert await acts(stage, "request.withdrawn", request) == 1
    assert await acts(stage, "refused") == 0


async def test_second_click_on_each_button_gets_the_answer_of_the_first(stage: Stage) -> None:
    marleen, arno = stage.person(MARLEEN), stage.person(ARNO)
    message = await summary(stage, colleague=address(TOM), effective_on=TODAY)
    submit = _data(message.card, "draft.submit")
    first = card_of(await marleen.execute("draft.submit", submit))
    async with nothing_changes(stage):
        assert card_of(await marleen.execute("draft.submit", submit)) == first
    [request_id] = (await Kept.of(stage)).requests
    data = {"request": request_id, "round": 1}
    for client, verb in (
        (arno, "decision.not_keep_sure"),
        (marleen, "outcome.confirm"),
        (marleen, "request.withdraw_sure"),
    ):
        first = card_of(await client.press_sealed(verb, data, reason=REASON))
        async with nothing_changes(stage):
            again = card_of(await client.press_sealed(verb, data, reason=REASON))
        assert again == first
    for verb in ("decision.keep", "decision.refuse_sure"):
        request = await ask(stage, colleague=address(TOM))
        data = {"request": request.id, "round": 1}
        first = card_of(await arno.press_sealed(verb, data, reason=REASON))
        async with nothing_changes(stage):
            assert card_of(await arno.press_sealed(verb, data, reason=REASON)) == first
        await marleen.press_sealed("request.withdraw_sure", data)

    assert await acts(stage, "refused") == 1, "the withdrawal of what was refused"


async def test_trying_again_many_times_resumes_the_work_once(stage: Stage) -> None:
    request = await ask(stage, colleague=address(INES), effective_on=TODAY)
    await decided(stage, ARNO, request, "decision.keep")
    await eventually(lambda: _is(stage, request, "attention"))
    await _purge(stage, 19)
    sofie = stage.person(SOFIE)
    data = sofie.sealed("work.resume", {"request": request.id, "round": 1})
    for card in await _many(sofie, "work.resume", data):
        assert_words(card, request.number)

    await eventually(lambda: _is(stage, request, "done"))
    assert await acts(stage, "work.resumed", request) == 1
    assert await acts(stage, "work.finished", request) == 1
    assert await acts(stage, "refused") == 0
    async with nothing_changes(stage):
        late = await decided(stage, SOFIE, request, "work.resume")
    assert_words(late, request.number, "Er is geen hulp meer nodig")


async def test_deciding_and_withdrawing_at_once_ends_in_one_of_both(stage: Stage) -> None:
    for number, verb in zip(range(9), itertools.cycle(CHOICES), strict=False):
        request = await ask(stage, colleague=address(TOM))
        acts_of_both = (
            decided(stage, ARNO, request, verb, reason=REASON),
            decided(stage, MARLEEN, request, "request.withdraw_sure"),
        )
        one, other = await _at_once(*acts_of_both[:: _sign(number)])
        after = await now(stage, request)
        was_decided = await acts(stage, "request.decided", request)
        was_withdrawn = await acts(stage, "request.withdrawn", request)
        refusals = await acts(stage, "refused", request)

        assert was_decided + was_withdrawn + refusals == 2
        assert (after.decision is not None) == (was_decided == 1)
        assert after.state == ("withdrawn" if was_withdrawn else "rejected")
        assert after.state == "withdrawn" or verb == "decision.refuse_sure"
        for card in (one, other):
            assert_words(card, request.number)


async def test_two_requesters_at_once_for_one_colleague_make_one_request(stage: Stage) -> None:
    both = ((MARLEEN, "OVO000102"), (RIK, "OVO000104"))
    for number in range(5):
        messages = [
            await summary(stage, who, colleague=address(TOM), target=target)
            for who, target in both
        ]
        cards = await _at_once(
            *(
                stage.person(who).press(message, "draft.submit")
                for (who, _), message in list(zip(both, messages, strict=True))[:: _sign(number)]
            )
        )
        kept = await Kept.of(stage)
        [request_id] = [one for one, body in kept.requests.items() if body["state"] == "submitted"]
        assert len(kept.requests) == number + 1
        assert len(kept.drafts) == 1, "the draft of who was late is kept"
        [late] = [card for card in cards if "loopt al een aanvraag" in words_of(card)]
        assert_problem(late, "een aanvraag van iemand anders", "wat u invulde, is bewaard")
        assert kept.requests[request_id]["number"] not in words_of(late)

        await _withdraw(stage, request_id, (MARLEEN, RIK))
        [(who, _)] = [each for each in both if object_id(each[0]) in kept.drafts]
        await stage.person(who).say("weggooien")


async def test_answers_and_new_drafts_at_once_lose_nothing(stage: Stage) -> None:
    marleen = stage.person(MARLEEN)
    await _at_once(*(marleen.press_sealed("draft.open", {}) for _ in range(REPEATS)))
    assert len((await Kept.of(stage)).drafts) == 1
    form = (await marleen.say("nieuwe mutatie"))[-1]
    data = {
        **_data(form.card, "draft.fill"),
        "colleague": address(TOM),
        "target": "OVO000102",
        "effective_on": TODAY,
        "status_changes": "no",
        "wish": "keep",
    }
    for card in await _many(marleen, "draft.fill", data):
        assert_words(card, "Tom Willems", "Er is nog niets verstuurd")


async def _at_once(*things: Awaitable[Any]) -> Sequence[Any]:
    """Do everything at the same time and return the answers in order."""
    return await asyncio.gather(*things)


async def _press(
    stage: Stage, who: int, request: MutationRequest, verb: str, copy: Message
) -> dict[str, Any]:
    """Press a button of one copy of the decision card, which shows the answer from then on."""
    data = {"request": request.id, "round": 1}
    answer = card_of(await stage.person(who).press_sealed(verb, data, copy.id, reason=REASON))
    copy.replace_card(answer)
    return answer


async def _many(
    client: TeamsClient, verb: str, data: Any, *, is_same_activity: bool = True
) -> list[dict[str, Any]]:
    """Deliver one press many times at once, and once more afterwards."""
    value = {"action": {"type": "Action.Execute", "verb": verb, "data": data}}

    def activity() -> dict[str, Any]:
        return client.activity(type="invoke", name="adaptiveCard/action", value=value)

    one = activity()
    answers: list[HttpAnswer] = list(
        await _at_once(
            *(client.post(one if is_same_activity else activity()) for _ in range(REPEATS - 1))
        )
    )
    answers.append(await client.post(one if is_same_activity else activity()))
    return [card_of(answer) for answer in answers]


async def _withdraw(stage: Stage, request_id: str, requesters: Sequence[int]) -> None:
    data = {"request": request_id, "round": 1}
    for who in requesters:
        await stage.person(who).press_sealed("request.withdraw_sure", data)


async def _purge(stage: Stage, number: int) -> None:
    """Delete an account for good, as the service desk would."""
    moment = stage.clock.now()
    await stage.bot.storage.simulated_objects.change(
        Kind.ACCOUNT, object_id(number), lambda _: None, moment, moment
    )


async def _is(stage: Stage, request: MutationRequest, state: str) -> bool:
    return (await now(stage, request)).state == state


def _data(card: Any, verb: str) -> dict[str, Any]:
    data: dict[str, Any] = next(each["data"] for each in card["actions"] if each["verb"] == verb)
    return data


def _sign(number: int) -> int:
    """Return the step that turns a pair round in every other round."""
    return -1 if number % 2 else 1
