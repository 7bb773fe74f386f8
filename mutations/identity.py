"""The names by which people, entities and requests are known."""

import re
from typing import NewType

ObjectId = NewType("ObjectId", str)
"""Entra object id of a person: lower-case GUID text; the only identity a decision trusts."""

EntityCode = NewType("EntityCode", str)
"""Code of an entity of the government, `OVO` and six digits."""

RequestId = NewType("RequestId", str)
"""Opaque id of a mutation request (32 hex digits); the only id a card carries."""

RequestNumber = NewType("RequestNumber", str)
"""Number people use for a request: `M-2026-00042`."""

Upn = NewType("Upn", str)
"""User principal name, lower case."""

ENTITY_CODE_PATTERN = re.compile(r"^OVO[0-9]{6}\Z")

_DASHES = r"[\s\-\u2013\u2014]*"  # the two long ones are what phones make of a hyphen
_NUMBER_PATTERN = re.compile(rf"\bm{_DASHES}([0-9]{{4}}){_DASHES}([0-9]{{1,6}})\b", re.IGNORECASE)


def request_number(year: int, sequence: int) -> RequestNumber:
    """Return the number of the `sequence`-th request of `year`: `M-2026-00042`."""
    return RequestNumber(f"M-{year:04d}-{sequence:05d}")


def find_request_number(text: str) -> RequestNumber | None:
    """Find a request number in typed text, with or without dashes and zeros, in any case."""
    match = _NUMBER_PATTERN.search(text)
    if match is None:
        return None
    return request_number(int(match.group(1)), int(match.group(2)))
