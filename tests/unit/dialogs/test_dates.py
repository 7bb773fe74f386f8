"""Typed dates are read when they are clearly one day, and only then."""

import time
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.dates import load_languages, understand_date

MONDAY = date(2026, 11, 23)
WEDNESDAY = date(2026, 11, 25)
SUNDAY = date(2026, 11, 22)

DUTCH_MONTHS = (
    *("januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus"),
    *("september", "oktober", "november", "december"),
)
DUTCH_DAYS = ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")


@pytest.fixture(autouse=True, scope="module")
def _languages_are_loaded() -> None:
    """Keep the first parse out of the time limit of the properties."""
    load_languages()


todays = st.dates(min_value=date(2020, 1, 1), max_value=date(2095, 12, 31))
full_dates = st.dates(min_value=date(1000, 1, 1), max_value=date(9999, 12, 31))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 maart", date(2027, 3, 1)),
        ("1 maart 2027", date(2027, 3, 1)),
        ("1 Maart 2028.", date(2028, 3, 1)),
        ("1 mrt", date(2027, 3, 1)),
        ("1 mrt. 2027", date(2027, 3, 1)),
        ("1 maart '27", date(2027, 3, 1)),
        ("1 maart 27", date(2027, 3, 1)),
        ("1-mrt-2027", date(2027, 3, 1)),
        ("1 febr.", date(2027, 2, 1)),
        ("1ste maart", date(2027, 3, 1)),
        ("de 1e maart", date(2027, 3, 1)),
        ("op 1 maart", date(2027, 3, 1)),
        ("vanaf 1 maart 2027", date(2027, 3, 1)),
        ("met ingang van 1 maart", date(2027, 3, 1)),
        ("op de 12de maart", date(2027, 3, 12)),
        ("1 maart a.s.", date(2027, 3, 1)),
        ("  1   maart  ", date(2027, 3, 1)),
        ("mei 12", date(2027, 5, 12)),
        ("maandag 3 mei", date(2027, 5, 3)),
        ("ma 3 mei 2027", date(2027, 5, 3)),
        ("op dinsdag 12 mei 2026", date(2026, 5, 12)),
        ("maandag 3/5/2027", date(2027, 5, 3)),
        ("1er mars", date(2027, 3, 1)),
        ("le 14 juillet 2027", date(2027, 7, 14)),
        ("2 février", date(2027, 2, 2)),
        ("March 1st, 2027", date(2027, 3, 1)),
    ],
)
def test_month_in_words_is_read(text: str, expected: date) -> None:
    assert understand_date(text, today=MONDAY) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12/05/2027", date(2027, 5, 12)),
        ("5/12/2027", date(2027, 12, 5)),  # day first, always
        ("12-5", date(2027, 5, 12)),
        ("12/5/27", date(2027, 5, 12)),
        ("12.05.2027", date(2027, 5, 12)),
        ("12 05 2027", date(2027, 5, 12)),
        ("12 / 5 / 2027", date(2027, 5, 12)),
        ("2027-05-12", date(2027, 5, 12)),
        ("2027-12-05", date(2027, 12, 5)),
        ("2027/05/12", date(2027, 5, 12)),
        ("31/12", date(2026, 12, 31)),
        ("30/11", date(2026, 11, 30)),
    ],
)
def test_numbers_are_read_day_first_or_as_iso(text: str, expected: date) -> None:
    assert understand_date(text, today=MONDAY) == expected


@pytest.mark.parametrize(
    ("text", "today", "expected"),
    [
        ("vandaag", MONDAY, MONDAY),
        ("morgen", MONDAY, date(2026, 11, 24)),
        ("Overmorgen!", MONDAY, date(2026, 11, 25)),
        ("gisteren", MONDAY, SUNDAY),
        ("aujourd\u2019hui", MONDAY, MONDAY),
        ("après-demain", MONDAY, date(2026, 11, 25)),
        ("tomorrow", MONDAY, date(2026, 11, 24)),
        ("maandag", MONDAY, date(2026, 11, 30)),  # never today: then one says "vandaag"
        ("maandag", WEDNESDAY, date(2026, 11, 30)),
        ("maandag", SUNDAY, MONDAY),
        ("vrijdag", WEDNESDAY, date(2026, 11, 27)),
        ("komende vrijdag", WEDNESDAY, date(2026, 11, 27)),
        ("aanstaande vrijdag", WEDNESDAY, date(2026, 11, 27)),
        ("deze vrijdag", WEDNESDAY, date(2026, 11, 27)),
        ("vrijdag a.s.", WEDNESDAY, date(2026, 11, 27)),
        ("volgende maandag", MONDAY, date(2026, 11, 30)),
        ("volgende maandag", WEDNESDAY, date(2026, 11, 30)),
        ("volgende maandag", SUNDAY, MONDAY),
        ("volgende vrijdag", WEDNESDAY, date(2026, 12, 4)),
        ("volgende week vrijdag", WEDNESDAY, date(2026, 12, 4)),
        ("vrijdag volgende week", WEDNESDAY, date(2026, 12, 4)),
        ("next monday", WEDNESDAY, date(2026, 11, 30)),
        ("lundi prochain", WEDNESDAY, date(2026, 11, 30)),
        ("over 2 weken", MONDAY, date(2026, 12, 7)),
        ("over twee weken", MONDAY, date(2026, 12, 7)),
        ("over een week", MONDAY, date(2026, 11, 30)),
        ("binnen 3 dagen", MONDAY, date(2026, 11, 26)),
        ("over één maand", MONDAY, date(2026, 12, 23)),
        ("over 1 maand", date(2027, 1, 31), date(2027, 2, 28)),
        ("dans 2 semaines", MONDAY, date(2026, 12, 7)),
        ("in three days", MONDAY, date(2026, 11, 26)),
    ],
)
def test_relative_words_count_from_today(text: str, today: date, expected: date) -> None:
    assert understand_date(text, today=today) == expected


