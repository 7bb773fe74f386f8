"""Request numbers are written one way and read in every way people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutations.identity import ENTITY_CODE_PATTERN, find_request_number, request_number

years = st.integers(min_value=2000, max_value=2999)
sequences = st.integers(min_value=0, max_value=999_999)


def test_number_is_padded_to_five_digits() -> None:
    assert request_number(2026, 42) == "M-2026-00042"


@given(years, sequences)
def test_written_number_is_found_again(year: int, sequence: int) -> None:
    number = request_number(year, sequence)

    assert find_request_number(number) == number


@given(years, sequences, st.sampled_from(["", "-", " ", " - ", "--"]), st.booleans())
def test_number_is_found_with_any_dash_case_and_number_of_zeros(
    year: int,
    sequence: int,
    separator: str,
    padded: bool,  # noqa: FBT001  drawn by hypothesis
) -> None:
    digits = f"{sequence:05d}" if padded else str(sequence)
    typed = separator.join(("m", str(year), digits))

    assert find_request_number(f"status {typed}, graag") == request_number(year, sequence)


@given(years, years, sequences, sequences)
def test_numbers_are_unique(year: int, other_year: int, one: int, other: int) -> None:
    same_number = request_number(year, one) == request_number(other_year, other)

    assert same_number == ((year, one) == (other_year, other))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "status",
        "2026-00042",
        "M-2026",
        "M-26-00042",
        "M-2026-1234567",
        "VM-2026-00042",
        "M/2026/00042",
        "M-2026-00042a",
        "m" * 10_000,
    ],
)
def test_text_without_a_number_gives_none(text: str) -> None:
    assert find_request_number(text) is None


def test_first_of_several_numbers_counts() -> None:
    assert find_request_number("M-2026-00007 of M-2026-00008?") == "M-2026-00007"


@given(st.text(max_size=200))
def test_any_text_is_read_without_failing(text: str) -> None:
    found = find_request_number(text)

    assert found is None or found.startswith("M-")


@pytest.mark.parametrize(
    ("code", "valid"),
    [
        ("OVO000101", True),
        ("ovo000101", False),
        ("OVO00101", False),
        ("OVO0001011", False),
        (" OVO000101", False),
        ("OVO00010A", False),
    ],
)
def test_entity_code_is_ovo_and_six_digits(code: str, *, valid: bool) -> None:
    assert bool(ENTITY_CODE_PATTERN.match(code)) is valid
