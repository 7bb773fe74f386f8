"""Outages made to order, and what people and probes see of them."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import psycopg

from tests.conversations.stage import Stage, words_of
from tests.fakes.bot_connector import Message
from tests.fakes.teams_client import HttpAnswer, TeamsClient, find_action

AGAIN = "Opnieuw proberen"
PERHAPS = "Ik kan even niet bij mijn gegevens"
BUSY = "Het is nu te druk"


async def typed(client: TeamsClient, text: str) -> HttpAnswer:
    """Type a message and return what HTTP says, whatever that is."""
    return await client.post(client.activity(type="message", text=text))


async def turned_away(client: TeamsClient, message: Message, button: str, **inputs: str) -> Any:
    """Press a button while the bot cannot; return the card that came and check what it says."""
    card = await client.press(message, button, **inputs)
    assert PERHAPS in words_of(card) or BUSY in words_of(card), words_of(card)
    return card


def has_again(card: Any) -> bool:
    """Tell whether a card can repeat the press that it answers."""
    try:
        find_action(card, AGAIN, "Action.Execute")
    except AssertionError:
        return False
    return True


@contextlib.asynccontextmanager
async def no_connections(stage: Stage) -> AsyncIterator[None]:
    """Hold every connection of the bot's pool."""
    pool = stage.bot.storage.database.pool
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(pool.max_size):
            await stack.enter_async_context(pool.connection(timeout=30))
        yield


@contextlib.asynccontextmanager
async def locked(owner_url: str, table: str) -> AsyncIterator[None]:
    """Hold a table, so that every statement on it waits."""
    async with await psycopg.AsyncConnection.connect(owner_url) as connection:
        await connection.execute(f"lock table {table} in access exclusive mode".encode())
        yield
        await connection.rollback()


async def throw_out(owner_url: str) -> None:
    """End every other session of a database."""
    async with await psycopg.AsyncConnection.connect(owner_url, autocommit=True) as connection:
        await connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )


async def probe(stage: Stage, path: str = "/readyz") -> tuple[int, dict[str, Any]]:
    """Return status and checks of a probe."""
    async with stage.world.session.get(stage.world.bot_url + path) as answer:
        is_json = answer.content_type == "application/json"
        checks = (await answer.json())["checks"] if is_json else {}
        return answer.status, checks


async def turns(stage: Stage, status: int, *, within_s: float = 30.0) -> dict[str, Any]:
    """Wait until `/readyz` has a status and return its checks."""
    deadline = time.monotonic() + within_s
    while True:
        found, checks = await probe(stage)
        if found == status:
            return checks
        assert time.monotonic() < deadline, (found, checks)
        await asyncio.sleep(0.1)
