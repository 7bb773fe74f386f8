"""PostgreSQL's own programs for copying a database: those of the package, or of the machine."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from store.database import DatabaseUnavailableError
from store.embedded_cluster import EmbeddedPostgresError, installed_programs

_VERSION: Final = re.compile(r"(\d+)(?:\.\d+)?")
_THOUSANDS: Final = 10_000  # PostgreSQL 18.1 says 180001


class ProgramMissingError(Exception):
    """No program of PostgreSQL fits the server; the message says what to install."""


class ProgramFailedError(Exception):
    """A program of PostgreSQL ended with a fault; the message holds its last words."""


def run(name: str, url: str, *arguments: str) -> None:
    """Run `pg_dump` or `pg_restore` against the server of `url`; blocks until it is done.

    A password goes by the environment of the program, never by its arguments, which every
    account of the machine can read.

    Raises:
        ProgramMissingError, ProgramFailedError, DatabaseUnavailableError: It could not.
    """
    parameters = conninfo_to_dict(url)
    password = parameters.pop("password", None)
    secret = {} if password is None else {"PGPASSWORD": str(password)}
    _run(
        [str(_program(name, _server_major(url))), *arguments],
        f"--dbname={make_conninfo('', **parameters)}",
        env={"PATH": os.defpath, **secret},
    )


def check_readable(dump: Path, url: str) -> None:
    """Read a dump from the first byte to the last, as the server of `url` would get it; blocks.

    Raises:
        ProgramMissingError, ProgramFailedError, DatabaseUnavailableError: It cannot be read.
    """
    program = _program("pg_restore", _server_major(url))
    _run([str(program), f"--file={os.devnull}", str(dump)], env={})


def _run(command: list[str], *more: str, env: dict[str, str]) -> None:
    result = subprocess.run(  # noqa: S603 - a program of PostgreSQL with our own arguments
        [*command, *more],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        env=env,
    )
    if result.returncode != 0:
        lines = result.stderr.strip().splitlines()[-3:]
        raise ProgramFailedError(f"{Path(command[0]).name}: {' '.join(lines)}")


def _server_major(url: str) -> int:
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            return connection.info.server_version // _THOUSANDS
    except psycopg.OperationalError as error:
        raise DatabaseUnavailableError(type(error).__name__) from error


def _program(name: str, server_major: int) -> Path:
    """Return the program nearest to the server, but not older.

    What a newer one writes may hold settings that an older server does not know.
    """
    fitting = [one for one in _candidates(name) if _major(one) >= server_major]
    if fitting:
        return min(fitting, key=_major)
    raise ProgramMissingError(
        f"no {name} for PostgreSQL {server_major}: install postgresql-client-{server_major}"
        f" and put {name} on the PATH"
    )


def _candidates(name: str) -> list[Path]:
    found = []
    on_path = shutil.which(name)
    if on_path is not None:
        found.append(Path(on_path))
    try:
        found.append(installed_programs() / name)
    except EmbeddedPostgresError:
        return found
    return found


def _major(program: Path) -> int:
    said = subprocess.run(  # noqa: S603 - a program of PostgreSQL, asked for its version
        [str(program), "--version"], check=False, capture_output=True, text=True, env={}
    )
    found = _VERSION.search(said.stdout)
    return int(found[1]) if found and said.returncode == 0 else -1
