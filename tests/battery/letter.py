"""One request to a bot, in parts, so that a forger can change exactly one of them."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from tests.battery.jws import Signature, rs, written
from tests.fakes.signing import FakeBotFramework
from tests.fakes.teams_client import Persona

ABSENT: Final = object()
"""In the place of a value: takes the field away."""

GENUINE: Final = "k1"
"""Key id of the channel's own key."""

Parts = dict[str, Any]


@dataclass(frozen=True)
class Ground:
    """What everybody knows of a bot, and the fake channel, whose key the forgeries misuse.

    Attributes:
        random: Its seed decides what differs from run to run.
    """

    signer: FakeBotFramework
    app_id: str
    tenant_id: str
    service_url: str
    sender: Persona
    random: Random

    @property
    def now(self) -> int:
        """Seconds since 1970 on the clock of the channel."""
        return int(self.signer.clock.now().timestamp())

    def letter(self) -> "Letter":
        """Return a request with which nothing is wrong."""
        return Letter(
            ground=self,
            header={"alg": "RS256", "kid": GENUINE, "typ": "JWT", "x5t": GENUINE},
            claims=dict(self.signer.claims(self.service_url)),
            activity=self._activity(),
            http={"Content-Type": "application/json; charset=utf-8"},
            signature=rs(GENUINE),
        )

    def _activity(self) -> Parts:
        person = self.sender
        return {
            "type": "message",
            "id": "1700000000000",
            "timestamp": "2027-03-01T09:00:00.1234567Z",
            "localTimestamp": "2027-03-01T10:00:00.1234567+01:00",
            "localTimezone": "Europe/Brussels",
            "channelId": "msteams",
            "serviceUrl": self.service_url,
            "from": {
                "id": person.account_id,
                "name": person.name,
                "aadObjectId": person.object_id,
            },
            "conversation": {
                "conversationType": "personal",
                "tenantId": self.tenant_id,
                "id": person.conversation_id,
            },
            "recipient": {"id": f"28:{self.app_id}", "name": "mutatiebot"},
            "locale": "nl-BE",
            "text": "status",
            "textFormat": "plain",
            "entities": [{"type": "clientInfo", "locale": "nl-BE", "platform": "Web"}],
            "channelData": {"tenant": {"id": self.tenant_id}},
        }


@dataclass
class Letter:
    """A request before it is written down; what is None is made from the other parts.

    Attributes:
        authorization: Values of the Authorization headers.
        more: Headers that may come twice or are no text.
        line: Method and target.
    """

    ground: Ground
    header: Any
    claims: Any
    activity: Parts
    http: dict[str, str]
    signature: Signature
    token: str | None = None
    authorization: tuple[bytes, ...] | None = None
    body: bytes | None = None
    more: tuple[tuple[str, bytes], ...] = ()
    line: tuple[str, str] = ("POST", "/api/messages")
    has_length: bool = field(default=True)

    @property
    def good_token(self) -> str:
        """The token that the parts make."""
        return written(self.header, self.claims, self.signature)

    def content(self) -> bytes:
        """Return the body."""
        return json.dumps(self.activity).encode() if self.body is None else self.body

    def raw(self, host: str) -> bytes:
        """Return the bytes of the request, to be sent on a connection of their own."""
        token = self.good_token if self.token is None else self.token
        values = self.authorization
        if values is None:
            values = (f"Bearer {token}".encode(),)
        content = self.content()
        headers = [("Host", host.encode()), ("Connection", b"close")]
        headers += [("Authorization", value) for value in values]
        headers += [(name, value.encode()) for name, value in self.http.items()]
        headers += self.more
        if self.has_length:
            headers.append(("Content-Length", str(len(content)).encode()))
        lines = b"".join(b"%s: %s\r\n" % (name.encode(), value) for name, value in headers)
        return f"{self.line[0]} {self.line[1]} HTTP/1.1\r\n".encode() + lines + b"\r\n" + content


Spoil = Callable[[Letter], None]
Value = Any | Callable[[Ground], Any]


def put(path: str, value: Value) -> Spoil:
    """Spoil one part, such as `claims.iss` or `activity.from.id`; a function gets the ground."""

    def spoil(letter: Letter) -> None:
        root, *parents, name = path.split(".")
        part = getattr(letter, root)
        for parent in parents:
            part = part.setdefault(parent, {})
        new = value(letter.ground) if callable(value) else value
        if new is ABSENT:
            part.pop(name, None)
        else:
            part[name] = new

    return spoil


def change(name: str, make: Callable[[Letter], Any]) -> Spoil:
    """Set one attribute of the letter, made from the rest of it."""
    return lambda letter: setattr(letter, name, make(letter))


def both(*spoils: Spoil) -> Spoil:
    """Spoil in several ways."""

    def spoil(letter: Letter) -> None:
        for each in spoils:
            each(letter)

    return spoil


def differences(spoil: Spoil, ground: Ground) -> Mapping[str, str]:
    """Return what a spoiling changes in a letter: path and the new value."""
    good, spoilt = ground.letter(), ground.letter()
    spoil(spoilt)
    found: dict[str, str] = {}
    for name in _TREES:
        found.update(_changed(name, getattr(good, name), getattr(spoilt, name)))
    for name in _SINGLE:
        if getattr(good, name) != getattr(spoilt, name):
            found[name] = repr(getattr(spoilt, name))
    if good.signature.name != spoilt.signature.name:
        found["signature"] = spoilt.signature.name
    return found


_TREES: Final = ("header", "claims", "activity", "http")
_SINGLE: Final = ("token", "authorization", "body", "more", "line", "has_length")


def _changed(path: str, old: Any, new: Any) -> Iterator[tuple[str, str]]:
    """Yield what differs; an object that came, went or became something else counts once."""
    if isinstance(old, dict) and isinstance(new, dict) and new:
        for name in sorted(old.keys() | new.keys()):
            yield from _changed(f"{path}.{name}", old.get(name, ABSENT), new.get(name, ABSENT))
    elif old is not new and (type(old) is not type(new) or old != new):
        yield path, "absent" if new is ABSENT else repr(new)
