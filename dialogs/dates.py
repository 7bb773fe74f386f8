"""Typed dates: strict about what is a date, generous about how people write one.

Only phrases of a known shape are read; dateparser supplies the months and units of Dutch, French
and English. Handing it whole sentences is unsafe: it reads "12 mei om 10 uur" as a day in 2110.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from dateparser.date import DateDataParser

_LONGEST: Final = 60
_LANGUAGES: Final = ("nl", "fr", "en")
_ANY_MOMENT: Final = datetime(2000, 1, 1)  # noqa: DTZ001  dateparser wants a naive one

_Reading = Callable[[re.Match[str], date], date | None]

_RELATIVE_DAYS: Final = MappingProxyType(
    {
        "eergisteren": -2,
        "gisteren": -1,
        "vandaag": 0,
        "morgen": 1,
        "overmorgen": 2,
        "hier": -1,
        "aujourd'hui": 0,
        "demain": 1,
        "après-demain": 2,
        "yesterday": -1,
        "today": 0,
        "tomorrow": 1,
        "day after tomorrow": 2,
    }
)
_WEEKDAYS: Final = MappingProxyType(
    {
        name: number
        for number, names in enumerate(
            (
                ("maandag", "ma", "lundi", "monday"),
                ("dinsdag", "di", "mardi", "tuesday"),
                ("woensdag", "wo", "mercredi", "wednesday"),
                ("donderdag", "do", "jeudi", "thursday"),
                ("vrijdag", "vr", "vendredi", "friday"),
                ("zaterdag", "za", "samedi", "saturday"),
                ("zondag", "zo", "dimanche", "sunday"),
            )
        )
        for name in names
    }
)
_COUNTS: Final = MappingProxyType(
    {
        word: number
        for number, words in enumerate(
            (
                ("een", "één", "a", "one", "un", "une"),
                ("twee", "two", "deux"),
                ("drie", "three", "trois"),
                ("vier", "four", "quatre"),
                ("vijf", "five", "cinq"),
                ("zes", "six"),
                ("zeven", "seven", "sept"),
                ("acht", "eight", "huit"),
                ("negen", "nine", "neuf"),
                ("tien", "ten", "dix"),
            ),
            start=1,
        )
        for word in words
    }
)

_WEEKDAY: Final = rf"(?P<weekday>{'|'.join(_WEEKDAYS)})\.?"
_YEAR: Final = r"(?P<year>[0-9]{4}|'?[0-9]{2})"
_BEFORE: Final = re.compile(
    r"^(?:(?:met ingang van|à partir du|op|vanaf|per|tegen|het wordt|from|on|le|de|the)\s)+"
)
_AFTER: Final = re.compile(r"\s+(?:a\.?s\.?|graag|aub|a\.u\.b\.|svp|please)$")

_ISO: Final = re.compile(r"(?P<year>[0-9]{4})([-/])(?P<month>[0-9]{1,2})\2(?P<day>[0-9]{1,2})")
_NUMBERS: Final = re.compile(
    r"(?P<day>[0-9]{1,2})"
    r"(?:\s?([/-])\s?(?P<month>[0-9]{1,2})(?:\s?\2\s?(?P<year>[0-9]{4}|[0-9]{2}))?"
    r"|\s?\.\s?(?P<month_dot>[0-9]{1,2})\s?\.\s?(?P<year_dot>[0-9]{4}|[0-9]{2})"
    r"|\s(?P<month_space>[0-9]{1,2})\s(?P<year_space>[0-9]{4}))"
)
_DAY_MONTH: Final = re.compile(
    r"(?P<day>[0-9]{1,2})\s?(?:ste|de|er|e|st|nd|rd|th)?\.?(?:\s(?:of\s)?|-|/)"
    rf"(?P<month>[a-zà-ÿ]{{3,12}})\.?(?:(?:,?\s|-|/){_YEAR})?"
)
_MONTH_DAY: Final = re.compile(
    rf"(?P<month>[a-zà-ÿ]{{3,12}})\s(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?(?:,?\s{_YEAR})?"
)
_NEXT_WEEK: Final = re.compile(
    rf"(?:(?:volgende|next)\s(?:week\s)?{_WEEKDAY}"
    rf"|{_WEEKDAY.replace('weekday', 'weekday_first')}\s(?:volgende week|prochaine?|next week))"
)
_COMING: Final = re.compile(
    rf"(?P<which>(?:deze|komende|aankomende|aanstaande|eerstvolgende|this|coming|ce)\s)?{_WEEKDAY}"
)
_WITH_WEEKDAY: Final = re.compile(rf"{_WEEKDAY},?\s(?P<rest>.*[0-9].*)")
_IN_A_WHILE: Final = re.compile(
    rf"(?:over|binnen|in|(?P<french>dans))\s(?P<count>[0-9]{{1,3}}|{'|'.join(_COUNTS)})"
    r"\s(?P<unit>[a-z]{3,8})"
)


def understand_date(text: str, *, today: date) -> date | None:
    """Read a typed date in Dutch, French or English; None when it is not clearly one day.

    A date without a year is the next such date, today included. A weekday is the first one after
    today; with "volgende" it is the one of the next calendar week. Days in the past are returned
    too: which days are acceptable is a rule, not a matter of reading.

    Args:
        text: What was typed, of any length.
        today: The calendar day in Brussels.
    """
    phrase = _phrase(text)
    if phrase in _RELATIVE_DAYS:
        return today + timedelta(days=_RELATIVE_DAYS[phrase])
    for pattern, read in _READINGS:
        match = pattern.fullmatch(phrase)
        if match is not None:
            return read(match, today)
    return None


def load_languages() -> None:
    """Load the month names and units now (about 0.2 s), so that no turn waits for them."""
    for phrase in ("1 maart", "1 mars", "1 march", "over 2 weken", "dans 2 jours", "in 2 days"):
        understand_date(phrase, today=_ANY_MOMENT.date())


def _phrase(text: str) -> str:
    """Bring typed text to the shape that the patterns know; empty when it is too long."""
    stripped = text.strip(" \t\r\n.,;!?\"'")
    if len(stripped) > _LONGEST:
        return ""
    plain = unicodedata.normalize("NFKC", stripped).casefold().replace("\u2019", "'")
    plain = " ".join(plain.split())
    return _AFTER.sub("", _BEFORE.sub("", plain, count=1))


def _read_numbers(match: re.Match[str], today: date) -> date | None:
    parts = match.groupdict()
    month = parts["month"] or parts.get("month_dot") or parts.get("month_space") or "0"
    year = parts["year"] or parts.get("year_dot") or parts.get("year_space")
    return _day(year, int(month), int(parts["day"]), today)


def _read_month_name(match: re.Match[str], today: date) -> date | None:
    month = _month_number(match["month"])
    return None if month is None else _day(match["year"], month, int(match["day"]), today)


def _read_with_weekday(match: re.Match[str], today: date) -> date | None:
    """A weekday that contradicts the date makes it unclear which of the two is meant."""
    day = understand_date(match["rest"], today=today)
    return day if day and day.weekday() == _WEEKDAYS[match["weekday"]] else None


def _read_coming_weekday(match: re.Match[str], today: date) -> date | None:
    if match["which"] is None and len(match["weekday"]) == len("ma"):
        return None  # "do" and "zo" alone are as likely to be something else
    ahead = (_WEEKDAYS[match["weekday"]] - today.weekday() - 1) % 7 + 1
    return today + timedelta(days=ahead)


def _read_weekday_of_next_week(match: re.Match[str], today: date) -> date:
    weekday = _WEEKDAYS[match["weekday"] or match["weekday_first"]]
    return today + timedelta(days=7 - today.weekday() + weekday)


def _read_in_a_while(match: re.Match[str], today: date) -> date | None:
    count = _COUNTS.get(match["count"]) or int(match["count"])
    phrase = f"{'dans' if match['french'] else 'in'} {count} {match['unit']}"
    moment = _parse(
        phrase, PARSERS=["relative-time"], RELATIVE_BASE=datetime.combine(today, time())
    )
    return moment.date() if moment and moment.time() == time() else None


_READINGS: Final[tuple[tuple[re.Pattern[str], _Reading], ...]] = (
    (_ISO, _read_numbers),
    (_NUMBERS, _read_numbers),
    (_DAY_MONTH, _read_month_name),
    (_MONTH_DAY, _read_month_name),
    (_COMING, _read_coming_weekday),
    (_NEXT_WEEK, _read_weekday_of_next_week),
    (_WITH_WEEKDAY, _read_with_weekday),
    (_IN_A_WHILE, _read_in_a_while),
)


def _day(year: str | None, month: int, day: int, today: date) -> date | None:
    if year is not None:
        digits = year.removeprefix("'")
        return _exact(int(digits) + (2000 if len(digits) == len("27") else 0), month, day)
    # Eight years hold a 29 February, except around 2100: then the answer is to ask again.
    candidates = (_exact(today.year + later, month, day) for later in range(9))
    return next((found for found in candidates if found and found >= today), None)


def _exact(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


@lru_cache(maxsize=256)
def _month_number(word: str) -> int | None:
    """Return the month that a word names or abbreviates; bounded, because people type anything."""
    moment = _parse(
        "feb" if word == "febr" else word,  # the official abbreviation, unknown to dateparser
        PARSERS=["absolute-time"],
        REQUIRE_PARTS=["month"],
        RELATIVE_BASE=_ANY_MOMENT,
    )
    return moment.month if moment else None


def _parse(phrase: str, **settings: Any) -> datetime | None:  # noqa: ANN401  dateparser's own type
    parser = DateDataParser(languages=list(_LANGUAGES), settings={"DATE_ORDER": "DMY", **settings})
    return parser.get_date_data(phrase).date_obj
