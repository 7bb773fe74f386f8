"""Brings the database to the shape that this version of the program needs."""

from pathlib import Path
from typing import Final

import psycopg
import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine, text

from store.database import DatabaseUnavailableError

_LOGGER = structlog.get_logger(__name__)
_FOLDER: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 5_620_001  # advisory lock: one replica migrates, the others wait for it


class DatabaseNewerError(Exception):
    """A newer version of the program has been here: this one would spoil its data."""


def migrate(url: str) -> None:
    """Bring the database to the newest shape: all steps or none, once over all replicas.

    Blocks; call it in a thread where a loop runs. Does nothing when it is up to date.

    Raises:
        DatabaseNewerError: The database has steps that this program does not know.
        DatabaseUnavailableError: No connection.
    """
    # SQLAlchemy gets finished connections: it would not understand every URL that PostgreSQL does.
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: _connect(url), poolclass=NullPool
    )
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    with engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        scripts = ScriptDirectory.from_config(config)
        known = {script.revision for script in scripts.walk_revisions()}
        before = set(MigrationContext.configure(connection).get_current_heads())
        if not before <= known:
            raise DatabaseNewerError(
                f"the database is at {sorted(before)}, this program knows up to"
                f" {scripts.get_current_head()}: install the newer version"
            )
        if before != set(scripts.get_heads()):
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            _LOGGER.info("database migrated", revision=scripts.get_current_head())


def _connect(url: str) -> psycopg.Connection:
    try:
        return psycopg.connect(url, connect_timeout=10, application_name="mutatiebot-migration")
    except psycopg.OperationalError as error:
        raise DatabaseUnavailableError(type(error).__name__) from error
