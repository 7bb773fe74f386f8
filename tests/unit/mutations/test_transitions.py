"""What happens to one request: laws of the single transitions."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mutations.case_finder import Outcome, Retention
from mutations.errors import DomainError
from mutations.life_cycle import IllegalTransitionError, State
from mutations.plan import Plan
from mutations.request import Checks, Decision, MutationRequest
from mutations.transitions import (
    AlreadyDecidedError,
    DecidedByYouError,
    UnverifiedWorkError,
    agreed_facts,
    confirm,
    decide,
    expire,
    finish,
    is_ready,
    may_withdraw,
    need_person,
    order,
    record_checks,
    resume,
    start,
    withdraw,
)
from tests.unit.mutations.journeys import (
    OTHER,
    PLAN,
    agree,
    attention,
    deciding_party,
    latest,
    reachable,
    results,
    submitted,
)
from tests.unit.mutations.strategies import any_checks, good_checks, laws

A_MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
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
    assert decided.decision is not None
    assert (decided.agreed, decided.agreed_at) == (request.wish, decided.decision.at)
    assert (decided.state, decided.state_since) == (State.SUBMITTED, request.state_since)
    assert decided.plan == request.plan


@laws
@given(data=st.data(), request=undecided)
def test_deciding_otherwise_waits_for_the_requester_and_orders_nothing(
    data: st.DataObject, request: MutationRequest
) -> None:
    decided = decide(request, decision_on(data, request, OTHER[request.wish]))

    assert decided.state is State.TO_CONFIRM
    assert (decided.agreed, decided.agreed_at) == (None, None)
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
    assert (refused.agreed, refused.agreed_at) == (None, None)


@laws
@given(data=st.data(), request=reachable(), retention=answers)
def test_second_decision_is_refused_wherever_the_request_is(
    data: st.DataObject, request: MutationRequest, retention: Retention | None
) -> None:
    decision = decision_on(data, request, retention)
    if request.decision is None and request.state is State.SUBMITTED:
        request = decide(request, decision)

    expected: type[DomainError] = IllegalTransitionError
    if request.decision:
        own = request.decision.by.object_id == decision.by.object_id
        expected = DecidedByYouError if own else AlreadyDecidedError
    with pytest.raises(DomainError) as refused:
        decide(request, decision)
    assert type(refused.value) is expected


# What the source entity decides otherwise leads to the order in this column (rulebook, table
# "Which work order"): keeping what B would not keep is A, not keeping at a change of status is D.
CONFIRMED = {
    Outcome.A: (Outcome.B, State.SUBMITTED),
    Outcome.B: (Outcome.A, State.SUBMITTED),
    Outcome.C: (Outcome.D, State.CHECKLIST),
}


@pytest.mark.parametrize("asked", CONFIRMED)
def test_confirming_leads_to_the_order_that_fits_the_decision(asked: Outcome) -> None:
    @laws
    @given(data=st.data(), request=submitted([asked]))
    def confirming(data: st.DataObject, request: MutationRequest) -> None:
        decided = decide(request, decision_on(data, request, OTHER[request.wish]))

        at = latest(decided) + timedelta(hours=1)
        confirmed = confirm(decided, PLAN, at=at)

        assert (confirmed.outcome, confirmed.state) == CONFIRMED[asked]
        assert confirmed.reason == f"case.reason.{confirmed.outcome}"
        assert (confirmed.agreed, confirmed.agreed_at) == (OTHER[request.wish], at)
        assert (confirmed.checks is None) is (confirmed.outcome is Outcome.D)
        assert (confirmed.checklist is not None) is (confirmed.outcome is Outcome.D)
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


@laws
@given(data=st.data(), request=reachable())
def test_order_is_placed_exactly_when_the_request_is_ready(
    data: st.DataObject, request: MutationRequest
) -> None:
    at = latest(request)
    request = record_checks(request, data.draw(any_checks(since=at, at=at)))

    if is_ready(request):
        assert order(request, at=at).state is State.SCHEDULED
    else:
        with pytest.raises(IllegalTransitionError):
            order(request, at=at)


@laws
@given(data=st.data(), request=submitted(), agreed=st.booleans())
def test_order_without_agreement_or_checks_is_refused(
    data: st.DataObject, request: MutationRequest, *, agreed: bool
) -> None:
    lacking = replace(agree(data.draw, request), checks=None) if agreed else request

    with pytest.raises(IllegalTransitionError):
        order(lacking, at=latest(request))


# (effective on, ordered at UTC, lead time) -> (start, ready); 2026: Easter Monday is 6 April.
DATES = [
    ("2026-03-09", "2026-03-02T10:00", 1, "2026-03-09", "2026-03-10"),
    ("2026-03-02", "2026-03-04T10:00", 5, "2026-03-04", "2026-03-11"),
    ("2026-04-03", "2026-04-01T10:00", 1, "2026-04-03", "2026-04-07"),
    ("2026-03-02", "2026-03-02T23:30", 1, "2026-03-03", "2026-03-04"),  # Tuesday in Brussels
    ("2026-07-01", "2026-07-01T22:30", 1, "2026-07-02", "2026-07-03"),
    ("2026-12-24", "2026-12-01T10:00", 1, "2026-12-24", "2027-01-04"),
    # The start date has passed and nobody works today: the first working day from now.
    ("2026-03-02", "2026-03-06T23:30", 1, "2026-03-09", "2026-03-10"),  # Saturday in Brussels
    ("2026-04-02", "2026-04-05T10:00", 1, "2026-04-07", "2026-04-08"),  # Easter
    ("2026-12-24", "2026-12-28T10:00", 5, "2027-01-04", "2027-01-11"),  # the closed week
]


@pytest.mark.parametrize(("effective_on", "at", "days", "start_on", "ready_on"), DATES)
def test_lead_time_counts_from_the_first_day_of_work_in_brussels(
    effective_on: str, at: str, days: int, start_on: str, ready_on: str
) -> None:
    first, moment = date.fromisoformat(effective_on), datetime.fromisoformat(f"{at}+00:00")

    @settings(laws, max_examples=5)
    @given(data=st.data(), request=submitted())
    def ordering(data: st.DataObject, request: MutationRequest) -> None:
        terms = replace(request.terms, lead_times=dict.fromkeys(Outcome, days))
        ready = record_checks(
            agree(data.draw, replace(request, effective_on=first, terms=terms)),
            data.draw(good_checks(since=moment, at=moment)),
        )

        ordered = order(ready, at=moment)

        assert (str(ordered.start_on), str(ordered.ready_on)) == (start_on, ready_on)
        assert ordered.ordered_at == ordered.state_since == moment

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


names = st.lists(st.sampled_from(["mailbox.upn", "mailbox.aliases"]), max_size=3)


@laws
@given(request=reachable([State.CARRYING_OUT]), planned=names, read_back=names)
def test_work_is_finished_only_when_exactly_its_steps_were_read_back(
    request: MutationRequest, planned: list[str], read_back: list[str]
) -> None:
    at = latest(request)
    assume(not planned or planned != read_back)

    with pytest.raises(UnverifiedWorkError):
        finish(replace(request, plan=plan_of(planned)), results(at, plan_of(read_back)), at=at)


@laws
@given(request=reachable([State.CARRYING_OUT]), planned=names.filter(bool))
def test_finished_work_keeps_what_was_read_back(
    request: MutationRequest, planned: list[str]
) -> None:
    at = latest(request)
    read_back = results(at, plan_of(planned))

    done = finish(replace(request, plan=plan_of(planned)), read_back, at=at)

    assert (done.state, done.results) == (State.DONE, read_back)


def plan_of(planned: list[str]) -> Plan:
    return Plan(steps=tuple(replace(PLAN.steps[0], name=name) for name in planned))


@laws
@given(request=reachable([State.CARRYING_OUT]))
def test_work_without_a_plan_is_never_finished(request: MutationRequest) -> None:
    with pytest.raises(UnverifiedWorkError):
        finish(replace(request, plan=None), (), at=latest(request))


@laws
@given(data=st.data(), request=reachable([State.CARRYING_OUT]))
def test_only_order_b_has_a_day_on_which_onedrive_data_is_lost(
    data: st.DataObject, request: MutationRequest
) -> None:
    term = data.draw(st.integers(0, 90))
    at = datetime(2026, 10, 23, 22, 30, tzinfo=UTC)  # 24 October in Brussels
    request = replace(request, terms=replace(request.terms, onedrive_days=term))

    done = finish(request, results(at), at=at)

    last = date(2026, 10, 24) + timedelta(days=term)
    assert done.onedrive_ends_on == (last if request.outcome is Outcome.B else None)
    assert done.done_at == done.state_since == at


STOPPABLE = (State.SUBMITTED, State.TO_CONFIRM, State.SCHEDULED, State.ATTENTION)


@laws
@given(request=reachable(STOPPABLE))
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
        assert (ended.state, ended.state_since, ended.attention) == (state, at, None)
        undone = ended.moved(request.state, request.state_since, attention=request.attention)
        assert undone == request


@laws
@given(request=st.one_of(reachable(), reachable([State.ATTENTION])))
def test_request_is_withdrawn_only_before_anything_was_changed(request: MutationRequest) -> None:
    # Of a checklist the bot changes nothing itself, whatever the customer did.
    waits = request.state.value in {"submitted", "to_confirm", "scheduled", "checklist"}
    attention = request.attention
    unchanged = waits or (attention is not None and attention.step == "")

    assert may_withdraw(request) is unchanged
    if unchanged:
        assert withdraw(request, at=latest(request)).state is State.WITHDRAWN
    else:
        with pytest.raises(IllegalTransitionError):
            withdraw(request, at=latest(request))


@laws
@given(request=reachable(set(State) - {State.SCHEDULED}))
def test_only_an_ordered_request_is_started(request: MutationRequest) -> None:
    with pytest.raises(IllegalTransitionError):
        start(request, PLAN, at=latest(request))
