"""What is carried out is what was decided on: one fingerprint from the decision to the work."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutations.approval import agreed_digest, digest_of, is_as_approved
from mutations.case_finder import Outcome, Retention
from mutations.identity import EntityCode, ObjectId, RequestId
from mutations.life_cycle import State
from mutations.party import Party
from mutations.plan import Obstacle
from mutations.register import Approver, Deputy, Register
from mutations.request import MutationRequest
from mutations.transitions import UnapprovedWorkError, need_person, plan_anew, resume, start
from tests.unit.mutations.journeys import OTHER, PLAN, attention, latest, reachable, submitted
from tests.unit.mutations.office import (
    ASKER,
    CHIEF,
    COLLEAGUE,
    HELPER,
    SECOND,
    Office,
    usual_register,
)
from tests.unit.mutations.strategies import any_checks, laws

OBSTRUCTED = replace(PLAN, obstacles=(Obstacle("plan.obstacle.upn_taken", {}),))
AGREED = (State.SCHEDULED, State.CARRYING_OUT, State.ATTENTION, State.DONE)


def tampered(request: MutationRequest) -> dict[str, MutationRequest]:
    """Return the request with each thing changed that a decision is about."""
    other = Party(object_id=ObjectId("9" * 36), name=request.subject.name)
    terms = request.terms
    return {
        "id": replace(request, id=RequestId("f" * 32)),
        "subject": replace(request, subject=other),
        "source": replace(request, source=EntityCode("OVO999999")),
        "target": replace(request, target=EntityCode("OVO999999")),
        "effective_on": replace(request, effective_on=request.effective_on + timedelta(days=1)),
        "status_changes": replace(request, status_changes=not request.status_changes),
        "outcome": replace(request, outcome=_other(request.outcome)),
        "agreed": replace(request, agreed=OTHER[request.agreed or Retention.KEEP]),
        "version": replace(request, terms=replace(terms, version="2099-01")),
        "onedrive": replace(request, terms=replace(terms, onedrive_days=terms.onedrive_days + 1)),
        "bin": replace(request, terms=replace(terms, recycle_bin_days=1)),
        "lead": replace(request, terms=replace(terms, lead_times={Outcome.A: 99})),
    }


def _other(outcome: Outcome) -> Outcome:
    return Outcome.B if outcome is Outcome.A else Outcome.A


@laws
@given(request=reachable(AGREED))
def test_what_is_ordered_is_what_was_approved_and_any_change_of_it_shows(
    request: MutationRequest,
) -> None:
    assert is_as_approved(request)
    digests = {name: agreed_digest(other) for name, other in tampered(request).items()}
    assert request.approved not in digests.values()
    assert len(set(digests.values())) == len(digests)


@laws
@given(data=st.data(), request=reachable(AGREED))
def test_what_is_looked_up_later_is_no_part_of_the_approval(
    data: st.DataObject, request: MutationRequest
) -> None:
    at = latest(request)
    checks = data.draw(any_checks(since=at, at=at))
    renamed = replace(request.subject, name="Een nieuwe naam", employee_id="42")

    assert is_as_approved(replace(request, checks=checks, plan=None, subject=renamed, version=99))


@laws
@given(request=submitted())
def test_nothing_is_approved_before_the_decision(request: MutationRequest) -> None:
    assert request.approved == agreed_digest(request) == ""
    assert not is_as_approved(request)
    assert not is_as_approved(replace(request, agreed=request.wish))


@laws
@given(data=st.data(), request=reachable([State.SCHEDULED]))
def test_work_that_differs_from_what_was_approved_never_begins(
    data: st.DataObject, request: MutationRequest
) -> None:
    at = latest(request)
    other = data.draw(st.sampled_from(list(tampered(request).values())))

    assert start(request, PLAN, at=at).state is State.CARRYING_OUT
    with pytest.raises(UnapprovedWorkError):
        start(other, PLAN, at=at)
    stopped = need_person(start(other, OBSTRUCTED, at=at), attention(at, step=""))
    with pytest.raises(UnapprovedWorkError):
        plan_anew(resume(stopped, at=at), PLAN)


async def _run(wish: Retention, decided: Retention) -> Office:
    office = Office.open()
    request = await office.ask(wish)
    await office.decide(CHIEF, request, decided)
    if decided is not wish:
        await office.use.confirm(ASKER.object_id, request.id, card_round=1)
    await office.use.begin_work(request.id)
    return office


@pytest.mark.parametrize("wish", Retention)
@pytest.mark.parametrize("decided", Retention)
async def test_audit_holds_one_fingerprint_from_the_decision_to_the_work(
    wish: Retention, decided: Retention
) -> None:
    office = await _run(wish, decided)

    kinds = ("request.decided", "request.outcome_confirmed", "work.started")
    rows = office.rows(*kinds)
    assert [row.kind for row in rows] == [
        kind for kind in kinds if kind != "request.outcome_confirmed" or decided is not wish
    ]
    [digest] = {row.params["digest"] for row in rows}
    request = next(iter(office.store.contents.requests.values()))
    assert digest == digest_of(request, outcome=request.outcome, retention=decided)
    assert isinstance(digest, str)
    assert len(digest) == 64


@pytest.mark.parametrize("name", ["effective_on", "target", "outcome", "agreed", "lead"])
async def test_order_that_was_changed_behind_the_decision_calls_a_person(name: str) -> None:
    office = Office.open()
    request = await office.ask()
    await office.decide(CHIEF, request)
    changed = tampered(office.now(request))[name]
    office.store.contents.requests[request.id] = changed
    office.clock.advance(days=7)

    await office.use.begin_work(request.id)
    await _is_stopped(office, request, "plan.obstacle.not_approved")
    await office.use.resume_work(HELPER.object_id, request.id)
    await office.use.begin_work(request.id)
    await _is_stopped(office, request, "plan.obstacle.not_approved")
    assert (await office.use.withdraw(ASKER.object_id, request.id)).state is State.WITHDRAWN


LATER_NO_DECIDER: list[Any] = [
    pytest.param(lambda office: office.change_register(_register_without_chief()), id="removed"),
    pytest.param(lambda office: _expel(office, is_guest=True), id="guest"),
    pytest.param(lambda office: _expel(office, is_enabled=False), id="switched-off"),
    pytest.param(lambda office: office.directory.accounts.pop(CHIEF.object_id), id="gone"),
    pytest.param(lambda office: office.same_human(CHIEF, ASKER), id="requester"),
    pytest.param(lambda office: office.same_human(CHIEF, COLLEAGUE), id="colleague"),
]


@pytest.mark.case("Z06")
@pytest.mark.parametrize("fall", LATER_NO_DECIDER)
async def test_decision_that_no_longer_stands_holds_the_work_until_it_is_upheld(
    fall: Any,
) -> None:
    office = Office.open()
    request = await office.ask()
    await office.decide(CHIEF, request)
    fall(office)

    await office.use.begin_work(request.id)
    await _is_stopped(office, request, "plan.obstacle.decision_fallen")
    attention_now = office.now(request).attention
    assert attention_now is not None
    assert attention_now.params == {"decider": CHIEF.name}
    assert office.told("attention").count(HELPER.object_id) == 1

    await office.use.resume_work(HELPER.object_id, request.id)
    begun = await office.use.begin_work(request.id)
    assert begun is not None
    assert (begun.state, begun.upheld_by) == (State.CARRYING_OUT, HELPER.object_id)
    [resumed] = office.rows("work.resumed")
    assert resumed.actor == HELPER.object_id
    assert resumed.params == {"key": "plan.obstacle.decision_fallen"}
    assert len(office.rows("work.started")) == 1


@pytest.mark.case("Z06")
async def test_requester_withdraws_what_was_held_for_its_decision() -> None:
    office = Office.open()
    request = await office.ask()
    await office.decide(CHIEF, request)
    office.change_register(_register_without_chief())
    await office.use.begin_work(request.id)

    assert (await office.use.withdraw(ASKER.object_id, request.id)).state is State.WITHDRAWN
    assert await office.use.begin_work(request.id) is None
    assert office.rows("work.started") == []


@pytest.mark.case("Z06")
async def test_helping_with_something_else_upholds_no_decision() -> None:
    office = Office.open()
    request = await office.ask()
    await office.decide(CHIEF, request)
    office.planner.obstacles = OBSTRUCTED.obstacles
    await office.use.begin_work(request.id)
    office.planner.obstacles = ()
    office.change_register(_register_without_chief())

    await office.use.resume_work(HELPER.object_id, request.id)
    await office.use.begin_work(request.id)

    await _is_stopped(office, request, "plan.obstacle.decision_fallen")


@pytest.mark.case("Z07")
async def test_decision_of_a_deputy_stands_after_the_last_day() -> None:
    day = Office.open().use.context.today()
    deputy = Deputy(contact=SECOND, from_on=day, until_on=day)
    office = Office.open(usual_register(Approver(contact=CHIEF, deputies=(deputy,))))
    request = await office.ask(days=7)
    await office.decide(SECOND, request)
    office.clock.advance(days=7)

    begun = await office.use.begin_work(request.id)

    assert begun is not None
    assert begun.state is State.CARRYING_OUT


async def _is_stopped(office: Office, request: MutationRequest, key: str) -> None:
    now = office.now(request)
    assert now.state is State.ATTENTION
    assert now.attention is not None
    assert now.attention.key == key
    assert office.rows("work.started") == []


def _register_without_chief() -> Register:
    return usual_register(Approver(contact=SECOND))


def _expel(office: Office, **change: bool) -> None:
    office.directory.change(CHIEF.object_id, **change)
