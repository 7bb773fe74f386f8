"""The lines that every section of the report is made of: markdown that is also read as it is."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Final

from texts.escaping import Safe, escape
from texts.translator import Texts

_LONGEST: Final = 4000  # far above what anybody can type; what is longer ends in three dots
_DAYS: Final = re.compile(r"^(\d{1,4}) d$")


def shown(value: str) -> Safe:
    """Return a stored value on one line, without effect as markdown and in full."""
    return escape(value, limit=_LONGEST)


def values(t: Texts, stored: str) -> Safe:
    """Return a stored value that may have several lines as one phrase; "geen" for none."""
    found = [_value(t, one) for one in stored.splitlines()]
    return t.join(found) if found else t("evidence.none")


def fact(t: Texts, label: Safe, value: Safe | datetime | date) -> str:
    """Return one bullet with a label and its value; times in Brussels, in words."""
    return f"- {t('evidence.fact', label=label, value=value)}"


def facts(t: Texts, rows: Iterable[tuple[str, Safe | datetime | date | None]]) -> Iterator[str]:
    """Yield a bullet per message key of a label and its value; none for what there is not."""
    for key, value in rows:
        if value is not None:
            yield fact(t, t(key), value)


def deeper(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines one level further in, also below a number of two digits."""
    return (f"    {line}" for line in lines)


def heading(words: Safe) -> tuple[str, ...]:
    """Return the heading of a section."""
    return ("", f"## {words}", "")


def title(words: Safe) -> tuple[str, ...]:
    """Return the heading of a list within a section."""
    return ("", f"{words}:", "")


def _value(t: Texts, value: str) -> Safe:
    """Write the unit of a number of days in full; the journal knows only its symbol."""
    days = _DAYS.match(value)
    return t.count("days", int(days.group(1))) if days else shown(value)
