"""What the service desk says of a step by hand counts once."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutations.hand_work import Done, TaskGoneError, asked, open_tasks, reported
from mutations.party import Party
from mutations.register import Contact
from tests.unit.mutations.office import HELPER, OTHER_HELPER
from tests.unit.mutations.strategies import laws

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
WORDS = st.sampled_from(("gedaan", "gedaan, ticket 1"))
HELPERS = st.sampled_from((HELPER, OTHER_HELPER))


@laws
@given(
    first=st.tuples(HELPERS, WORDS),
    second=st.tuples(HELPERS, WORDS),
    later_s=st.integers(0, 10_000),
)
def test_only_the_same_person_with_the_same_words_repeats_a_report(
    first: tuple[Contact, str], second: tuple[Contact, str], later_s: int
) -> None:
    tasks = reported(asked((), (3, 5), at=AT, within=5), 3, _done(first, 0))

    if first == second:
        assert reported(tasks, 3, _done(second, later_s)) == tasks
    else:
        with pytest.raises(TaskGoneError):
            reported(tasks, 3, _done(second, later_s))
    assert [task.position for task in open_tasks(tasks)] == [5]


def _done(said: tuple[Contact, str], later_s: int) -> Done:
    helper, words = said
    by = Party(object_id=helper.object_id, name=helper.name)
    return Done(by=by, at=AT + timedelta(seconds=later_s), evidence=words)
