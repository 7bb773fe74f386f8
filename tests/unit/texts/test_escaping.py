"""User text is harmless wherever it is shown."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.hostile import hostile_texts
from texts.escaping import Plain, Safe, escape, neutral, unmarked

_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def _shown(text: str) -> str:
    """Return what a reader sees of markdown text, or fail when it is more than text."""
    tokens = _MARKDOWN.parse(text)
    assert [token.type for token in tokens] in (
        [],
        ["paragraph_open", "inline", "paragraph_close"],
    ), text
    inline = tokens[1].children if tokens else []
    assert inline is not None
    assert {token.type for token in inline} <= {"text", "text_special"}, text
    return "".join(token.content for token in inline)


@given(hostile_texts)
@pytest.mark.case("M01", "P07")
def test_escaped_text_is_shown_as_the_neutral_text_and_nothing_more(value: str) -> None:
    assert _shown(escape(value)) == neutral(value)


@given(hostile_texts)
@pytest.mark.case("P07")
def test_neutral_text_is_one_visible_line_of_bounded_length(value: str) -> None:
    text = neutral(value, limit=50)

    assert len(text) <= 50
    assert text == text.strip()
    assert not {unicodedata.category(character)[0] for character in text} & {"C"}
    assert not {"Zl", "Zp"} & {unicodedata.category(character) for character in text}
    assert not set("<>\n\r\t\u200b\u202e\u2066\ufeff") & set(text)


@given(hostile_texts)
def test_nothing_visible_never_leaves_an_empty_place(value: str) -> None:
    assert bool(neutral(value)) == bool(value)


@given(hostile_texts)
def test_neutralising_and_escaping_twice_is_doing_it_once(value: str) -> None:
    assert neutral(neutral(value)) == neutral(value)
    assert escape(escape(value)) == escape(value)


@given(st.text(alphabet=st.characters(categories=["L", "Nd"]), max_size=40))
def test_ordinary_names_stay_as_they_are(value: str) -> None:
    normal = unicodedata.normalize("NFC", value)
    if normal.isascii():
        assert escape(normal) == normal


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Piet O'Brien", "Piet O'Brien"),
        ("Els van 't Hof-De Wit", "Els van 't Hof-De Wit"),
        ("Nora El Amrani, R&D", "Nora El Amrani, R&D"),
        ("jan_peeters@x.example", "jan\\_peeters@x.example"),
        ("[klik](https://kwaad.example)", "\\[klik\\](https\\://kwaad.example)"),
        ("<at>Iedereen</at>", "\u2039at\u203aIedereen\u2039/at\u203a"),
        ("{{DATE(2026-01-01)}}", "{\\{DATE(2026-01-01)}}"),
        ("# kop", "\\# kop"),
        ("12. punt", "12\\. punt"),
        ("www.kwaad.example", "www\\.kwaad.example"),
        ("regel\r\nregel", "regel regel"),
        ("a\u202eb\u200bc", "abc"),
        ("z\u0300\u0301\u0302\u0303\u0304", "z\u0300\u0301\u0302"),
        ("\u2800\u3164", "?"),
        ("", ""),
    ],
)
def test_what_is_special_is_taken_literally(value: str, shown: str) -> None:
    assert escape(value) == shown


@given(hostile_texts)
def test_a_notification_shows_what_was_typed(value: str) -> None:
    assert unmarked(Safe(f"**{escape(value)}** koos")) == f"{neutral(value)} koos"


def test_long_text_is_cut_with_an_ellipsis() -> None:
    assert neutral("x" * 20, limit=10) == "x" * 9 + "\u2026"


def test_safe_text_is_not_escaped_again_and_plain_text_is() -> None:
    assert escape(Safe("**vet**")) == "**vet**"
    assert escape(Plain("**vet**")) == "\\*\\*vet\\*\\*"
