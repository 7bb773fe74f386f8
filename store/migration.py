"""Brings the database to the shape that this version of the program needs."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import psycopg
import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, NullPool, create_engine, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from store.database import DatabaseUnavailableError

_LOGGER = structlog.get_logger(__name__)
_FOLDER: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 5_620_001  # advisory lock: one replica migrates, the others wait for it

# Named in full and typed: no function that somebody else made can take its place.
_WAIT: Final = "select pg_catalog.pg_advisory_xact_lock(cast(:key as bigint))"


class DatabaseNewerError(Exception):
    """A newer version of the program has been here: this one would spoil its data."""


class DatabaseBehindError(Exception):
    """The database has to be migrated first, by somebody who may."""


class Standing(StrEnum):
    """How a database compares to this version of the program."""

    UP_TO_DATE = "up to date"
    BEHIND = "behind"
    NEWER = "newer"


def standing(url: str) -> Standing:
    """Return how the database stands; the bot's own login may ask. Changes nothing, blocks.

    Raises:
        DatabaseUnavailableError: No connection, or this login may not look.
    """
    scripts = ScriptDirectory.from_config(_config())
    try:
        with _engine(url).connect() as connection:
            heads = _heads(connection)
    except ProgrammingError as error:
        raise DatabaseUnavailableError(type(error.orig).__name__) from error
    if not heads <= _known(scripts):
        return Standing.NEWER
    return Standing.UP_TO_DATE if heads == set(scripts.get_heads()) else Standing.BEHIND


def require_up_to_date(url: str) -> None:
    """Make sure that a database that may not be migrated here fits; blocks.

    Raises:
        DatabaseBehindError: It has to be migrated first.
        DatabaseNewerError: The database has steps that this program does not know.
        DatabaseUnavailableError: No connection.
    """
    match standing(url):
        case Standing.BEHIND:
            raise DatabaseBehindError(
                "the database is behind this version of the program: run `python -m bot migrate`"
                " as its owner, or set MUTATIEBOT_DATABASE_OWNER_URL"
            )
        case Standing.NEWER:
            raise DatabaseNewerError(
                "the database is newer than this program: install the newer version"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrated:
    """What a migration did; `before` is None for an empty database."""

    before: str | None
    after: str | None


def migrate(url: str, *, revision: str = "head") -> Migrated:
    """Bring the database to the newest shape: all steps or none, once over all replicas.

    Blocks; call it in a thread where a loop runs. Does nothing when it is up to date, and never
    goes back.

    Args:
        url: Of the owner of the database.
        revision: Where to stop; tests make older shapes with it.

    Raises:
        DatabaseNewerError: The database has steps that this program does not know.
        DatabaseUnavailableError: No connection, or it was lost: nothing was changed.
    """
    try:
        return _migrate(url, revision)
    except (psycopg.OperationalError, OperationalError) as error:
        raise DatabaseUnavailableError(type(error).__name__) from error


def _migrate(url: str, revision: str) -> Migrated:
    config = _config()
    with _engine(url).begin() as connection:
        connection.execute(text(_WAIT), {"key": _LOCK})
        scripts = ScriptDirectory.from_config(config)
        before = _heads(connection)
        if not before <= _known(scripts):
            raise DatabaseNewerError(
                f"the database is at {sorted(before)}, this program knows up to"
                f" {scripts.get_current_head()}: install the newer version"
            )
        if before != set(scripts.get_heads()):
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            _LOGGER.info("database migrated", revision=_newest(_heads(connection)))
        return Migrated(before=_newest(before), after=_newest(_heads(connection)))


def _engine(url: str) -> Engine:
    # SQLAlchemy gets finished connections: it would not understand every URL that PostgreSQL does.
    return create_engine(
        "postgresql+psycopg://", creator=lambda: _connect(url), poolclass=NullPool
    )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config


def _known(scripts: ScriptDirectory) -> set[str]:
    return {script.revision for script in scripts.walk_revisions()}


def _heads(connection: Connection) -> set[str]:
    return set(MigrationContext.configure(connection).get_current_heads())


def _newest(heads: set[str]) -> str | None:
    return max(heads, default=None)


def _connect(url: str) -> psycopg.Connection:
    try:
        return psycopg.connect(url, connect_timeout=10, application_name="mutatiebot-migration")
    except psycopg.OperationalError as error:
        raise DatabaseUnavailableError(type(error).__name__) from error
