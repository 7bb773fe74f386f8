"""The checklist of case D: its sequence, its dates, what is seen of it and when it is closed."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutations.case_finder import Outcome
from mutations.checking_off import (
    Nudge,
    close,
    data_ends_on,
    is_closable,
    look_at,
    next_nudge_at,
    nudge,
    signs,
    since,
    tick,
)
from mutations.checklist import Checklist, Item, NotNextError, Said, WrongDayError, ticked
from mutations.clock import local_date
from mutations.directory import Person
from mutations.life_cycle import IllegalTransitionError, State
from mutations.register import Contract
from mutations.request import MutationRequest
from mutations.working_days import is_working_day
from tests import samples as s
from tests.fakes.directory import account
from tests.unit.mutations.journeys import latest, reachable
from tests.unit.mutations.strategies import days, laws

lists = reachable([State.CHECKLIST])
CONTRACT: Final[Contract] = s.CONTRACT
NOTHING: Final = dict.fromkeys(Item, False)


def whole(request: MutationRequest, at: datetime) -> MutationRequest:
    """Return the request with everything said, on the day of `at`."""
    for item in Item:
        said = Said(by=request.requester, at=at, on=local_date(at))
        request = tick(request, item, said)
    return request


@laws
@given(request=lists, item=st.sampled_from(Item), on=days)
def test_only_the_next_item_is_ticked_and_only_on_a_day_that_fits(
    request: MutationRequest, item: Item, on: date
) -> None:
    before = request.checklist
    assert before is not None
    at = latest(request)
    said = Said(by=request.requester, at=at, on=on)
    earlier = [line.said.on for line in before.lines if line.said]
    first = (
        earlier[-1]
        if earlier
        else local_date(request.created_at) - timedelta(days=request.terms.recycle_bin_days)
    )

    if before.line(item).said is not None:
        assert tick(request, item, said) == request
    elif list(Item).index(item) != len(earlier):
        with pytest.raises(NotNextError):
            tick(request, item, said)
    elif not first <= on <= local_date(at):
        with pytest.raises(WrongDayError) as refused:
            tick(request, item, said)
        assert refused.value.params == {"first": first, "last": local_date(at)}
    else:
        after = tick(request, item, said).checklist
        assert after is not None
        assert after.line(item).said == said
        assert [one for one in after.lines if one.item is not item] == [
            one for one in before.lines if one.item is not item
        ]


@laws
@given(request=lists, kept=st.integers(1, 90))
def test_data_is_gone_that_many_calendar_days_after_the_deactivation(
    request: MutationRequest, kept: int
) -> None:
    request = replace(request, terms=replace(request.terms, recycle_bin_days=kept))
    assert request.checklist is not None
    said = request.checklist.line(Item.DEACTIVATE).said

    ends_on = data_ends_on(request)

    assert (ends_on is None) is (said is None)
    if said is not None and ends_on is not None:
        assert (ends_on - said.on).days == kept


@laws
@given(request=lists, data=st.data())
def test_what_was_seen_stays_seen_and_what_was_not_said_is_not_looked_for(
    request: MutationRequest, data: st.DataObject
) -> None:
    before = request.checklist
    shown = {item: data.draw(st.sampled_from([True, False, None])) for item in Item}

    after = look_at(request, shown, at=latest(request)).checklist

    assert before is not None
    assert after is not None
    for item in Item:
        was, line = before.line(item), after.line(item)
        assert line.said == was.said
        if was.seen_at is not None:
            assert line == was
        elif line.seen_at is not None:
            assert shown[item]
            assert was.said is not None or item is Item.DEACTIVATE


@laws
@given(request=lists, wait=st.integers(0, 30))
def test_closed_only_when_all_was_said_and_was_seen_or_waited_for_long_enough(
    request: MutationRequest, wait: int
) -> None:
    if not is_closable(request, CONTRACT, now=latest(request)):
        assert request.checklist is not None
        assert not (request.checklist.is_complete and request.checklist.is_seen)
    at = latest(request)
    unseen = look_at(whole(request, at), NOTHING, at=at)
    now = at + timedelta(days=wait)
    assert unseen.checklist is not None
    if unseen.checklist.is_seen:
        assert is_closable(unseen, CONTRACT, now=at)
        return
    said = max(line.said.at for line in unseen.checklist.lines if line.said)
    passed = [local_date(said) + timedelta(days=n) for n in range(1, wait + 40)]
    working = [day for day in passed if is_working_day(day) and day <= local_date(now)]
    if len(working) < CONTRACT.remind_after:
        assert not is_closable(unseen, CONTRACT, now=now)
    if len(working) > CONTRACT.remind_after:
        assert is_closable(unseen, CONTRACT, now=now)


@laws
@given(request=lists)
def test_nothing_is_closed_while_something_is_to_do(request: MutationRequest) -> None:
    assert request.checklist is not None
    if request.checklist.is_complete:
        assert close(request, at=latest(request)).state is State.SELF_SERVICE
    else:
        with pytest.raises(IllegalTransitionError):
            close(request, at=latest(request))


@laws
@given(request=lists, today=days)
def test_the_nudge_fits_the_day(request: MutationRequest, today: date) -> None:
    found, ends_on = nudge(request, CONTRACT, today=today), data_ends_on(request)

    assert request.checklist is not None
    if request.checklist.is_complete:
        assert found is None
    elif ends_on is None:
        assert found is Nudge.BEGIN
    else:
        left = (ends_on - today).days
        expected = Nudge.PASSED if left <= 0 else Nudge.FINISH
        assert found is (expected if left <= CONTRACT.warn_before else None)


@laws
@given(request=lists, waits=st.lists(st.integers(0, 2000), max_size=4))
def test_the_chain_of_nudges_goes_forward_and_ends_once_the_data_is_gone(
    request: MutationRequest, waits: list[int]
) -> None:
    ends_on, now = data_ends_on(request), latest(request)
    for wait in waits:
        now += timedelta(hours=wait)
        at = next_nudge_at(request, CONTRACT, now=now)
        if ends_on is None:
            assert at is not None
            assert at > now
            assert is_working_day(local_date(at))
            assert local_date(at) > request.effective_on
        elif at is None:
            assert local_date(now) >= ends_on
        else:
            assert at > now
            assert (ends_on - local_date(at)).days in {CONTRACT.warn_before, 0}


def _request(before: str = "ambtenaar", *, stays: bool = False) -> MutationRequest:
    sent = s.submitted(Outcome.D)
    source = sent.target if stays else sent.source
    return replace(sent, source=source, checklist=Checklist(status_before=before))


def _person(**changes: object) -> Person:
    old = account(s.JAN, entity=s.SOURCE)
    return replace(old, **changes)  # type: ignore[arg-type]


OLD = _person()
OFF = _person(profile="")
CHANGED = _person(entity=s.TARGET, status="tijdelijk contract", profile="")
NEW = replace(CHANGED, object_id=s.SOFIE.object_id, profile="Kenniswerker")


@pytest.mark.parametrize(
    ("accounts", "expected"),
    [
        ([OLD], (False, False, False)),
        ([], (True, False, False)),
        ([OFF], (True, False, False)),
        ([_person(is_enabled=False)], (True, False, False)),
        ([CHANGED], (True, True, False)),
        ([OFF, NEW], (True, True, True)),
        ([OFF, replace(NEW, is_enabled=False)], (True, True, False)),
        ([OFF, replace(NEW, is_guest=True)], (True, False, False)),
        ([OFF, replace(NEW, status="ambtenaar")], (True, False, False)),
        ([OFF, replace(NEW, status="")], (True, False, False)),
        ([OFF, replace(NEW, entity=s.SOURCE)], (True, False, False)),
        (
            [OFF, replace(NEW, entity=None, entitlements=frozenset({s.TARGET}))],
            (True, True, True),
        ),
    ],
)
def test_signs_are_those_of_the_old_and_the_new_account(
    accounts: list[Person], expected: tuple[bool, bool, bool]
) -> None:
    assert tuple(signs(_request(), accounts).values()) == expected


def test_status_that_was_not_shown_before_cannot_be_seen_to_change() -> None:
    assert signs(_request(""), [OFF, replace(NEW, status="")])[Item.WEBIDM] is True
    assert signs(_request("", stays=True), [OFF, NEW])[Item.WEBIDM] is None
    assert signs(_request(stays=True), [OFF, NEW])[Item.WEBIDM] is True


def test_unreadable_item_does_not_keep_a_checklist_open() -> None:
    request = whole(_request("", stays=True), s.NOW)
    shown = {Item.DEACTIVATE: False, Item.WEBIDM: None, Item.ACTIVATE: True}

    assert is_closable(look_at(request, shown, at=s.NOW), CONTRACT, now=s.NOW)
    assert not is_closable(look_at(request, NOTHING, at=s.NOW), CONTRACT, now=s.NOW)


def test_deactivation_of_before_the_data_could_be_there_is_refused() -> None:
    request = _request()
    said = Said(by=request.requester, at=s.NOW, on=since(request) - timedelta(days=1))

    with pytest.raises(WrongDayError):
        tick(request, Item.DEACTIVATE, said)


def test_day_is_that_of_brussels() -> None:
    late = datetime(2026, 5, 11, 22, 30, tzinfo=UTC)  # half past midnight on the 12th
    request = _request()
    said = Said(by=request.requester, at=late, on=date(2026, 5, 12))

    assert data_ends_on(tick(request, Item.DEACTIVATE, said)) == date(2026, 6, 11)
    with pytest.raises(WrongDayError):
        ticked(
            Checklist(status_before=""),
            Item.DEACTIVATE,
            replace(said, on=date(2026, 5, 13)),
            since=since(request),
            today=local_date(late),
        )
