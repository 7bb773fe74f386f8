"""The commands for the database: migrate, back up, restore."""

import asyncio
import contextlib
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from bot.audit.anchor import AnchorFileError, AnchorFileMissingError, read_anchors
from bot.audit.keys import AuditKeyError, read_private_key
from bot.clock import SystemClock
from bot.commands.terminal import database_url, problems_told, refuse, settings_in_use
from bot.settings import Settings
from store.audit_check import audit_rows, verify
from store.backup import backup as make_backup
from store.database import DatabaseUnavailableError, holds_password
from store.migration import migrate as bring_up_to_date
from store.restore import Restored
from store.restore import restore as load_backup

maintenance_app = typer.Typer(pretty_exceptions_enable=False)

_LOOK: Final = 3


@maintenance_app.command()
def migrate() -> None:
    """Bring the database to the shape of this version: all steps or none."""
    with _owner_url(may_make=True) as (_, url):
        done = bring_up_to_date(url)
    if done.before == done.after:
        typer.echo(f"up to date: {done.after}")
    else:
        typer.echo(f"migrated: {done.before or 'empty'} -> {done.after}")


@maintenance_app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="file to write; FILE.json comes beside it")],
) -> None:
    """Write a backup while everybody works on, and read it back."""
    started = time.monotonic()
    with _owner_url() as (_, url):
        note = make_backup(url, file)
    typer.echo(
        f"{file}: {sum(note.rows.values())} rows in {len(note.rows)} tables, audit up to row"
        f" {note.audit_head.seq}, sha256 {note.sha256[:16]}, {time.monotonic() - started:.1f} s"
    )


@maintenance_app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="the backup; FILE.json must be beside it")],
    *,
    into: Annotated[
        str, typer.Option(help="owner's URL of an empty database; default: the one in use")
    ] = "",
) -> None:
    """Load a backup into an empty database, check it, and hold the work in it for a person.

    Ends with 3 when it was restored and a person must look at something, with 2 when it was not.
    """
    started = time.monotonic()
    with _owner_url(into, may_make=True) as (settings, url):
        restored = asyncio.run(load_backup(file, url, SystemClock()))
        for held in restored.held:
            typer.echo(f"held\t{held.number}\t{held.state}")
        typer.echo(
            f"restored the state of {restored.note.taken_at:%Y-%m-%d %H:%M:%S} UTC:"
            f" {sum(restored.note.rows.values())} rows, {len(restored.held)} open requests held,"
            f" {time.monotonic() - started:.1f} s"
        )
        problems = _check(settings, url, restored)
    for problem in problems:
        typer.echo(problem, err=True)
    if problems:
        sys.exit(_LOOK)


def _check(settings: Settings, url: str, restored: Restored) -> list[str]:
    """Return what a person must know about the audit of the restored database."""
    problems = []
    anchored: Mapping[int, str] = {}
    try:
        anchored = _anchored(settings)
    except (AnchorFileError, AnchorFileMissingError, AuditKeyError) as error:
        again = "compare with `python -m bot audit verify`, with --public-key for every key"
        problems.append(f"the anchors were not read, {error}: {again} that ever signed them")
    last = restored.note.audit_head.seq
    try:
        with audit_rows(url) as rows:
            known = {seq: digest for seq, digest in anchored.items() if seq <= last}
            verdict = verify(rows, known)
    except DatabaseUnavailableError:
        return [*problems, "the audit was not checked: run `python -m bot audit verify`"]
    if verdict.fault is not None:
        problems.append(f"audit row {verdict.fault.seq}: {verdict.fault.problem}")
    newest = max(anchored, default=0)
    if newest > last:
        problems.append(
            f"{newest - last} audit rows are not in the backup: {last + 1} to {newest} at least."
            " What was decided in them is lost here: ask the people of the requests named above,"
            " look in the log for what happened since, and begin a new anchor file"
        )
    if not anchored:
        problems.append("no anchor to compare with: what happened since the backup is unknown")
    return problems


def _anchored(settings: Settings) -> Mapping[int, str]:
    if settings.audit_anchor is None or settings.audit_key is None:
        return {}
    if not settings.audit_anchor.exists():
        return {}
    key = read_private_key(settings.audit_key).public_key()
    return read_anchors(settings.audit_anchor, [key])


@contextlib.contextmanager
def _owner_url(given: str = "", *, may_make: bool = False) -> Iterator[tuple[Settings, str]]:
    """Lend the settings and the owner's URL; refuse what an operator can do something about."""
    if holds_password(given):
        refuse(["others can read a command line: leave the password out and put it in ~/.pgpass"])
    with problems_told(), contextlib.ExitStack() as stack:
        settings = settings_in_use()
        url = given or stack.enter_context(
            database_url(settings, as_owner=True, may_make=may_make)
        )
        yield settings, url
