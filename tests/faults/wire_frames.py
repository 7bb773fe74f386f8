"""The messages that PostgreSQL's clients and servers exchange, as far as the wire needs them.

Protocol: https://www.postgresql.org/docs/current/protocol-message-formats.html
"""

import asyncio
import struct
from dataclasses import dataclass, field

_FORGET = "DEALLOCATE ALL"  # psycopg's own housekeeping, now and then
_NOT_ENCRYPTED = frozenset({80877103, 80877104})  # SSLRequest, GSSENCRequest


@dataclass(frozen=True, slots=True)
class Frame:
    """One message after the greeting."""

    kind: str
    body: bytes

    @property
    def raw(self) -> bytes:
        return self.kind.encode() + struct.pack("!I", len(self.body) + 4) + self.body

    @property
    def has_value(self) -> bool:
        """Tell whether this is a row whose first column is not null."""
        return self.kind == "D" and len(self.body) >= 6 and self.body[2:6] != b"\xff" * 4


async def read_frame(reader: asyncio.StreamReader) -> Frame | None:
    """Return the next message; None when the other side has gone."""
    try:
        kind, length = struct.unpack("!cI", await reader.readexactly(5))
        return Frame(kind.decode("ascii"), await reader.readexactly(length - 4))
    except (asyncio.IncompleteReadError, OSError):
        return None


async def read_greeting(reader: asyncio.StreamReader) -> bytes:
    """Return the first packet of a client, which has no kind; raises when there is none."""
    head = await reader.readexactly(4)
    (length,) = struct.unpack("!I", head)
    return head + await reader.readexactly(length - 4)


def asks_to_encrypt(greeting: bytes) -> bool:
    """Tell whether a first packet only asks for TLS or Kerberos; `N` declines."""
    return struct.unpack("!I", greeting[4:8])[0] in _NOT_ENCRYPTED


@dataclass
class StatementReader:
    """Knows the text of what one client has the server run, also of prepared statements."""

    _prepared: dict[bytes, str] = field(default_factory=dict)
    _portals: dict[bytes, str] = field(default_factory=dict)
    _running: list[str] = field(default_factory=list)

    def see(self, frame: Frame) -> None:
        """Take notice of a message from the client."""
        match frame.kind:
            case "P":
                name, text, _ = frame.body.split(b"\0", 2)
                self._prepared[name] = _words(text)
            case "B":
                portal, name, _ = frame.body.split(b"\0", 2)
                self._portals[portal] = self._prepared[name]
            case "E":
                portal, _ = frame.body.split(b"\0", 1)
                self._running.append(self._portals[portal])
            case "Q":
                asked = _words(frame.body.removesuffix(b"\0"))
                if asked != _FORGET:
                    self._running.append(asked)

    def take(self) -> str | None:
        """Return what runs since the last time; None when that only was housekeeping."""
        running, self._running = self._running, []
        return "; ".join(running) if running else None


def _words(text: bytes) -> str:
    return " ".join(text.decode().split())
