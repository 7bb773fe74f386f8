"""Every answer to a question stands, or is refused for exactly one reason."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutations import intake
from mutations.case_finder import Retention
from mutations.directory import Person
from mutations.draft import Draft, Question
from mutations.identity import EntityCode
from mutations.intake import (
    AlreadyThereError,
    AnswerError,
    ClosedEntityError,
    ColleagueGoneError,
    FarDateError,
    NotWorkingDayError,
    NotYourEntityError,
    OwnTransferError,
    PastDateError,
    UnknownEntityError,
    check_colleague,
    check_effective_on,
    check_move,
    check_target,
)
from mutations.register import Contact, Register
from mutations.working_days import is_working_day
from tests.unit.mutations.strategies import (
    PEOPLE,
    SOURCE,
    STRANGER,
    TARGET,
    THIRD,
    days,
    entities,
    entity_of,
    laws,
    near,
    people,
    register_of,
)

CODES = (SOURCE, TARGET, THIRD)
ends = st.one_of(st.none(), days)
spans = st.integers(min_value=0, max_value=400)


@dataclass(frozen=True)
class Ask:
    """A start date asked on a day, with how far ahead it may lie."""

    today: date
    days_ahead: int
    day: date

    @property
    def is_off(self) -> bool:
        return not is_working_day(self.day)

    @property
    def may_still_work(self) -> bool:
        """Tell whether the day, or a working day after it, lies within the term."""
        left = (self.today + timedelta(days=self.days_ahead) - self.day).days
        return any(is_working_day(self.day + timedelta(days=n)) for n in range(left + 1))


def _ask(today: date, days_ahead: int, offset: int, edge: int) -> Ask:
    place = {0: today, 1: today + timedelta(days=days_ahead)}.get(edge)
    day = place + timedelta(days=offset % 7 - 3) if place else today + timedelta(days=offset)
    return Ask(today, days_ahead, day)


asks = st.builds(_ask, days, spans, st.integers(-500, 900), st.integers(0, 2))


@laws
@given(ask=asks)
def test_every_date_stands_or_is_refused_for_exactly_one_reason(ask: Ask) -> None:
    reasons = [
        error
        for error, is_so in (
            (PastDateError, ask.day < ask.today),
            (FarDateError, ask.day >= ask.today and not ask.may_still_work),
            (NotWorkingDayError, ask.day >= ask.today and ask.may_still_work and ask.is_off),
        )
        if is_so
    ]
    assert len(reasons) <= 1

    if reasons:
        with pytest.raises(AnswerError) as refused:
            check_effective_on(ask.day, today=ask.today, days_ahead=ask.days_ahead)
        assert type(refused.value) is reasons[0]
        assert refused.value.params["day"] == ask.day
    else:
        check_effective_on(ask.day, today=ask.today, days_ahead=ask.days_ahead)


# Monday 2 March 2026, a year ahead is Tuesday 2 March 2027.
DATES = [
    (date(2026, 3, 1), PastDateError),
    (date(2026, 3, 2), None),
    (date(2026, 3, 7), NotWorkingDayError),  # a Saturday
    (date(2026, 4, 6), NotWorkingDayError),  # Easter Monday
    (date(2026, 7, 11), NotWorkingDayError),
    (date(2026, 12, 29), NotWorkingDayError),  # the closed week
    (date(2027, 3, 2), None),
    (date(2027, 3, 3), FarDateError),
    (date(2027, 3, 6), FarDateError),  # a Saturday too far: too far is what matters
]


@pytest.mark.parametrize(("day", "refused"), DATES)
def test_known_dates(day: date, refused: type[AnswerError] | None) -> None:
    today = date(2026, 3, 2)
    if refused is None:
        check_effective_on(day, today=today, days_ahead=365)
    else:
        with pytest.raises(refused):
            check_effective_on(day, today=today, days_ahead=365)


@laws
@given(day=days.filter(lambda day: not is_working_day(day)))
def test_day_off_is_refused_with_why_and_the_first_working_day_after_it(day: date) -> None:
    with pytest.raises(NotWorkingDayError) as refused:
        check_effective_on(day, today=day, days_ahead=30)

    offered = refused.value.params["next"]
    assert isinstance(offered, date)
    assert str(refused.value.params["why"]).startswith("holiday.")
    check_effective_on(offered, today=day, days_ahead=30)
    between = [day + timedelta(days=n) for n in range(1, (offered - day).days)]
    assert not any(map(is_working_day, between))


@laws
@given(ask=asks)
def test_offered_day_is_acceptable(ask: Ask) -> None:
    try:
        check_effective_on(ask.day, today=ask.today, days_ahead=ask.days_ahead)
    except NotWorkingDayError as refused:
        offered = refused.params["next"]
        assert isinstance(offered, date)
        check_effective_on(offered, today=ask.today, days_ahead=ask.days_ahead)
    except (PastDateError, FarDateError):
        return  # nothing is offered


@pytest.mark.parametrize("day", [date(2026, 12, 28), date(2026, 12, 29)])
def test_day_that_is_too_far_lies_after_the_last_day_allowed(day: date) -> None:
    with pytest.raises(FarDateError) as refused:
        check_effective_on(day, today=date(2025, 12, 29), days_ahead=365)

    last = refused.value.params["last"]
    assert isinstance(last, date)
    assert last < day


def test_nothing_is_offered_where_the_term_ends_in_the_closed_week() -> None:
    today, last = date(2025, 12, 29), date(2026, 12, 29)  # a year ahead

    with pytest.raises(FarDateError) as refused:
        check_effective_on(last, today=today, days_ahead=365)

    assert "next" not in refused.value.params


def person(contact: Contact, entity: EntityCode | None) -> Person:
    return Person(
        object_id=contact.object_id,
        name=contact.name,
        upn=contact.upn,
        entity=entity,
        entitlements=frozenset(),
        profile="Kenniswerker",
        status="ambtenaar",
    )


@laws
@given(colleague=people, requester=people, entity=st.sampled_from([None, *CODES]))
def test_own_transfer_is_refused_and_any_other_is_not(
    colleague: Contact, requester: Contact, entity: EntityCode | None
) -> None:
    if colleague.object_id == requester.object_id:
        with pytest.raises(OwnTransferError):
            check_colleague(person(colleague, entity), requester.object_id)
    else:
        check_colleague(person(colleague, entity), requester.object_id)


@laws
@given(data=st.data(), closed_on=days, requester=people)
def test_entity_closes_on_its_day_and_not_before(
    data: st.DataObject, closed_on: date, requester: Contact
) -> None:
    on = data.draw(st.one_of(near(closed_on), days))
    entity = entity_of(TARGET, requesters=(requester,), closed_on=closed_on)
    register = register_of(entity)

    offered = register.requested_by(requester.object_id, on)

    if (on - closed_on).days >= 0:
        assert offered == ()
        with pytest.raises(ClosedEntityError) as refused:
            check_target(TARGET, requester.object_id, register, on=on)
        assert refused.value.params["day"] == closed_on
    else:
        assert offered == (entity,)
        assert check_target(TARGET, requester.object_id, register, on=on) is entity


target_registers = st.builds(register_of, *(entities(code, closed=ends) for code in CODES))


@laws
@given(
    register=target_registers,
    code=st.sampled_from([*CODES, EntityCode("OVO999999")]),
    requester=people,
    on=days,
)
def test_target_stands_exactly_when_it_is_one_of_those_offered(
    register: Register, code: EntityCode, requester: Contact, on: date
) -> None:
    offered = [entity.code for entity in register.requested_by(requester.object_id, on)]

    try:
        entity = check_target(code, requester.object_id, register, on=on)
    except (UnknownEntityError, ClosedEntityError, NotYourEntityError):
        assert code not in offered
    else:
        assert entity.code == code
        assert code in offered


@laws
@given(register=target_registers, on=days)
def test_who_asks_for_no_entity_is_told_who_does(register: Register, on: date) -> None:
    for entity in register.entities.values():
        if entity.is_closed(on):
            continue
        with pytest.raises(NotYourEntityError) as refused:
            check_target(entity.code, STRANGER.object_id, register, on=on)
        assert refused.value.params["names"] == tuple(one.name for one in entity.requesters)


@pytest.mark.parametrize("code", [None, *CODES])
@pytest.mark.parametrize("status_changes", [True, False])
def test_only_a_move_that_changes_nothing_is_refused(
    code: EntityCode | None, *, status_changes: bool
) -> None:
    colleague, entity = person(PEOPLE[0], code), entity_of(TARGET)

    if code != TARGET or status_changes:
        check_move(colleague, entity, status_changes=status_changes)
    else:
        with pytest.raises(AlreadyThereError):
            check_move(colleague, entity, status_changes=status_changes)


QUESTION_OF = {
    OwnTransferError: Question.COLLEAGUE,
    AlreadyThereError: Question.COLLEAGUE,
    ColleagueGoneError: Question.COLLEAGUE,
    UnknownEntityError: Question.TARGET,
    ClosedEntityError: Question.TARGET,
    NotYourEntityError: Question.TARGET,
    PastDateError: Question.EFFECTIVE_ON,
    FarDateError: Question.EFFECTIVE_ON,
    NotWorkingDayError: Question.EFFECTIVE_ON,
}


def test_every_refusal_belongs_to_one_question_and_has_its_own_message() -> None:
    ours = {one for one in AnswerError.__subclasses__() if one.__module__ == intake.__name__}
    assert ours == set(QUESTION_OF)
    assert len({error.message_key for error in QUESTION_OF}) == len(QUESTION_OF)


@pytest.mark.parametrize("error", QUESTION_OF)
def test_refused_answer_asks_its_question_again(error: type[AnswerError]) -> None:
    draft = Draft(
        id="d",
        person=PEOPLE[0].object_id,
        colleague=PEOPLE[1].object_id,
        colleague_name=PEOPLE[1].name,
        target=TARGET,
        effective_on=date(2026, 3, 2),
        status_changes=False,
        wish=Retention.KEEP,
    )

    assert error.question is QUESTION_OF[error]
    assert draft.without(error.question).open_question() is error.question
