"""The fingerprint of a card, to see whether it shows anything new."""

import hashlib
from collections.abc import Mapping

import orjson


def digest_of(card: Mapping[str, object]) -> str:
    """Return the same text for cards that look the same, and for no others."""
    return hashlib.sha256(orjson.dumps(card, option=orjson.OPT_SORT_KEYS)).hexdigest()
