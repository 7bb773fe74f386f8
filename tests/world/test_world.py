"""The world as a process: what it answers, what it can be told, what it remembers."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import jwt
import psutil
import pytest

from tests.conversations.stage import APP_ID, TENANT_ID
from tests.world.client import WorldClient, world_process

A_CHAT = "a:chat-1"


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as opened:
        yield opened


def _path(world: WorldClient, chat: str = A_CHAT) -> str:
    return f"{world.addresses.service_url}/v3/conversations/{chat}/activities"


async def _published(world: WorldClient, session: aiohttp.ClientSession) -> jwt.PyJWKSet:
    async with session.get(world.addresses.metadata_url) as answer:
        keys_url = (await answer.json())["jwks_uri"]
    async with session.get(keys_url) as answer:
        return jwt.PyJWKSet.from_dict(await answer.json())


async def test_tokens_are_signed_with_the_published_key_also_after_a_rotation(
    world: WorldClient, session: aiohttp.ClientSession
) -> None:
    before = await world.token()
    await world.rotate("k2")
    token = await world.token(extra="x")
    [key] = (await _published(world, session)).keys

    assert jwt.get_unverified_header(before)["kid"] == "k1"
    claims = jwt.decode(token, key, algorithms=["RS256"], audience=APP_ID)
    assert key.key_id == "k2"
    assert claims["serviceurl"] == world.addresses.service_url
    assert claims["extra"] == "x"
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(before, key, algorithms=["RS256"], audience=APP_ID)


@pytest.mark.parametrize(
    ("fault", "status"), [("error", 500), ("html", 200), ("empty", 200), ("redirect", 302)]
)
async def test_keys_fail_as_told_and_are_mended(
    world: WorldClient, session: aiohttp.ClientSession, fault: str, status: int
) -> None:
    url = world.addresses.metadata_url
    await world.break_keys(fault)
    async with session.get(url, allow_redirects=False) as answer:
        assert answer.status == status
    await world.break_keys("")
    assert (await _published(world, session)).keys


async def test_login_gives_tokens_over_https_with_its_own_authority(
    world: WorldClient, session: aiohttp.ClientSession
) -> None:
    trust = ssl.create_default_context(cafile=world.addresses.ca_bundle)
    url = f"{world.addresses.authority_url}/{TENANT_ID}/oauth2/v2.0/token"
    async with session.post(url, data={"client_secret": "s"}, ssl=trust) as answer:
        assert (await answer.json())["access_token"] == "token-1"
    await world.set_login(status=401)
    async with session.post(url, data={}, ssl=trust) as answer:
        assert answer.status == 401

    calls = await world.ledger(under=f"/{TENANT_ID}")
    assert [(call.status, call.body) for call in calls] == [(200, None), (401, None)]


async def test_limits_hold_until_they_are_switched_off(
    world: WorldClient, session: aiohttp.ClientSession
) -> None:
    answers = [await session.post(_path(world), json={}) for _ in range(8)]
    assert [answer.status for answer in answers] == [201] * 7 + [429]
    assert answers[-1].headers["Retry-After"] == "1"

    await world.set_limits(on=False)
    again = [await session.post(_path(world), json={}) for _ in range(8)]
    assert {answer.status for answer in again} == {201}

    await world.set_limits(on=True, tenant_per_s=2)
    others = [await session.post(_path(world, f"a:{n}"), json={}) for n in range(3)]
    assert [answer.status for answer in others] == [201, 201, 429]


async def test_people_without_the_app_cannot_be_reached(
    world: WorldClient, session: aiohttp.ClientSession
) -> None:
    url = f"{world.addresses.service_url}/v3/conversations"
    member = {"members": [{"id": "person-1"}]}
    assert (await session.post(url, json=member)).status == 403
    await world.add_chats({A_CHAT: ["person-1"]})
    answer = await session.post(url, json=member)
    assert (await answer.json())["id"] == A_CHAT

    await world.block(A_CHAT, status=404, code="ConversationNotFound")
    assert (await session.post(_path(world), json={})).status == 404
    await world.unblock(A_CHAT)
    assert (await session.post(_path(world), json={"text": "x"})).status == 201
    [message] = await world.inbox(A_CHAT)
    assert message.text == "x"
    assert await world.inbox(A_CHAT, after=1) == []


@pytest.mark.parametrize("status", [412, 429, 502, 504])
async def test_scripts_come_first_and_end(
    world: WorldClient, session: aiohttp.ClientSession, status: int
) -> None:
    await world.answer_next(status, times=2, headers={"Retry-After": "3"}, code="Why")
    answers = [await session.post(_path(world), json={}) for _ in range(3)]

    assert [answer.status for answer in answers] == [status, status, 201]
    assert answers[0].headers["Retry-After"] == "3"
    assert len(await world.inbox(A_CHAT)) == 1


async def test_lost_reply_is_done_all_the_same(
    world: WorldClient, session: aiohttp.ClientSession
) -> None:
    await world.answer_next(0, after_doing=True)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await session.post(_path(world), json={"text": "once"})

    assert [message.text for message in await world.inbox(A_CHAT)] == ["once"]
    assert [call.status for call in await world.ledger()] == [0]


async def test_black_hole_takes_and_never_answers(
    world: WorldClient, session: aiohttp.ClientSession
) -> None:
    await world.answer_next(201, hold_s=60)
    with pytest.raises(TimeoutError):
        await session.post(_path(world), json={}, timeout=aiohttp.ClientTimeout(total=0.3))
    assert (await session.post(_path(world), json={})).status == 201


async def test_ledger_holds_everything_in_order_and_is_read_on_from_a_number(
    world: WorldClient, session: aiohttp.ClientSession
) -> None:
    started = time.monotonic()
    await session.get(world.addresses.metadata_url)
    await session.post(_path(world), json={"text": "x"}, headers={"Authorization": "Bearer t"})
    await session.delete(world.addresses.service_url + "/nobody/serves/this")
    calls = await world.ledger()

    assert [(call.method, call.status) for call in calls] == [
        ("GET", 200),
        ("POST", 201),
        ("DELETE", 404),
    ]
    assert calls[1].body == {"text": "x"}
    assert calls[1].authorization == "Bearer t"
    assert started < calls[0].at < calls[1].at < calls[2].at < time.monotonic()
    assert await world.ledger(after=1) == calls[1:]
    assert await world.ledger(under="/emea") == calls[1:]


async def test_world_ends_with_whoever_started_it(tmp_path: Path) -> None:
    async with world_process(tmp_path, app_id=APP_ID, tenant_id=TENANT_ID) as world:
        process_id = world.process_id
        assert psutil.pid_exists(process_id)
    assert not psutil.pid_exists(process_id)


async def test_wrong_controls_are_refused(world: WorldClient) -> None:
    with pytest.raises(AssertionError, match="404"):
        await world._do("no-such-control")  # noqa: SLF001 - nothing public can be wrong
    with pytest.raises(AssertionError, match="400"):
        await world._do("block", wrong="x")  # noqa: SLF001 - nothing public can be wrong


async def test_several_worlds_run_side_by_side(world: WorldClient, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    await asyncio.to_thread(folder.mkdir)
    async with world_process(folder, "--unlimited", app_id=APP_ID, tenant_id=TENANT_ID) as other:
        assert other.addresses.service_url != world.addresses.service_url
