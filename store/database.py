"""The pool of connections to PostgreSQL, and what its faults mean to the rest of the house."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any, Final, TypeAlias
from weakref import WeakKeyDictionary

import orjson
import psycopg
from psycopg import AsyncConnection, conninfo, errors
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import set_json_dumps, set_json_loads
from psycopg_pool import AsyncConnectionPool

from mutations.errors import ConcurrentUpdateError

Connection: TypeAlias = AsyncConnection[DictRow]
"""A connection whose rows are dictionaries; statements outside `transaction()` commit at once."""

_SESSION: Final = {
    "TimeZone": "UTC",
    "statement_timeout": "7s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
}
# A peer that is gone without a word is noticed in about 20 s, in the middle of a statement too.
_KEEPALIVE: Final = {
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
_GIVE_UP_S: Final = 3.0  # after this a lost connection is replaced when somebody asks for one
_TRUSTED_S: Final = 2.0  # a connection tried this short ago is not tried again

_CONFLICTS: Final = (errors.SerializationFailure, errors.DeadlockDetected)
# Connection, resources, shutdown or time limit, lock not free in time, idle in a transaction,
# read-only (a standby, or a full disk made so), input or output of the server's disk.
_PASSING_STATES: Final = ("08", "53", "57", "55P03", "25P03", "25006", "58030")


class DatabaseUnavailableError(Exception):
    """The database cannot be reached or is too busy; the same thing may work in a moment.

    Lost at the very end of a transaction, the connection leaves open whether it was committed.
    """


class SerializationConflictError(ConcurrentUpdateError):
    """PostgreSQL gave up this transaction in favour of another; run it again from the start."""


class Database:
    """Lends connections to one PostgreSQL database."""

    def __init__(self, url: str, *, max_connections: int = 10, wait_s: float = 4.0) -> None:
        """Prepare a pool; nothing is opened yet.

        Args:
            url: Connection URL; what it says of the session wins over our own settings.
            max_connections: Most connections of this process; a job worker needs two more of its
                own for notifications.
            wait_s: Longest wait for a free connection.
        """
        self._url = url
        self._tried_at: WeakKeyDictionary[Connection, float] = WeakKeyDictionary()
        self._wait_s = wait_s
        self._sweep: asyncio.Task[None] | None = None
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            url,
            open=False,
            min_size=min(2, max_connections),
            max_size=max_connections,
            timeout=wait_s,
            kwargs={
                "row_factory": dict_row,
                "application_name": "mutatiebot",
                "connect_timeout": 5,
                "options": _options(url),
                **_KEEPALIVE,
            },
            # Waits between attempts double without end otherwise: minutes after a long outage.
            reconnect_timeout=_GIVE_UP_S,
            configure=_configure,
            check=self._check,
            name="mutatiebot",
        )

    @property
    def url(self) -> str:
        """The connection URL as it was given; may hold a password."""
        return self._url

    @property
    def pool(self) -> AsyncConnectionPool[Connection]:
        """The pool itself, for the job engine."""
        return self._pool

    async def open(self) -> None:
        """Connect.

        Raises:
            DatabaseUnavailableError: No connection within the longest wait.
        """
        async with _translated():
            await self._pool.open(wait=True, timeout=self._wait_s)

    async def close(self) -> None:
        """Close every connection; those in use close when they come back."""
        if self._sweep is not None:
            self._sweep.cancel()
            await asyncio.gather(self._sweep, return_exceptions=True)
        await self._pool.close()

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection on which each statement is a transaction of its own.

        Raises:
            DatabaseUnavailableError: None is free in time, or it broke in use.
            SerializationConflictError: PostgreSQL sacrificed the statement; run it again.
        """
        async with _translated(), self._pool.connection() as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Lend a connection inside one transaction: commits at the end, rolls back on any error.

        Raises:
            DatabaseUnavailableError: None is free in time, or it broke in use.
            SerializationConflictError: PostgreSQL sacrificed the transaction; run it again.
        """
        async with self.connection() as connection, connection.transaction():
            yield connection

    async def _check(self, connection: Connection) -> None:
        """Try a connection before it is lent, unless it was tried a moment ago."""
        tried_at = self._tried_at.get(connection)
        if tried_at is None or time.monotonic() - tried_at > _TRUSTED_S:
            try:
                await AsyncConnectionPool.check_connection(connection)
            except psycopg.Error:
                self._sweep_idle()
                raise
            self._tried_at[connection] = time.monotonic()

    def _sweep_idle(self) -> None:
        """Replace all idle connections that broke with this one; one by one would take long."""
        if self._sweep is None or self._sweep.done():
            self._sweep = asyncio.create_task(self._pool.check())


def holds_password(url: str) -> bool:
    """Tell whether a connection URL has a password in it."""
    return bool(conninfo.conninfo_to_dict(url).get("password"))


def _options(url: str) -> str:
    """Return the settings of every session; those in the URL win."""
    own = " ".join(f"-c {name}={value}" for name, value in _SESSION.items())
    given = conninfo.conninfo_to_dict(url).get("options") or ""
    return f"{own} {given}".strip()


async def _configure(connection: AsyncConnection[Any]) -> None:
    # Not in the pool's arguments: the job engine connects with those plus its own autocommit.
    await connection.set_autocommit(True)
    set_json_dumps(orjson.dumps, connection)
    set_json_loads(orjson.loads, connection)


@contextlib.asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    """Give the faults of the database their meaning; faults of a statement pass unchanged."""
    try:
        yield
    except _CONFLICTS as error:
        raise SerializationConflictError from error
    except psycopg.Error as error:
        if _is_passing(error):
            raise DatabaseUnavailableError(type(error).__name__) from error
        raise


def _is_passing(error: psycopg.Error) -> bool:
    if error.sqlstate is None:  # never reached the server, or lost it
        return isinstance(error, psycopg.OperationalError)
    return error.sqlstate.startswith(_PASSING_STATES)
