"""The client stays on this machine, listens to this machine only, and never outlives the bot."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import psutil
import pytest

from bot.playground.launcher import Place, open_clients
from bot.playground.node_tools import FOLDER, NodeTools
from bot.playground.persona import Persona, Seat
from mutations.identity import ObjectId, Upn
from tests.e2e.conftest import free_port

pytestmark = pytest.mark.e2e

LAUNCHER = """
import asyncio, json, signal, sys
from pathlib import Path
from bot.playground.launcher import Place, open_clients
from bot.playground.node_tools import prepare
from bot.playground.persona import Persona

async def main():
    key, object_id, name, upn, port = json.loads(sys.argv[1])
    people = [Persona(key, object_id, name, upn, port)]
    place = Place("http://127.0.0.1:9/api/messages", Path(sys.argv[2]), "tenant")
    async with open_clients(people, place=place, tools=await prepare()):
        print("OPEN", flush=True)
        await asyncio.Event().wait()

# A shell that started the tests in the background lets Ctrl-C be ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
asyncio.run(main())
"""


def someone() -> Persona:
    return Persona(
        key="someone",
        object_id=ObjectId("aaaaaaaa-0000-4000-8000-000000000001"),
        name="Iemand",
        upn=Upn("someone@demo.example"),
        port=free_port(),
    )


@pytest.fixture
async def seat(node_tools: NodeTools, tmp_path: Path) -> AsyncIterator[Seat]:
    place = Place("http://127.0.0.1:9/api/messages", tmp_path, "tenant")
    async with open_clients([someone()], place=place, tools=node_tools) as seats:
        yield seats[0]


def listeners(port: int) -> list[psutil.Process]:
    return [
        psutil.Process(one.pid)
        for one in psutil.net_connections("inet")
        if one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port and one.pid
    ]


async def test_client_listens_on_loopback_only(seat: Seat) -> None:
    addresses = {
        one.laddr.ip
        for process in listeners(seat.persona.port)
        for one in process.net_connections("inet")
        if one.status == psutil.CONN_LISTEN
    }

    assert addresses == {"127.0.0.1"}


async def test_other_web_sites_cannot_speak_for_the_persona(seat: Seat) -> None:
    path = f"_conversation/v1/conversations/{seat.conversation_id}/messages"
    author = {"id": seat.persona.object_id}
    message = {"type": "text", "text": "x", "textFormat": "plain", "from": author}
    origin = seat.page.rstrip("/")
    async with aiohttp.ClientSession() as session:

        async def status(**headers: str) -> int:
            async with session.post(f"{seat.page}{path}", json=message, headers=headers) as answer:
                return answer.status

        assert await status(Origin="https://evil.example") == 403
        assert await status(Origin="null") == 403
        assert await status(Origin="http://127.0.0.1:1") == 403
        assert await status(Host="evil.example") == 403
        assert await status(Host="127.0.0.1.evil.example") == 403
        assert await status() == 200
        assert await status(Origin=origin) == 200


async def test_page_is_told_to_load_nothing_from_elsewhere(seat: Seat) -> None:
    async with aiohttp.ClientSession() as session, session.get(seat.page) as page:
        policy = page.headers["Content-Security-Policy"]

    assert policy.startswith("default-src 'self'")
    assert "connect-src 'self'" in policy
    assert "http:" not in policy
    assert "https:" not in policy


async def connect(node_tools: NodeTools, host: str, port: int) -> str:
    """Try to connect from below the preload; return `connected` or the error."""
    script = f"""
        const socket = require("node:net").connect({port}, "{host}");
        socket.on("connect", () => {{ console.log("connected"); process.exit(0); }});
        socket.on("error", (error) => {{ console.log(error.message); process.exit(0); }});
    """
    command = [node_tools.node, "--require", str(node_tools.preload), "-e", script]
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    assert process.stdout is not None
    answer = await process.stdout.read()
    await process.wait()
    return answer.decode().strip()


@pytest.mark.parametrize("host", ["192.0.2.1", "evil.example", "127.0.0.1.evil.example", "::"])
async def test_connection_to_elsewhere_is_refused(host: str, node_tools: NodeTools) -> None:
    assert await connect(node_tools, host, 443) == f"connection refused to {host}"


async def test_connection_to_the_bot_is_let_through(node_tools: NodeTools, seat: Seat) -> None:
    assert await connect(node_tools, "127.0.0.1", seat.persona.port) == "connected"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
async def test_client_ends_with_the_process_that_started_it(
    number: signal.Signals, node_tools: NodeTools, tmp_path: Path
) -> None:
    assert node_tools.client.is_file()
    one = someone()
    facts = json.dumps([one.key, one.object_id, one.name, one.upn, one.port])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", LAUNCHER, facts, str(tmp_path)),
        cwd=FOLDER.parent.parent,
        stdout=PIPE,
        stderr=PIPE,
    )
    assert process.stdout is not None
    while b"OPEN" not in (line := await process.stdout.readline()):
        assert line, "the launcher ended before its client was open"
    clients = listeners(one.port)
    assert len(clients) == 1

    process.send_signal(number)
    await process.communicate()
    gone, alive = await asyncio.to_thread(psutil.wait_procs, clients, timeout=10)

    assert [client.pid for client in gone] == [client.pid for client in clients]
    assert alive == []
