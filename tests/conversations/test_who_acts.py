"""Accounts and the register change while a request is under way: who may still do what."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.register_file import RegisterFileError
from tests.conversations.administration import (
    change_account,
    changed_register,
    same_human,
    stopped,
)
from tests.conversations.journeys import (
    address,
    install,
)
from tests.conversations.scenes import (
    acts,
    answer_to,
    ask,
    assert_problem,
    assert_words,
    card_about,
    decided,
    fill,
    nothing_changes,
    open_form,
    refused,
    summary,
)
from tests.conversations.stage import (
    ARNO,
    BRITT,
    JAN,
    MARLEEN,
    RIK,
    SOFIE,
    TOM,
    Stage,
    message_with,
    open_stage,
    words_of,
)

NO_MEMBER: list[Any] = [
    pytest.param({"is_guest": True}, id="guest"),
    pytest.param({"enabled": False}, id="switched-off"),
    pytest.param({"is_deleted": True}, id="deleted"),
]


@pytest.fixture
async def stage(tmp_path: Path, database_url: str) -> AsyncIterator[Stage]:
    """The whole bot with everybody in reach, looking seldom at preconditions."""
    async with open_stage(tmp_path, database_url, recheck_s=600) as opened:
        install(opened)
        yield opened


@pytest.mark.case("Z08")
@pytest.mark.parametrize("change", NO_MEMBER)
async def test_only_members_change_anything(stage: Stage, change: dict[str, Any]) -> None:
    request = await ask(stage, colleague=address(TOM))
    await change_account(stage, ARNO, **change)
    for verb in ("decision.keep", "decision.not_keep_sure", "decision.refuse_sure"):
        async with refused(stage, ARNO, "error.not_member"):
            card = await decided(stage, ARNO, request, verb, reason="Zomaar")
        assert_words(card, "Dit kan alleen met een gewone account van de organisatie")
    await decided(stage, BRITT, request, "decision.not_keep_sure")
    prepared = await summary(stage, colleague=address(JAN))
    await change_account(stage, MARLEEN, **change)
    for verb in ("outcome.confirm", "request.withdraw_sure"):
        async with refused(stage, MARLEEN, "error.not_member"):
            await decided(stage, MARLEEN, request, verb)
    async with refused(stage, MARLEEN, "error.not_member"):
        await stage.person(MARLEEN).press(prepared, "draft.submit")
    async with refused(stage, MARLEEN, "error.not_member"):
        assert_problem((await answer_to(stage.person(MARLEEN), "nieuwe mutatie")).card)
    assert_words((await answer_to(stage.person(MARLEEN), f"status {request.number}")).card, "Tom")


@pytest.mark.case("Z08", "Z14")
async def test_guest_of_the_service_desk_does_not_resume(stage: Stage) -> None:
    request = await stopped(stage)
    await change_account(stage, SOFIE, is_guest=True)
    async with refused(stage, SOFIE, "error.not_member"):
        await decided(stage, SOFIE, request, "work.resume")


@pytest.mark.case("Z04", "Z05")
@pytest.mark.parametrize("party", [MARLEEN, TOM], ids=["requester", "colleague"])
async def test_second_account_is_not_asked_and_sees_nothing(stage: Stage, party: int) -> None:
    await same_human(stage, BRITT, party)
    request = await ask(stage, colleague=address(TOM))
    await card_about(stage, ARNO, request)
    assert message_with(stage.person(BRITT), request.number) is None
    told = (await answer_to(stage.person(MARLEEN), f"status {request.number}")).card
    assert_words(told, "Arno Wouters: beslissen of mailbox en OneDrive behouden blijven")
    for verb in ("decision.keep", "decision.not_keep_sure", "decision.refuse_sure"):
        async with refused(stage, BRITT, "error.request.unknown"):
            assert_problem(await decided(stage, BRITT, request, verb, reason="Zomaar"))


@pytest.mark.case("Z04", "Z05")
@pytest.mark.parametrize("party", [MARLEEN, TOM], ids=["requester", "colleague"])
async def test_second_account_that_was_asked_before_it_was_known_is_refused(
    stage: Stage, party: int
) -> None:
    request = await ask(stage, colleague=address(TOM))
    question = await card_about(stage, BRITT, request)
    await same_human(stage, BRITT, party)
    async with refused(stage, BRITT, "error.own_account"):
        card = await stage.person(BRITT).press(question, "decision.keep")
    assert_words(card, f"Dit mag u niet doen voor {request.number}, ook niet met een andere")


@pytest.mark.case("Z04", "Z05")
async def test_own_move_is_asked_with_no_account_and_approved_by_none(stage: Stage) -> None:
    await same_human(stage, TOM, MARLEEN)
    marleen = stage.person(MARLEEN)
    card = await fill(marleen, await open_form(marleen), colleague=address(TOM))
    assert_words(card, "U kunt uw eigen mutatie niet aanvragen")
    for approver in (ARNO, BRITT):
        await same_human(stage, approver, MARLEEN)
    card = await fill(marleen, await open_form(marleen), colleague=address(JAN))
    assert_words(card, "Niemand kan beslissen voor Agentschap Wegen en Water")
    async with nothing_changes(stage):
        again = await answer_to(marleen, "indienen")
    assert_problem(again.card, "Niemand kan beslissen")


async def test_number_of_a_request_is_only_told_to_those_involved(stage: Stage) -> None:
    request = await ask(stage, colleague=address(TOM))
    message = await summary(stage, RIK, colleague=address(TOM), target="OVO000104")
    async with refused(stage, RIK, "error.request.elsewhere"):
        card = await stage.person(RIK).press(message, "draft.submit")
    assert_problem(card, "loopt al een aanvraag van iemand anders", "wat u invulde, is bewaard")
    assert request.number not in words_of(card)
    own = await summary(stage, colleague=address(TOM))
    async with refused(stage, MARLEEN, "error.request.second"):
        card = await stage.person(MARLEEN).press(own, "draft.submit")
    assert_problem(card, request.number)


async def test_refusal_without_a_reason_is_recorded_and_tells_strangers_nothing(
    stage: Stage,
) -> None:
    request = await ask(stage, colleague=address(TOM))
    async with refused(stage, ARNO, "error.reason.missing"):
        card = await decided(stage, ARNO, request, "decision.refuse_sure", reason=" ")
    assert_words(card, "Er ontbreekt een reden")
    async with refused(stage, RIK, "error.request.unknown"):
        assert_problem(await decided(stage, RIK, request, "decision.refuse_sure", reason=""))


@pytest.mark.case("Z14")
async def test_bot_does_not_start_without_a_service_desk(
    tmp_path: Path, database_url: str
) -> None:
    register = changed_register(tmp_path, 'service_desk = ["sofie"]', "service_desk = []")
    with pytest.raises(RegisterFileError) as problem:
        async with open_stage(tmp_path, database_url, MUTATIEBOT_REGISTER=register):
            pytest.fail("it started")
    assert problem.value.problems == ["service_desk: needs at least one entry"]


@pytest.mark.case("Z14")
async def test_service_desk_does_not_help_an_order_of_its_own(
    tmp_path: Path, database_url: str
) -> None:
    register = changed_register(
        tmp_path, 'service_desk = ["sofie"]', 'service_desk = ["sofie", "karel"]'
    )
    async with open_stage(
        tmp_path, database_url, recheck_s=600, MUTATIEBOT_REGISTER=register
    ) as stage:
        await same_human(stage, SOFIE, MARLEEN)
        request = await stopped(stage)
        karel = 6
        await card_about(stage, karel, request)
        assert message_with(stage.person(SOFIE), request.number) is None
        async with refused(stage, SOFIE, "error.request.unknown"):
            assert_problem(await decided(stage, SOFIE, request, "work.resume"))
        await decided(stage, karel, request, "work.resume")
        assert await acts(stage, "work.resumed", request) == 1
