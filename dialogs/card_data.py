"""Reading what a pressed card brings along, taken only in its exact form.

What was typed is hostile input; what a seal vouches for may come from an older version of us.
"""

import re
from collections.abc import Mapping
from typing import Final

from mutations.errors import DomainError
from mutations.identity import RequestId

_ID: Final = re.compile(r"[0-9a-f]{32}")
TEXT_LIMIT: Final = 2000
NUMBER_LIMIT: Final = 1_000_000


class BrokenCardError(DomainError):
    """A card brought data that no card of ours writes."""

    message_key = "error.card.broken"


class ExpiredCardError(DomainError):
    """A button of ours that left too long ago."""

    message_key = "error.card.old"


def opaque_id(data: Mapping[str, object], key: str) -> str:
    """Return an opaque id of 32 hex digits.

    Raises:
        BrokenCardError: It is missing or has another form.
    """
    value = data.get(key)
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise BrokenCardError
    return value


def request_id(data: Mapping[str, object]) -> RequestId:
    """Return the id of the request that the card shows.

    Raises:
        BrokenCardError: It is missing or has another form.
    """
    return RequestId(opaque_id(data, "request"))


def number(data: Mapping[str, object], key: str) -> int:
    """Return a small whole number, such as the round or version of a card.

    Raises:
        BrokenCardError: It is missing or has another form.
    """
    value = data.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= NUMBER_LIMIT:
        raise BrokenCardError
    return value


def text(data: Mapping[str, object], key: str) -> str:
    """Return what was typed in an input, trimmed; empty when nothing was.

    Raises:
        BrokenCardError: It is no text, or longer than any input allows.
    """
    value = data.get(key, "")
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > TEXT_LIMIT:
        raise BrokenCardError
    return value.strip()
