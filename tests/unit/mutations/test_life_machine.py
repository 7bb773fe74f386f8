"""A whole life at random: people, directory and time do what they like, and the laws hold."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import pytest
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from typing_extensions import override

from mutations.approval import is_as_approved
from mutations.authority import deciders_of
from mutations.case_finder import Outcome, Retention
from mutations.checking_off import close, look_at, take_back, tick
from mutations.checklist import Item, Said
from mutations.clock import local_date
from mutations.handing_over import hand_over
from mutations.life_cycle import IllegalTransitionError, State
from mutations.register import Contact, Register
from mutations.request import Checks, Decision, MutationRequest, SetAside
from mutations.transitions import (
    AlreadyDecidedError,
    DecidedByYouError,
    UnverifiedWorkError,
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
from mutations.undoing import end_undo, undo
from mutations.working_days import is_working_day
from tests.unit.mutations.journeys import (
    OTHER,
    PLAN,
    UNDO_DAYS,
    attention,
    deciding_party,
    results,
    submitted,
)
from tests.unit.mutations.strategies import (
    SOURCE,
    any_checks,
    entities,
    good_checks,
    laws,
    party,
    pauses,
    people,
    register_of,
)

ORDERED: Final = frozenset({State.SCHEDULED, State.CARRYING_OUT, State.ATTENTION, State.DONE})
WAITING: Final = frozenset({State.SUBMITTED, State.TO_CONFIRM})
OF_CASE_D: Final = frozenset({State.CHECKLIST, State.SELF_SERVICE, State.WITHDRAWN, State.EXPIRED})
source_registers = st.builds(register_of, entities(SOURCE))
# What can still be done with a request, per state; the decision is tried apart, and an order is
# never possible when it is tried: it is placed as soon as it can be.
POSSIBLE: Final = {
    State.SUBMITTED: frozenset({"withdraw", "expire"}),
    State.TO_CONFIRM: frozenset({"confirm", "withdraw", "expire"}),
    # Ticked in sequence; closed, or given up, whatever the bot saw of it.
    State.CHECKLIST: frozenset({"tick", "untick", "close", "withdraw", "expire"}),
    State.SCHEDULED: frozenset({"withdraw", "start"}),
    State.CARRYING_OUT: frozenset({"find_obstacle", "stop_at_step", "finish"}),
    # Withdrawn only if nothing was changed, taken back only if something was.
    State.ATTENTION: frozenset({"resume", "hand_over", "withdraw", "undo"}),
    State.UNDOING: frozenset({"stop_at_step", "end_undo"}),
}


class Life(RuleBasedStateMachine):
    """One request under a register; `now` only moves forwards."""

    request: MutationRequest
    register: Register
    now: datetime

    @initialize(
        request=submitted(), register=source_registers, patience=st.sampled_from([0, 3, 99])
    )
    def submit(self, request: MutationRequest, register: Register, patience: int) -> None:
        self.patience = patience  # how many turns pass before somebody gives up
        self.request = self.sent = request
        self.register = register
        self.now = request.created_at
        self.decisions: list[Decision] = []
        self.confirmed = False
        self.handed = False
        self.changed = False  # whether a step of the work began

    def possible(self) -> frozenset[str]:
        if self.request.state is State.DONE:
            return frozenset({"undo"}) if self.may_come_back() else frozenset()
        found = POSSIBLE.get(self.request.state, frozenset())
        stopped = self.request.attention
        at_step = stopped is not None and bool(stopped.step)
        found -= {"withdraw"} if self.changed else set()
        # To a person goes a step that stopped, once, and nothing that is being taken back.
        if not at_step or self.handed or self.request.undo is not None:
            found -= {"hand_over"}
        found -= set() if at_step else {"undo"}
        return found & self.of_checklist() if self.request.state is State.CHECKLIST else found

    def of_checklist(self) -> set[str]:
        checklist = self.request.checklist
        assert checklist is not None
        found = {"tick", "untick", "withdraw", "expire"}  # what was said is said once
        return found | ({"close"} if checklist.is_complete else set())

    def may_come_back(self) -> bool:
        """Tell whether no more working days passed since the work was done than the term."""
        assert self.request.done_at is not None
        first, today = local_date(self.request.done_at), local_date(self.now)
        passed = [first + timedelta(days=n) for n in range(1, (today - first).days + 1)]
        return sum(map(is_working_day, passed)) < UNDO_DAYS or (
            sum(map(is_working_day, passed)) == UNDO_DAYS and is_working_day(today)
        )

    def likely(self) -> list[str]:
        """What may happen next: nobody gives up at once, no new plan is made half-way."""
        found = set(self.possible())
        if self.request.state in WAITING:
            found.add("look")
        if self.request.state is State.CHECKLIST:
            found.add("directory_shows")
        if self.request.state is State.SUBMITTED and not self.decisions:
            found.add("decide")
        found -= {"find_obstacle"} if self.changed else set()
        found -= {"withdraw", "expire"} if self.patience > 0 else set()
        return sorted(found)

    @rule(pause=pauses)
    def time_passes(self, pause: timedelta) -> None:
        self.now += pause
        self.patience -= 1

    @rule(register=source_registers)
    def register_changes(self, register: Register) -> None:
        self.register = register

    @rule(second=people, outsider=people)
    def directory_shows_whose_accounts_they_are(self, second: Contact, outsider: Contact) -> None:
        aside = SetAside(second_accounts=(second.object_id,), outsiders=(outsider.object_id,))
        self.request = replace(self.request, set_aside=aside)

    def settle(self) -> None:
        if is_ready(self.request):
            self.request = order(self.request, at=self.now)

    def directory_and_pools_are_looked_at(self, data: st.DataObject) -> None:
        checks = data.draw(st.sampled_from([good_checks, good_checks, any_checks]))
        found: Checks = data.draw(checks(since=self.now, at=self.now))
        self.request = record_checks(self.request, found)

    def source_entity_decides(self, data: st.DataObject) -> None:
        found = deciders_of(self.request, self.register, on=local_date(self.now))
        if not found:
            return
        by = data.draw(st.sampled_from(sorted(found.values(), key=lambda one: one.name)))
        asked = self.sent.wish
        retention = data.draw(st.sampled_from([asked, asked, OTHER[asked], None]))
        decision = Decision(retention=retention, by=party(by), at=self.now)
        before = self.request
        aside = before.set_aside
        assert decision.by.object_id not in (*aside.second_accounts, *aside.outsiders)
        self.request = decide(before, decision)
        self.decisions.append(decision)
        self.check_decided(before, retention)

    @rule(data=st.data(), late=st.sampled_from([*Retention, None]))
    def impossible_thing_is_tried(self, data: st.DataObject, late: Retention | None) -> None:
        moves = self.moves()
        impossible = sorted(set(moves) - self.possible())
        with pytest.raises(IllegalTransitionError):
            moves[data.draw(st.sampled_from(impossible))](self.request)
        if self.decisions:
            by = deciding_party(data.draw, self.request)
            own = by.object_id == self.decisions[0].by.object_id
            with pytest.raises(DecidedByYouError if own else AlreadyDecidedError):
                decide(self.request, Decision(retention=late, by=by, at=self.now))

    @precondition(lambda self: self.request.state is State.CARRYING_OUT)
    @rule(read_back=st.integers(0, len(PLAN.steps) - 1))
    def work_is_called_finished_too_early(self, read_back: int) -> None:
        with pytest.raises(UnverifiedWorkError):
            finish(self.request, results(self.now)[:read_back], at=self.now)

    @precondition(lambda self: bool(self.likely()))
    @rule(data=st.data())
    def next_thing_happens(self, data: st.DataObject) -> None:
        move = data.draw(st.sampled_from(self.likely()))
        if move == "look":
            self.directory_and_pools_are_looked_at(data)
        elif move == "decide":
            self.source_entity_decides(data)
        elif move == "directory_shows":
            signs = {item: data.draw(st.sampled_from([True, False, None])) for item in Item}
            self.request = look_at(self.request, signs, at=self.now)
        else:
            self.request = self.moves()[move](self.request)
        self.confirmed = self.confirmed or move == "confirm"
        self.handed = self.handed or move == "hand_over"
        self.changed = self.changed or move in {"stop_at_step", "finish"}
        self.settle()

    def moves(self) -> dict[str, Callable[[MutationRequest], MutationRequest]]:
        return {
            "confirm": lambda request: confirm(request, PLAN, at=self.now),
            "withdraw": lambda request: withdraw(request, at=self.now),
            "expire": lambda request: expire(request, at=self.now),
            "start": lambda request: start(request, PLAN, at=self.now),
            "order": lambda request: order(request, at=self.now),
            "find_obstacle": lambda request: need_person(request, attention(self.now, step="")),
            "stop_at_step": lambda request: need_person(request, attention(self.now)),
            "resume": lambda request: resume(request, at=self.now),
            "hand_over": lambda request: hand_over(
                request, by=request.requester, at=self.now, within=2
            ),
            "undo": lambda request: undo(
                request,
                by=request.requester,
                reason="Gaat niet door.",
                at=self.now,
                within=UNDO_DAYS,
            ),
            "end_undo": lambda request: end_undo(request, at=self.now),
            "tick": self.tick,
            "untick": self.untick,
            "close": lambda request: close(request, at=self.now),
            "finish": lambda request: finish(request, results(self.now), at=self.now),
        }

    def tick(self, request: MutationRequest) -> MutationRequest:
        found = request.checklist
        item = found.next.item if found and found.next else Item.ACTIVATE
        said = Said(by=request.requester, at=self.now, on=local_date(self.now))
        return tick(request, item, said)

    def untick(self, request: MutationRequest) -> MutationRequest:
        found = request.checklist
        item = found.last.item if found and found.last else Item.DEACTIVATE
        return take_back(request, item)

    def check_decided(self, before: MutationRequest, retention: Retention | None) -> None:
        asked = self.sent.wish
        if retention is None:
            assert self.request.state is State.REJECTED
        elif retention is asked:
            assert self.request.state is before.state
        else:
            assert self.request.state is State.TO_CONFIRM
        assert self.request.outcome is before.outcome

    @override
    def teardown(self) -> None:
        # Shown by --hypothesis-show-statistics: whether lives still reach every state.
        event(f"ended {self.request.state} {self.request.outcome}")

    @invariant()
    def nothing_is_ordered_without_agreement_and_both_checks(self) -> None:
        assert (self.request.state in ORDERED) <= (self.request.ordered_at is not None)
        if self.request.ordered_at is None:
            return
        checks = self.request.checks
        assert checks is not None
        assert checks.entitlement.holds
        assert all(pool.total > pool.in_use + pool.reserved for pool in checks.licences.pools)
        assert self.request.agreed is self.decisions[0].retention
        assert self.request.agreed is not None
        assert self.request.agreed_at is not None
        assert self.decisions[0].at <= self.request.agreed_at <= self.request.ordered_at

    @invariant()
    def a_withdrawn_or_expired_request_left_nothing_half_done(self) -> None:
        if self.request.state in {State.WITHDRAWN, State.EXPIRED}:
            assert not self.changed
            assert self.request.results == ()

    @invariant()
    def another_outcome_than_asked_was_confirmed_by_the_requester(self) -> None:
        if self.request.agreed not in (None, self.sent.wish):
            assert self.confirmed
        if not self.confirmed:
            assert self.request.outcome is self.sent.outcome

    @invariant()
    def the_first_decision_stands(self) -> None:
        assert self.request.decision == (self.decisions[0] if self.decisions else None)

    @invariant()
    def what_is_ordered_and_carried_out_is_what_was_approved(self) -> None:
        decided = bool(self.decisions) and self.decisions[0].retention is not None
        assert bool(self.request.approved) is decided
        if self.request.agreed is not None:
            assert is_as_approved(self.request)

    @invariant()
    def requester_and_colleague_never_decide(self) -> None:
        involved = {self.request.requester.object_id, self.request.subject.object_id}
        on = local_date(self.now)
        assert not involved & set(deciders_of(self.request, self.register, on=on))
        assert not involved & {decision.by.object_id for decision in self.decisions}

    @invariant()
    def a_project_or_self_service_is_never_ordered(self) -> None:
        if self.request.outcome in {Outcome.D, Outcome.P}:
            assert self.request.ordered_at is None
            assert self.request.start_on is None
            assert self.request.state in OF_CASE_D
            assert self.request.checklist is not None

    @invariant()
    def checklist_is_done_in_its_sequence_and_closed_only_when_whole(self) -> None:
        found = self.request.checklist
        assert (found is not None) is (self.request.outcome is Outcome.D)
        if found is None:
            return
        said = [line.said is not None for line in found.lines]
        assert said == sorted(said, reverse=True)
        days = [line.said.on for line in found.lines if line.said]
        assert days == sorted(days)
        assert all(said) or self.request.state is not State.SELF_SERVICE

    @invariant()
    def lead_time_is_in_working_days_from_the_start(self) -> None:
        request = self.request
        if request.ordered_at is None:
            assert (request.start_on, request.ready_on) == (None, None)
            return
        assert request.start_on is not None
        assert request.ready_on is not None
        first = max(request.effective_on, local_date(request.ordered_at))
        waited = [first + timedelta(days=n) for n in range((request.start_on - first).days + 1)]
        assert [day for day in waited if is_working_day(day)] == [request.start_on]
        counted = [
            request.start_on + timedelta(days=n)
            for n in range(1, (request.ready_on - request.start_on).days + 1)
        ]
        worked = [day for day in counted if is_working_day(day)]
        assert len(worked) == request.terms.lead_times[request.outcome]
        assert worked[-1] == request.ready_on

    @invariant()
    def onedrive_data_ends_for_order_b_only(self) -> None:
        request = self.request
        ends = request.state is State.DONE and request.outcome is Outcome.B
        assert (request.onedrive_ends_on is not None) is ends

    @invariant()
    def attention_says_why_exactly_while_it_lasts(self) -> None:
        assert (self.request.attention is not None) is (self.request.state is State.ATTENTION)

    @invariant()
    def a_step_is_with_a_person_exactly_when_it_was_handed_over(self) -> None:
        assert [one.position for one in self.request.handed] == ([0] if self.handed else [])
        assert [one.position for one in self.request.tasks] == ([0] if self.handed else [])

    @invariant()
    def what_was_asked_never_changes(self) -> None:
        asked = (
            "id number requester subject source target effective_on status_changes wish "
            "created_at terms profile footprint"
        )
        for name in asked.split():
            assert getattr(self.request, name) == getattr(self.sent, name)

    @invariant()
    def results_are_there_once_done(self) -> None:
        # Work that was taken back after it was done keeps what was read then.
        was_done = self.request.done_at is not None
        assert was_done is bool(self.request.results)
        assert was_done or self.request.state is not State.DONE
        assert self.request.undo is None or self.request.state is not State.DONE
        if was_done:
            assert self.request.state is State.DONE or self.request.undo is not None
            names = [result.name for result in self.request.results]
            assert names == ["mailbox.upn", "mailbox.aliases"]

    @invariant()
    def time_of_the_state_lies_between_submission_and_now(self) -> None:
        assert self.request.created_at <= self.request.state_since <= self.now


TestLife = Life.TestCase
TestLife.settings = settings(laws, max_examples=80, stateful_step_count=30)
