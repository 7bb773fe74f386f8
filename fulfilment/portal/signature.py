"""Signed webhooks in both directions, by the specification Standard Webhooks 1.0.0.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
The signed content is `<id>.<timestamp>.<body>`, the signature `v1,` and the base64 of its
HMAC-SHA256, several of them separated by spaces while a secret is being replaced.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

ID: Final = "webhook-id"
TIMESTAMP: Final = "webhook-timestamp"
SIGNATURE: Final = "webhook-signature"
TOLERANCE: Final = timedelta(minutes=5)

_PREFIX: Final = "whsec_"
_VERSION: Final = "v1,"
_KEY_LENGTHS: Final = range(24, 65)
_MOST_SIGNATURES: Final = 10
_MESSAGE_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)
_SECONDS: Final = re.compile(r"[0-9]{1,12}", re.ASCII)


class SecretError(ValueError):
    """The text is no signing secret."""


class UnsignedError(Exception):
    """The headers of the scheme are absent or malformed: nobody said who they are."""


class ForgedError(Exception):
    """None of the signatures was made with a secret of ours."""


class UntimelyError(Exception):
    """It was signed more than five minutes ago, or for later."""


def key_of(secret: str) -> bytes:
    """Return the key in `whsec_<base64>`; it has 24 to 64 bytes.

    Raises:
        SecretError: Anything else; the text is not repeated in it.
    """
    if not secret.startswith(_PREFIX):
        raise SecretError("must begin with whsec_")
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise SecretError("must be base64 after whsec_") from None
    if len(key) not in _KEY_LENGTHS:
        raise SecretError("must hold 24 to 64 bytes")
    return key


def signed(
    body: bytes, *, message_id: str, at: datetime, keys: Sequence[bytes]
) -> Mapping[str, str]:
    """Return the three headers; one signature for each key, so that keys can be replaced."""
    seconds = str(int(at.timestamp()))
    signatures = (_signature(key, message_id, seconds, body) for key in keys)
    return {ID: message_id, TIMESTAMP: seconds, SIGNATURE: " ".join(signatures)}


def verified(
    body: bytes, headers: Mapping[str, str], *, now: datetime, keys: Sequence[bytes]
) -> str:
    """Return the id of a message that one of `keys` signed within five minutes of `now`.

    Raises:
        UnsignedError: A header is absent or malformed.
        ForgedError: No signature fits.
        UntimelyError: Too old, or from the future.
    """
    message_id, seconds = headers.get(ID, ""), headers.get(TIMESTAMP, "")
    given = headers.get(SIGNATURE, "").split(" ")
    well_formed = _MESSAGE_ID.fullmatch(message_id) and _SECONDS.fullmatch(seconds)
    if not well_formed or not any(given) or len(given) > _MOST_SIGNATURES:
        raise UnsignedError
    expected = [_signature(key, message_id, seconds, body).encode() for key in keys]
    offered = [one.encode("utf-8", "replace") for one in given]
    # Every pair is compared, so that the time taken tells nothing.
    fits = [hmac.compare_digest(one, other) for one in offered for other in expected]
    if True not in fits:
        raise ForgedError
    if abs(now.timestamp() - int(seconds)) > TOLERANCE.total_seconds():
        raise UntimelyError
    return message_id


def _signature(key: bytes, message_id: str, seconds: str, body: bytes) -> str:
    content = b".".join((message_id.encode(), seconds.encode(), body))
    digest = hmac.new(key, content, hashlib.sha256).digest()
    return _VERSION + base64.b64encode(digest).decode()
