"""Makes text that people typed harmless before it stands on a card or in a message."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

VALUE_LIMIT: Final = 160
"""Longest name or answer that is shown, in characters; text that must be longer says so."""

_MARKS_IN_A_ROW: Final = 3

# Printable, yet nothing to see: they hide what a name really is.
_INVISIBLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0]"
)
_ANGLES: Final = str.maketrans({"<": "\u2039", ">": "\u203a"})

# What markdown, autolinks, entities and the DATE()/TIME() functions of cards react to.
_SPECIAL: Final = re.compile(
    r"[\\`*_\[\]~]|&(?=#?\w{1,31};)|:(?=//)|(?<=www)\.|(?<=\{)\{|^[#+\-=|]", re.IGNORECASE
)
_MARKUP: Final = re.compile(r"\\(.)|\*")
_LIST_NUMBER: Final = re.compile(r"^(\d{1,9})([.)])")


class Safe(str):
    """Text for a place that renders markdown; whatever markdown is in it is meant."""

    __slots__ = ()


class Plain(str):
    """Text for a place that shows every character as it is: buttons, choices, inputs."""

    __slots__ = ()


def neutral(value: str, *, limit: int = VALUE_LIMIT) -> Plain:
    """Return `value` on one line without invisible or direction-changing characters, cut short.

    Angle brackets become look-alikes, so that no channel reads a mention or a tag in them. Of
    text in which nothing can be seen a question mark is left, so that its place is not empty.
    """
    if isinstance(value, Plain):
        return value
    return _neutral(value[: 4 * limit], limit)


@lru_cache(maxsize=4096)
def _neutral(value: str, limit: int) -> Plain:
    text = value
    if not text.isascii():
        text = _visible(unicodedata.normalize("NFC", _INVISIBLE.sub("", text)))
    elif not text.isprintable():
        text = _visible(text)
    if "<" in text or ">" in text:
        text = text.translate(_ANGLES)
    text = " ".join(text.split())
    if value and not text:
        return Plain("?")
    return Plain(text if len(text) <= limit else text[: limit - 1].rstrip() + "\u2026")


def escape(value: str, *, limit: int = VALUE_LIMIT) -> Safe:
    """Return `value` neutral and with its markdown taken literally; `Safe` text stays as it is."""
    if isinstance(value, Safe):
        return value
    return _escaped(neutral(value, limit=limit))


@lru_cache(maxsize=4096)
def _escaped(plain: str) -> Safe:
    text = _SPECIAL.sub(lambda match: "\\" + match.group(), plain)
    return Safe(_LIST_NUMBER.sub(r"\1\\\2", text) if text[:1].isdigit() else text)


def unmarked(words: Safe) -> Plain:
    """Return what a reader sees of `words`, for notifications, which render no markdown."""
    return Plain(_MARKUP.sub(lambda match: match[1] or "", words))


def _visible(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category[0] == "M" else 0
        if character.isspace() or category[0] == "Z":
            kept.append(" ")
        elif category[0] != "C" and marks <= _MARKS_IN_A_ROW:
            kept.append(character)
    return "".join(kept)
