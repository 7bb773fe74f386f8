"""Whoever owns the database changes the audit in every way there is; each is found and named."""

import asyncio
import itertools
import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, LiteralString

import psycopg
import pytest

from mutations.identity import ObjectId, RequestId
from store.audit_chain import Event, Head, link
from store.audit_check import Fault, rows_on, verify
from store.database import Database
from store.jobs import JobEngine
from store.unit_of_work import Store
from store.work import SqlStore, SqlWork
from tests.fakes.clock import FakeClock

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ROWS = 12
SEQS = range(1, ROWS + 1)

Change = Callable[[psycopg.Connection[Any]], None]

# As a replica the session passes the triggers by; for that one has to be superuser.
_BEYOND_TRIGGERS: LiteralString = "set local session_replication_role = replica"
_ADD: LiteralString = """
insert into audit (seq, at, kind, actor, request_id, correlation_id, params, prev_hash, hash)
values (%(seq)s, %(at)s, %(kind)s, %(actor)s, %(request_id)s, %(correlation_id)s, %(params)s,
  %(prev_hash)s, %(hash)s)
"""
_WITHOUT_CONSTRAINTS: LiteralString = """
alter table audit drop constraint audit_hash_is_hex, drop constraint audit_one_successor
"""
_COPY: LiteralString = "copy audit (seq, at, kind, params, prev_hash, hash) from stdin"
_ROW_ZERO: LiteralString = """
insert into audit (seq, at, kind, params, prev_hash, hash)
values (0, now(), 'made up', '{}', repeat('0', 64), repeat('a', 64))
"""
_WRITTEN_AGAIN: LiteralString = """
update audit set seq = %(seq)s, prev_hash = %(prev_hash)s, hash = %(hash)s where seq = %(old)s
"""


@dataclass(frozen=True)
class Tampering:
    """One thing that somebody does to the audit.

    Attributes:
        name: What it is.
        change: Does it.
        named: The row that has to be named; None for any.
        words: What has to be said of it.
        needs_anchor: Whether only the anchor shows it: the chain fits again.
    """

    name: str
    change: Change
    named: int | None
    words: str
    needs_anchor: bool = False


def _sql(*statements: LiteralString, **values: int) -> Change:
    def change(connection: psycopg.Connection[Any]) -> None:
        for statement in statements:
            assert connection.execute(statement, values).rowcount != 0

    return change


_COLUMNS: Mapping[str, LiteralString] = {
    "at": "update audit set at = at + interval '1 microsecond' where seq = %(seq)s",
    "kind": "update audit set kind = kind || ' ' where seq = %(seq)s",
    "actor": "update audit set actor = case when actor is null then 'p9' end where seq = %(seq)s",
    "request_id": (
        "update audit set request_id = case when request_id is null then 'r9' end"
        " where seq = %(seq)s"
    ),
    "correlation_id": "update audit set correlation_id = 'job:1' where seq = %(seq)s",
    "params": 'update audit set params = params || \'{"outcome": "B"}\' where seq = %(seq)s',
    "a number's form": (
        "update audit set params = jsonb_set(params, '{count}', ((params ->> 'count') || '.0')"
        "::jsonb) where seq = %(seq)s"
    ),
    "prev_hash": "update audit set prev_hash = repeat('e', 64) where seq = %(seq)s",
    "hash": "update audit set hash = repeat('f', 64) where seq = %(seq)s",
    "to an endless time": "update audit set at = 'infinity' where seq = %(seq)s",
}


def _changes() -> Iterator[Tampering]:
    for seq, (name, statement) in itertools.product(SEQS, _COLUMNS.items()):
        yield Tampering(f"change {name} of {seq}", _sql(statement, seq=seq), seq, "")
    for seq in SEQS:
        change = _sql("update audit set seq = seq + 1000 where seq = %(seq)s", seq=seq)
        yield Tampering(f"change seq of {seq}", change, seq, "missing")


