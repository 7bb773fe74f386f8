"""A Bot Connector in every kind of trouble: no message is lost, repeats say so, order holds."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, LiteralString

import pytest
from aiohttp import web

from mutations.jobs import Deliver, Message
from mutations.request import MutationRequest
from store.work import SqlWork
from tests.conversations.journeys import FIRST, ask, card_of, install, seen
from tests.conversations.stage import (
    ARNO,
    BRITT,
    MARLEEN,
    Stage,
    eventually,
    object_id,
    open_stage,
)
from tests.fakes.loopback_server import LoopbackServer

NOTE = "niet zeker of u dit bericht al kreeg"
QUESTION = "Uw beslissing wordt gevraagd"


@pytest.fixture
async def quiet(tmp_path: Path, database_url: str) -> AsyncIterator[Stage]:
    """The whole bot, where nothing is sent but what a test asks for."""
    async with open_stage(tmp_path, database_url, recheck_s=600.0) as stage:
        install(stage)
        yield stage


async def asked(stage: Stage) -> MutationRequest:
    """Return a request about which everybody was told and nobody is told anything now."""
    request = await ask(stage)
    for number in (ARNO, BRITT):
        await card_of(stage, number, QUESTION)
    await at_rest(stage)
    return request


async def at_rest(stage: Stage) -> None:
    """Wait until no job is under way or due within the minute."""

    async def is_quiet() -> bool:
        left = await rows(
            stage,
            "select id from procrastinate_jobs where status = 'doing' or (status = 'todo'"
            " and coalesce(scheduled_at, now()) < now() + interval '60 s')",
        )
        return left == []

    await eventually(is_quiet, timeout_s=60)


async def rows(stage: Stage, query: LiteralString, *values: object) -> list[dict[str, Any]]:
    """Return what the database holds."""
    async with stage.bot.storage.database.connection() as connection:
        cursor = await connection.execute(query, values)
        return list(await cursor.fetchall())


async def tell_arno(stage: Stage, request: MutationRequest, *occasions: str) -> None:
    """Owe Arno these messages, in this order."""

    async def act(work: SqlWork) -> None:
        for occasion in occasions:
            await work.jobs.enqueue(
                Deliver(
                    request_id=request.id,
                    person=object_id(ARNO),
                    message=Message.DECIDED,
                    occasion=occasion,
                )
            )

    await stage.bot.storage.store.run(act)


async def states(stage: Stage) -> dict[str, str]:
    """Return how far each of Arno's messages is, by occasion."""
    found = await rows(
        stage,
        "select key, state from delivery where person = %s and kind = 'decided'"
        " order by created_at",
        object_id(ARNO),
    )
    return {row["key"].rsplit(":", 1)[1]: row["state"] for row in found}


async def kinds(stage: Stage) -> list[str]:
    """Return what kinds of delivery troubles the audit tells."""
    return [row["kind"] for row in await stage.audit() if row["kind"].startswith("delivery.")]


@contextlib.contextmanager
def outward_calls() -> Iterator[list[tuple[str, int]]]:
    """Note every host and port that this process connects to or looks up."""
    seen_calls: list[tuple[str, int]] = []
    watching = True

    def note(event: str, args: tuple[Any, ...]) -> None:
        if not watching:
            return
        if event == "socket.connect" and isinstance(args[1], tuple):
            seen_calls.append((str(args[1][0]), int(args[1][1])))
        elif event == "socket.getaddrinfo":
            seen_calls.append((str(args[0]), int(args[1] or 0)))

    sys.addaudithook(note)
    try:
        yield seen_calls
    finally:
        watching = False


@pytest.mark.case("N02")
@pytest.mark.parametrize("after_doing", [True, False])
async def test_message_with_an_unknown_outcome_is_repeated_with_a_note(
    quiet: Stage, *, after_doing: bool
) -> None:
    request = await asked(quiet)
    arno = quiet.person(ARNO)
    for status in (0, 500, 502, 503, 504):
        before = len(arno.inbox)
        quiet.world.connector.answer_next(status, after_doing=after_doing)

        await tell_arno(quiet, request, str(status))
        await at_rest(quiet)

        noted = [NOTE in one.text for one in arno.inbox[before:]]
        assert noted == [False] * after_doing + [True], status
        assert (await states(quiet))[str(status)] == "sent"


