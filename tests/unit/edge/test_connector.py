"""The connector client against a fake Bot Connector, over real HTTP."""

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot.edge.connector import Connector, RetryPolicy
from bot.edge.delivery_errors import (
    ConnectorUnavailableError,
    DeliveryError,
    RejectedMessageError,
    SendLimitError,
    TokenUnavailableError,
    UnknownOutcomeError,
    UnreachableError,
)
from bot.edge.outgoing import card_message
from bot.edge.tokens import NoTokens
from tests.fakes.bot_connector import FakeConnector
from tests.fakes.echo_conversation import echo_card
from tests.fakes.entra_login import FakeEntraLogin
from tests.fakes.loopback_server import LoopbackServer
from tests.unit.edge.conftest import ANN, LOOPBACK, QUICK, Edge

CHAT = "a:chat/with;odd@id=1 é%2F"
TEXT = {"type": "message", "text": "hi"}


class CountingTokens:
    """Gives `token-1`, and after each `forget` the next one; or fails."""

    def __init__(self) -> None:
        self.number = 1
        self.is_down = False

    async def token(self) -> str | None:
        if self.is_down:
            raise TokenUnavailableError(code="hang")
        return f"token-{self.number}"

    def forget(self) -> None:
        self.number += 1


@pytest.fixture
def tokens() -> CountingTokens:
    return CountingTokens()


@pytest.fixture
def connector(edge: Edge, tokens: CountingTokens) -> Connector:
    return Connector(edge.session, tokens, service_hosts=LOOPBACK, retry=QUICK)


@pytest.fixture
def teams(edge: Edge) -> FakeConnector:
    return edge.connector


async def test_message_arrives_with_token_and_any_conversation_id(
    connector: Connector, teams: FakeConnector
) -> None:
    activity_id = await connector.send(
        teams.url, CHAT, card_message(echo_card("x"), summary="note")
    )

    (message,) = teams.sent(CHAT)
    assert message.id == activity_id
    assert message.card == echo_card("x")
    assert message.body["summary"] == "note"
    assert teams.ledger[0].authorization == "Bearer token-1"


async def test_update_replaces_the_message(connector: Connector, teams: FakeConnector) -> None:
    activity_id = await connector.send(teams.url, CHAT, TEXT)

    await connector.update(
        teams.url, CHAT, activity_id, card_message(echo_card("new"), summary="")
    )

    assert teams.current_card(activity_id) == echo_card("new")
    assert teams.sent(CHAT)[0].updates == 1
    assert teams.ledger[-1].body["id"] == activity_id


async def test_delete_removes_the_message(connector: Connector, teams: FakeConnector) -> None:
    activity_id = await connector.send(teams.url, CHAT, TEXT)

    await connector.delete(teams.url, CHAT, activity_id)

    assert teams.sent(CHAT) == []


@pytest.mark.parametrize("person_id", [ANN.object_id, ANN.account_id])
async def test_conversation_is_created_by_either_id(
    connector: Connector, teams: FakeConnector, person_id: str
) -> None:
    teams.add_chat("a:1", ANN.object_id, ANN.account_id)

    conversation_id = await connector.create_conversation(
        teams.url, bot_id="28:app", person_id=person_id, tenant_id="t"
    )

    assert conversation_id == "a:1"
    body = teams.ledger[0].body
    assert (body["bot"], body["isGroup"], body["tenantId"]) == ({"id": "28:app"}, False, "t")
    assert body["channelData"] == {"tenant": {"id": "t"}}


async def test_person_without_the_app_is_unreachable(
    connector: Connector, teams: FakeConnector
) -> None:
    with pytest.raises(UnreachableError) as error:
        await connector.create_conversation(
            teams.url, bot_id="28:app", person_id="nobody", tenant_id="t"
        )

    assert (error.value.status, error.value.code) == (403, "BotNotInConversationRoster")


@pytest.mark.case("N02")
@pytest.mark.parametrize("status", [412, 429])
async def test_what_certainly_was_not_done_is_tried_again(
    connector: Connector, teams: FakeConnector, status: int
) -> None:
    teams.answer_next(status, times=2)

    await connector.send(teams.url, CHAT, TEXT)

    assert [call.status for call in teams.ledger] == [status, status, 201]
    assert len(teams.sent(CHAT)) == 1


