"""Buttons of cards that are no longer true do nothing, and say so."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.conversations.journeys import address
from tests.conversations.scenes import (
    LATER,
    acts,
    ask,
    assert_problem,
    assert_words,
    card_of,
    decided,
    fill,
    nothing_changes,
    now,
    refused,
    summary,
)
from tests.conversations.stage import (
    ARNO,
    BERT,
    JAN,
    MARLEEN,
    SOFIE,
    TOM,
    Stage,
    open_stage,
    words_of,
)


@pytest.fixture
async def stage(tmp_path: Path, database_url: str) -> AsyncIterator[Stage]:
    """The whole bot, looking seldom at preconditions: only people change something."""
    async with open_stage(tmp_path, database_url, recheck_s=600) as opened:
        yield opened


async def test_summary_of_a_draft_that_changed_since_sends_nothing(stage: Stage) -> None:
    marleen = stage.person(MARLEEN)
    old = await summary(stage, colleague=address(TOM))
    stale = dict(_action(old.card, "draft.submit"))
    card = await marleen.press(old, "draft.edit")
    assert "draft.fill" in str(card)
    await fill(marleen, old, colleague=address(BERT))
    async with refused(stage, MARLEEN, "error.card.old"):
        card = card_of(await marleen.execute("draft.submit", stale))
    assert_problem(card, "Deze kaart is verouderd", "Uw klik is niet uitgevoerd")

    assert "Bert Smits" in words_of(await marleen.press(old, "draft.submit"))


async def test_cards_of_a_draft_that_is_gone_do_nothing(stage: Stage) -> None:
    marleen = stage.person(MARLEEN)
    old = await summary(stage, colleague=address(TOM))
    submit, edit = _action(old.card, "draft.submit"), _action(old.card, "draft.edit")
    await marleen.press(old, "draft.discard")
    newer = await summary(stage, colleague=address(BERT))
    draft, seal = marleen.opened(edit), marleen.sealed
    answers = {
        "colleague": address(JAN),
        "target": "OVO000102",
        "effective_on": LATER,
        "status_changes": "no",
        "wish": "keep",
    }
    for verb, data in (
        ("draft.submit", submit),
        ("draft.edit", edit),
        ("draft.fill", {**seal("draft.fill", draft), **answers}),
        (
            "draft.answer",
            seal("draft.answer", {**draft, "question": "wish", "value": "not_keep"}),
        ),
        ("draft.choose", seal("draft.choose", {**draft, "colleague": ""})),
    ):
        async with refused(stage, MARLEEN, "error.draft.none"):
            card = card_of(await marleen.execute(verb, data))
        assert_problem(card, "Deze aanvraag staat niet meer open", "om te beginnen")

    assert "Bert Smits" in words_of(await marleen.press(newer, "draft.submit"))


async def test_discarding_on_an_old_card_leaves_the_newer_draft_alone(stage: Stage) -> None:
    marleen = stage.person(MARLEEN)
    old = await summary(stage, colleague=address(TOM))
    discard = _action(old.card, "draft.discard")
    await marleen.press(old, "draft.submit")
    await summary(stage, colleague=address(BERT))
    async with nothing_changes(stage):
        card_of(await marleen.execute("draft.discard", discard))


async def test_cards_of_a_decided_request_show_what_was_decided(stage: Stage) -> None:
    request = await ask(stage, colleague=address(TOM))
    await decided(stage, ARNO, request, "decision.refuse_sure", reason="Eerst zijn werk afmaken")
    for verb in ("decision.keep", "decision.not_keep_sure"):
        async with refused(stage, ARNO, "error.decision.own"):
            card = await decided(stage, ARNO, request, verb)
        assert_words(card, "Er is beslist", "Arno Wouters weigerde", "Eerst zijn werk afmaken")
        assert "decision." not in str(card)
    async with refused(stage, MARLEEN, "error.withdraw.late"):
        card = await decided(stage, MARLEEN, request, "request.withdraw_sure")
    assert_words(card, f"{request.number} kan niet meer worden ingetrokken", "Geweigerd")
    async with refused(stage, MARLEEN, "error.transition"):
        card = await decided(stage, MARLEEN, request, "outcome.confirm")
    assert_words(card, "Dat kan nu niet meer", "Geweigerd")


async def test_cards_of_a_withdrawn_request_say_that_nothing_is_left_to_decide(
    stage: Stage,
) -> None:
    request = await ask(stage, colleague=address(TOM))
    await decided(stage, MARLEEN, request, "request.withdraw_sure")
    for verb, inputs in (
        ("decision.keep", {}),
        ("decision.not_keep_sure", {}),
        ("decision.refuse_sure", {"reason": "Neen"}),
    ):
        async with refused(stage, ARNO, "error.transition"):
            card = await decided(stage, ARNO, request, verb, **inputs)
        assert_words(card, "U hoeft niet meer te beslissen")
        assert "decision." not in str(card)
    async with refused(stage, SOFIE, "error.request.unknown"):
        assert_problem(await decided(stage, SOFIE, request, "work.resume"))
    assert (await now(stage, request)).state == "withdrawn"
    assert await acts(stage, "request.decided") == 0


async def test_card_of_another_round_of_decisions_explains_itself(stage: Stage) -> None:
    request = await ask(stage, colleague=address(TOM))
    async with refused(stage, ARNO, "error.card.old"):
        data = {"request": request.id, "round": 7}
        card = card_of(await stage.person(ARNO).press_sealed("decision.keep", data))
    assert_words(card, "Deze kaart is verouderd", "Uw beslissing wordt gevraagd")


def _action(card: Any, verb: str) -> dict[str, Any]:
    """Return the data of a button."""
    data: dict[str, Any] = next(each["data"] for each in card["actions"] if each["verb"] == verb)
    return data
