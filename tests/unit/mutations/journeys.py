"""Hypothesis strategies: a request in every state that can be reached, and how it got there."""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, Protocol, TypeVar

from hypothesis import strategies as st

from mutations import checking_off, transitions
from mutations.case_finder import Outcome, Retention
from mutations.checklist import Checklist, Item, Said, first_day
from mutations.clock import local_date
from mutations.directory import Footprint
from mutations.identity import EntityCode, RequestId, RequestNumber
from mutations.life_cycle import State
from mutations.party import Party
from mutations.plan import Plan, PlannedStep
from mutations.request import Attention, Decision, MutationRequest, StepResult
from mutations.undoing import end_undo, undo
from tests.unit.mutations.strategies import (
    ORDERS,
    PEOPLE,
    POOLS,
    SOURCE,
    TARGET,
    any_checks,
    bad_checks,
    good_checks,
    moments,
    pairs,
    party,
    pauses,
    terms,
)

T = TypeVar("T")


class Draw(Protocol):
    """Draws from a strategy: that of `st.composite` as well as that of `st.data`."""

    def __call__(self, strategy: st.SearchStrategy[T], /) -> T:
        """Return one example."""
        ...


UNDO_DAYS: Final = 5
days_ahead = st.one_of(st.integers(0, 3), st.integers(0, 365))
Step = Callable[[Draw, MutationRequest], MutationRequest]
OTHER: Final = MappingProxyType(
    {Retention.KEEP: Retention.NOT_KEEP, Retention.NOT_KEEP: Retention.KEEP}
)
PLAN: Final = Plan(
    steps=tuple(
        PlannedStep(name=name, target="t", before="a", after="b", args={})
        for name in ("mailbox.upn", "mailbox.aliases")
    )
)
SOURCES: Final = (None, SOURCE)
"""Source entities of a referred request: unknown to the register, or known."""


@st.composite
def submitted(
    draw: st.DrawFn, orders: Collection[Outcome] = tuple(ORDERS), source: EntityCode = SOURCE
) -> MutationRequest:
    """Return a request for an order as it is at the moment that it is sent."""
    at = draw(moments)
    outcome = draw(st.sampled_from(sorted(orders)))
    status_changes, wish = ORDERS[outcome]
    requester, subject = draw(pairs)
    return MutationRequest(
        id=RequestId("0" * 32),
        number=RequestNumber("M-2026-00001"),
        version=1,
        round=1,
        state=State.SUBMITTED,
        state_since=at,
        created_at=at,
        requester=party(requester),
        subject=party(subject),
        subject_upn=subject.upn,
        profile=POOLS[0],
        source=source,
        target=TARGET,
        effective_on=local_date(at) + timedelta(days=draw(days_ahead)),
        status_changes=status_changes,
        wish=wish,
        outcome=outcome,
        reason=f"case.reason.{outcome}",
        terms=draw(terms),
        footprint=Footprint(),
        checks=draw(any_checks(since=at, at=at)),
        plan=PLAN,
    )


@st.composite
def referred(draw: st.DrawFn) -> MutationRequest:
    """Return a request that ended at the moment it was sent: case P."""
    request = replace(draw(submitted()), checks=None, plan=None, state=State.REFERRED)
    return replace(request, outcome=Outcome.P, reason="P", source=draw(st.sampled_from(SOURCES)))


def latest(request: MutationRequest) -> datetime:
    """Return the last moment at which something happened to a request."""
    decided = request.decision.at if request.decision else request.created_at
    looked = request.checks.licences.checked_at if request.checks else request.created_at
    lines = request.checklist.lines if request.checklist else ()
    said = [line.said.at for line in lines if line.said]
    seen = [line.seen_at for line in lines if line.seen_at]
    return max(request.state_since, decided, looked, *said, *seen)


def later(draw: Draw, request: MutationRequest) -> datetime:
    """Return a moment at or after everything that happened so far."""
    return latest(request) + draw(pauses)


def deciding_party(draw: Draw, request: MutationRequest) -> Party:
    """Return somebody who is neither the requester nor the colleague."""
    apart = {request.requester.object_id, request.subject.object_id}
    return party(draw(st.sampled_from([one for one in PEOPLE if one.object_id not in apart])))


def _decided(draw: Draw, request: MutationRequest, retention: Retention | None) -> MutationRequest:
    by, at = deciding_party(draw, request), later(draw, request)
    return transitions.decide(request, Decision(retention=retention, by=by, at=at, reason="r"))