@pytest.mark.case("N02")
@pytest.mark.parametrize("after_doing", [True, False])
@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 520, 0])
async def test_message_that_may_have_arrived_is_never_sent_again_unasked(
    connector: Connector, teams: FakeConnector, status: int, *, after_doing: bool
) -> None:
    teams.answer_next(status, after_doing=after_doing)

    with pytest.raises(UnknownOutcomeError) as error:
        await connector.send(teams.url, CHAT, TEXT)

    assert error.value.status == status
    assert len(teams.ledger) == 1
    assert len(teams.sent(CHAT)) == int(after_doing)


@pytest.mark.case("N02")
@pytest.mark.parametrize("status", [412, 429, 502, 503, 504, 0])
async def test_update_is_repeated_because_twice_is_as_good_as_once(
    connector: Connector, teams: FakeConnector, status: int
) -> None:
    activity_id = await connector.send(teams.url, CHAT, TEXT)
    teams.answer_next(status, times=2, after_doing=True)

    await connector.update(teams.url, CHAT, activity_id, {**TEXT, "text": "new"})

    assert [call.status for call in teams.ledger] == [201, status, status, 200]
    assert [message.text for message in teams.sent(CHAT)] == ["new"]


@pytest.mark.parametrize("status", [412, 429])
async def test_lasting_trouble_is_for_later(
    connector: Connector, teams: FakeConnector, status: int
) -> None:
    teams.answer_next(status, times=9, code="Busy")

    with pytest.raises(ConnectorUnavailableError) as error:
        await connector.send(teams.url, CHAT, TEXT)

    assert len(teams.ledger) == QUICK.attempts
    assert error.value.status == status
    assert error.value.retry_after_s is None
    assert error.value.__class__ is ConnectorUnavailableError


@pytest.mark.parametrize("status", [500, 408])
async def test_internal_error_is_for_later_without_insisting(
    connector: Connector, teams: FakeConnector, status: int
) -> None:
    teams.answer_next(status)

    with pytest.raises(UnknownOutcomeError):
        await connector.update(teams.url, CHAT, "m-1", TEXT)

    assert len(teams.ledger) == 1


@pytest.mark.case("N03")
@pytest.mark.case("N01")
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (403, UnreachableError),
        (404, UnreachableError),
        (400, RejectedMessageError),
        (405, RejectedMessageError),
        (413, RejectedMessageError),
    ],
)
async def test_refusals_are_not_retried(
    connector: Connector, teams: FakeConnector, status: int, expected: type[DeliveryError]
) -> None:
    teams.answer_next(status, code="Why")

    with pytest.raises(expected) as error:
        await connector.send(teams.url, CHAT, TEXT)

    assert (error.value.status, error.value.code) == (status, "Why")
    assert len(teams.ledger) == 1


async def test_proxy_that_wants_a_login_is_no_refusal_of_the_message(
    connector: Connector, teams: FakeConnector
) -> None:
    teams.answer_next(407, times=10)

    with pytest.raises(UnknownOutcomeError):
        await connector.send(teams.url, CHAT, TEXT)


async def test_retry_after_is_waited_for(edge: Edge, teams: FakeConnector) -> None:
    patient = Connector(
        edge.session,
        NoTokens(),
        service_hosts=LOOPBACK,
        retry=RetryPolicy(longest_wait_s=2, first_wait_s=0.01, jitter_s=0),
    )
    teams.answer_next(429, headers={"Retry-After": "1"})
    started = time.monotonic()

    await patient.send(teams.url, CHAT, TEXT)

    assert 1.0 <= time.monotonic() - started < 1.6


@pytest.mark.case("N01")
@pytest.mark.parametrize(
    ("retry_after", "expected"),
    [
        ("30", 30.0),
        ("99999999999999999999", 3600.0),
        ("Mon, 01 Mar 2027 09:00:40 GMT", 40.0),
        ("Mon, 01 Mar 2037 09:00:40 GMT", 3600.0),
    ],
)
async def test_long_wait_is_left_to_the_caller(
    connector: Connector, teams: FakeConnector, retry_after: str, expected: float
) -> None:
    date = "Mon, 01 Mar 2027 09:00:00 GMT"
    teams.answer_next(429, headers={"Retry-After": retry_after, "Date": date})

    with pytest.raises(ConnectorUnavailableError) as error:
        await connector.send(teams.url, CHAT, TEXT)

    assert error.value.retry_after_s == expected
    assert len(teams.ledger) == 1


