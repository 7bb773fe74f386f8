"""Reads everything that is stored about one request, on connections that cannot write."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from fulfilment.journal import Entry
from mutations.clock import Clock
from mutations.identity import RequestId, RequestNumber
from mutations.request import MutationRequest
from store.audit_check import AuditRow, Verdict, audit_rows, verify
from store.database import Database
from store.requests import SqlRequests
from store.step_journal import SqlStepJournal

_READ_ONLY: Final = "-c default_transaction_read_only=on"
_TRIES: Final = 5


class RequestChangesError(Exception):
    """The request changed every time it was read; the same thing works when it stands still."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What is stored about one request, as of one moment.

    Attributes:
        steps: The step journal by position; empty while the work has not begun.
        rows: The audit rows about the request, oldest first.
        verdict: What the check of the whole audit came to.
        anchored_seq: Newest row whose hash lies outside the database, 0 for none; None where no
            file of anchors is named.
    """

    request: MutationRequest
    steps: tuple[Entry, ...]
    rows: tuple[AuditRow, ...]
    verdict: Verdict
    anchored_seq: int | None


async def collect(
    url: str, number: RequestNumber, *, clock: Clock, anchored: Mapping[int, str] | None
) -> Found | None:
    """Return what is stored about the request with a number; None when there is none.

    The request is read before and after all the rest, until it is the same: every change of it
    raises its version, so what lies between belongs together.

    Args:
        url: Of the database; whoever it names needs no more than the right to read.
        number: Of the request.
        clock: Never asked for what is read; the repositories want one.
        anchored: The hash that rows had when they were anchored, by `seq`, read before; None
            where no file of anchors is named.

    Raises:
        DatabaseUnavailableError: The database does not answer in time.
        RequestChangesError: It never stood still.
    """
    url = read_only(url)
    database = Database(url, max_connections=1)
    await database.open()
    try:
        for _ in range(_TRIES):
            request = await _request(database, number, clock)
            if request is None:
                return None
            rows = await SqlStepJournal(database, clock).load(request.id)
            told, verdict = await asyncio.to_thread(_audited, url, request.id, anchored or {})
            if await _request(database, number, clock) == request:
                return Found(
                    request=request,
                    steps=tuple(Entry.of(row) for row in rows),
                    rows=tuple(told),
                    verdict=verdict,
                    anchored_seq=None if anchored is None else max(anchored, default=0),
                )
    finally:
        await database.close()
    raise RequestChangesError(number)


def read_only(url: str) -> str:
    """Return how to connect so that PostgreSQL refuses every write, whoever asks for it."""
    given = conninfo_to_dict(url).get("options") or ""
    return make_conninfo(url, options=f"{given} {_READ_ONLY}".strip())


async def _request(
    database: Database, number: RequestNumber, clock: Clock
) -> MutationRequest | None:
    async with database.connection() as connection:
        return await SqlRequests(connection, clock.now()).by_number(number)


def _audited(
    url: str, request_id: RequestId, anchored: Mapping[int, str]
) -> tuple[list[AuditRow], Verdict]:
    """Check the whole audit, and pick the rows of one request, those after a fault included."""
    mine: list[AuditRow] = []

    def noted(rows: Iterator[AuditRow]) -> Iterator[AuditRow]:
        for row in rows:
            if row.request_id == request_id:
                mine.append(row)
            yield row

    with audit_rows(url) as rows:
        seen = noted(iter(rows))
        verdict = verify(seen, anchored)
        for _ in seen:  # the check ends at the first fault
            pass
    return mine, verdict