def agree(draw: Draw, request: MutationRequest) -> MutationRequest:
    """Decide what was asked."""
    return _decided(draw, request, request.wish)


def dissent(draw: Draw, request: MutationRequest) -> MutationRequest:
    """Decide the other thing."""
    return _decided(draw, request, OTHER[request.wish])


def refuse(draw: Draw, request: MutationRequest) -> MutationRequest:
    """Refuse the move."""
    return _decided(draw, request, None)


def accept(draw: Draw, request: MutationRequest) -> MutationRequest:
    """Confirm what the source entity decided."""
    plan = None if request.status_changes else PLAN  # D needs none
    return transitions.confirm(request, plan, at=later(draw, request))


def lack(draw: Draw, request: MutationRequest) -> MutationRequest:
    """Find at a look that something is missing."""
    at = later(draw, request)
    checks = draw(bad_checks(since=request.created_at, at=at))
    return transitions.record_checks(request, checks)


def place(draw: Draw, request: MutationRequest) -> MutationRequest:
    """Find at a look that everything holds, and order."""
    at = later(draw, request)
    checks = draw(good_checks(since=request.created_at, at=at))
    return transitions.order(transitions.record_checks(request, checks), at=at)


def begin(draw: Draw, request: MutationRequest) -> MutationRequest:
    """Begin the work."""
    return transitions.start(request, PLAN, at=later(draw, request))


def stop(draw: Draw, request: MutationRequest) -> MutationRequest:
    """Call a person for a step."""
    return transitions.need_person(request, attention(later(draw, request)))


def obstruct(draw: Draw, request: MutationRequest) -> MutationRequest:
    """Call a person before the first step: the plan cannot be run."""
    return transitions.need_person(request, attention(later(draw, request), step=""))


def go_on(draw: Draw, request: MutationRequest) -> MutationRequest:
    """Resume the work."""
    return transitions.resume(request, at=later(draw, request))


def give_back(draw: Draw, request: MutationRequest) -> MutationRequest:
    """Take the work back."""
    at = later(draw, request)
    return undo(request, by=request.requester, reason="Gaat niet door.", at=at, within=UNDO_DAYS)


def regret(draw: Draw, request: MutationRequest) -> MutationRequest:
    """Take back work that is done, within the term."""
    assert request.done_at is not None
    at = request.done_at + draw(st.timedeltas(timedelta(), timedelta(days=UNDO_DAYS)))
    return undo(request, by=request.requester, reason="Vergissing.", at=at, within=UNDO_DAYS)


def give_back_whole(draw: Draw, request: MutationRequest) -> MutationRequest:
    """Find that all was taken back."""
    return end_undo(request, at=later(draw, request))


def close(draw: Draw, request: MutationRequest) -> MutationRequest:
    """Finish the work."""
    at = later(draw, request)
    return transitions.finish(request, results(at), at=at)


def withdraw(draw: Draw, request: MutationRequest) -> MutationRequest:
    """Withdraw the request."""
    return transitions.withdraw(request, at=later(draw, request))


def lapse(draw: Draw, request: MutationRequest) -> MutationRequest:
    """Let the request expire."""
    return transitions.expire(request, at=later(draw, request))


def as_checklist(draw: Draw, request: MutationRequest) -> MutationRequest:
    """Ask for case D from the start instead: nobody of the source entity is asked anything."""
    return replace(
        request,
        state=State.CHECKLIST,
        checks=None,
        plan=None,
        outcome=Outcome.D,
        status_changes=True,
        wish=Retention.NOT_KEEP,
        reason="D",
        checklist=Checklist(status_before=draw(st.sampled_from(["", "ambtenaar"]))),
    )


def tick(draw: Draw, request: MutationRequest) -> MutationRequest:
    """Say that the next item of the checklist was done, at the earliest on the day before."""
    at = later(draw, request)
    assert request.checklist is not None
    assert request.checklist.next is not None
    first = first_day(request.checklist, since=checking_off.since(request))
    on = draw(st.dates(first, local_date(at)))
    said = Said(by=request.requester, at=at, on=on)
    return checking_off.tick(request, request.checklist.next.item, said)


def untick(_: Draw, request: MutationRequest) -> MutationRequest:
    """Say that the last item of the checklist was not done after all."""
    assert request.checklist is not None
    assert request.checklist.last is not None
    return checking_off.take_back(request, request.checklist.last.item)


def show(draw: Draw, request: MutationRequest) -> MutationRequest:
    """Let the directory show something of the checklist."""
    shown = {item: draw(st.sampled_from([True, False, None])) for item in Item}
    return checking_off.look_at(request, shown, at=later(draw, request))


