"""What must hold before an order, as the requester sees it."""

from datetime import datetime, timedelta

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from mutations.case_finder import Outcome
from mutations.life_cycle import State
from mutations.preconditions import Duty, Kind, Precondition, preconditions_of
from mutations.request import MutationRequest
from mutations.transitions import confirm, is_ready
from tests.unit.mutations.journeys import PLAN, accept, dissent, latest, reachable, submitted
from tests.unit.mutations.strategies import POOLS, laws

WITHOUT_ORDER = {Outcome.D, Outcome.P}
ORDERED = [State.SCHEDULED, State.CARRYING_OUT, State.ATTENTION, State.DONE]


def by_kind(request: MutationRequest) -> dict[Kind, Precondition]:
    return {one.kind: one for one in preconditions_of(request)}


@laws
@given(request=reachable().filter(lambda request: request.outcome not in WITHOUT_ORDER))
def test_order_has_the_three_preconditions_of_the_source_page_once(
    request: MutationRequest,
) -> None:
    kinds = [one.kind.value for one in preconditions_of(request)]

    assert sorted(kinds) == ["consultation", "entitlement", "licences"]


@laws
@given(request=reachable([State.REFERRED]))
def test_referred_request_has_none(request: MutationRequest) -> None:
    assert preconditions_of(request) == ()


@laws
@given(request=reachable([State.CHECKLIST, State.SELF_SERVICE]))
def test_self_service_request_has_none(request: MutationRequest) -> None:
    assert preconditions_of(request) == ()


@laws
@given(data=st.data(), request=submitted([Outcome.C]))
def test_self_service_after_a_confirmed_outcome_has_none(
    data: st.DataObject, request: MutationRequest
) -> None:
    ended = accept(data.draw, dissent(data.draw, request))

    assert ended.state is State.CHECKLIST
    assert preconditions_of(ended) == ()


@laws
@given(request=reachable(ORDERED))
def test_everything_held_when_it_was_ordered(request: MutationRequest) -> None:
    assert all(one.holds for one in preconditions_of(request))


@laws
@given(request=reachable([State.SUBMITTED]))
def test_request_is_ready_exactly_when_every_precondition_holds(
    request: MutationRequest,
) -> None:
    assert is_ready(request) is all(one.holds for one in preconditions_of(request))


@laws
@given(request=reachable().filter(lambda request: request.outcome not in WITHOUT_ORDER))
def test_source_entity_has_a_duty_only_until_it_decided(request: MutationRequest) -> None:
    found = by_kind(request)
    undecided = request.decision is None

    assert (found[Kind.CONSULTATION].duty is Duty.SOURCE) is undecided
    assert found[Kind.ENTITLEMENT].duty is Duty.REQUESTER  # R14
    assert found[Kind.LICENCES].duty is Duty.REQUESTER


@laws
@given(request=reachable([State.TO_CONFIRM]))
def test_consultation_is_not_over_while_the_requester_must_confirm(
    request: MutationRequest,
) -> None:
    assert by_kind(request)[Kind.CONSULTATION].holds is False


@laws
@given(request=reachable().filter(lambda request: request.outcome not in WITHOUT_ORDER))
def test_each_says_since_when_and_how_it_is_known(request: MutationRequest) -> None:
    found = by_kind(request)

    for one in found.values():
        assert one.since is not None
        assert request.created_at <= one.since <= latest(request)
        assert one.checked_at is None or one.since <= one.checked_at
    assert found[Kind.ENTITLEMENT].how == "directory"  # R11: never a tick by the requester
    assert found[Kind.CONSULTATION].how == ("decision" if request.decision else "asked")
    assert found[Kind.LICENCES].how == "pools"


@laws
@given(request=reachable().filter(lambda request: request.outcome not in WITHOUT_ORDER))
def test_licences_are_shown_as_numbers_of_every_pool(request: MutationRequest) -> None:
    found = by_kind(request)
    licences = found[Kind.LICENCES]

    assert [pool.pool for pool in licences.pools] == list(POOLS)
    enough = [pool.total - pool.in_use - pool.reserved > 0 for pool in licences.pools]
    assert licences.holds is (False not in enough)
    assert found[Kind.ENTITLEMENT].pools == found[Kind.CONSULTATION].pools == ()


@laws
@given(request=reachable([State.TO_CONFIRM]).filter(lambda one: not one.status_changes))
def test_confirmed_outcome_holds_since_it_was_confirmed(request: MutationRequest) -> None:
    at: datetime = latest(request) + timedelta(days=3)

    confirmed = confirm(request, PLAN, at=at)

    consultation = by_kind(confirmed)[Kind.CONSULTATION]
    assert consultation.holds
    assert consultation.since == at


@settings(laws, max_examples=3, phases=[Phase.generate])
@given(request=reachable([State.TO_CONFIRM]).filter(lambda one: not one.status_changes))
def test_confirmed_outcome_was_not_known_before_it_held(request: MutationRequest) -> None:
    confirmed = confirm(request, PLAN, at=latest(request) + timedelta(days=3))

    consultation = by_kind(confirmed)[Kind.CONSULTATION]
    assert consultation.since is not None
    assert consultation.checked_at is not None
    assert consultation.since <= consultation.checked_at
