"""JSON from strangers, read so strictly that nothing behind it can be surprised."""

import json
from typing import Final

import orjson

_MAX_DEPTH: Final = 32


class StrictJsonError(ValueError):
    """The bytes are not one well-behaved JSON object."""


def parse_object(raw: bytes) -> dict[str, object]:
    """Return the JSON object in `raw`.

    Refused are: other values than an object, invalid UTF-8, a byte order mark, lone
    surrogates, NaN and infinities, numbers out of range, duplicate keys, NUL characters,
    nesting deeper than 32. The caller has bounded the size.

    Raises:
        StrictJsonError: For each of these.
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise StrictJsonError("not JSON") from error
    if not isinstance(value, dict):
        raise StrictJsonError("not an object")
    _refuse_deep_nesting(value)
    _refuse_duplicates_and_nul(raw)
    return value


def _refuse_deep_nesting(value: object) -> None:
    level: list[object] = [value]
    for _ in range(_MAX_DEPTH):
        deeper: list[object] = []
        for item in level:
            if isinstance(item, dict):
                deeper.extend(child for child in item.values() if isinstance(child, (dict, list)))
            elif isinstance(item, list):
                deeper.extend(child for child in item if isinstance(child, (dict, list)))
        if not deeper:
            return
        level = deeper
    raise StrictJsonError("nested too deeply")


def _refuse_duplicates_and_nul(raw: bytes) -> None:
    # orjson keeps the last of two equal keys without a word; the standard library shows
    # every pair. Reading twice also means that two parsers have to agree on the bytes.
    try:
        value = json.loads(raw, object_pairs_hook=_unique)
    except StrictJsonError:
        raise
    except (ValueError, RecursionError) as error:
        raise StrictJsonError("not JSON") from error
    if b"\\u0000" in raw and _has_nul(value):
        raise StrictJsonError("NUL character")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        raise StrictJsonError("duplicate key")
    return unique


def _has_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(_has_nul(key) or _has_nul(child) for key, child in value.items())
    return isinstance(value, list) and any(_has_nul(child) for child in value)