@pytest.mark.case("N08")
@pytest.mark.case("N01")
@pytest.mark.parametrize(
    "retry_after", ["", "soon", "-5", "0", "1e9", "²", "Mon, 01 Mar 1999 09:00:40 GMT"]
)
async def test_odd_retry_after_does_no_harm(
    connector: Connector, teams: FakeConnector, retry_after: str
) -> None:
    teams.answer_next(429, headers={"Retry-After": retry_after})

    assert await connector.send(teams.url, CHAT, TEXT)


async def test_refused_token_is_renewed_once(connector: Connector, teams: FakeConnector) -> None:
    teams.answer_next(401)

    await connector.send(teams.url, CHAT, TEXT)

    assert [call.authorization for call in teams.ledger] == ["Bearer token-1", "Bearer token-2"]


@pytest.mark.case("N08")
async def test_token_that_stays_refused_leaves_the_message_owed(
    connector: Connector, teams: FakeConnector
) -> None:
    teams.answer_next(401, times=9)

    with pytest.raises(ConnectorUnavailableError) as error:
        await connector.send(teams.url, CHAT, TEXT)

    assert error.value.__class__ is ConnectorUnavailableError  # certainly not sent
    assert len(teams.ledger) == 2


@pytest.mark.case("N02")
async def test_without_token_nothing_is_sent(
    connector: Connector, teams: FakeConnector, tokens: CountingTokens
) -> None:
    tokens.is_down = True

    with pytest.raises(ConnectorUnavailableError):
        await connector.send(teams.url, CHAT, TEXT)

    assert teams.ledger == []


async def test_silent_connector_is_given_up_in_time(edge: Edge) -> None:
    hasty = Connector(
        edge.session,
        NoTokens(),
        service_hosts=LOOPBACK,
        retry=RetryPolicy(attempts=2, request_s=0.1, first_wait_s=0.01, jitter_s=0),
    )

    async def hang(_: web.Request) -> web.Response:
        await asyncio.sleep(60)
        return web.Response()

    app = web.Application()
    app.router.add_post("/v3/conversations/x/activities", hang)
    async with LoopbackServer(app) as server:
        started = time.monotonic()
        with pytest.raises(ConnectorUnavailableError):
            await hasty.send(server.origin, "x", TEXT)
        assert time.monotonic() - started < 1


@pytest.mark.case("J20")
@pytest.mark.parametrize(
    "service_url",
    [
        "https://evil.example/",
        "http://169.254.169.254/",
        "http://[::1]:{port}/",
        "http://localhost:{port}/emea",
        "http://127.0.0.1@evil.example/",
        "https://evil.example@127.0.0.1:{port}/",
        "http://2130706433:{port}/emea",
        "http://0x7f.1:{port}/emea",
        "",
    ],
)
async def test_token_goes_to_allowed_hosts_only(
    connector: Connector, teams: FakeConnector, tokens: CountingTokens, service_url: str
) -> None:
    tokens.is_down = True  # asking for a token would show as another error
    url = service_url.replace("{port}", teams.url.split(":")[2].split("/")[0])

    with pytest.raises(RejectedMessageError) as error:
        await connector.send(url, CHAT, TEXT)

    assert error.value.code == "ServiceUrlNotAllowed"
    assert teams.ledger == []


@pytest.mark.parametrize("status", [502, 503, 504, 0])
async def test_answer_within_a_turn_may_come_twice(
    edge: Edge, teams: FakeConnector, status: int
) -> None:
    # Somebody waits for it, and the Connector knows no idempotency key.
    turns = Connector(
        edge.session,
        NoTokens(),
        service_hosts=LOOPBACK,
        retry=replace(QUICK, repeats_unknown=True),
    )
    teams.answer_next(status, after_doing=True)

    await turns.send(teams.url, CHAT, TEXT)

    assert len(teams.sent(CHAT)) == 2


@pytest.mark.case("N10")
@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        "<html>",
        '{"id":5}',
        '{"id":"m-1"',
        '{"error":{"code":"ServiceError","message":"no"}}',
        '{"id":"' + "m" * 200_000 + '"}',
    ],
)
@pytest.mark.parametrize("content_type", ["application/json", "text/html", "image/png"])
async def test_odd_answer_has_no_id(connector: Connector, body: str, content_type: str) -> None:
    async def handle(_: web.Request) -> web.Response:
        return web.Response(status=202, body=body.encode(), content_type=content_type)

    async with _served(handle) as server:
        assert await connector.send(server.origin, "x", TEXT) == ""
        with pytest.raises(ConnectorUnavailableError):
            await connector.create_conversation(
                server.origin, bot_id="28:app", person_id="p", tenant_id="t"
            )


