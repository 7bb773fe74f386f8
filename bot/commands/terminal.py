"""What every command does: read the settings, find the database, say what is wrong and end."""

import contextlib
import sys
from collections.abc import Iterable, Iterator
from typing import Final, NoReturn

import typer

from bot.audit.anchor import AnchorFileMissingError
from bot.audit.keys import AuditKeyError
from bot.logs import configure_logs
from bot.register_file import RegisterFileError
from bot.settings import Settings
from bot.settings_reader import SettingsError, read_settings
from store.audit_protection import AuditNotProtectedError
from store.backup import BackupBrokenError
from store.database import DatabaseUnavailableError
from store.embedded import EmbeddedPostgres
from store.embedded_cluster import EmbeddedPostgresError
from store.migration import DatabaseBehindError, DatabaseNewerError
from store.postgres_programs import ProgramFailedError, ProgramMissingError
from store.restore import NotEmptyError

NOT_POSSIBLE: Final = 2

_EXPECTED: Final = (
    AnchorFileMissingError,
    AuditKeyError,
    AuditNotProtectedError,
    BackupBrokenError,
    DatabaseBehindError,
    DatabaseNewerError,
    DatabaseUnavailableError,
    EmbeddedPostgresError,
    NotEmptyError,
    ProgramFailedError,
    ProgramMissingError,
    RegisterFileError,
    SettingsError,
)


def refuse(problems: Iterable[str]) -> NoReturn:
    """Say on standard error what is wrong, one line each, and end with code 2."""
    for problem in problems:
        typer.echo(problem, err=True)
    sys.exit(NOT_POSSIBLE)


@contextlib.contextmanager
def problems_told() -> Iterator[None]:
    """Refuse, without a stack trace, what an operator can do something about."""
    try:
        yield
    except _EXPECTED as error:
        refuse(str(error).splitlines())


def settings_in_use() -> Settings:
    """Return the settings of the environment, with the log set up by them; refuse faulty ones."""
    with problems_told():
        settings = read_settings()
    configure_logs(settings.log_level)
    return settings


@contextlib.contextmanager
def database_url(
    settings: Settings, *, as_owner: bool = False, may_make: bool = False
) -> Iterator[str]:
    """Lend the URL of the database in use, the embedded one started beside whoever uses it.

    Refuses where there is none: a command that only looks must not look at an empty one.

    Args:
        settings: Say where the database is.
        as_owner: Lend the owner's URL, where there is one.
        may_make: Make an embedded database where there is none.

    Raises:
        EmbeddedPostgresError: The embedded database does not start.
    """
    owner = settings.database_owner_url.get_secret_value() if as_owner else ""
    url = owner or settings.database_url.get_secret_value()
    if url:
        yield url
        return
    home = settings.data_dir / "postgres"
    if not may_make and not home.exists():
        refuse([f"no database: MUTATIEBOT_DATABASE_URL is not set and {home} does not exist"])
    with EmbeddedPostgres.start(home) as server:
        yield server.owner_url if as_owner else server.url
