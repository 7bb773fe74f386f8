"""Finds the first row of the audit that is not as it was written."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, LiteralString, Self

import psycopg
from psycopg.rows import dict_row

from store.audit_chain import GENESIS, Event, Head, link
from store.database import DatabaseUnavailableError

_FAR: Final = 500  # a row is looked for this far from where it stands; only the wording needs it

# Python has no time beyond these years; a row with such a time was not written by the bot.
_COLUMNS: Final[LiteralString] = """
select seq, kind, actor, request_id, correlation_id, params::text as params, prev_hash, hash,
  case when at between '1000-01-01' and '9999-01-01' then at else 'epoch' end as at
from audit
"""
_ALL: Final[LiteralString] = _COLUMNS + " order by seq"
_OF_REQUEST: Final[LiteralString] = (
    _COLUMNS + " where request_id = (select id from request where number = %s) order by seq"  # noqa: S608 - constants only
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow(Event):
    """One row as it stands in the table.

    Attributes:
        is_readable: Whether `params` could be read at all; if not they are empty.
    """

    seq: int
    prev_hash: str
    hash: str
    is_readable: bool = True

    @classmethod
    def of(cls, columns: dict[str, Any]) -> Self:
        """Take a row over, also one that nobody could have written through the bot."""
        try:
            columns["params"] = json.loads(columns["params"])
        except (ValueError, RecursionError):  # a number or a nesting without end
            return cls(**columns | {"params": {}}, is_readable=False)
        return cls(**columns)

    def hash_at(self, seq: int, prev_hash: str) -> str | None:
        """Return the hash of this row at a place in the chain; None when it cannot have one."""
        if not self.is_readable:
            return None
        try:
            return link(Head(seq=seq - 1, hash=prev_hash), self).hash
        except (ValueError, TypeError, RecursionError):
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The first row that is not as it was written.

    Attributes:
        seq: Its number; of a row that is gone, the number that it had.
        problem: What is wrong with it, in one English sentence.
    """

    seq: int
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found.

    Attributes:
        head: The last row that is good.
        fault: The first that is not; None when all are.
    """

    head: Head
    fault: Fault | None


def verify(rows: Iterable[AuditRow], anchored: Mapping[int, str]) -> Verdict:
    """Follow the chain from its first row to the first fault, or to its end.

    Args:
        rows: Every row, by `seq`.
        anchored: The hash that rows had when they were anchored, by `seq`.
    """
    head = Head()
    for row in rows:
        fault = _fault_of(row, head) or _unlike_anchor(row, anchored)
        if fault is not None:
            return Verdict(head=head, fault=fault)
        head = Head(seq=row.seq, hash=row.hash)
    last = max(anchored, default=0)
    if last > head.seq:
        gone = f"cut off at the end: row {last} was anchored, the table ends at row {head.seq}"
        return Verdict(head=head, fault=Fault(seq=head.seq + 1, problem=gone))
    return Verdict(head=head, fault=None)


@contextmanager
def audit_rows(url: str) -> Iterator[Iterable[AuditRow]]:
    """Lend every row by `seq`, as of one moment, without holding them in memory.

    Raises:
        DatabaseUnavailableError: No connection, or it broke.
    """
    with _connected(url) as connection:
        yield rows_on(connection)


def rows_on(connection: psycopg.Connection[Any]) -> Iterator[AuditRow]:
    """Return every row by `seq` as an open transaction sees them."""
    with connection.cursor(name="audit", row_factory=dict_row) as cursor:
        cursor.itersize = 1000
        yield from map(AuditRow.of, cursor.execute(_ALL))


def rows_of_request(url: str, number: str) -> list[AuditRow]:
    """Return the rows about the request with a number, oldest first.

    Raises:
        DatabaseUnavailableError: No connection, or it broke.
    """
    with _connected(url) as connection, connection.cursor(row_factory=dict_row) as cursor:
        return [AuditRow.of(row) for row in cursor.execute(_OF_REQUEST, (number,))]


def _fault_of(row: AuditRow, head: Head) -> Fault | None:
    """Return what is wrong with the row after `head`, as far as the chain itself shows it."""
    expected = head.seq + 1
    if row.seq > expected:
        return Fault(seq=expected, problem=f"missing: the next row there is has number {row.seq}")
    if row.seq < expected:
        return Fault(seq=row.seq, problem="inserted: the first row has number 1")
    own = row.hash_at(row.seq, row.prev_hash)
    if own == row.hash:
        if row.prev_hash == head.hash:
            return None
        return Fault(seq=row.seq, problem=_broken_link(row))
    return _misfit(row)


def _misfit(row: AuditRow) -> Fault:
    """Return why a row does not fit its own hash: moved, or changed."""
    written_as = _first(_around(row.seq), lambda seq: row.hash_at(seq, row.prev_hash) == row.hash)
    if written_as is None:
        changed = "changed: what it says does not fit its hash"
        return Fault(seq=row.seq, problem=changed)
    if written_as < row.seq:
        inserted = f"inserted: row {row.seq} was written as row {written_as}"
        return Fault(seq=written_as, problem=inserted)
    moved = f"out of order: it was written as row {written_as}; the row before it is gone or moved"
    return Fault(seq=row.seq, problem=moved)


def _broken_link(row: AuditRow) -> str:
    if row.prev_hash == GENESIS:
        return "inserted or rewritten: it was written as a first row"
    return (
        "does not follow the row before it: that one was changed together with its hash,"
        " or rows were taken out or put in between"
    )


def _unlike_anchor(row: AuditRow, anchored: Mapping[int, str]) -> Fault | None:
    if anchored.get(row.seq, row.hash) == row.hash:
        return None
    rewritten = "rewritten: the chain up to it had another hash when it was anchored"
    return Fault(seq=row.seq, problem=rewritten)


def _around(seq: int) -> Iterator[int]:
    """Count away from `seq` to both sides."""
    for distance in range(1, _FAR):
        yield from (place for place in (seq + distance, seq - distance) if place > 0)


def _first(places: Iterable[int], fits: Callable[[int], bool]) -> int | None:
    return next((place for place in places if fits(place)), None)


@contextmanager
def _connected(url: str) -> Iterator[psycopg.Connection[Any]]:
    try:
        with psycopg.connect(
            url, connect_timeout=10, application_name="mutatiebot-audit"
        ) as connection:
            yield connection
    except (psycopg.OperationalError, psycopg.errors.InsufficientPrivilege) as error:
        raise DatabaseUnavailableError(type(error).__name__) from error
