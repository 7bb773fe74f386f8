"""The public keys with which the Bot Connector signs, kept fresh without ever blocking."""

import asyncio
import base64
import binascii
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import aiohttp
import orjson
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from bot.edge.service_url import is_https_or_loopback

_MIN_KEY_BITS: Final = 2048
_MAX_KEY_BITS: Final = 4096
_MAX_EXPONENT: Final = 2**32
_MAX_KEYS: Final = 100
_MAX_DOCUMENT: Final = 1024 * 1024
_FAULTS: Final = (aiohttp.ClientError, TimeoutError, OSError, ValueError)

_log = structlog.get_logger(__name__)


class KeysUnavailableError(Exception):
    """No key has been read since the start, so nobody can be recognised yet."""


@dataclass(frozen=True, slots=True, eq=False)
class SigningKey:
    """One public key and the channels for which it may sign."""

    kid: str
    public: RSAPublicKey
    endorsements: frozenset[str]

    @property
    def modulus(self) -> int:
        """The number that tells this key from any other."""
        return self.public.public_numbers().n


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTimes:
    """How often keys are read, in seconds.

    A new key is read at its first use. Whoever makes up keys or signatures causes one reading a
    minute, and can so delay a new key by that minute.

    Attributes:
        timeout_s: Longest time for one reading.
        refetch_s: Least time between a reading and one that an unknown key causes; also the time
            between readings while no key is known at all.
        fruitless_s: The same after a reading for an unknown key, or for a signature that did not
            fit, that brought nothing new.
        refresh_s: Time between two readings while all is well.
        recovery_s: Time between a failed reading and the next, whatever causes it.
    """

    timeout_s: float = 4.0
    refetch_s: float = 10.0
    fruitless_s: float = 60.0
    refresh_s: float = 3600.0
    recovery_s: float = 30.0


