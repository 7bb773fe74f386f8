"""Clients are started, watched and ended, whatever happens; a fake Node.js stands in."""

import asyncio
import json
import os
import socket
import stat
import sys
from pathlib import Path

import pytest

from bot.playground import launcher
from bot.playground.launcher import Place, open_clients
from bot.playground.node_tools import NodeTools
from bot.playground.obstacle import ClientStartError
from bot.playground.persona import Persona, seat_of
from mutations.identity import ObjectId, Upn

HERE = Path(__file__).parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def persona(number: int) -> Persona:
    return Persona(
        key=f"person-{number}",
        object_id=ObjectId(f"aaaaaaaa-0000-4000-8000-{number:012d}"),
        name=f"Persoon {number}",
        upn=Upn(f"person{number}@demo.example"),
        port=free_port(),
    )


def fake_tools(folder: Path, **behaviour: object) -> NodeTools:
    node = folder / "node"
    source = (HERE / "fake_node.py").read_text("utf-8")
    node.write_text(f"#!{sys.executable}\n{source}", "utf-8")
    node.chmod(node.stat().st_mode | stat.S_IXUSR)
    (folder / "behaviour.json").write_text(json.dumps(behaviour), "utf-8")
    return NodeTools(node=str(node), client=folder / "cli.js", preload=folder / "preload.cjs")


def place_in(folder: Path) -> Place:
    return Place("http://127.0.0.1:3978/api/messages", folder / "data", "tenant")


def pids(folder: Path) -> list[int]:
    return [int(file.read_text("utf-8")) for file in (folder / "data").glob("*/pid")]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_every_persona_gets_a_client_and_none_stays(tmp_path: Path) -> None:
    people = (persona(1), persona(2))
    tools = fake_tools(tmp_path)
    async with open_clients(people, place=place_in(tmp_path), tools=tools) as seats:
        assert seats == tuple(seat_of(one) for one in people)
        running = pids(tmp_path)
        assert len(running) == 2
        assert all(is_running(pid) for pid in running)

    assert not any(is_running(pid) for pid in running)


async def test_client_is_told_to_stay_here_and_to_send_no_telemetry(tmp_path: Path) -> None:
    one = persona(1)
    tools = fake_tools(tmp_path)
    async with open_clients([one], place=place_in(tmp_path), tools=tools):
        arguments = json.loads((tmp_path / "data" / one.key / "arguments.json").read_text("utf-8"))

    assert arguments[:4] == ["--require", str(tools.preload), str(tools.client), "start"]
    options = dict(zip(arguments[4:-1:2], arguments[5::2], strict=True))
    assert options == {
        "--app-endpoint": "http://127.0.0.1:3978/api/messages",
        "--channel-id": "msteams",
        "--port": str(one.port),
        "--service-url": seat_of(one).service_url,
    }
    assert arguments[-1] == "--disable-telemetry"


async def test_cancelling_ends_the_clients(tmp_path: Path) -> None:
    opened = asyncio.Event()

    async def sit() -> None:
        tools = fake_tools(tmp_path)
        async with open_clients([persona(1)], place=place_in(tmp_path), tools=tools):
            opened.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(sit())
    async with asyncio.timeout(20):
        await opened.wait()
    running = pids(tmp_path)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert len(running) == 1
    assert not is_running(running[0])


async def test_client_that_ignores_the_polite_signal_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher, "STOPPED_WITHIN_S", 0.2)
    tools = fake_tools(tmp_path, stubborn=True)
    async with open_clients([persona(1)], place=place_in(tmp_path), tools=tools):
        running = pids(tmp_path)

    assert not is_running(running[0])


async def test_taken_port_is_named_and_nothing_is_started(tmp_path: Path) -> None:
    taken = persona(2)
    with socket.socket() as other:
        other.bind(("127.0.0.1", taken.port))
        other.listen()
        opening = open_clients(
            [persona(1), taken], place=place_in(tmp_path), tools=fake_tools(tmp_path)
        )
        with pytest.raises(ClientStartError, match=str(taken.port)) as refused:
            async with opening:
                pass

    assert f"Poort {taken.port} is bezet" in refused.value.obstacle.dutch
    assert pids(tmp_path) == []


async def test_client_that_ends_at_once_is_reported_with_its_log(tmp_path: Path) -> None:
    one = persona(1)
    opening = open_clients([one], place=place_in(tmp_path), tools=fake_tools(tmp_path, exit=3))
    with pytest.raises(ClientStartError, match=r"client\.log") as refused:
        async with opening:
            pass

    assert one.key in refused.value.obstacle.dutch


async def test_client_of_somebody_else_is_not_taken_for_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher, "READY_WITHIN_S", 2.0)
    tools = fake_tools(tmp_path, somebody_else=True)
    with pytest.raises(ClientStartError):
        async with open_clients([persona(1)], place=place_in(tmp_path), tools=tools):
            pass

    assert not any(is_running(pid) for pid in pids(tmp_path))
