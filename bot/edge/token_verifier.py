"""Checks the token of the Bot Connector and remembers, in bounds, what it has checked."""

import base64
import binascii
import hashlib
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import jwt

from bot.edge.refusal import Reason, RefusedError
from bot.edge.signing_keys import KeysUnavailableError, SigningKey, SigningKeys
from bot.edge.strict_json import StrictJsonError, parse_object
from mutations.clock import Clock

ISSUER: Final = "https://api.botframework.com"
LEEWAY_S: Final = 300.0

_ALGORITHM: Final = "RS256"
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
_MAX_TOKEN: Final = 8192
# Claims with which Entra names the calling app: another bot or a skill, never the channel.
_CALLING_APP_CLAIMS: Final = ("appid", "azp")
# Members of a header that bring a key along or change what is signed (RFC 7515, RFC 7797).
_REFUSED_MEMBERS: Final = frozenset(
    {"jwk", "jku", "x5u", "x5c", "crit", "b64", "enc", "zip", "cty", "epk", "apu", "apv"}
)
_BAD_TOKEN: Final = (jwt.PyJWTError, ValueError)
_JWS: Final = jwt.PyJWS(algorithms=[_ALGORITHM])


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever holds a token that was verified.

    Attributes:
        claims: Claims of the token.
        key: The key that signed it, with its endorsements.
        expires_at: `exp` in seconds since 1970.
        valid_from: `nbf` in seconds since 1970.
    """

    claims: Mapping[str, object]
    key: SigningKey
    expires_at: float
    valid_from: float


class TokenVerifier:
    """Recognises tokens of the public Bot Connector for one app, and nothing else.

    A verified token is remembered by its SHA-256; at every hit its lifetime and the
    presence of its key are checked again.
    """

    def __init__(
        self, *, keys: SigningKeys, app_id: str, clock: Clock, remembered: int = 1024
    ) -> None:
        if not app_id:
            raise ValueError("an app id is required")
        self._keys = keys
        self._app_id = app_id
        self._clock = clock
        self._remembered = remembered
        self._callers: OrderedDict[bytes, Caller] = OrderedDict()

    async def verify(self, token: str) -> Caller:
        """Return the caller that holds `token`.

        Raises:
            RefusedError: The token is not good; see `Reason`.
        """
        if len(token) > _MAX_TOKEN or _TOKEN.fullmatch(token) is None:
            raise RefusedError(Reason.TOKEN_MALFORMED)
        digest = hashlib.sha256(token.encode("ascii")).digest()
        caller = self._callers.get(digest)
        if caller is None or self._keys.current(caller.key.kid) is not caller.key:
            self._callers.pop(digest, None)
            caller = await self._verify_anew(token)
            self._remember(digest, caller)
        self._check_lifetime(caller)
        return caller

    def _remember(self, digest: bytes, caller: Caller) -> None:
        self._callers[digest] = caller
        if len(self._callers) > self._remembered:
            self._callers.popitem(last=False)

    async def _verify_anew(self, token: str) -> Caller:
        payload, key = await self._open(token)
        try:
            claims = parse_object(payload)
        except StrictJsonError as error:
            raise RefusedError(Reason.TOKEN_MALFORMED) from error
        self._check_parties(claims)
        return Caller(
            claims, key, expires_at=_moment(claims, "exp"), valid_from=_moment(claims, "nbf")
        )

    async def _open(self, token: str) -> tuple[bytes, SigningKey]:
        """Return the payload of a token and the key that signed it."""
        key: SigningKey | None = await self._key_of(token)
        while key is not None:
            try:
                return _JWS.decode(token, key.public, algorithms=[_ALGORITHM]), key
            except jwt.InvalidSignatureError:
                key = await self._keys.replacement(key)
            except _BAD_TOKEN as error:
                raise RefusedError(Reason.SIGNATURE) from error
        raise RefusedError(Reason.SIGNATURE)

    async def _key_of(self, token: str) -> SigningKey:
        header = _header_of(token)
        if header.get("alg") != _ALGORITHM:
            raise RefusedError(Reason.ALGORITHM)
        kid = header.get("kid")
        try:
            key = await self._keys.find(kid) if isinstance(kid, str) else None
        except KeysUnavailableError as error:
            raise RefusedError(Reason.KEYS_UNAVAILABLE) from error
        if key is None:
            raise RefusedError(Reason.UNKNOWN_KEY)
        return key

    def _check_parties(self, claims: Mapping[str, object]) -> None:
        if claims.get("iss") != ISSUER:
            raise RefusedError(Reason.ISSUER)
        if claims.get("aud") != self._app_id:
            raise RefusedError(Reason.AUDIENCE)
        if any(claims.get(name, self._app_id) != self._app_id for name in _CALLING_APP_CLAIMS):
            raise RefusedError(Reason.FOREIGN_CALLER)

    def _check_lifetime(self, caller: Caller) -> None:
        now = self._clock.now().timestamp()
        if caller.expires_at <= now - LEEWAY_S or caller.valid_from > now + LEEWAY_S:
            raise RefusedError(Reason.LIFETIME)


def _header_of(token: str) -> Mapping[str, object]:
    """Return the header of a token, read as strictly as everything else of strangers."""
    segment = token.partition(".")[0]
    try:
        header = parse_object(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    except (StrictJsonError, binascii.Error) as error:
        raise RefusedError(Reason.TOKEN_MALFORMED) from error
    kid, kind = header.get("kid", ""), header.get("typ", "JWT")
    if not _REFUSED_MEMBERS.isdisjoint(header) or not isinstance(kid, str):
        raise RefusedError(Reason.TOKEN_MALFORMED)
    if not isinstance(kind, str) or kind.upper() != "JWT":
        raise RefusedError(Reason.TOKEN_MALFORMED)
    return header


def _moment(claims: Mapping[str, object], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RefusedError(Reason.LIFETIME)
    return float(value)
