"""What a forgery is, and a list of them that is written in one line each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tests.battery.letter import Spoil, Value, put


class Group(StrEnum):
    """What a forgery is about; one row of the table of `make battery`."""

    CREDENTIALS = "no or malformed credentials"
    ALGORITHM = "other algorithm"
    KEY = "wrong or unfit key"
    ISSUER = "other issuer"
    AUDIENCE = "other audience"
    EMULATOR = "emulator, skill, own token"
    LIFETIME = "lifetime"
    SERVICE_URL = "service URL absent or other"
    SERVICE_HOST = "service URL of a stranger, signed"
    CHANNEL = "channel and endorsement"
    TENANT = "tenant"
    SENDER = "sender"
    RECIPIENT = "recipient and conversation"
    DELIVERY = "delivery mode and transport"
    CONTENT = "headers and content type"
    BODY = "malformed body"


@dataclass(frozen=True)
class Forgery:
    """One way to be let in without a right to.

    Attributes:
        case: Row of the catalogue of cases.
        what: What is wrong, in a line.
        is_single: Whether exactly one thing differs from a good request.
    """

    id: str
    case: str
    group: Group
    what: str
    spoil: Spoil
    is_single: bool = True


@dataclass(frozen=True)
class Row:
    """The row of the catalogue and the group that some forgeries share."""

    case: str
    group: Group
    prefix: str

    def one(self, name: str, spoil: Spoil, *, what: str = "", is_single: bool = True) -> Forgery:
        """Return a single forgery; without `what` its name says it."""
        text = what or f"{self.prefix}: {name}"
        return Forgery(
            f"{self.case}-{self.prefix}-{name}", self.case, self.group, text, spoil, is_single
        )

    def each(self, spoils: Mapping[str, Spoil], *, is_single: bool = True) -> Iterable[Forgery]:
        """Return a forgery for each of these ways."""
        return [self.one(name, spoil, is_single=is_single) for name, spoil in spoils.items()]

    def values(self, path: str, values: Mapping[str, Value]) -> Iterable[Forgery]:
        """Return a forgery for each of these values of one part."""
        return [
            self.one(name, put(path, value), what=f"{path} {name}")
            for name, value in values.items()
        ]