def _deletions() -> Iterator[Tampering]:
    delete: LiteralString = "delete from audit where seq = %(seq)s"
    for seq in SEQS[:-1]:
        yield Tampering(f"delete {seq}", _sql(delete, seq=seq), seq, "missing")
    for seq in SEQS[:-1]:
        # In two steps: in one, the order of the rows on disk decides whether two numbers meet.
        aside: LiteralString = "update audit set seq = 1 - seq where seq > %(seq)s"
        back: LiteralString = "update audit set seq = -seq where seq < 0"
        change = _sql(delete, aside, back, seq=seq)
        yield Tampering(f"delete {seq} and close up", change, seq, "out of order")
    for seq in SEQS:
        change = _sql("delete from audit where seq >= %(seq)s", seq=seq)
        words = "cut off at the end"
        yield Tampering(f"cut off from {seq}", change, seq, words, needs_anchor=True)


def _insertions() -> Iterator[Tampering]:
    for seq in SEQS:
        # In the place of the anchored row it shows as that row, changed.
        words = "inserted" if seq < ROWS else "rewritten"
        yield Tampering(f"insert before {seq}", _inserted(seq), seq, words)
    yield Tampering("insert a row 0", _sql(_ROW_ZERO), 0, "inserted")


def _inserted(seq: int) -> Change:
    """Put a made-up row in between whose own hash is right, and move the others up."""

    def change(connection: psycopg.Connection[Any]) -> None:
        for old in range(ROWS, seq - 1, -1):
            connection.execute("update audit set seq = seq + 1 where seq = %s", (old,))
        before = list(rows_on(connection))[: seq - 1]
        head = Head(seq=seq - 1, hash=before[-1].hash) if before else Head()
        event = Event(
            at=AT, kind="made up", actor=None, request_id=None, correlation_id=None, params={}
        )
        _add(connection, head, event)

    return change


def _swaps() -> Iterator[Tampering]:
    for one, other in itertools.combinations(SEQS, 2):
        change = _sql(
            "update audit set seq = -1 where seq = %(one)s",
            "update audit set seq = %(one)s where seq = %(other)s",
            "update audit set seq = %(other)s where seq = -1",
            one=one,
            other=other,
        )
        yield Tampering(f"swap {one} and {other}", change, one, "out of order")


def _rewrites() -> Iterator[Tampering]:
    change: LiteralString = "update audit set actor = 'q9' where seq = %(seq)s"
    delete: LiteralString = "delete from audit where seq = %(seq)s"
    for seq in SEQS:
        rewrite, words = _rewritten(_sql(change, seq=seq), SEQS), "rewritten"
        name = f"change {seq} and write all again"
        yield Tampering(name, rewrite, ROWS, words, needs_anchor=True)
    for seq in SEQS:
        rewrite, words = _rewritten(_sql(delete, seq=seq), SEQS), "cut off at the end"
        name = f"delete {seq} and write all again"
        yield Tampering(name, rewrite, ROWS, words, needs_anchor=True)
    for seq in SEQS:
        rewrite, name = _rewritten(_sql(change, seq=seq), [seq]), f"change {seq} with its hash"
        if seq < ROWS:
            yield Tampering(name, rewrite, seq + 1, "does not follow")
        else:
            yield Tampering(name, rewrite, seq, "rewritten", needs_anchor=True)


def _rewritten(do: Change, seqs: Container[int]) -> Change:
    """Change something and compute the hashes of these rows again."""

    def change(connection: psycopg.Connection[Any]) -> None:
        do(connection)
        head = Head()
        for row in list(rows_on(connection)):
            if row.seq in seqs:
                following = link(head, row)
                values = {"seq": following.seq, "hash": following.hash, "old": row.seq}
                connection.execute(_WRITTEN_AGAIN, {**values, "prev_hash": head.hash})
                head = following
            else:
                head = Head(seq=row.seq, hash=row.hash)

    return change


