"""Open one real client per persona on loopback, and close all of them again.

What the Agents Playground 0.2.28 does, measured against an echo bot (it is not documented):

- A starting client sends nothing. An opened **or reloaded** page makes it send, at once and in
  parallel, `installationUpdate` (add) and `conversationUpdate` (person and bot added): welcome on
  one of them only. `introduce` asks for the same two before any page is open.
- Activities: `channelId` msteams, `from` {id, aadObjectId}, with `name` only in messages and
  invokes, `conversation` {conversationType, tenantId, id}, `recipient` {id, name},
  `channelData.tenant.id`, `serviceUrl`; no Authorization header.
- `Action.Execute` comes as invoke `adaptiveCard/action`, `value.action` = {type, title, verb,
  data}, the inputs merged into `data` (dates ISO, toggles "true"/"false", empty ones absent),
  `replyToId` = the card's message. A card as answer takes the place of the card; HTTP 500 shows
  nothing at all; `application/vnd.microsoft.error` shows its message under the card.
- `PUT .../activities/{id}` changes a card on the screen; unknown ids get 404; DELETE fails.
- `POST /v3/conversations` with the object id of the persona (here also the user id) returns the
  personal chat, whose id we choose: it is the same after a restart. An unknown member gets 201
  and a chat that nobody sees.
- Messages live in the memory of the process: a restart forgets them (PUT then gets 404), a
  reload of the page shows an empty chat. What arrives while no page is open is kept for the
  first page; it shows thanks to `preload.cjs`.
- When a message arrives, all cards are drawn anew: half-filled inputs are lost.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final

import aiohttp
import structlog

from bot.playground.client_config import client_config
from bot.playground.node_tools import NodeTools
from bot.playground.obstacle import ClientStartError, not_ready, port_taken
from bot.playground.persona import Persona, Seat, seat_of

READY_WITHIN_S: Final = 60.0
STOPPED_WITHIN_S: Final = 5.0
_CONFIG_FILE: Final = ".m365agentsplayground.yml"
_LOG_FILE: Final = "client.log"
_POLL_S: Final = 0.1

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the clients live: the bot they talk to and the folder they may write in.

    Attributes:
        bot_url: Address of the bot's messages endpoint.
        data_dir: Folder for configurations and logs, one sub-folder per persona.
        bot_id: Id of the bot as it appears in `recipient.id`.
    """

    bot_url: str
    data_dir: Path
    tenant_id: str
    bot_id: str = "28:mutatiebot"
    bot_name: str = "Mutatiebot"


@contextlib.asynccontextmanager
async def open_clients(
    personas: Sequence[Persona], *, place: Place, tools: NodeTools
) -> AsyncIterator[tuple[Seat, ...]]:
    """Start one client per persona and yield their seats once all of them answer.

    Leaving the block, by whatever way, ends every client; if this process is killed, they end too.

    Raises:
        ClientStartError: A port is taken or a client does not come up; none is left running.
    """
    for persona in personas:
        _require_free(persona.port)
    async with contextlib.AsyncExitStack() as stack:
        processes = []
        for persona in personas:
            _write_config(persona, everyone=personas, place=place)
            process = await _start(persona, place=place, tools=tools)
            stack.push_async_callback(_stop, process)
            processes.append(process)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        for persona, process in zip(personas, processes, strict=True):
            await _wait_until_ready(persona, process, session=session, place=place)
            _log.info("client ready", persona=persona.key, port=persona.port)
        yield tuple(seat_of(persona) for persona in personas)


async def introduce(seats: Sequence[Seat]) -> None:
    """Let every client install the bot for its persona, as opening its page would do.

    Soon after (the clients answer before they write to the bot) the bot knows where to reach
    people who never wrote. Safe to repeat; the bot must be listening.

    Raises:
        aiohttp.ClientError: A client does not answer.
    """
    async with aiohttp.ClientSession(raise_for_status=True) as session:
        for seat in seats:
            path = f"_debug/conversation/{seat.conversation_id}/installation"
            async with session.post(f"{seat.page}{path}", json={}):
                _log.info("client introduced", persona=seat.persona.key)


def _folder(persona: Persona, place: Place) -> Path:
    return place.data_dir.resolve() / persona.key


def _require_free(port: int) -> None:
    """Refuse a taken port: the client would silently choose another one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ClientStartError(port_taken(port)) from error


def _write_config(persona: Persona, *, everyone: Sequence[Persona], place: Place) -> None:
    config = client_config(
        persona,
        everyone=everyone,
        tenant_id=place.tenant_id,
        bot_id=place.bot_id,
        bot_name=place.bot_name,
    )
    folder = _folder(persona, place)
    folder.mkdir(parents=True, exist_ok=True)
    # JSON is YAML; the client finds the file in its working directory.
    text = json.dumps(config, ensure_ascii=False, indent=2)
    (folder / _CONFIG_FILE).write_text(text, encoding="utf-8")


async def _start(persona: Persona, *, place: Place, tools: NodeTools) -> Process:
    command = [tools.node, "--require", str(tools.preload), str(tools.client), "start"]
    command += ["--app-endpoint", place.bot_url, "--channel-id", "msteams"]
    command += ["--port", str(persona.port), "--service-url", seat_of(persona).service_url]
    command += ["--disable-telemetry"]
    folder = _folder(persona, place)
    with (folder / _LOG_FILE).open("wb") as log:
        return await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            stdin=PIPE,  # closes when this process dies: preload.cjs then ends the client
            stdout=log,
            stderr=STDOUT,
            start_new_session=True,  # Ctrl-C reaches this process only, which ends the client
        )


async def _wait_until_ready(
    persona: Persona, process: Process, *, session: aiohttp.ClientSession, place: Place
) -> None:
    log = _folder(persona, place) / _LOG_FILE
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            while process.returncode is None:
                if await _sits_there(persona, session):
                    return
                await asyncio.sleep(_POLL_S)
    except TimeoutError as error:
        raise ClientStartError(not_ready(persona.key, str(log))) from error
    raise ClientStartError(not_ready(persona.key, str(log)))


async def _sits_there(persona: Persona, session: aiohttp.ClientSession) -> bool:
    """Tell whether this persona's client, and no other program, answers on the port."""
    page = seat_of(persona).page
    try:
        async with session.get(f"{page}_debug/ping") as pong:
            if pong.status != HTTPStatus.OK:
                return False
        async with session.get(f"{page}_internal/v1/config") as answer:
            config = await answer.json()
    except aiohttp.ClientError:
        return False
    return bool(config["config"]["currentUser"]["id"] == persona.object_id)


async def _stop(process: Process) -> None:
    """End a client and everything it started; returns when it is gone."""
    _signal_group(process, signal.SIGTERM)
    try:
        async with asyncio.timeout(STOPPED_WITHIN_S):
            await process.wait()
    except TimeoutError:
        _log.warning("client killed", pid=process.pid)
    finally:
        _signal_group(process, signal.SIGKILL)
    await process.wait()


def _signal_group(process: Process, number: signal.Signals) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
