"""Every combination of facts leads to the outcome that the rulebook's table names."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutations.case_finder import Facts, Finding, Outcome, Retention, find_case

KEEP, NOT_KEEP = Retention.KEEP, Retention.NOT_KEEP

# (source on tenant, target on tenant, status changes, retention) -> (outcome, reason):
# the table "Which work order" of the rulebook, written out row by row.
TABLE = {
    (True, True, False, KEEP): ("A", "case.reason.A"),
    (True, True, False, NOT_KEEP): ("B", "case.reason.B"),
    (True, True, True, KEEP): ("C", "case.reason.C"),
    (True, True, True, NOT_KEEP): ("D", "case.reason.D"),
    (True, False, False, KEEP): ("P", "case.reason.P.target"),
    (True, False, False, NOT_KEEP): ("P", "case.reason.P.target"),
    (True, False, True, KEEP): ("P", "case.reason.P.target"),
    (True, False, True, NOT_KEEP): ("P", "case.reason.P.target"),
    (False, True, False, KEEP): ("P", "case.reason.P.source"),
    (False, True, False, NOT_KEEP): ("P", "case.reason.P.source"),
    (False, True, True, KEEP): ("P", "case.reason.P.source"),
    (False, True, True, NOT_KEEP): ("P", "case.reason.P.source"),
    (False, False, False, KEEP): ("P", "case.reason.P.both"),
    (False, False, False, NOT_KEEP): ("P", "case.reason.P.both"),
    (False, False, True, KEEP): ("P", "case.reason.P.both"),
    (False, False, True, NOT_KEEP): ("P", "case.reason.P.both"),
}

booleans = st.booleans()
any_facts = st.builds(
    Facts,
    source_on_tenant=booleans,
    target_on_tenant=booleans,
    status_changes=booleans,
    retention=st.sampled_from(Retention),
)


def facts_of(row: tuple[bool, bool, bool, Retention]) -> Facts:
    source, target, status, retention = row
    return Facts(
        source_on_tenant=source,
        target_on_tenant=target,
        status_changes=status,
        retention=retention,
    )


def test_table_covers_every_combination_once() -> None:
    flags = (True, False)

    assert set(TABLE) == set(product(flags, flags, flags, Retention))


@pytest.mark.parametrize("row", TABLE)
def test_outcome_and_reason_are_those_of_the_rulebook(
    row: tuple[bool, bool, bool, Retention],
) -> None:
    outcome, reason = TABLE[row]

    assert find_case(facts_of(row)) == Finding(Outcome(outcome), reason)


def test_every_outcome_can_be_reached() -> None:
    assert {find_case(facts_of(row)).outcome for row in TABLE} == set(Outcome)


@given(any_facts, any_facts)
def test_one_reason_never_serves_two_outcomes(one: Facts, other: Facts) -> None:
    first, second = find_case(one), find_case(other)

    assert first.reason.startswith(f"case.reason.{first.outcome}")
    assert (first.reason != second.reason) or (first.outcome == second.outcome)


@given(any_facts)
def test_same_facts_always_give_the_same_finding(facts: Facts) -> None:
    assert find_case(facts) == find_case(facts)


@given(booleans, booleans, booleans)
def test_wish_about_data_never_matters_outside_the_tenant(
    source: bool,  # noqa: FBT001  drawn by hypothesis
    target: bool,  # noqa: FBT001
    status: bool,  # noqa: FBT001
) -> None:
    findings = {find_case(facts_of((source, target, status, wish))) for wish in Retention}

    outside = not (source and target)
    assert len(findings) == (1 if outside else 2)
