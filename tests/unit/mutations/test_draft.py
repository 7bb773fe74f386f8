"""A draft asks what is missing, in a fixed order, and is sent as it was shown."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutations.case_finder import Retention
from mutations.draft import Candidate, Draft, Question
from mutations.party import Party
from mutations.plan import Move, Plan, Planner
from mutations.request import MutationRequest
from mutations.use_cases import use_cases
from mutations.use_cases.drafts import NoDraftError
from mutations.use_cases.submit import OldDraftError
from tests.unit.mutations.office import ASKER, Office
from tests.unit.mutations.strategies import PEOPLE, TARGET, days, laws, people

# The order of the conversation, as the issue lists it.
ORDER: Final = ("colleague", "target", "effective_on", "status_changes", "wish")
EMPTY = Draft(id="d1", person=PEOPLE[0].object_id)

answers = st.fixed_dictionaries(
    {
        "colleague": people.map(lambda one: one.object_id),
        "target": st.just(TARGET),
        "effective_on": days,
        "status_changes": st.booleans(),
        "wish": st.sampled_from(Retention),
    }
)
some_names = st.lists(st.sampled_from(ORDER), unique=True)


def fill(names: list[str], values: dict[str, object]) -> Draft:
    draft = EMPTY
    for name in names:
        draft = replace(draft, **{name: values[name]})  # type: ignore[arg-type]
    return draft


def test_questions_are_asked_in_the_order_of_the_conversation() -> None:
    assert [question.value for question in Question] == list(ORDER)


@laws
@given(values=answers, names=some_names)
def test_open_question_is_the_first_without_an_answer(
    values: dict[str, object], names: list[str]
) -> None:
    missing = [name for name in ORDER if name not in names]

    assert fill(names, values).open_question() == (missing[0] if missing else None)


@laws
@given(values=answers, names=st.permutations(ORDER))
def test_order_of_answering_does_not_matter(values: dict[str, object], names: list[str]) -> None:
    assert fill(names, values) == fill(list(ORDER), values)


@laws
@given(values=answers, names=some_names, question=st.sampled_from(Question))
def test_taking_back_an_answer_leaves_all_others(
    values: dict[str, object], names: list[str], question: Question
) -> None:
    taken_back = fill(names, values).without(question)

    assert taken_back == fill([name for name in names if name != question.value], values)
    assert taken_back.without(question) == taken_back


@laws
@given(values=answers, question=st.sampled_from(Question))
def test_answer_taken_back_from_a_complete_draft_is_asked_next(
    values: dict[str, object], question: Question
) -> None:
    assert fill(list(ORDER), values).without(question).open_question() is question


def test_no_is_an_answer() -> None:
    draft = replace(
        EMPTY,
        colleague=PEOPLE[1].object_id,
        target=TARGET,
        effective_on=date(2026, 3, 2),
        status_changes=False,
    )

    assert draft.open_question() is Question.WISH


def test_colleague_taken_back_is_forgotten_with_name_and_candidates() -> None:
    other = Candidate(object_id=PEOPLE[2].object_id, name="A", upn="a@b.example", entity="E")
    draft = replace(EMPTY, colleague=PEOPLE[1].object_id, colleague_name="B", candidates=(other,))

    assert draft.without(Question.COLLEAGUE) == EMPTY


class _Meanwhile:
    """A planner during whose work something else happens."""

    def __init__(self, planner: Planner, act: Callable[[], Awaitable[object]]) -> None:
        self._planner = planner
        self._act = act

    async def plan(self, move: Move) -> Plan:
        await self._act()
        return await self._planner.plan(move)


@pytest.mark.case("D04", "D05")
@pytest.mark.parametrize("change", ["edited", "discarded", "begun anew"])
async def test_draft_that_changes_while_it_is_sent_is_not_sent_and_not_lost(change: str) -> None:
    office = Office.open()
    draft = await office.draft()

    async def act() -> None:
        if change == "edited":
            await office.use.fill_draft(draft, wish=Retention.NOT_KEEP)
            return
        await office.use.discard_draft(ASKER.object_id)
        if change == "begun anew":
            await office.use.open_draft(ASKER.object_id)

    context = replace(office.use.context, planner=_Meanwhile(office.planner, act))
    party = Party(object_id=ASKER.object_id, name=ASKER.name)
    with pytest.raises((OldDraftError, NoDraftError)):
        await use_cases(context).submit(party, draft_id=draft.id, version=draft.version)

    assert office.store.contents.requests == {}
    left = office.store.contents.drafts.get(ASKER.object_id)
    assert (left is None) is (change == "discarded")


@pytest.mark.case("D01")
async def test_draft_that_is_sent_twice_at_once_is_one_request() -> None:
    office = Office.open()
    draft = await office.draft()
    sent: list[MutationRequest] = []

    async def act() -> None:
        if not sent:
            sent.append(await office.send(draft))

    context = replace(office.use.context, planner=_Meanwhile(office.planner, act))
    party = Party(object_id=ASKER.object_id, name=ASKER.name)
    again = await use_cases(context).submit(party, draft_id=draft.id, version=draft.version)

    assert again == sent[0]
    assert len(office.store.contents.requests) == 1
