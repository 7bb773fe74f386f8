"""The translator: keys, values, dates, numbers."""

from datetime import UTC, date, datetime

import pytest

from texts.escaping import Plain, Safe
from texts.translator import MissingTextError, Texts, load

T = load("nl")


def test_unknown_key_is_loud() -> None:
    with pytest.raises(MissingTextError, match=r"no\.such\.key"):
        T("no.such.key")


def test_missing_value_is_loud_and_named() -> None:
    with pytest.raises(MissingTextError, match="number"):
        T("message.done")


def test_unknown_language_is_loud() -> None:
    with pytest.raises(MissingTextError):
        load("xx")


def test_user_values_are_escaped_and_safe_ones_are_not() -> None:
    assert T("decision.reason", reason="**x**") == "Reden: \\*\\*x\\*\\*"
    assert T("decision.reason", reason=Safe("**x**")) == "Reden: **x**"


def test_plain_text_is_neutral_but_not_escaped() -> None:
    text = T.plain("button.open", number="a_b\u202e@x")

    assert text == "a_b@x openen"
    assert isinstance(text, Plain)


def test_values_are_not_read_as_templates() -> None:
    assert T("decision.reason", reason="{reason.__class__}") == "Reden: {reason.\\_\\_class\\_\\_}"


def test_days_and_moments_are_in_words_in_brussels() -> None:
    assert T.day(date(2026, 5, 12)) == "dinsdag 12 mei 2026"
    moment = datetime(2026, 5, 12, 12, 5, tzinfo=UTC)
    assert T.moment(moment) == "dinsdag 12 mei 2026 om 14.05 uur"
    late = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert T.moment(late) == "vrijdag 1 januari 2027 om 00.30 uur"


def test_dates_and_names_among_the_values_are_written_in_words() -> None:
    text = T("error.target.not_yours.meaning", names=("An", "Bo", "Cé_"))

    assert text == "Alleen deze aanvragers kunnen dat: An, Bo en Cé\\_."
    past = T("error.date.past.title", day=date(2026, 5, 12))
    assert past == "dinsdag 12 mei 2026 is al voorbij"
    plain = T.plain("error.date.past.title", day=date(2026, 5, 12))
    assert str(plain) == past


@pytest.mark.parametrize(("n", "text"), [(0, "0 werkdagen"), (1, "1 werkdag"), (2, "2 werkdagen")])
def test_numbers_choose_their_form(n: int, text: str) -> None:
    assert T.count("working_days", n) == text


@pytest.mark.parametrize(
    ("items", "text"),
    [([], ""), (["a"], "a"), (["a", "b"], "a en b"), (["a", "b", "c"], "a, b en c")],
)
def test_enumerations_end_in_en(items: list[str], text: str) -> None:
    assert T.join(items) == text


def test_has_tells_whether_a_key_exists() -> None:
    assert T.has("message.done")
    assert not T.has("message")


def test_texts_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        T.catalogue["x"] = "y"  # type: ignore[index]
    with pytest.raises(AttributeError):
        T.language = "fr"  # type: ignore[misc]
    assert isinstance(T, Texts)
