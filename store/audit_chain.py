"""What makes the audit provable: how a row is written down exactly, and its hash.

An auditor can check the table with any language that has SHA-256 and JSON. For every row, in the
order of `seq`:

1. Make a JSON object of exactly these members: `actor`, `at`, `correlation_id`, `kind`, `params`,
   `prev_hash`, `request_id`, `seq`. Their values are those of the row:
   - `seq`: a whole number; the first row has 1 and each next row one more.
   - `at`: text, in UTC, always with six decimals: `2026-11-23T08:30:00.000000Z`.
   - `actor`, `request_id`, `correlation_id`: text or null.
   - `kind`: text.
   - `params`: an object of texts, whole numbers, booleans, nulls, lists and objects. There are no
     broken numbers in it, because languages do not agree on how to write those.
   - `prev_hash`: the `hash` of the row before; for the first row 64 times `0`.
2. Write it as RFC 8785 says: members sorted by name, no white space, nothing escaped but what
   must be, in UTF-8.
3. `hash` is the SHA-256 of those bytes in 64 lower-case hexadecimal digits.

This format is never changed: rows written today are checked in ten years.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

GENESIS: Final = "0" * 64
"""What the first row has for the hash of the row before it."""

_MAX_NUMBER: Final = 2**53 - 1  # what every JSON reader keeps exactly


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What one row tells.

    Attributes:
        at: When it happened, aware.
        kind: What happened: a stable English key.
        actor: Object id of who did it; None for the bot itself.
        request_id: The request it is about, if any.
        correlation_id: The turn or the job in which it happened, as the log has it.
        params: Facts in JSON values; ids, no texts that people typed.
    """

    at: datetime
    kind: str
    actor: str | None
    request_id: str | None
    correlation_id: str | None
    params: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The newest row: whoever has it can tell whether anything before it was changed."""

    seq: int = 0
    hash: str = GENESIS


def link(head: Head, event: Event) -> Head:
    """Return what the head is after `event`.

    Raises:
        ValueError: The event holds what cannot be written down exactly.
    """
    seq = head.seq + 1
    return Head(seq=seq, hash=hashlib.sha256(canonical(seq, head.hash, event)).hexdigest())


def canonical(seq: int, prev_hash: str, event: Event) -> bytes:
    """Return the bytes that are hashed.

    Raises:
        ValueError: The event holds what cannot be written down exactly.
    """
    if event.at.tzinfo is None:
        raise ValueError("a time without a zone")
    _check(event.params)
    row = {
        "actor": event.actor,
        "at": event.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "correlation_id": event.correlation_id,
        "kind": event.kind,
        "params": event.params,
        "prev_hash": prev_hash,
        "request_id": event.request_id,
        "seq": seq,
    }
    text = json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def _check(value: object) -> None:
    """Let through what every language writes down in the same way."""
    if isinstance(value, Mapping):
        # RFC 8785 sorts names by UTF-16: the same as Python's order for these only.
        if not all(isinstance(name, str) and name.isascii() for name in value):
            raise ValueError("a name that is no ASCII text")
        _check([*value, *value.values()])
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item)
    elif not _is_plain(value):
        raise ValueError(f"{type(value).__name__} in the audit")


def _is_plain(value: object) -> bool:
    match value:
        case None | bool():
            return True
        case int():
            return abs(value) <= _MAX_NUMBER
        case str():
            return "\0" not in value  # PostgreSQL does not keep it
        case _:
            return False