def shut(draw: Draw, request: MutationRequest) -> MutationRequest:
    """Close the checklist."""
    return checking_off.close(request, at=later(draw, request))


def attention(since: datetime, *, step: str = "mailbox.upn") -> Attention:
    """Return a reason why a person is needed; without a step nothing was changed yet."""
    positions = (0,) if step else ()
    return Attention(step=step, key="obstacle.taken", params={}, since=since, positions=positions)


def results(at: datetime, plan: Plan = PLAN) -> tuple[StepResult, ...]:
    """Return every step of a plan as it was read back."""
    return tuple(
        StepResult(name=step.name, title="", before="a", after="b", verified_at=at)
        for step in plan.steps
    )


AGREEMENT: Final[tuple[tuple[Step, ...], ...]] = ((agree,), (dissent, accept))


def _agreed_then(*steps: Step) -> tuple[tuple[Step, ...], ...]:
    return tuple(way + steps for way in AGREEMENT)


_ALL_TICKED: Final[tuple[Step, ...]] = (show, tick, show, tick, show, tick, show)
_BORN_D: Final[tuple[tuple[Step, ...], ...]] = ((as_checklist,), (dissent, accept))
_CHECKLISTS: Final[tuple[tuple[Step, ...], ...]] = tuple(
    (*way, *_ALL_TICKED[:count]) for way in _BORN_D for count in range(len(_ALL_TICKED) + 1)
)

PATHS: Final[MappingProxyType[State, tuple[tuple[Step, ...], ...]]] = MappingProxyType(
    {
        State.SUBMITTED: ((), *_agreed_then(lack)),
        State.TO_CONFIRM: ((dissent,), (dissent, lack)),
        State.SCHEDULED: _agreed_then(place),
        State.CARRYING_OUT: (
            *_agreed_then(place, begin),
            *_agreed_then(place, begin, stop, go_on),
            *_agreed_then(place, begin, obstruct, go_on),
        ),
        State.ATTENTION: _agreed_then(place, begin, stop)
        + _agreed_then(place, begin, obstruct)
        + _agreed_then(place, begin, stop, give_back, stop),
        State.UNDOING: _agreed_then(place, begin, stop, give_back)
        + _agreed_then(place, begin, close, regret)
        + _agreed_then(place, begin, stop, give_back, stop, go_on),
        State.UNDONE: _agreed_then(place, begin, stop, give_back, give_back_whole)
        + _agreed_then(place, begin, close, regret, give_back_whole),
        State.DONE: _agreed_then(place, begin, close)
        + _agreed_then(place, begin, stop, go_on, close),
        State.REJECTED: ((refuse,), (lack, refuse)),
        State.WITHDRAWN: (
            (withdraw,),
            (dissent, withdraw),
            *_agreed_then(lack, withdraw),
            *_agreed_then(place, withdraw),
            *_agreed_then(place, begin, obstruct, withdraw),
            *((*way, withdraw) for way in _CHECKLISTS),
        ),
        State.EXPIRED: (
            (lapse,),
            (dissent, lapse),
            *_agreed_then(lack, lapse),
            *((*way, lapse) for way in _CHECKLISTS),
        ),
        State.CHECKLIST: (
            *_CHECKLISTS,
            *((*way, tick, untick) for way in _CHECKLISTS if way.count(tick) < len(Item)),
        ),
        State.SELF_SERVICE: tuple((*way, *_ALL_TICKED, shut) for way in _BORN_D),
        State.REFERRED: (),
    }
)
"""Ways from the submission to each state; referred requests are born there."""


@st.composite
def reachable(
    draw: st.DrawFn, states: Collection[State] = tuple(State), source: EntityCode = SOURCE
) -> MutationRequest:
    """Return a request in one of `states`, brought there by the transitions themselves."""
    state = draw(st.sampled_from(sorted(states)))
    if state is State.REFERRED:
        return draw(referred())
    path = draw(st.sampled_from(PATHS[state]))
    request = draw(submitted(_orders(state, path), source))
    for step in path:
        request = step(draw, request)
    return request


def _orders(state: State, path: tuple[Step, ...]) -> tuple[Outcome, ...]:
    if set(path) & {tick, shut, show} or state is State.CHECKLIST:
        return (Outcome.C,)  # not keeping the data at a change of status is case D
    return (Outcome.A, Outcome.B) if accept in path else tuple(ORDERS)
