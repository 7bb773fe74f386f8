"""Why work cannot go on, and what to do about it; keys come from the rules and the fulfilment."""

from collections.abc import Mapping
from typing import Final

from texts.escaping import Safe
from texts.translator import Texts

_UNKNOWN: Final = "step.problem.unknown"


def why_of(t: Texts, key: str, params: Mapping[str, object]) -> Safe:
    """Return what is the matter; an unknown key is named, so that it can be looked up."""
    return _say(t, key, "why", params)


def action_of(t: Texts, key: str, params: Mapping[str, object]) -> Safe:
    """Return exactly what to do about it."""
    return _say(t, key, "action", params)


def _say(t: Texts, key: str, part: str, params: Mapping[str, object]) -> Safe:
    known = f"{key}.{part}"
    if t.has(known):
        return t(known, **params)
    return t(f"{_UNKNOWN}.{part}", **{**params, "code": key})