def _add(connection: psycopg.Connection[Any], head: Head, event: Event) -> None:
    following = link(head, event)
    row = {"at": event.at, "kind": event.kind, "params": "{}", "prev_hash": head.hash}
    nobody = dict.fromkeys(("actor", "request_id", "correlation_id"))
    connection.execute(_ADD, {**row, **nobody, "seq": following.seq, "hash": following.hash})


async def _write(database_url: str, count: int) -> None:
    """Write rows as the bot writes them."""
    database = Database(database_url)
    await database.open()
    engine = JobEngine(database)
    await engine.open()
    store = SqlStore(Store(database, engine), FakeClock())
    for number in range(count):
        await store.run(lambda work, number=number: _record(work, number))  # type: ignore[misc]
    await database.close()


async def _record(work: SqlWork, number: int) -> None:
    await work.audit.append(
        "refused" if number % 3 else "request.submitted",
        at=AT,
        actor=ObjectId(f"p{number}") if number % 4 else None,
        request_id=RequestId("r1") if number % 2 else None,
        params={"outcome": "A", "count": number, "kept": number % 2 == 0, "why": None},
    )


def _found(connection: psycopg.Connection[Any], anchored: Mapping[int, str]) -> Fault | None:
    return verify(rows_on(connection), anchored).fault


def _is_found(
    connection: psycopg.Connection[Any], case: Tampering, anchored: Mapping[int, str]
) -> bool:
    """Do it, look with and without the anchor, and take it back."""
    with connection.transaction(force_rollback=True):
        case.change(connection)
        alone, fault = _found(connection, {}), _found(connection, anchored)
    assert (alone is None) == case.needs_anchor or fault is None, (case.name, alone)
    if fault is None:
        return False
    assert case.named in {None, fault.seq}, (case.name, fault)
    assert case.words in fault.problem, (case.name, fault)
    return True


@pytest.mark.case("A01")
async def test_every_tampering_is_found_and_named(
    database_url: str, owner_url: str, tell: Callable[[str], None]
) -> None:
    await _write(database_url, ROWS)
    cases = [*_changes(), *_deletions(), *_insertions(), *_swaps(), *_rewrites()]

    missed = await asyncio.to_thread(_missed, owner_url, cases)

    tell(f"audit tampering found {len(cases) - len(missed)} of {len(cases)}")
    assert missed == []


def _missed(owner_url: str, cases: Iterable[Tampering]) -> list[str]:
    """Return the tamperings that were not found, with the database as it was before."""
    with (
        psycopg.connect(owner_url) as connection,
        connection.transaction(force_rollback=True),
    ):
        connection.execute(_BEYOND_TRIGGERS)
        connection.execute(_WITHOUT_CONSTRAINTS)
        *_, head = rows_on(connection)
        anchored = {head.seq: head.hash}
        assert _found(connection, anchored) is None
        return [case.name for case in cases if not _is_found(connection, case, anchored)]


async def test_a_large_audit_is_checked_row_by_row(
    owner_url: str, tell: Callable[[str], None]
) -> None:
    rows = 20_000
    seconds = await asyncio.to_thread(_seconds_to_check, owner_url, rows)

    tell(f"audit rows checked: {rows / seconds:.0f} a second")
    assert seconds < 60


def _seconds_to_check(owner_url: str, count: int) -> float:
    event = Event(
        at=AT, kind="made up", actor=None, request_id=None, correlation_id=None, params={}
    )
    with psycopg.connect(owner_url) as connection, connection.cursor() as cursor:
        connection.execute(_BEYOND_TRIGGERS)
        head = Head()
        with cursor.copy(_COPY) as copy:
            for _ in range(count):
                following = link(head, event)
                copy.write_row((following.seq, AT, event.kind, "{}", head.hash, following.hash))
                head = following
        began = time.monotonic()
        assert verify(rows_on(connection), {}).head == head
        seconds = time.monotonic() - began
        connection.rollback()
    return seconds