@pytest.mark.case("N01", "N02")
@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (412, {}),
        (429, {"Retry-After": "-30"}),
        (429, {"Retry-After": "6"}),  # longer than one call waits: left to the job
    ],
)
async def test_message_that_was_certainly_not_sent_arrives_once_unmarked_and_in_order(
    quiet: Stage, status: int, headers: dict[str, str]
) -> None:
    request = await asked(quiet)
    arno = quiet.person(ARNO)
    before = len(arno.inbox)
    quiet.world.connector.answer_next(status, headers=headers)

    await tell_arno(quiet, request, "1", "2", "3")
    await at_rest(quiet)

    assert [NOTE in one.text for one in arno.inbox[before:]] == [False] * 3
    sent = await rows(quiet, "select key from delivery where kind = 'decided' order by updated_at")
    assert [row["key"][-1] for row in sent] == ["1", "2", "3"]
    if headers.get("Retry-After") == "6":
        posts = [call for call in quiet.world.connector.ledger if call.method == "POST"]
        assert posts[-3].at - posts[-4].at >= 6


@pytest.mark.case("N02")
@pytest.mark.timeout(90)
async def test_connector_that_swallows_a_message_is_given_up_after_ten_seconds(
    quiet: Stage,
) -> None:
    request = await asked(quiet)
    arno = quiet.person(ARNO)
    before = len(arno.inbox)
    quiet.world.connector.answer_next(201, after_doing=True, hold_s=60)

    await tell_arno(quiet, request, "1")
    await eventually(lambda: len(arno.inbox) == before + 2, timeout_s=25)

    assert NOTE in arno.last.text
    calls = [call for call in quiet.world.connector.ledger if call.method == "POST"]
    assert calls[-1].at - calls[-2].at < 14


@pytest.mark.case("N02")
async def test_stop_between_sending_and_writing_it_down_makes_one_marked_repeat(
    quiet: Stage,
) -> None:
    request = await asked(quiet)
    arno = quiet.person(ARNO)
    await tell_arno(quiet, request, "1")
    await at_rest(quiet)
    before = len(arno.inbox)
    # What a killed process leaves behind: the mark, no card on record, and its job.
    async with quiet.bot.storage.database.connection() as connection:
        await connection.execute("update delivery set state = 'sending' where kind = 'decided'")

    for _ in range(3):
        await tell_arno(quiet, request, "1")
        await at_rest(quiet)

    assert [NOTE in one.text for one in arno.inbox[before:]] == [True]
    assert await states(quiet) == {"1": "sent"}


@pytest.mark.case("N10")
@pytest.mark.parametrize("times", [1, 2])
async def test_answer_without_an_id_is_asked_for_once_more_and_then_believed(
    quiet: Stage, times: int
) -> None:
    request = await asked(quiet)
    arno = quiet.person(ARNO)
    before = len(arno.inbox)
    quiet.world.connector.answer_next(200, times=times, after_doing=True, code="ServiceError")

    await tell_arno(quiet, request, "1")
    await at_rest(quiet)

    assert [NOTE in one.text for one in arno.inbox[before:]] == [False, True]
    assert await states(quiet) == {"1": "sent"}


@pytest.mark.case("N03")
async def test_rejected_message_is_on_record_and_the_next_ones_arrive(quiet: Stage) -> None:
    request = await asked(quiet)
    arno = quiet.person(ARNO)
    for status in (400, 405, 413):
        before = len(arno.inbox)
        quiet.world.connector.answer_next(status, code="BadSyntax")

        await tell_arno(quiet, request, f"{status}", f"{status}-next")
        await at_rest(quiet)

        assert len(arno.inbox) == before + 1
        found = await states(quiet)
        assert [found[f"{status}"], found[f"{status}-next"]] == ["rejected", "sent"]
    reasons = await rows(quiet, "select reason from delivery where state = 'rejected' order by 1")
    assert [row["reason"] for row in reasons] == [
        f"{status} BadSyntax" for status in (400, 405, 413)
    ]
    events = [one for one in await quiet.audit() if one["kind"] == "delivery.rejected"]
    assert [event["params"]["status"] for event in events] == [400, 405, 413]
    assert {event["request_id"] for event in events} == {request.id}
    assert {event["params"]["person"] for event in events} == {object_id(ARNO)}


@pytest.mark.case("N03")
async def test_chat_that_is_gone_is_opened_again(quiet: Stage) -> None:
    request = await asked(quiet)
    arno = quiet.person(ARNO)
    for status in (403, 404):
        before = len(arno.inbox)
        quiet.world.connector.answer_next(status)

        await tell_arno(quiet, request, str(status))
        await at_rest(quiet)

        assert [NOTE in one.text for one in arno.inbox[before:]] == [False]
    assert await kinds(quiet) == []


