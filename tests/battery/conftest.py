"""The whole bot, with authentication on, on the ground of the forgers."""

import hashlib
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final, LiteralString

import psycopg
import pytest
from multidict import CIMultiDict, CIMultiDictProxy
from psycopg import sql

from bot.edge.token_verifier import Caller
from mutations.jobs import RefreshCards
from tests.battery.catalogue import publish_unfit
from tests.battery.letter import Ground
from tests.battery.wire import Answer, send
from tests.conversations.stage import MARLEEN, Stage, open_stage

SEED: Final = 20261123

_TABLES: Final[LiteralString] = """
select tablename from pg_tables where schemaname = 'public' and tablename <> 'audit' order by 1
"""

# A job that only looks whether cards still show what is so changes nothing anybody decided.
_ROWS: Final[LiteralString] = "select t::text from {} t order by 1"
_ROWS_OF_JOBS: Final[LiteralString] = """
select t::text from procrastinate_jobs t where task_name <> %s order by 1
"""
_ROWS_OF_EVENTS: Final[LiteralString] = """
select t::text from procrastinate_events t join procrastinate_jobs job on job.id = t.job_id
where job.task_name <> %s order by 1
"""


@dataclass(frozen=True)
class Range:
    """Where the battery fires: the bot, its database, and what a forger knows."""

    stage: Stage
    ground: Ground
    owner_url: str

    async def fire(self, raw: bytes) -> Answer:
        """Send bytes to the bot."""
        return await send("127.0.0.1", self.port, raw)

    @property
    def port(self) -> int:
        return int(self.stage.world.bot_url.rpartition(":")[2])

    async def digest(self) -> Mapping[str, str]:
        """Return a digest of each table but the audit, without the jobs that look at cards."""
        connection = await psycopg.AsyncConnection.connect(self.owner_url, autocommit=True)
        async with connection:
            names = [name for (name,) in await (await connection.execute(_TABLES)).fetchall()]
            return {name: await _digest_of(connection, name) for name in names}

    async def turns(self) -> float:
        """Return how many activities got past the gate so far."""
        return await self._counted("turn_seconds_count")

    async def failed_turns(self) -> float:
        """Return how many turns ended in a fault so far."""
        return await self._counted("failed_turns_total")

    async def caller(self) -> Caller:
        """Return whom the gate sees behind a good token."""
        token = f"Bearer {self.ground.letter().good_token}"
        headers = CIMultiDictProxy(CIMultiDict({"Authorization": token}))
        caller = await self.stage.bot.channel.gate.recognise(headers)
        assert caller is not None
        return caller

    async def _counted(self, name: str) -> float:
        async with self.stage.world.session.get(f"{self.stage.world.bot_url}/metrics") as answer:
            text = await answer.text()
        found = re.search(rf"^mutatiebot_{name} ([0-9.e+]+)$", text, re.MULTILINE)
        return float(found[1]) if found else 0.0


async def _rows_of(
    connection: psycopg.AsyncConnection[Any], table: str
) -> psycopg.AsyncCursor[Any]:
    match table:
        case "procrastinate_jobs":
            return await connection.execute(_ROWS_OF_JOBS, (RefreshCards.name,))
        case "procrastinate_events":
            return await connection.execute(_ROWS_OF_EVENTS, (RefreshCards.name,))
        case _:
            return await connection.execute(sql.SQL(_ROWS).format(sql.Identifier(table)))


async def _digest_of(connection: psycopg.AsyncConnection[Any], table: str) -> str:
    digest = hashlib.sha256()
    for (row,) in await (await _rows_of(connection, table)).fetchall():
        digest.update(row.encode())
    return digest.hexdigest()


@pytest.fixture
async def field(tmp_path: Path, database_url: str, owner_url: str) -> AsyncIterator[Range]:
    """The bot on a Monday morning; its worker rests, so only a request can change something."""
    settings: dict[str, Any] = {
        "worker": False,
        "service_hosts": "127.0.0.1,localhost",
        "recheck_s": 600,
    }
    async with open_stage(tmp_path, database_url, **settings) as stage:
        signer = stage.world.signer
        assert signer is not None
        ground = Ground(
            signer=signer,
            app_id=stage.world.app_id,
            tenant_id=stage.world.tenant_id,
            service_url=stage.world.connector.url,
            sender=stage.person(MARLEEN).persona,
            random=Random(SEED),  # noqa: S311 - a seed is the point
        )
        publish_unfit(ground)
        keys = stage.bot.channel.keys
        assert keys is not None
        assert await keys.refresh()
        yield Range(stage, ground, owner_url)
