"""Domain objects as JSON documents and back, checked on the way in and out."""

from typing import TypeVar

import msgspec
from psycopg.types.json import Jsonb

T = TypeVar("T")


def to_document(value: object) -> Jsonb:
    """Return a frozen dataclass as a JSON document."""
    return Jsonb(msgspec.to_builtins(value))


def from_document(body: object, kind: type[T]) -> T:
    """Return the object that a document holds.

    Raises:
        msgspec.ValidationError: The document has another shape: a fault of ours.
    """
    return msgspec.convert(body, kind)