class SigningKeys:
    """The current keys behind an OpenID metadata address.

    A failed reading keeps the old keys, and so does one whose keys are all unusable. At most one
    reading runs at a time.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        metadata_url: str,
        *,
        times: KeyTimes | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        _require_safe(metadata_url)
        self._session = session
        self._metadata_url = metadata_url
        self._times = times or KeyTimes()
        self._monotonic = monotonic
        self._keys: Mapping[str, SigningKey] = {}
        self._attempted_at = -math.inf
        self._pause_s = 0.0
        self._reading: asyncio.Task[bool] | None = None

    @property
    def ready(self) -> bool:
        """Whether at least one key is known."""
        return bool(self._keys)

    def current(self, kid: str) -> SigningKey | None:
        """Return the key known under `kid` at this moment, without any reading."""
        return self._keys.get(kid)

    async def find(self, kid: str) -> SigningKey | None:
        """Return the key `kid`, reading the keys anew when it is unknown and time allows.

        Raises:
            KeysUnavailableError: No keys at all could be read yet.
        """
        key = self._keys.get(kid)
        if key is None and self._may_read():
            await self._refresh(is_search=True)
            key = self._keys.get(kid)
        if key is None and not self._keys:
            raise KeysUnavailableError
        return key

    async def replacement(self, doubted: SigningKey) -> SigningKey | None:
        """Return another key under the name of one that a signature did not fit, or None.

        The keys are read anew when time allows: what was published may have been wrong.
        """
        if self._keys.get(doubted.kid) is doubted and self._may_read():
            await self._refresh(is_search=True)
        key = self._keys.get(doubted.kid)
        return None if key is None or key.modulus == doubted.modulus else key

    async def refresh(self) -> bool:
        """Read the keys now, or join the reading under way; tell whether it succeeded."""
        return await self._refresh(is_search=False)

    async def keep_fresh(self) -> None:
        """Read the keys now and for ever after; run as a task, stop by cancelling it."""
        while True:
            succeeded = await self.refresh()
            await asyncio.sleep(self._times.refresh_s if succeeded else self._after_failure_s())

    def _may_read(self) -> bool:
        is_reading = self._reading is not None
        return is_reading or self._monotonic() - self._attempted_at >= self._pause_s

    async def _refresh(self, *, is_search: bool) -> bool:
        if self._reading is None:
            self._attempted_at = self._monotonic()
            self._reading = asyncio.create_task(self._read(is_search=is_search))
            self._reading.add_done_callback(self._finished)
        # A caller that goes away must not end the reading that others wait for.
        return await asyncio.shield(self._reading)

    def _finished(self, _: asyncio.Task[bool]) -> None:
        self._reading = None

    def _after_failure_s(self) -> float:
        return self._times.recovery_s if self._keys else self._times.refetch_s

    async def _read(self, *, is_search: bool) -> bool:
        known = _moduli(self._keys)
        try:
            async with asyncio.timeout(self._times.timeout_s):
                self._keys = await self._published()
        except (*_FAULTS, TypeError) as error:
            self._pause_s = self._after_failure_s()
            _log.warning("signing keys not read", error=type(error).__name__, kept=len(self._keys))
            return False
        is_fruitless = is_search and _moduli(self._keys) <= known
        self._pause_s = self._times.fruitless_s if is_fruitless else self._times.refetch_s
        _log.debug("signing keys read", keys=len(self._keys))
        return True

    async def _published(self) -> Mapping[str, SigningKey]:
        metadata = await self._fetch(self._metadata_url)
        keys_url = metadata.get("jwks_uri")
        if not isinstance(keys_url, str):
            raise TypeError("metadata without jwks_uri")
        _require_safe(keys_url)
        return _parse_keys(await self._fetch(keys_url))

    async def _fetch(self, url: str) -> Mapping[str, object]:
        async with self._session.get(url, allow_redirects=False) as response:
            if response.status != 200:  # noqa: PLR2004 - plain HTTP
                raise ValueError("unexpected status")
            raw = await response.content.read(_MAX_DOCUMENT + 1)
            while raw and len(raw) <= _MAX_DOCUMENT and (more := await response.content.readany()):
                raw += more
        if len(raw) > _MAX_DOCUMENT:
            raise ValueError("document too large")
        document = orjson.loads(raw)
        if not isinstance(document, dict):
            raise TypeError("document is not an object")
        return document


def _require_safe(url: str) -> None:
    if not is_https_or_loopback(url):
        raise ValueError("keys are read over https, or from loopback")


def _parse_keys(document: Mapping[str, object]) -> Mapping[str, SigningKey]:
    entries = document.get("keys")
    if not isinstance(entries, list):
        raise TypeError("no list of keys")
    found: dict[str, SigningKey] = {}
    for entry in entries[:_MAX_KEYS]:
        key = _parse_key(entry) if isinstance(entry, dict) else None
        if key is not None:
            found.setdefault(key.kid, key)
    if not found:
        raise ValueError("no usable key")
    return found


def _parse_key(entry: Mapping[str, object]) -> SigningKey | None:
    """Return the key, or None for what is no RSA signing key of an acceptable size."""
    kid, endorsements = entry.get("kid"), entry.get("endorsements")
    if entry.get("kty") != "RSA" or entry.get("use", "sig") != "sig":
        return None
    if not isinstance(kid, str) or not kid:
        return None
    modulus, exponent = _number(entry.get("n")), _number(entry.get("e"))
    if not _MIN_KEY_BITS <= modulus.bit_length() <= _MAX_KEY_BITS or exponent > _MAX_EXPONENT:
        return None
    try:
        public = RSAPublicNumbers(exponent, modulus).public_key()
    except ValueError:
        return None
    named = endorsements if isinstance(endorsements, list) else []
    return SigningKey(kid, public, frozenset(item for item in named if isinstance(item, str)))


def _moduli(keys: Mapping[str, SigningKey]) -> set[tuple[str, int]]:
    return {(key.kid, key.modulus) for key in keys.values()}


def _number(text: object) -> int:
    """Return the base64url number of RFC 7518 section 2, or 0 for what is none."""
    if not isinstance(text, str) or len(text) > _MAX_KEY_BITS // 4:
        return 0
    try:
        return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        return 0
