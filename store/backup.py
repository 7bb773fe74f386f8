"""A backup: one file with everything in it, and a note beside it of what it must hold."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from store.audit import NEWEST
from store.audit_chain import Head
from store.database import DatabaseUnavailableError
from store.postgres_programs import check_readable, run

_CHUNK: Final = 1024 * 1024
_TABLES: Final = "select tablename as name from pg_tables where schemaname = 'public' order by 1"


class BackupBrokenError(Exception):
    """The backup is not what was made; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What stands beside a backup, in `FILE.json`.

    Attributes:
        taken_at: The moment whose state the backup holds, by the clock of the database.
        revision: Shape of the database.
        sha256: Of the file.
        rows: Number of rows of every table.
        audit_head: The newest row of the audit in it.
    """

    taken_at: datetime
    revision: str
    sha256: str
    rows: Mapping[str, int]
    audit_head: Head


def backup(url: str, file: Path) -> Note:
    """Write a backup of one moment to `file`, while everybody works on; blocks.

    The file is there when it is whole and was read back, or not at all.

    Args:
        url: Of somebody who may read every table.
        file: Gets the access rights of its owner only; replaced if it exists.

    Raises:
        DatabaseUnavailableError: The database does not answer.
        ProgramMissingError, ProgramFailedError: PostgreSQL's `pg_dump` could not.
    """
    half_made = file.with_name(f"{file.name}.new")
    os.close(os.open(half_made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    try:
        with psycopg.connect(url, connect_timeout=10, row_factory=dict_row) as connection:
            note = _dump(connection, url, half_made)
        _keep(half_made, file, note)
    except psycopg.OperationalError as error:
        raise DatabaseUnavailableError(type(error).__name__) from error
    finally:
        half_made.unlink(missing_ok=True)
    return note


def note_of(file: Path) -> Path:
    """Return where the note of a backup stands."""
    return file.with_name(f"{file.name}.json")


def read_note(file: Path) -> Note:
    """Return the note of a backup after checking that the file is what was made; blocks.

    Raises:
        BackupBrokenError: The file or its note is missing, cut off or changed.
    """
    try:
        note = msgspec.json.decode(note_of(file).read_bytes(), type=Note)
        found = _sha256(file)
    except (OSError, msgspec.DecodeError) as error:
        raise BackupBrokenError(
            f"{file} and {note_of(file).name} belong together and one cannot be read"
            f" ({type(error).__name__}): take both from where the backup was copied to"
        ) from error
    if found != note.sha256:
        raise BackupBrokenError(
            f"{file} is not what was written on {note.taken_at:%Y-%m-%d %H:%M} UTC: it was cut"
            " off or changed. Nothing was restored. Take another copy, or the backup before it"
        )
    return note


def rows_in(connection: psycopg.Connection[dict[str, Any]]) -> dict[str, int]:
    """Return the number of rows of every table."""
    names = [row["name"] for row in connection.execute(_TABLES).fetchall()]
    return {name: _count(connection, name) for name in names}


def audit_head(connection: psycopg.Connection[dict[str, Any]]) -> Head:
    """Return the newest row of the audit."""
    row = connection.execute(NEWEST).fetchone()
    return Head() if row is None else Head(seq=row["seq"], hash=row["hash"])


def _dump(connection: psycopg.Connection[dict[str, Any]], url: str, file: Path) -> Note:
    """Dump and count the same moment: the program uses the snapshot of this transaction."""
    connection.execute("set transaction isolation level repeatable read, read only")
    row = connection.execute("select pg_export_snapshot() as snapshot, now() as now").fetchone()
    assert row is not None
    run("pg_dump", url, "--format=custom", f"--snapshot={row['snapshot']}", f"--file={file}")
    check_readable(file, url)
    revision = connection.execute("select version_num from alembic_version").fetchone()
    assert revision is not None
    return Note(
        taken_at=row["now"],
        revision=revision["version_num"],
        sha256=_sha256(file),
        rows=rows_in(connection),
        audit_head=audit_head(connection),
    )


def _keep(half_made: Path, file: Path, note: Note) -> None:
    """Give the file its name once it and its note are on the disk."""
    with half_made.open("rb") as written:
        os.fsync(written.fileno())
    half_made_note = note_of(half_made)
    with half_made_note.open("wb") as writing:
        writing.write(msgspec.json.encode(note))
        writing.flush()
        os.fsync(writing.fileno())
    half_made_note.rename(note_of(file))
    half_made.rename(file)


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as reading:
        while chunk := reading.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _count(connection: psycopg.Connection[dict[str, Any]], name: str) -> int:
    query = sql.SQL("select count(*) as number from {}").format(sql.Identifier(name))
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row["number"])
