"""Starts the world as a process, controls it, reads what it received, and stops it."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tests.fakes.bot_connector import Message
from tests.fakes.ledger import Call

_ROOT = Path(__file__).parents[2]
_START_S = 60.0


@dataclass(frozen=True)
class Addresses:
    """Where the sides of the world are, as the settings of the bot name them."""

    metadata_url: str
    service_url: str
    authority_url: str
    ca_bundle: Path


class WorldClient:
    """The controls of a running world; what they mean stands with the fakes they reach."""

    def __init__(
        self, session: aiohttp.ClientSession, origin: str, addresses: Addresses, process_id: int
    ) -> None:
        self._session = session
        self._origin = origin
        self.addresses = addresses
        self.process_id = process_id

    async def token(self, **claims: Any) -> str:
        """Return a token of the channel, with claims changed; None takes one away."""
        return str(await self._do("token", claims=claims))

    async def rotate(self, kid: str, *, keep_old: bool = False) -> None:
        """Sign with a new key from now on."""
        await self._do("rotate", kid=kid, keep_old=keep_old)

    async def break_keys(self, fault: str, *, hang_s: float = 60.0) -> None:
        """Make the metadata and keys fail as `FakeBotFramework.fault` says; empty mends them."""
        await self._do("keys", fault=fault, hang_s=hang_s)

    async def set_login(
        self, *, status: int = 200, lifetime_s: int = 3600, hang_s: float = 0.0
    ) -> None:
        """Set how the login host answers from now on."""
        await self._do("login", status=status, lifetime_s=lifetime_s, hang_s=hang_s)

    async def set_limits(self, *, on: bool, tenant_per_s: int = 30) -> None:
        """Switch Teams' rate limits on, with nothing counted yet, or off."""
        await self._do("limits", on=on, tenant_per_s=tenant_per_s)

    async def answer_next(
        self,
        status: int,
        *,
        times: int = 1,
        headers: Mapping[str, str] | None = None,
        code: str = "",
        after_doing: bool = False,
        hold_s: float = 0.0,
    ) -> None:
        """Script the next answers of the Connector; see `FakeConnector.answer_next`."""
        await self._do(
            "answer-next",
            status=status,
            times=times,
            headers=dict(headers or {}),
            code=code,
            after_doing=after_doing,
            hold_s=hold_s,
        )

    async def answer_normally(self) -> None:
        """End the script of the Connector."""
        await self._do("answer-normally")

    async def block(
        self, conversation_id: str, *, status: int = 403, code: str = "Blocked"
    ) -> None:
        """Refuse everything in a conversation from now on."""
        await self._do("block", conversation_id=conversation_id, status=status, code=code)

    async def unblock(self, conversation_id: str) -> None:
        """Let a conversation go on."""
        await self._do("unblock", conversation_id=conversation_id)

    async def add_chats(self, chats: Mapping[str, Sequence[str]]) -> None:
        """Make personal chats exist, each under the ids of its person."""
        await self._do("chats", chats={chat: list(ids) for chat, ids in chats.items()})

    async def ledger(self, *, under: str = "/", after: int = 0) -> list[Call]:
        """Return what was received, from number `after` on, under a path."""
        answer = await self._read("ledger", {"under": under, "after": str(after)})
        return [Call(**call) for call in answer["calls"]]

    async def inbox(self, conversation_id: str, *, after: int = 0) -> list[Message]:
        """Return the messages of a conversation as they stand, those after number `after`."""
        answer = await self._read(f"inbox/{conversation_id}", {"after": str(after)})
        return [Message(**message) for message in answer]

    async def _read(self, name: str, query: Mapping[str, str]) -> Any:
        async with self._session.get(f"{self._origin}/control/{name}", params=query) as answer:
            answer.raise_for_status()
            return await answer.json()

    async def _do(self, command: str, **arguments: Any) -> Any:
        url = f"{self._origin}/control/{command}"
        async with self._session.post(url, json=arguments) as answer:
            assert answer.status == 200, f"{command}: {answer.status} {await answer.text()}"
            return (await answer.json())["result"]


@contextlib.asynccontextmanager
async def world_process(
    folder: Path, *options: str, app_id: str, tenant_id: str
) -> AsyncIterator[WorldClient]:
    """Run `python -m tests.world` for as long as the block lasts; it ends with its parent too."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.world", str(folder)),
        *("--app-id", app_id, "--tenant-id", tenant_id, *options),
        cwd=_ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with aiohttp.ClientSession() as session:
            yield await _connected(process, session)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _connected(
    process: asyncio.subprocess.Process, session: aiohttp.ClientSession
) -> WorldClient:
    assert process.stdout is not None
    async with asyncio.timeout(_START_S):
        line = await process.stdout.readline()
    assert line, "the world did not start"
    origin = json.loads(line)["origin"]
    async with session.get(f"{origin}/control/addresses") as answer:
        addresses = await answer.json()
    addresses["ca_bundle"] = Path(addresses["ca_bundle"])
    return WorldClient(session, origin, Addresses(**addresses), process.pid)