@pytest.mark.parametrize(
    ("text", "today", "expected"),
    [
        ("23 november", MONDAY, MONDAY),
        ("24 november", MONDAY, date(2026, 11, 24)),
        ("22 november", MONDAY, date(2027, 11, 22)),
        ("29 februari", MONDAY, date(2028, 2, 29)),
        ("29/2", date(2028, 2, 29), date(2028, 2, 29)),
        ("1/1", date(2026, 12, 31), date(2027, 1, 1)),
    ],
)
def test_date_without_year_is_the_next_such_date(text: str, today: date, expected: date) -> None:
    assert understand_date(text, today=today) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "?", "begin maart", "half mei", "maart", "maart 2027", "eind volgend jaar"),
        *("volgende week", "volgende maand", "zo snel mogelijk", "nu meteen", "later", "ooit"),
        *("5", "12", "2027", "20270512", "1e kwartaal", "12.05", "10:30", "12:00", "5 uur"),
        *(
            "31 april",
            "30 februari",
            "31/02/2027",
            "13/13/2027",
            "05/13/2027",
            "0/5",
            "2027-13-01",
        ),
        *("29 februari 2027", "12-5/2027", "12 05", "1 2 3", "dinsdag 3 mei", "do", "zo", "ma"),
        *("12 mei om 10 uur", "1 maart est", "1 maart 2027 10:00", "1 of 2 mei", "1 mei of 2 mei"),
        *("1 six", "1 nu", "1 morgen", "3 a", "1 a 2027", "1 utc", "1 di 2027", "over 10"),
        *(
            "over 3 uur",
            "over 1 maart",
            "over 999 eeuwen",
            "over 9999 jaar",
            "2 weken",
            "over week",
        ),
        *("ja", "nee", "status", "jan peeters", "<at>1 maart</at>", "[1 maart](http://x)", "-1/5"),
        *("1 m\u0430art", "M-2026-00042", "OVO000102", "1\x00maart", "1 maart " * 8, "a" * 10_000),
    ],
)
def test_anything_unclear_is_asked_again(text: str) -> None:
    assert understand_date(text, today=MONDAY) is None


@given(full_dates, todays)
def test_full_date_is_read_in_every_common_notation(day: date, today: date) -> None:
    month, weekday = DUTCH_MONTHS[day.month - 1], DUTCH_DAYS[day.weekday()]
    notations = (
        day.isoformat(),
        f"{day.day}/{day.month}/{day.year}",
        f"{day.day:02}-{day.month:02}-{day.year}",
        f"{day.day} {month} {day.year}",
        f"{weekday} {day.day} {month} {day.year}",
    )

    assert {understand_date(text, today=today) for text in notations} == {day}


@given(full_dates, st.integers(min_value=1, max_value=6), todays)
def test_wrong_weekday_makes_a_date_unclear(day: date, shift: int, today: date) -> None:
    wrong = DUTCH_DAYS[(day.weekday() + shift) % 7]

    text = f"{wrong} {day.day} {DUTCH_MONTHS[day.month - 1]} {day.year}"

    assert understand_date(text, today=today) is None


@given(todays, todays)
def test_date_without_year_is_never_past_and_skips_no_such_date(day: date, today: date) -> None:
    found = understand_date(f"{day.day} {DUTCH_MONTHS[day.month - 1]}", today=today)

    assert found is not None
    assert found >= today
    assert (found.day, found.month) == (day.day, day.month)
    assert (day.day, day.month) == (29, 2) or found - today < timedelta(days=367)


@given(st.sampled_from(DUTCH_DAYS), todays)
def test_weekday_is_within_the_seven_days_after_today(name: str, today: date) -> None:
    found = understand_date(name, today=today)

    assert found is not None
    assert timedelta(days=1) <= found - today <= timedelta(days=7)
    assert DUTCH_DAYS[found.weekday()] == name


@given(st.sampled_from(DUTCH_DAYS), todays)
def test_volgende_is_in_the_next_calendar_week(name: str, today: date) -> None:
    found = understand_date(f"volgende {name}", today=today)

    assert found is not None
    this_week, that_week = today.isocalendar(), found.isocalendar()
    monday = today - timedelta(days=this_week.weekday - 1)
    assert found - timedelta(days=that_week.weekday - 1) == monday + timedelta(days=7)


date_like = st.lists(
    st.sampled_from(
        [
            *(
                "1",
                "31",
                "2027",
                "99",
                "maart",
                "mei",
                "maandag",
                "volgende",
                "over",
                "week",
                "uur",
            ),
            *(
                "/",
                "-",
                ".",
                ",",
                " ",
                "a.s.",
                "morgen",
                "in",
                "999",
                "jaar",
                "eeuwen",
                "op",
                "\u0661",
            ),
        ]
    ),
    max_size=7,
)


@given(st.one_of(st.text(max_size=80), date_like.map(" ".join), date_like.map("".join)), todays)
def test_any_text_is_read_without_failing(text: str, today: date) -> None:
    found = understand_date(text, today=today)

    assert found is None or type(found) is date


def test_very_long_text_is_refused_without_being_read() -> None:
    text = "1 maart 2027 " * 10_000
    started = time.process_time()

    assert understand_date(text, today=MONDAY) is None

    assert time.process_time() - started < 0.05


def test_loading_languages_first_changes_nothing() -> None:
    load_languages()

    assert understand_date("1 maart", today=MONDAY) == date(2027, 3, 1)
