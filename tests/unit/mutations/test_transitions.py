"""What happens to one request: laws of the single transitions."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from mutations.case_finder import Outcome, Retention
from mutations.life_cycle import IllegalTransitionError, State
from mutations.plan import Plan
from mutations.request import Checks, Decision, MutationRequest
from mutations.transitions import (
    AlreadyDecidedError,
    agreed_facts,
    confirm,
    decide,
    expire,
    finish,
    is_ready,
    need_person,
    order,
    record_checks,
    resume,
    start,
    withdraw,
)
from tests.unit.mutations.journeys import (
    OTHER,
    agree,
    attention,
    deciding_party,
    latest,
    reachable,
    result,
    submitted,
)
from tests.unit.mutations.strategies import good_checks, laws

A_MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
PLAN = Plan(steps=())
answers = st.sampled_from([Retention.KEEP, Retention.NOT_KEEP, None])
undecided = reachable([State.SUBMITTED]).filter(lambda request: request.decision is None)


def decision_on(
    data: st.DataObject, request: MutationRequest, retention: Retention | None
) -> Decision:
    by = deciding_party(data.draw, request)
    return Decision(retention=retention, by=by, at=latest(request), reason="reden")


@laws
@given(data=st.data(), request=undecided)
def test_deciding_as_asked_changes_neither_order_nor_state(
    data: st.DataObject, request: MutationRequest
) -> None:
    decided = decide(request, decision_on(data, request, request.wish))

    assert (decided.outcome, decided.reason) == (request.outcome, request.reason)
    assert decided.agreed is request.wish
    assert (decided.state, decided.state_since) == (State.SUBMITTED, request.state_since)
    assert decided.plan == request.plan


@laws
@given(data=st.data(), request=undecided)
def test_deciding_otherwise_waits_for_the_requester_and_orders_nothing(
    data: st.DataObject, request: MutationRequest
) -> None:
    decided = decide(request, decision_on(data, request, OTHER[request.wish]))

    assert decided.state is State.TO_CONFIRM
    assert decided.agreed is None
    assert decided.outcome is request.outcome
    checked = record_checks(decided, data.draw(good_checks(since=A_MONDAY, at=A_MONDAY)))
    assert not is_ready(checked)


@laws
@given(data=st.data(), request=undecided)
def test_refusal_ends_the_request_with_its_reason(
    data: st.DataObject, request: MutationRequest
) -> None:
    decision = decision_on(data, request, None)

    refused = decide(request, decision)

    assert refused.state is State.REJECTED
    assert refused.decision == decision
    assert refused.agreed is None


@laws
@given(data=st.data(), request=reachable(), retention=answers)
def test_second_decision_is_refused_wherever_the_request_is(
    data: st.DataObject, request: MutationRequest, retention: Retention | None
) -> None:
    decision = decision_on(data, request, retention)
    if request.decision is None and request.state is State.SUBMITTED:
        request = decide(request, decision)

    expected = AlreadyDecidedError if request.decision else IllegalTransitionError
    with pytest.raises(expected):
        decide(request, decision)


# What the source entity decides otherwise leads to the order in this column (rulebook, table
# "Which work order"): keeping what B would not keep is A, not keeping at a change of status is D.
CONFIRMED = {
    Outcome.A: (Outcome.B, State.SUBMITTED),
    Outcome.B: (Outcome.A, State.SUBMITTED),
    Outcome.C: (Outcome.D, State.SELF_SERVICE),
}


@pytest.mark.parametrize("asked", CONFIRMED)
def test_confirming_leads_to_the_order_that_fits_the_decision(asked: Outcome) -> None:
    @laws
    @given(data=st.data(), request=submitted([asked]))
    def confirming(data: st.DataObject, request: MutationRequest) -> None:
        decided = decide(request, decision_on(data, request, OTHER[request.wish]))

        confirmed = confirm(decided, PLAN, at=latest(decided))

        assert (confirmed.outcome, confirmed.state) == CONFIRMED[asked]
        assert confirmed.reason == f"case.reason.{confirmed.outcome}"
        assert confirmed.agreed is OTHER[request.wish]
        assert confirmed.wish is request.wish  # what was asked stays known

    confirming()


@laws
@given(request=reachable(set(State) - {State.TO_CONFIRM}))
def test_there_is_nothing_to_confirm_in_other_states(request: MutationRequest) -> None:
    with pytest.raises(IllegalTransitionError):
        confirm(request, PLAN, at=latest(request))


@laws
@given(request=reachable())
def test_agreed_facts_need_a_decision_about_the_data(request: MutationRequest) -> None:
    if request.decision is None or request.decision.retention is None:
        with pytest.raises(IllegalTransitionError):
            agreed_facts(request)
    else:
        facts = agreed_facts(request)
        assert facts.retention is request.decision.retention
        assert facts.status_changes is request.status_changes


@laws
@given(data=st.data(), request=submitted())
def test_request_is_ready_only_with_agreement_entitlement_and_licences(
    data: st.DataObject, request: MutationRequest
) -> None:
    good = data.draw(good_checks(since=A_MONDAY, at=A_MONDAY))
    ready = record_checks(agree(data.draw, request), good)
    empty = tuple(replace(pool, total=0) for pool in good.licences.pools[:1])
    without_licence = Checks(
        entitlement=good.entitlement,
        licences=replace(good.licences, pools=good.licences.pools[1:] + empty),
    )
    without_entitlement = replace(good, entitlement=replace(good.entitlement, holds=False))

    assert is_ready(ready)
    assert not is_ready(record_checks(request, good))
    assert not is_ready(record_checks(ready, without_licence))
    assert not is_ready(record_checks(ready, without_entitlement))
    assert not is_ready(replace(ready, checks=None))


@pytest.mark.xfail(
    reason="order() places an order without agreement or checks: only settle() looks at is_ready",
    strict=True,
    raises=pytest.fail.Exception,
)
@settings(laws, max_examples=5, phases=[Phase.generate])
@given(data=st.data(), request=submitted(), agreed=st.booleans())
def test_order_without_agreement_or_checks_is_refused(
    data: st.DataObject, request: MutationRequest, *, agreed: bool
) -> None:
    lacking = replace(agree(data.draw, request), checks=None) if agreed else request

    with pytest.raises(IllegalTransitionError):
        order(lacking, at=latest(request))


# (effective on, ordered at UTC, lead time) -> (start, ready); 2026: Easter Monday is 6 April.
DATES = [
    (
        date(2026, 3, 9),
        datetime(2026, 3, 2, 10, tzinfo=UTC),
        1,
        date(2026, 3, 9),
        date(2026, 3, 10),
    ),
    (
        date(2026, 3, 2),
        datetime(2026, 3, 4, 10, tzinfo=UTC),
        5,
        date(2026, 3, 4),
        date(2026, 3, 11),
    ),
    (
        date(2026, 4, 3),
        datetime(2026, 4, 1, 10, tzinfo=UTC),
        1,
        date(2026, 4, 3),
        date(2026, 4, 7),
    ),
    (
        date(2026, 3, 2),
        datetime(2026, 3, 2, 23, 30, tzinfo=UTC),
        1,
        date(2026, 3, 3),
        date(2026, 3, 4),
    ),
    (
        date(2026, 7, 1),
        datetime(2026, 7, 1, 22, 30, tzinfo=UTC),
        1,
        date(2026, 7, 2),
        date(2026, 7, 3),
    ),
    (
        date(2026, 12, 24),
        datetime(2026, 12, 1, 10, tzinfo=UTC),
        1,
        date(2026, 12, 24),
        date(2027, 1, 4),
    ),
]


@pytest.mark.parametrize(("effective_on", "at", "days", "start_on", "ready_on"), DATES)
def test_lead_time_counts_from_the_first_day_of_work_in_brussels(
    effective_on: date, at: datetime, days: int, start_on: date, ready_on: date
) -> None:
    @laws
    @given(data=st.data(), request=submitted())
    def ordering(data: st.DataObject, request: MutationRequest) -> None:
        terms = replace(request.terms, lead_times=dict.fromkeys(Outcome, days))
        ready = record_checks(
            agree(data.draw, replace(request, effective_on=effective_on, terms=terms)),
            data.draw(good_checks(since=at, at=at)),
        )

        ordered = order(ready, at=at)

        assert (ordered.start_on, ordered.ready_on) == (start_on, ready_on)
        assert ordered.ordered_at == ordered.state_since == at

    ordering()


@laws
@given(request=reachable([State.CARRYING_OUT]))
def test_work_goes_on_after_a_person_helped_as_if_nothing_happened(
    request: MutationRequest,
) -> None:
    at = latest(request)
    stopped = need_person(request, attention(at))

    resumed = resume(stopped, at=at + timedelta(hours=1))

    assert stopped.attention is not None
    assert replace(resumed, state_since=request.state_since) == request


@laws
@given(data=st.data(), request=reachable([State.CARRYING_OUT]))
def test_only_order_b_has_a_day_on_which_onedrive_data_is_lost(
    data: st.DataObject, request: MutationRequest
) -> None:
    term = data.draw(st.integers(0, 90))
    at = datetime(2026, 10, 23, 22, 30, tzinfo=UTC)  # 24 October in Brussels
    request = replace(request, terms=replace(request.terms, onedrive_days=term))

    done = finish(request, (result(at),), at=at)

    last = date(2026, 10, 24) + timedelta(days=term)
    assert done.onedrive_ends_on == (last if request.outcome is Outcome.B else None)
    assert done.done_at == done.state_since == at


@laws
@given(request=reachable())
def test_withdrawing_and_expiring_end_a_request_and_keep_what_is_known(
    request: MutationRequest,
) -> None:
    at = latest(request)
    for end, state in ((withdraw, State.WITHDRAWN), (expire, State.EXPIRED)):
        try:
            ended = end(request, at=at)
        except IllegalTransitionError:
            continue
        assert not ended.is_open
        assert replace(ended, state=request.state, state_since=request.state_since) == request
        assert ended.state is state


@laws
@given(request=reachable(set(State) - {State.SCHEDULED}))
def test_only_an_ordered_request_is_started(request: MutationRequest) -> None:
    with pytest.raises(IllegalTransitionError):
        start(request, PLAN, at=latest(request))