@pytest.mark.case("N03")
async def test_messages_to_somebody_unreachable_wait_apart_and_arrive_in_order(
    quiet: Stage,
) -> None:
    request = await asked(quiet)
    arno, connector = quiet.person(ARNO), quiet.world.connector
    connector.block(arno.persona.conversation_id)
    before = len(arno.inbox)
    occasions = ("1", "2", "3")

    await tell_arno(quiet, request, *occasions)
    told = await card_of(quiet, MARLEEN, f"Ik kan Arno Wouters niet bereiken voor {FIRST}")
    await at_rest(quiet)
    assert told is quiet.person(MARLEEN).last
    assert await states(quiet) == dict.fromkeys(occasions, "unreachable")
    assert await kinds(quiet) == ["delivery.unreachable"] * 3
    heard = [one for one in quiet.person(MARLEEN).inbox if "niet bereiken" in str(one.body)]
    assert len(heard) == 1, seen(quiet.person(MARLEEN))  # not once for every message

    connector.unblock(arno.persona.conversation_id)
    await arno.join()
    await at_rest(quiet)

    got = [one for one in arno.inbox[before:] if not one.body.get("replyToId")]
    assert len(got) == 3
    assert not any(NOTE in one.text for one in got)
    sent = await rows(quiet, "select key from delivery where kind = 'decided' order by updated_at")
    assert [row["key"][-1] for row in sent] == list(occasions)
    assert await states(quiet) == dict.fromkeys(occasions, "sent")


@pytest.mark.case("N03")
async def test_card_that_was_out_of_reach_becomes_final_when_its_person_is_back(
    quiet: Stage,
) -> None:
    await asked(quiet)
    arno, marleen = quiet.person(ARNO), quiet.person(MARLEEN)
    question = await card_of(quiet, ARNO, QUESTION)
    await arno.say("status")  # the bot knows where he is
    quiet.world.connector.block(arno.persona.conversation_id)
    sent = await card_of(quiet, MARLEEN, "In voorbereiding")
    await marleen.press(sent, "Intrekken")
    await marleen.press(sent, "Ja, intrekken")
    await at_rest(quiet)
    assert "Behouden" in str(question.card)

    quiet.world.connector.unblock(arno.persona.conversation_id)
    await arno.say("status")
    final = await card_of(quiet, ARNO, "U hoeft niet meer te beslissen")

    assert final is question


@pytest.mark.case("N03")
async def test_requester_who_cannot_be_reached_is_in_the_audit(quiet: Stage) -> None:
    request = await asked(quiet)
    marleen = quiet.person(MARLEEN)
    quiet.world.connector.block(marleen.persona.conversation_id)

    async def act(work: SqlWork) -> None:
        await work.jobs.enqueue(
            Deliver(request_id=request.id, person=object_id(MARLEEN), message=Message.DECIDED)
        )

    await quiet.bot.storage.store.run(act)
    await at_rest(quiet)

    [event] = [one for one in await quiet.audit() if one["kind"] == "delivery.unreachable"]
    assert event["params"] == {"person": object_id(MARLEEN), "message": "decided"}


EVIL = (
    "http://evil.example/emea",
    "https://evil.example/emea",
    "http://169.254.169.254/latest",
    "http://[::1]:{port}/emea",
    "http://2130706433:{port}/emea",
    "http://127.0.0.1@evil.example:{port}/emea",
    "http://evil.example@127.0.0.1:{port}/emea",
    "http://127.0.0.1.evil.example:{port}/emea",
    "file:///etc/passwd",
    "",
)


@pytest.mark.case("J20")
async def test_altered_address_in_the_database_is_never_connected_to(quiet: Stage) -> None:
    request = await asked(quiet)
    arno = quiet.person(ARNO)
    before = len(arno.inbox)
    async with LoopbackServer(web.Application()) as server:
        with outward_calls() as calls:
            for number, address in enumerate(EVIL):
                await _alter_addresses(quiet, address.replace("{port}", str(server.port)))
                await tell_arno(quiet, request, str(number))
                await at_rest(quiet)
            assert {host for host, _ in calls} <= {"127.0.0.1"}
            assert server.port not in {port for _, port in calls}
            await _knock(server.port)
            assert ("127.0.0.1", server.port) in calls  # it would have been seen

    # The messages went to the address of the settings instead.
    assert len(arno.inbox) == before + len(EVIL)
    assert set((await states(quiet)).values()) == {"sent"}


async def _alter_addresses(stage: Stage, address: str) -> None:
    async with stage.bot.storage.database.connection() as connection:
        await connection.execute("delete from send_limit")
        await connection.execute("update conversation_reference set service_url = %s", (address,))
        await connection.execute("update sent_card set service_url = %s", (address,))


async def _knock(port: int) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()
    await writer.wait_closed()
