"""The translator: from a message key and values to the words on the screen."""

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date
from babel.lists import format_list

from texts.escaping import Plain, Safe, escape, neutral

_BRUSSELS: Final = ZoneInfo("Europe/Brussels")
_LOCALES: Final = MappingProxyType({"nl": "nl_BE"})


class MissingTextError(LookupError):
    """A text or one of its values is missing: a programming error, loud in tests."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one language; call it with a key to get a text for a card.

    Values that people typed are escaped on the way in; dates are written in words.
    """

    language: str
    locale: Locale
    catalogue: Mapping[str, str]

    @property
    def _locale_name(self) -> str:
        return _LOCALES[self.language]

    def __call__(self, key: str, /, **params: object) -> Safe:
        """Return the text of `key` for a place that renders markdown.

        Raises:
            MissingTextError: The catalogue has no such key, or a value was not given.
        """
        return Safe(self._fill(key, _Shown(params, self._safe)))

    def plain(self, key: str, /, **params: object) -> Plain:
        """Return the text of `key` for a place that renders no markdown, such as a button.

        Raises:
            MissingTextError: The catalogue has no such key, or a value was not given.
        """
        return Plain(self._fill(key, _Shown(params, self._plain)))

    def count(self, key: str, n: int, /, **params: object) -> Safe:
        """Return `key.one` or `key.other`, whichever fits the number, with the number as `n`."""
        return self(f"{key}.{self.locale.plural_form(n)}", n=n, **params)

    def has(self, key: str) -> bool:
        """Tell whether the catalogue has a text for `key`."""
        return key in self.catalogue

    def day(self, day: date) -> Safe:
        """Return a date in words: dinsdag 12 mei 2026."""
        return Safe(_day(day, self._locale_name))

    def moment(self, moment: datetime) -> Safe:
        """Return an aware moment in words, Brussels time: dinsdag 12 mei 2026 om 14.05 uur."""
        return Safe(self._moment(moment))

    def join(self, items: Sequence[str]) -> Safe:
        """Return an escaped enumeration: a, b en c."""
        return Safe(_enumeration(tuple(escape(item) for item in items), self._locale_name))

    def _fill(self, key: str, values: Mapping[str, str]) -> str:
        template = self.catalogue.get(key)
        if template is None:
            raise MissingTextError(key)
        try:
            return template.format_map(values)
        except KeyError as error:
            raise MissingTextError(f"{key}: no value for {error.args[0]}") from None

    def _safe(self, value: object) -> str:
        if isinstance(value, str):
            return escape(value)
        if isinstance(value, (tuple, list)):
            return self.join([str(item) for item in value])
        return escape(self._plain(value))

    def _plain(self, value: object) -> str:
        if isinstance(value, datetime):
            return self._moment(value)
        if isinstance(value, date):
            return _day(value, self._locale_name)
        if isinstance(value, (tuple, list)):
            return _enumeration(tuple(neutral(str(item)) for item in value), self._locale_name)
        return neutral(str(value))

    def _moment(self, moment: datetime) -> str:
        local = moment.astimezone(_BRUSSELS)
        return self._fill("moment", {"day": self.day(local.date()), "time": f"{local:%H.%M}"})


def load(language: str) -> Texts:
    """Read the catalogue of a language from the files beside this module.

    Raises:
        MissingTextError: There is no catalogue in that language.
        ValueError: Two files define the same key.
    """
    if language not in _LOCALES:
        raise MissingTextError(language)
    catalogue: dict[str, str] = {}
    for path in sorted((Path(__file__).parent / language).glob("*.toml")):
        for key, text in _flat("", tomllib.loads(path.read_text(encoding="utf-8"))):
            if key in catalogue:
                raise ValueError(f"{path.name}: {key} is defined twice")
            catalogue[key] = text
    return Texts(language, Locale.parse(_LOCALES[language]), MappingProxyType(catalogue))


def _flat(prefix: str, table: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{prefix}{name}.", value)
        else:
            yield f"{prefix}{name}", str(value).strip()


class _Shown(dict[str, str]):
    """The values of a text, made fit to show only where the text names them."""

    def __init__(self, values: Mapping[str, object], show: Callable[[object], str]) -> None:
        super().__init__()
        self._values = values
        self._show = show

    def __missing__(self, name: str) -> str:
        return self._show(self._values[name])


@lru_cache(maxsize=512)
def _day(day: date, locale: str) -> str:
    return format_date(day, "EEEE d MMMM y", locale=locale)


@lru_cache(maxsize=1024)
def _enumeration(items: tuple[str, ...], locale: str) -> str:
    return format_list(items, locale=locale)
