"""The commands for who answers for the audit: check it, look in it, make its key."""

import contextlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from bot.audit.anchor import AnchorFileError, read_anchors
from bot.audit.keys import make_keys, read_private_key, read_public_key
from bot.commands.terminal import database_url, problems_told, refuse, settings_in_use
from bot.settings import Settings
from mutations.identity import find_request_number
from store.audit_check import audit_rows, rows_of_request, verify
from store.migration import require_up_to_date

_BAD: Final = 1

audit_app = typer.Typer(
    help="The audit: who did what and when, and that nobody changed it since.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@audit_app.command("verify")
def verify_audit(
    *,
    anchor: Annotated[
        Path | None, typer.Option(help="file of anchors; default: the one in the settings")
    ] = None,
    public_key: Annotated[
        list[Path] | None,
        typer.Option(help="PEM file with a key of the anchors; repeat for earlier keys"),
    ] = None,
) -> None:
    """Check every row and every anchor; name the first row that is not as it was written."""
    with _problems_told():
        settings = settings_in_use()
        # Before the rows: an anchor of this very moment would tell of rows not yet seen.
        anchored = _anchored(settings, anchor or settings.audit_anchor, public_key or [])
        with _audited_url(settings) as url, audit_rows(url) as rows:
            verdict = verify(rows, anchored)
    if verdict.fault is not None:
        typer.echo(f"row {verdict.fault.seq}: {verdict.fault.problem}", err=True)
        sys.exit(_BAD)
    typer.echo(f"rows: {verdict.head.seq}, all as they were written")
    typer.echo(f"head: {verdict.head.hash}")
    newest = max(anchored, default=0)
    typer.echo(f"anchors: {len(anchored)} agree, the newest is of row {newest}")


@audit_app.command()
def show(
    number: Annotated[str, typer.Argument(help="number of a request, as M-2026-00001")],
) -> None:
    """List what the audit holds about one request, oldest first; ids only, no names."""
    with _problems_told():
        found = find_request_number(number)
        if found is None:
            refuse([f"{number} is no number of a request"])
        settings = settings_in_use()
        with _audited_url(settings) as url:
            rows = rows_of_request(url, found)
    for row in rows:
        params = json.dumps(row.params, sort_keys=True, separators=(",", ":"))
        who, turn = row.actor or "-", row.correlation_id or "-"
        typer.echo(f"{row.seq}\t{row.at.isoformat()}\t{row.kind}\t{who}\t{turn}\t{params}")
    typer.echo(f"{len(rows)} rows about {found}")


@audit_app.command()
def key(
    *,
    out: Annotated[Path, typer.Option(help="file for the private key; it must not exist yet")],
) -> None:
    """Make the key that signs the anchors, and beside it the public key that checks them."""
    with _problems_told():
        public = make_keys(out)
    typer.echo(f"private key, for MUTATIEBOT_AUDIT_KEY: {out}")
    typer.echo(f"public key, for the auditor: {public}")


def _anchored(
    settings: Settings, file: Path | None, public_keys: Iterable[Path]
) -> Mapping[int, str]:
    """Return what is anchored; nothing where no file is named."""
    if file is None:
        typer.echo("no file of anchors: a rewrite of the whole audit would not be seen", err=True)
        return {}
    keys = [read_public_key(path) for path in public_keys]
    if not keys and settings.audit_key is not None:
        keys = [read_private_key(settings.audit_key).public_key()]
    if not keys:
        refuse(["give the public key of the anchors: --public-key FILE"])
    return read_anchors(file, keys)


@contextlib.contextmanager
def _audited_url(settings: Settings) -> Iterator[str]:
    """Lend the URL of the database once it has an audit to read."""
    with database_url(settings) as url:
        require_up_to_date(url)
        yield url


@contextlib.contextmanager
def _problems_told() -> Iterator[None]:
    try:
        with problems_told():
            yield
    except AnchorFileError as error:
        typer.echo(str(error), err=True)
        sys.exit(_BAD)
    except FileExistsError as error:
        refuse([f"{error.filename or error} exists already"])