@pytest.mark.case("N10")
async def test_answer_that_comes_in_pieces_is_read_to_its_end(connector: Connector) -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(status=201)
        await answer.prepare(request)
        for piece in (b'{"id":', b'"m-', b'7"}'):
            await answer.write(piece)
            await asyncio.sleep(0.02)
        return answer

    async with _served(handle) as server:
        assert await connector.send(server.origin, "x", TEXT) == "m-7"


@pytest.mark.case("N10")
async def test_answer_that_never_ends_is_cut_off(connector: Connector) -> None:
    written = 0

    async def handle(request: web.Request) -> web.StreamResponse:
        nonlocal written
        answer = web.StreamResponse(status=201)
        await answer.prepare(request)
        with contextlib.suppress(ConnectionError):
            while written < 1 << 30:
                await answer.write(b"x" * 65536)
                written += 65536
        return answer

    async with _served(handle) as server:
        assert await connector.send(server.origin, "x", TEXT) == ""
    assert written < 1 << 25


@pytest.mark.case("N10", "N02")
async def test_answer_that_breaks_off_leaves_the_outcome_open(connector: Connector) -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(status=201, headers={"Content-Length": "100"})
        await answer.prepare(request)
        await answer.write(b'{"id":"m-')
        assert request.transport is not None
        request.transport.close()
        return answer

    async with _served(handle) as server:
        with pytest.raises(UnknownOutcomeError):
            await connector.send(server.origin, "x", TEXT)


@pytest.mark.case("J19")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_token_does_not_follow_a_redirect(
    connector: Connector, teams: FakeConnector, status: int
) -> None:
    async def handle(_: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": f"{teams.url}/elsewhere"})

    async with _served(handle) as server:
        with pytest.raises(UnknownOutcomeError):
            await connector.send(server.origin, "x", TEXT)

    assert teams.ledger == []


@pytest.mark.case("N09")
@pytest.mark.parametrize("trusted", [True, False])
async def test_certificate_of_nobody_or_of_another_host_is_refused(
    tmp_path: Path, tokens: CountingTokens, *, trusted: bool
) -> None:
    login = FakeEntraLogin(tmp_path, "tenant")  # its certificate is for 127.0.0.1 only
    await login.start()
    context = ssl.create_default_context(cafile=str(login.ca_bundle) if trusted else None)
    host = "localhost" if trusted else "127.0.0.1"
    try:
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=context, family=socket.AF_INET)
        ) as session:
            connector = Connector(
                session, tokens, service_hosts=frozenset({host}), retry=replace(QUICK, attempts=1)
            )
            with pytest.raises(ConnectorUnavailableError) as error:
                await connector.send(f"https://{host}:{login.port}", "x", TEXT)
    finally:
        await login.stop()

    assert error.value.code == "ClientConnectorCertificateError"
    assert error.value.__class__ is ConnectorUnavailableError  # nothing was sent
    assert login.ledger == []


class RecordingPace:
    """Lets a number of requests go, and no more."""

    def __init__(self, allowed: int) -> None:
        self.threads: list[str] = []
        self._left = allowed

    async def turn(self, thread: str) -> None:
        if not self._left:
            raise SendLimitError(code="SendLimit", retry_after_s=5.0)
        self._left -= 1
        self.threads.append(thread)


async def test_every_request_waits_for_its_turn(
    connector: Connector, teams: FakeConnector
) -> None:
    teams.add_chat(CHAT, "p")
    pace = RecordingPace(allowed=5)
    paced = connector.paced(pace)
    teams.answer_next(429)

    await paced.create_conversation(teams.url, bot_id="b", person_id="p", tenant_id="t")
    activity_id = await paced.send(teams.url, CHAT, TEXT)
    await paced.update(teams.url, CHAT, activity_id, TEXT)
    await paced.delete(teams.url, CHAT, activity_id)
    with pytest.raises(SendLimitError):
        await paced.send(teams.url, CHAT, TEXT)

    assert pace.threads == ["new:p", "new:p", CHAT, CHAT, CHAT]
    assert len(teams.ledger) == 5
    await connector.send(teams.url, CHAT, TEXT)  # the one for turns is not held back
    assert len(pace.threads) == 5


def _served(handle: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> LoopbackServer:
    """Serve one answer to whatever is posted."""
    app = web.Application()
    app.router.add_post("/{path:.*}", handle)
    return LoopbackServer(app)
