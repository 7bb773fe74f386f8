"""The addresses of the process."""

import asyncio
import json
import socket

import pytest

from bot.edge.refusal import Reason
from tests.unit.edge.conftest import Edge


async def test_live(edge: Edge) -> None:
    async with edge.session.get(f"{edge.bot_url}/livez") as answer:
        assert (answer.status, await answer.text()) == (200, "alive")
        assert "Server" not in answer.headers


@pytest.mark.parametrize(
    ("probe", "status"), [(True, 200), (False, 503), ("no connection", 503), ("", 503)]
)
async def test_ready_when_every_probe_is(edge: Edge, *, probe: bool | str, status: int) -> None:
    edge.probes["database"] = probe

    async with edge.session.get(f"{edge.bot_url}/readyz") as answer:
        assert answer.status == status
        assert await answer.json() == {"ready": status == 200, "checks": {"database": probe}}


async def test_metrics_count_by_kind_and_reason(edge: Edge) -> None:
    client = edge.client()
    await client.say("Jan Janssens")
    await client.post_raw({}, {})

    async with edge.session.get(f"{edge.bot_url}/metrics") as answer:
        text = await answer.text()

    assert answer.content_type == "text/plain"
    assert 'mutatiebot_activities_total{kind="message"} 1.0' in text
    assert 'mutatiebot_refusals_total{reason="credentials_missing"} 1.0' in text
    assert "mutatiebot_turn_seconds_count 1.0" in text
    assert "Janssens" not in text


@pytest.mark.parametrize(
    "content_type", ["application/json;{*", 'application/json;x*="\'"', ";", "text/json", ""]
)
async def test_odd_content_type_is_a_refusal_or_taken(edge: Edge, content_type: str) -> None:
    client = edge.client()
    headers = {**client._headers(), "Content-Type": content_type}  # noqa: SLF001 - a good token
    body = json.dumps(client.activity(type="message", text="status")).encode()

    answer = await client.post_raw(body, headers)

    assert answer.status == (200 if content_type.startswith("application/json") else 400)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/messages", 405),
        ("PUT", "/api/messages", 405),
        ("POST", "/livez", 405),
        ("GET", "/", 404),
        ("POST", "/api/messages/", 404),
        ("POST", "/api/other", 404),
    ],
)
async def test_other_ways_in_are_closed(edge: Edge, method: str, path: str, status: int) -> None:
    async with edge.session.request(method, edge.bot_url + path) as answer:
        assert answer.status == status
        assert "Server" not in answer.headers


async def test_streaming_is_refused(edge: Edge) -> None:
    headers = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
    }

    async with edge.session.get(f"{edge.bot_url}/api/messages", headers=headers) as answer:
        assert answer.status == 405


async def test_body_without_end_is_refused(edge: Edge) -> None:
    async def endless() -> object:
        while True:
            yield b" " * 65536

    headers = {"Authorization": f"Bearer {edge.signer.token(edge.connector.url)}"}
    headers["Content-Type"] = "application/json"
    url = f"{edge.bot_url}/api/messages"

    async with edge.session.post(url, data=endless(), headers=headers) as answer:
        assert answer.status == 413
    assert edge.count("refusals", reason=Reason.BODY_SIZE) == 1


async def test_stranger_is_refused_before_the_body_came(edge: Edge) -> None:
    port = int(edge.bot_url.rsplit(":", 1)[1])
    reader, writer = await asyncio.open_connection("127.0.0.1", port, family=socket.AF_INET)
    writer.write(
        b"POST /api/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: 100000\r\n\r\n"
    )

    async with asyncio.timeout(1):
        status_line = await reader.readline()

    assert b" 401 " in status_line
    writer.close()
    await writer.wait_closed()


async def test_connection_that_is_cut_within_the_body_is_a_refusal(local_edge: Edge) -> None:
    port = int(local_edge.bot_url.rsplit(":", 1)[1])
    _, writer = await asyncio.open_connection("127.0.0.1", port, family=socket.AF_INET)
    writer.write(
        b"POST /api/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"Content-Length: 100\r\n\r\n{"
    )
    await writer.drain()
    await asyncio.sleep(0.1)  # the body is being read
    writer.close()
    await writer.wait_closed()

    async with asyncio.timeout(2):
        while not local_edge.count("refusals", reason=Reason.BODY_BROKEN):  # noqa: ASYNC110 - a metric has no event
            await asyncio.sleep(0.01)
