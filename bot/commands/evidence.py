"""The command that hands an auditor the evidence of one order."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from bot.audit.anchor import AnchorFileError, read_anchors
from bot.audit.keys import read_private_key
from bot.clock import SystemClock
from bot.commands.terminal import database_url, problems_told, refuse, settings_in_use
from bot.evidence.collect import Found, RequestChangesError, collect
from bot.evidence.document import canonical, document_of, sha256_of
from bot.evidence.report import report_of
from bot.register_file import load_register
from bot.settings import Settings
from cards.words import request_words
from mutations.clock import local_date
from mutations.identity import RequestNumber, find_request_number
from store.migration import require_up_to_date
from texts.translator import load

_BAD: Final = 1


def evidence(
    number: Annotated[str, typer.Argument(help="number of a request, as M-2026-00001")],
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="the JSON document instead of the Dutch report")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="file to write; it must not exist yet")] = None,
) -> None:
    """Tell of one order what was asked, decided, changed and checked, with the proof of it.

    Ends with 1 when something in it does not fit: the report begins with what.
    """
    wanted = find_request_number(number)
    if wanted is None:
        refuse([f"{number} is no number of a request"])
    settings, clock = settings_in_use(), SystemClock()
    with problems_told():
        register = load_register(settings.register_file, today=local_date(clock.now()))
        found = _found(settings, wanted)
    if found is None:
        refuse([f"there is no request {wanted}"])
    t = load("nl")
    document = document_of(found, register, t)
    written = canonical(document)
    if not as_json:
        words = request_words(t, register, found.request)
        report = report_of(t, document, words=words, sha256=sha256_of(written))
        written = report.encode()
    _hand_over(written, out)
    if document.findings:
        typer.echo(f"does not fit: {', '.join(document.findings)}", err=True)
        sys.exit(_BAD)


def _found(settings: Settings, number: RequestNumber) -> Found | None:
    # Before the rows: an anchor of this very moment would tell of rows not yet seen.
    anchored = _anchored(settings)
    with database_url(settings) as url:
        require_up_to_date(url)
        try:
            return asyncio.run(collect(url, number, clock=SystemClock(), anchored=anchored))
        except RequestChangesError:
            refuse([f"{number} changes while it is read; try again in a moment"])


def _anchored(settings: Settings) -> Mapping[int, str] | None:
    """Return what is anchored; None where the settings name no anchors or no key of them."""
    if settings.audit_anchor is None or settings.audit_key is None:
        return None
    key = read_private_key(settings.audit_key).public_key()
    try:
        return read_anchors(settings.audit_anchor, [key])
    except AnchorFileError as error:
        typer.echo(str(error), err=True)
        sys.exit(_BAD)


def _hand_over(written: bytes, out: Path | None) -> None:
    if out is None:
        typer.echo(written, nl=False)
        return
    try:
        # It names people: for its owner only.
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        refuse([f"{out} exists already"])
    except OSError as error:
        refuse([f"{out}: {error.strerror}"])
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(written)
    typer.echo(f"{out}: SHA-256 {sha256_of(written)}", err=True)
