"""The anchor: what the head of the audit was, signed and kept where the database cannot reach.

Whoever can rewrite the whole database can also compute a whole new chain. What they cannot do is
take back what was written here: one JSON line per anchor, only ever appended, on a share that is
mounted write-once. A line is `{"at", "hash", "key", "seq", "signature"}`: the time, the `hash`
and `seq` of the newest row of the audit (its rows are numbered without gaps, so `seq` is their
count too), the key it is signed with, and the Ed25519 signature of the other four, written as
RFC 8785 says, in hexadecimal digits.
"""

import asyncio
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from prometheus_client import CollectorRegistry, Counter

from bot.audit.keys import key_id
from mutations.clock import Clock
from store import audit
from store.audit_chain import Head
from store.database import Database, DatabaseUnavailableError

ANCHOR_AUDIT: Final = "audit.anchor"
"""Name of the job that anchors."""

_PATIENCE_S: Final = 10.0
_MEMBERS: Final = frozenset({"at", "hash", "key", "seq", "signature"})

_log = structlog.get_logger(__name__)


class AnchorFileError(Exception):
    """A line of the file of anchors is not ours, or contradicts another; says which."""


class AnchorFileMissingError(Exception):
    """The file of anchors is not there or cannot be read: nothing is known about the audit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """The head of the audit at one moment.

    Attributes:
        at: When, as text in UTC.
        key: Short name of the public key.
    """

    at: str
    head: Head
    key: str
    signature: str = ""

    def signed_bytes(self) -> bytes:
        """Return what is signed."""
        return _canonical(self._members())

    def line(self) -> bytes:
        """Return the line of the file."""
        return _canonical({**self._members(), "signature": self.signature}) + b"\n"

    @classmethod
    def parse(cls, line: bytes) -> Self:
        """Read one line back.

        Raises:
            ValueError: It is no anchor.
        """
        members = json.loads(line)
        if not isinstance(members, dict) or members.keys() != _MEMBERS:
            raise ValueError("other members than those of an anchor")
        seq = members.pop("seq")
        if not isinstance(seq, int) or not all(isinstance(one, str) for one in members.values()):
            raise ValueError("a member of another type")
        return cls(
            at=members["at"],
            head=Head(seq=seq, hash=members["hash"]),
            key=members["key"],
            signature=members["signature"],
        )

    def _members(self) -> dict[str, object]:
        return {"at": self.at, "hash": self.head.hash, "key": self.key, "seq": self.head.seq}


def read_anchors(file: Path, keys: Iterable[Ed25519PublicKey]) -> Mapping[int, str]:
    """Return the hash that each anchored row had, by `seq`.

    A line that was cut off by a crash is passed over: the next anchor says more than it did.

    Args:
        file: The file of anchors.
        keys: Public keys that may have signed, those of earlier years included.

    Raises:
        AnchorFileError: A line that nobody with a key signed, or two lines that contradict each
            other.
        AnchorFileMissingError: The file is not there, or cannot be read.
    """
    by_name = {key_id(key): key for key in keys}
    found: dict[int, str] = {}
    try:
        with file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                anchor = _read(line)
                if anchor is None:
                    continue
                if not _is_signed(anchor, by_name):
                    raise AnchorFileError(f"anchor line {number}: the signature does not fit")
                if found.setdefault(anchor.head.seq, anchor.head.hash) != anchor.head.hash:
                    raise AnchorFileError(
                        f"anchor line {number}: row {anchor.head.seq} was rewritten before it"
                    )
    except OSError as error:
        raise AnchorFileMissingError(f"{file}: {error.strerror}") from error
    return found


class AuditAnchor:
    """Writes the head of the audit to the file of anchors whenever it has moved."""

    def __init__(
        self,
        file: Path,
        key: Ed25519PrivateKey,
        *,
        database: Database,
        clock: Clock,
        registry: CollectorRegistry,
    ) -> None:
        self._file = file
        self._key = key
        self._database = database
        self._clock = clock
        self._running: asyncio.Task[None] | None = None
        self._outcomes = Counter(
            "mutatiebot_audit_anchors",
            "Anchors of the audit: written, failed, or contradicted by the audit itself.",
            ["outcome"],
            registry=registry,
        )

    async def write(self) -> None:
        """Append the head when it has moved; what goes wrong is told, never raised.

        The next call tries again; a share that hangs is waited for once, not once a minute. An
        audit that contradicts its newest anchor gets no new one: somebody has to look at it, and
        to begin a new file where a backup was restored.
        """
        running = self._running or asyncio.create_task(self._write())
        self._running = running
        await asyncio.wait({running}, timeout=_PATIENCE_S)
        if not running.done():
            self._failed("no answer in time")
            return
        self._running = None
        try:
            await running
        except (OSError, AnchorFileError, DatabaseUnavailableError) as error:
            self._failed(type(error).__name__)

    def _failed(self, why: str) -> None:
        self._outcomes.labels("failed").inc()
        _log.error("audit anchor not written", error=why)

    async def _write(self) -> None:
        newest = await asyncio.to_thread(_newest, self._file)
        async with self._database.connection() as connection:
            head = await audit.head(connection)
            known = None if newest is None else await audit.hash_of(connection, newest.head.seq)
        if newest is not None and known != newest.head.hash:
            self._outcomes.labels("contradicted").inc()
            _log.error("audit contradicts its anchor", seq=newest.head.seq)
            return
        if head.seq == (0 if newest is None else newest.head.seq):
            return
        at = self._clock.now().isoformat(timespec="seconds")
        unsigned = Anchor(at=at, head=head, key=key_id(self._key.public_key()))
        signature = self._key.sign(unsigned.signed_bytes()).hex()
        anchor = Anchor(at=at, head=head, key=unsigned.key, signature=signature)
        await asyncio.to_thread(_append, self._file, anchor.line())
        self._outcomes.labels("written").inc()
        _log.info("audit anchored", seq=head.seq)


def _append(file: Path, line: bytes) -> None:
    """Append a line in one write and wait until it is on the disk."""
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        # After a crash in the middle of a line, that line stays alone.
        begin = b"" if _ends_whole(file) else b"\n"
        if os.write(descriptor, begin + line) != len(begin + line):
            raise OSError("the line was not taken whole")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _ends_whole(file: Path) -> bool:
    return _tail(file, 1) in {b"", b"\n"}


def _newest(file: Path) -> Anchor | None:
    """Return the newest anchor of the file; None when there is none yet."""
    if not file.exists():
        return None
    for line in reversed(_tail(file, 4096).splitlines(keepends=True)):
        anchor = _read(line)
        if anchor is not None:
            return anchor
    if file.stat().st_size:
        raise AnchorFileError(f"{file} holds no anchor at its end")
    return None


def _tail(file: Path, size: int) -> bytes:
    with file.open("rb") as opened:
        opened.seek(max(0, file.stat().st_size - size))
        return opened.read()


def _read(line: bytes) -> Anchor | None:
    """Return the anchor of a line; None when the line was cut off."""
    if not line.startswith(b"{") or not line.rstrip().endswith(b"}"):
        return None
    try:
        return Anchor.parse(line)
    except ValueError as error:
        raise AnchorFileError("a line that is no anchor") from error


def _is_signed(anchor: Anchor, keys: Mapping[str, Ed25519PublicKey]) -> bool:
    key = keys.get(anchor.key)
    if key is None:
        return False
    try:
        key.verify(bytes.fromhex(anchor.signature), anchor.signed_bytes())
    except (InvalidSignature, ValueError):
        return False
    return True


def _canonical(members: Mapping[str, object]) -> bytes:
    return json.dumps(members, sort_keys=True, separators=(",", ":")).encode()
