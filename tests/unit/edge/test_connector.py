"""The connector client against a fake Bot Connector, over real HTTP."""

import asyncio
import time

import pytest
from aiohttp import web

from bot.edge.connector import Connector, RetryPolicy
from bot.edge.delivery_errors import (
    ConnectorUnavailableError,
    DeliveryError,
    RejectedMessageError,
    TokenUnavailableError,
    UnreachableError,
)
from bot.edge.outgoing import card_message
from bot.edge.tokens import NoTokens
from tests.fakes.bot_connector import FakeConnector
from tests.fakes.echo_conversation import echo_card
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


@pytest.mark.parametrize("status", [412, 429, 502, 503, 504, 0])
async def test_passing_trouble_is_retried(
    connector: Connector, teams: FakeConnector, status: int
) -> None:
    teams.answer_next(status, times=2)

    await connector.send(teams.url, CHAT, TEXT)

    assert [call.status for call in teams.ledger] == [status, status, 201]
    assert len(teams.sent(CHAT)) == 1


@pytest.mark.parametrize("status", [412, 429, 502, 503, 504, 0])
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

    with pytest.raises(ConnectorUnavailableError):
        await connector.send(teams.url, CHAT, TEXT)

    assert len(teams.ledger) == 1


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (403, UnreachableError),
        (404, UnreachableError),
        (400, RejectedMessageError),
        (405, RejectedMessageError),
        (413, RejectedMessageError),
        (302, RejectedMessageError),
    ],
)
async def test_refusals_are_not_retried(
    connector: Connector, teams: FakeConnector, status: int, expected: type[DeliveryError]
) -> None:
    teams.answer_next(status, code="Why", headers={"Location": f"{teams.url}/elsewhere"})

    with pytest.raises(expected) as error:
        await connector.send(teams.url, CHAT, TEXT)

    assert (error.value.status, error.value.code) == (status, "Why")
    assert len(teams.ledger) == 1


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


async def test_token_that_stays_refused_is_a_rejection(
    connector: Connector, teams: FakeConnector
) -> None:
    teams.answer_next(401, times=9)

    with pytest.raises(RejectedMessageError):
        await connector.send(teams.url, CHAT, TEXT)

    assert len(teams.ledger) == 2


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


@pytest.mark.parametrize(
    "service_url",
    [
        "https://evil.example/",
        "http://169.254.169.254/",
        "http://[::1]:{port}/",
        "http://localhost:{port}/emea",
        "http://127.0.0.1@evil.example/",
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


async def test_lost_answer_may_double_a_message(
    connector: Connector, teams: FakeConnector
) -> None:
    # Known and documented: the Connector knows no idempotency key.
    teams.answer_next(502, after_doing=True)

    await connector.send(teams.url, CHAT, TEXT)

    assert len(teams.sent(CHAT)) == 2


@pytest.mark.parametrize("body", ["", "null", "[]", "<html>", '{"id":5}'])
async def test_odd_answer_has_no_id(connector: Connector, body: str) -> None:
    async def handle(_: web.Request) -> web.Response:
        return web.Response(status=202, text=body)

    app = web.Application()
    app.router.add_post("/v3/conversations/x/activities", handle)
    async with LoopbackServer(app) as server:
        assert await connector.send(server.origin, "x", TEXT) == ""
