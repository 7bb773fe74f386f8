"""Seals on buttons: a pressed card proves what it was when it left, for whom and where.

A token is `payload.signature`. The payload (base64url JSON) holds the data and the hour of
issue; the signature covers that text and, without carrying them, the verb, the person and the
conversation. It is compared as text, so that no second spelling of a token is accepted.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from operator import is_
from typing import Final, TypeAlias

import orjson
from itsdangerous import Signer, base64_decode, base64_encode

from dialogs.turn import Standing
from mutations.clock import Clock

Card: TypeAlias = Mapping[str, object]
Data: TypeAlias = Mapping[str, object]

VERB: Final = "verb"
SEAL: Final = "seal"

# Changes whenever the form of a token does: older tokens are then broken, not misread.
_PURPOSE: Final = b"mutatiebot.card.1"
_PRESSED: Final = frozenset({"Action.Execute", "Action.Submit"})
_NOT_TYPED: Final = frozenset({VERB, SEAL, "msteams"})
_BRANCHES: Final = (dict, list)
_DOT: Final = b"."
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a pressed button brought along.

    Attributes:
        data: What the seal vouches for; empty when it is broken, true but old when expired.
        inputs: Everything else: what was typed and what anybody may have added.
    """

    standing: Standing
    data: Data = field(default_factory=dict)
    inputs: Data = field(default_factory=dict)


_BROKEN: Final = Opened(Standing.BROKEN)


class Seals:
    """Seals the buttons of cards that leave, and opens the seals of pressed ones."""

    def __init__(self, keys: Sequence[bytes | str], *, clock: Clock, max_age: timedelta) -> None:
        """Sign with the first of `keys` and accept all of them.

        Raises:
            ValueError: There is no key.
        """
        if not keys:
            raise ValueError("a seal needs a key")
        self._signers = [_signer(key) for key in keys]
        self._clock = clock
        self._max_age_h = max_age // _HOUR

    def sealed(self, card: Card, *, person: str, conversation_id: str) -> Card:
        """Return the card with every button bound to a person and a conversation.

        The data of each Action.Execute and Action.Submit, wherever it sits, becomes its verb and
        its seal. What has no button is shared with `card`, which stays as it is.

        Raises:
            ValueError: A button has no verb, so nothing could be vouched for.
        """
        sealing = _Sealing(
            signer=self._signers[0],
            person=person,
            conversation_id=conversation_id,
            issued=self._hour(),
        )
        copy = sealing.of(card)
        assert isinstance(copy, Mapping)
        return copy

    def opened(self, verb: str, data: Data, *, person: str, conversation_id: str) -> Opened:
        """Return what the seal among the data of a press vouches for, and what was typed.

        A seal of the future is genuine: only this bot seals, so its clock went back.
        """
        payload, signature = _parts(data.get(SEAL))
        signed = _signed(_context(verb, person, conversation_id), payload)
        if not any(
            hmac.compare_digest(signer.get_signature(signed), signature)
            for signer in self._signers
        ):
            return _BROKEN
        issued, vouched = orjson.loads(base64_decode(payload))
        inputs = {name: value for name, value in data.items() if name not in _NOT_TYPED}
        is_old = self._hour() - issued > self._max_age_h
        return Opened(Standing.EXPIRED if is_old else Standing.GENUINE, vouched, inputs)

    def _hour(self) -> int:
        """Return the hour in which it is: a repeat soon after gets the same card to the letter."""
        return int(self._clock.now().timestamp()) // _HOUR.seconds


@dataclass(slots=True, kw_only=True)
class _Sealing:
    """One card on its way out; a button and its fallback carry the same token."""

    signer: Signer
    person: str
    conversation_id: str
    issued: int
    _made: dict[tuple[str, bytes], str] = field(default_factory=dict)

    def of(self, node: object) -> object:
        """Return a piece of the card with its buttons sealed; the same one if it has none."""
        if isinstance(node, list):
            pieces = [self.of(child) for child in node]
            return node if all(map(is_, pieces, node)) else pieces
        if not isinstance(node, dict):
            return node
        new: dict[str, object] = {}
        for name, child in node.items():
            if isinstance(child, _BRANCHES) and name != "data":
                piece = self.of(child)
                if piece is not child:
                    new[name] = piece
        if node.get("type") in _PRESSED:
            new["data"] = self._vouched(node)
        return {**node, **new} if new else node

    def _vouched(self, action: Mapping[str, object]) -> dict[str, object]:
        data = action.get("data")
        rest = dict(data) if isinstance(data, dict) else {}
        inner = rest.pop(VERB, None)
        verb = action.get(VERB, inner)
        if not isinstance(verb, str) or not verb:
            raise ValueError("a button without a verb cannot be sealed")
        return {VERB: verb, SEAL: self._token(verb, orjson.dumps([self.issued, rest]))}

    def _token(self, verb: str, content: bytes) -> str:
        made = self._made.get((verb, content))
        if made is None:
            payload = base64_encode(content)
            signed = _signed(_context(verb, self.person, self.conversation_id), payload)
            made = (payload + _DOT + self.signer.get_signature(signed)).decode("ascii")
            self._made[verb, content] = made
        return made


def _signer(key: bytes | str) -> Signer:
    """Return a signer whose key is derived here, once, and not for every button."""
    derived = Signer(
        key, salt=_PURPOSE, key_derivation="hmac", digest_method=hashlib.sha256
    ).derive_key()
    return Signer(derived, key_derivation="none", digest_method=hashlib.sha256)


def _context(verb: str, person: str, conversation_id: str) -> bytes:
    """Return what a seal is bound to; Teams names the thread behind the id of some chats."""
    return orjson.dumps([verb, person.lower(), conversation_id.split(";messageid=", 1)[0]])


def _signed(context: bytes, payload: bytes) -> bytes:
    """Return what is signed; the payload has no dot, so the last one parts the two."""
    return context + _DOT + payload


def _parts(token: object) -> tuple[bytes, bytes]:
    """Return payload and signature of a token; of anything else what no signature fits."""
    if not isinstance(token, str) or not token.isascii():
        return b"", b""
    payload, _, signature = token.encode("ascii").rpartition(_DOT)
    return payload, signature
