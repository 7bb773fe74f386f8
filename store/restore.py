"""Restoring a backup: into an empty database, checked, and with the work in it held."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, LiteralString

import psycopg
from psycopg.rows import dict_row

from mutations.clock import Clock, local_date
from mutations.identity import RequestId, RequestNumber
from mutations.life_cycle import State
from store.app_rights import ensure_role, grant_rights
from store.audit_chain import Head
from store.backup import BackupBrokenError, Note, audit_head, read_note, rows_in
from store.database import Database, DatabaseUnavailableError
from store.jobs import JobEngine
from store.migration import migrate
from store.postgres_programs import ProgramFailedError, check_readable, run
from store.unit_of_work import Store
from store.work import SqlStore, SqlWork

_IN_USE: Final[LiteralString] = """
select count(*) as number from pg_class found
join pg_namespace home on home.oid = found.relnamespace
where home.nspname = 'public' and found.relkind in ('r', 'v', 'S', 'p')
"""
_SKIPPED: Final = 1000  # more requests than people send in the life of a backup
_OPEN: Final[LiteralString] = "select id from request where is_open order by number"


class NotEmptyError(Exception):
    """The database to restore into holds something; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A request that was open in the backup and does not go on by itself."""

    number: RequestNumber
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was restored.

    Attributes:
        note: Of the backup.
        held: Every open request, by number.
    """

    note: Note
    held: tuple[Held, ...]


async def restore(file: Path, url: str, clock: Clock) -> Restored:
    """Load a backup into an empty database, and hold the work in it.

    Numbers that may have been given out since the backup was taken are not given out again. No
    open request is carried out until somebody of the service desk has looked: what happened
    after the backup was taken is not known; a request may have been withdrawn, or carried out.
    The bot's login gets its rights last, so that no process begins before that.

    Args:
        file: With its note beside it.
        url: Of the owner of an empty database.
        clock: Time of what is written.

    Raises:
        BackupBrokenError: Not what was made, or not what arrived.
        NotEmptyError: The database holds something.
        DatabaseUnavailableError, ProgramMissingError, DatabaseNewerError: As they say.
    """
    note = await asyncio.to_thread(_restore, file, url)
    held = await _hold_open_requests(url, clock)
    await asyncio.to_thread(_admit_the_bot, url)
    return Restored(note=note, held=held)


def _restore(file: Path, url: str) -> Note:
    note = read_note(file)
    _load(file, url)
    with _connected(url) as connection:
        _compare(note, rows_in(connection), audit_head(connection))
    migrate(url)
    return note


def _admit_the_bot(url: str) -> None:
    with _connected(url) as connection:
        grant_rights(connection)


async def _hold_open_requests(url: str, clock: Clock) -> tuple[Held, ...]:
    database = Database(url, max_connections=2)
    await database.open()
    try:
        store = SqlStore(Store(database, JobEngine(database)), clock)
        async with database.connection() as connection:
            rows = await (await connection.execute(_OPEN)).fetchall()
        return await store.run(lambda work: _hold(work, [row["id"] for row in rows], clock))
    finally:
        await database.close()


async def _hold(work: SqlWork, ids: list[RequestId], clock: Clock) -> tuple[Held, ...]:
    now = clock.now()
    await work.requests.skip_numbers(local_date(now).year, _SKIPPED)
    held = []
    for request_id in ids:
        request = await work.requests.get(request_id)
        assert request is not None
        await work.requests.save(replace(request, restored_at=now))
        await work.audit.append(
            "request.held",
            at=now,
            actor=None,
            request_id=request_id,
            params={"state": request.state},
        )
        held.append(Held(number=request.number, state=request.state))
    return tuple(held)


def _load(file: Path, url: str) -> None:
    with _connected(url) as connection:
        row = connection.execute(_IN_USE).fetchone()
        if row is None or row["number"]:
            raise NotEmptyError(
                "the database to restore into is not empty, and nothing in it was touched:"
                " make a new one with `create database` and give its URL"
            )
        ensure_role(connection)
    try:
        check_readable(file, url)
        run(
            "pg_restore",
            url,
            *("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"),
            str(file),
        )
    except ProgramFailedError as error:
        raise BackupBrokenError(
            f"the backup cannot be restored and the database was left empty: {error}"
        ) from error


def _compare(note: Note, rows: Mapping[str, int], head: Head) -> None:
    different = sorted(
        name for name in {*note.rows, *rows} if note.rows.get(name) != rows.get(name)
    )
    if different or head != note.audit_head:
        names = ", ".join(different) or "the end of the audit"
        raise BackupBrokenError(
            f"what was restored is not what was saved: {names}. Do not use this database: drop it"
            " and take the backup before this one"
        )


def _connected(url: str) -> psycopg.Connection[dict[str, Any]]:
    try:
        return psycopg.connect(url, connect_timeout=10, row_factory=dict_row)
    except psycopg.OperationalError as error:
        raise DatabaseUnavailableError(type(error).__name__) from error
