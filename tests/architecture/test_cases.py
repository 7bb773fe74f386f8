"""The catalogue of cases is complete, and its table is true."""

from tests.catalogue.table import TABLE_FILE, load_cases, marked_tests, render


def test_table_is_up_to_date() -> None:
    expected = render(load_cases(), marked_tests())
    assert TABLE_FILE.read_text(encoding="utf-8") == expected, "run `make cases`"


def test_marks_name_rows_of_the_catalogue() -> None:
    assert set(marked_tests()) <= {case.id for case in load_cases()}


def test_every_row_has_either_a_test_or_a_reason() -> None:
    shown = set(marked_tests())
    neither = [case.id for case in load_cases() if case.id not in shown and not case.not_done]
    both = [case.id for case in load_cases() if case.id in shown and case.not_done]
    assert (neither, both) == ([], [])
