"""A government at random: people press, accounts and register change, days pass; the laws hold.

Every press is judged a second time, by an oracle that reads register and directory for itself.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import pytest
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from typing_extensions import override

from mutations.case_finder import Retention
from mutations.errors import DomainError
from mutations.jobs import CarryOut, CheckPreconditions, ExpireRequest, RemindDeciders, StartOrder
from mutations.life_cycle import ENDS, State
from mutations.plan import Obstacle
from mutations.register import Approver, Contact, Register
from mutations.request import MutationRequest
from mutations.use_cases import UseCases
from tests.fakes.directory import account
from tests.fakes.memory_store import AuditRow
from tests.unit.mutations.journeys import results
from tests.unit.mutations.office import ASKER, COLLEAGUE, Office, usual_register
from tests.unit.mutations.oracle import FALLS, OTHERS, Oracle, choices, falls, registers, somebody
from tests.unit.mutations.strategies import PEOPLE, SOURCE, TARGET, laws

T = TypeVar("T")
TAKEN: Final = Obstacle("plan.obstacle.upn_taken", {})


class OfficeLife(RuleBasedStateMachine):
    """One request among people who press whatever they like."""

    office: Office
    request: MutationRequest

    @initialize(
        wish=st.sampled_from(Retention),
        days=st.sampled_from([0, 0, 2, 7]),
        patience=st.sampled_from([1, 99, 99]),
        entitled=st.booleans(),
        register=registers,
    )
    def ask(
        self, wish: Retention, days: int, patience: int, *, entitled: bool, register: Register
    ) -> None:
        self.patience = patience  # how often days pass before somebody gives up
        self.loop = asyncio.new_event_loop()
        self.office = Office.open(register)
        self.refused = 0
        self.preconditions_change(entitled=entitled, free=3)
        try:
            self.request = self.do(lambda _: self.office.ask(wish, days=days))
        except DomainError:  # nobody may decide: the usual people do
            self.office.change_register(usual_register())
            self.request = self.do(lambda _: self.office.ask(wish, days=days))
        self.known = frozenset(
            {self.request.requester.employee_id, self.request.subject.employee_id}
        )

    def do(self, act: Callable[[UseCases], Awaitable[T]]) -> T:
        async def run() -> T:
            return await act(self.office.use)

        return self.loop.run_until_complete(run())

    @property
    def oracle(self) -> Oracle:
        return Oracle(self.office, self.now, self.known)

    @property
    def now(self) -> MutationRequest:
        return self.office.now(self.request)

    @property
    def audit(self) -> list[AuditRow]:
        return self.office.store.contents.audit

    def press(
        self, act: Callable[[UseCases], Awaitable[MutationRequest]], *, allowed: bool
    ) -> bool:
        """Let somebody press; tell whether it changed something, which only the allowed may."""
        before, rows = self.now, len(self.audit)
        try:
            self.do(act)
        except DomainError:
            self.refused += 1
            assert self.now == before
            assert len(self.audit) == rows  # the refusal is recorded by who asked
            return False
        changed = self.now != before
        assert allowed or not changed
        return changed

    # What people press.

    @rule(person=somebody, choice=choices, old=st.booleans())
    def decide(self, person: Contact, choice: Retention | None, *, old: bool) -> None:
        may = self.oracle.decides(person.object_id)
        card_round = 2 if old else 1
        changed = self.press(
            lambda _: self.office.decide(
                person, self.request, choice, reason="Omdat", card_round=card_round
            ),
            allowed=may and not old,
        )
        if changed:
            decision = self.now.decision
            assert decision is not None
            assert decision.by.object_id == person.object_id

    @rule(person=somebody)
    def confirm(self, person: Contact) -> None:
        may = person == ASKER and self.oracle.is_member(ASKER.object_id)
        self.press(
            lambda use: use.confirm(person.object_id, self.request.id, card_round=1), allowed=may
        )

    @precondition(lambda self: self.patience == 0)
    @rule(person=somebody)
    def withdraw(self, person: Contact) -> None:
        may = person == ASKER and self.oracle.is_member(ASKER.object_id)
        self.press(lambda use: use.withdraw(person.object_id, self.request.id), allowed=may)

    @rule(person=somebody)
    def resume(self, person: Contact) -> None:
        may = self.oracle.helps(person.object_id)
        self.press(lambda use: use.resume_work(person.object_id, self.request.id), allowed=may)

    # What is likely, so that lives get somewhere.

    @rule(choice=choices, taken=st.sampled_from([True, False, False]))
    def life_goes_on(self, choice: Retention | None, *, taken: bool) -> None:
        state = self.now.state
        if state is State.SUBMITTED and self.now.decision is None:
            self.somebody_entitled_decides(choice or self.now.wish)
        elif state is State.SUBMITTED:
            self.preconditions_change(entitled=True, free=3)
            self.preconditions_are_looked_at()
        elif state is State.TO_CONFIRM:
            self.confirm(ASKER)
        elif state is State.SCHEDULED:
            self.office.clock.advance(days=7)
            self.work_begins(taken=taken)
        else:
            self.work_goes_on(taken=taken)

    @rule()
    def life_goes_on_as_asked(self) -> None:  # a second chance among so many rules
        self.life_goes_on(None, taken=False)

    @rule(taken=st.sampled_from([True, False, False]))
    def work_goes_on(self, *, taken: bool) -> None:
        if self.now.state is State.ATTENTION:
            if taken:
                self.helper_falls_before_the_click("is the requester")
            for person in PEOPLE:
                if self.oracle.helps(person.object_id):
                    self.resume(person)
            self.work_begins(taken=False)
        elif _runs(self.now) and taken:
            self.work_stops()
        elif _runs(self.now):
            self.work_finishes()

    def somebody_entitled_decides(self, choice: Retention | None) -> None:
        for person in PEOPLE:
            if self.oracle.decides(person.object_id):
                self.decide(person, choice, old=False)
                return
        self.everybody_is_back()
        self.office.change_register(usual_register())

    # What jobs do.

    @rule()
    def preconditions_are_looked_at(self) -> None:
        self.do(lambda use: use.recheck(CheckPreconditions(request_id=self.request.id)))

    @rule(taken=st.booleans())
    def work_begins(self, *, taken: bool) -> None:
        self.office.planner.obstacles = (TAKEN,) if taken else ()
        before = len(self.office.rows("work.started"))
        oracle, decision, upheld = self.oracle, self.now.decision, self.now.upheld_by
        self.do(lambda use: use.begin_work(self.request.id))
        if len(self.office.rows("work.started")) > before:
            assert decision is not None
            by = decision.by.object_id
            entity = self.office.register.entities[SOURCE]
            stands = (
                by in entity.named_deciders() and oracle.is_member(by) and not oracle.is_party(by)
            )
            assert stands or upheld is not None

    def work_stops(self) -> None:
        stop = self.office.use.stop_for_person
        self.do(lambda _: stop(self.request.id, step="mailbox.upn", obstacle=TAKEN))

    def work_finishes(self) -> None:
        found = results(self.office.clock.now())
        self.do(lambda use: use.finish_work(self.request.id, found))

    @precondition(lambda self: self.patience == 0)
    @rule()
    def waiting_ends(self) -> None:
        self.do(lambda use: use.expire(ExpireRequest(request_id=self.request.id)))

    @rule()
    def deciders_are_reminded(self) -> None:
        told = len(self.office.store.contents.jobs)
        self.do(lambda use: use.remind(RemindDeciders(request_id=self.request.id, count=1)))
        for job, _ in self.office.store.contents.jobs[told:]:
            person = getattr(job, "person", None)
            assert person != COLLEAGUE.object_id

    # What the world does.

    @rule(days=st.integers(1, 4))
    def days_pass(self, days: int) -> None:
        self.patience = max(0, self.patience - 1)
        self.office.clock.advance(days=days)

    @rule(register=registers)
    def register_changes(self, register: Register) -> None:
        self.office.change_register(register)

    @rule(person=st.sampled_from(OTHERS), twin=st.sampled_from([ASKER, COLLEAGUE]))
    def account_turns_out_to_be_a_second_one(self, person: Contact, twin: Contact) -> None:
        number = f"nr-{twin.object_id}"
        self.office.directory.change(person.object_id, employee_id=number)

    @rule(person=somebody, guest=st.booleans(), enabled=st.booleans())
    def account_changes(self, person: Contact, *, guest: bool, enabled: bool) -> None:
        self.office.directory.change(person.object_id, is_guest=guest, is_enabled=enabled)

    @rule(person=somebody)
    def account_goes(self, person: Contact) -> None:
        self.office.directory.accounts.pop(person.object_id, None)

    @rule(entitled=st.booleans(), free=st.sampled_from([0, 3]))
    def preconditions_change(self, *, entitled: bool, free: int) -> None:
        shown = frozenset({TARGET}) if entitled else frozenset()
        self.office.directory.change(COLLEAGUE.object_id, entitlements=shown)
        self.office.directory.free = free

    # What is rare, and must not be missed.

    def fall(self, person: Contact, how: str) -> None:
        """Take away what lets somebody of the register act."""
        directory = self.office.directory
        if how == "gone":
            directory.accounts.pop(person.object_id, None)
        elif how == "removed":
            rest = [one for one in OTHERS if one != person]
            approvers = (Approver(contact=rest[0]), Approver(contact=rest[1]))
            self.office.change_register(usual_register(*approvers, helpers=tuple(rest[2:])))
        else:
            directory.change(person.object_id, **FALLS[how])

    @precondition(lambda self: self.now.state is State.SUBMITTED)
    @rule(how=falls, choice=choices)
    def decider_falls_before_the_click(self, how: str, choice: Retention | None) -> None:
        for person in OTHERS:
            if self.oracle.decides(person.object_id):
                self.fall(person, how)
                assert not self.oracle.decides(person.object_id)
                self.decide(person, choice, old=False)
                return

    @precondition(lambda self: self.now.state is State.SCHEDULED)
    @rule(how=falls, days=st.integers(0, 7))
    def decider_falls_before_the_work(self, how: str, days: int) -> None:
        decision = self.now.decision
        assert decision is not None
        by = decision.by.object_id
        self.fall(next(one for one in PEOPLE if one.object_id == by), how)
        self.office.clock.advance(days=days)
        self.work_begins(taken=False)

    @precondition(lambda self: self.now.state is State.ATTENTION)
    @rule(how=falls)
    def helper_falls_before_the_click(self, how: str) -> None:
        for person in OTHERS:
            if self.oracle.helps(person.object_id):
                self.fall(person, how)
                assert not self.oracle.helps(person.object_id)
                self.resume(person)
                return

    @precondition(lambda self: self.now.decision is not None)
    @rule(choice=choices)
    def another_decides_too(self, choice: Retention | None) -> None:
        for person in reversed(PEOPLE):
            if self.oracle.decides(person.object_id):
                self.decide(person, choice, old=False)
                return

    @rule()
    def everybody_is_back(self) -> None:
        for one in PEOPLE:
            self.office.directory.accounts[one.object_id] = account(one)
        self.office.directory.change(
            COLLEAGUE.object_id, entity=SOURCE, entitlements=frozenset({TARGET})
        )

    @override
    def teardown(self) -> None:
        event(f"ended {self.now.state}, refused {min(self.refused, 3)}")
        self.loop.close()

    # The laws: see the invariants in docs/rules.md.

    @invariant()
    def there_is_one_decision_at_most(self) -> None:
        rows = self.office.rows("request.decided")
        assert len(rows) == (1 if self.now.decision else 0)

    @invariant()
    def no_work_without_every_agreement(self) -> None:
        kinds = [row.kind for row in self.audit]
        if "work.started" in kinds:
            before = kinds[: kinds.index("work.started")]
            assert "request.ordered" in before
            [decided] = self.office.rows("request.decided")
            differs = decided.params["retention"] is not self.now.wish
            assert ("request.outcome_confirmed" in before) is differs

    @invariant()
    def neither_requester_nor_colleague_decided_or_helped(self) -> None:
        parties = {ASKER.object_id, COLLEAGUE.object_id}
        assert not parties & {
            row.actor for row in self.office.rows("request.decided", "work.resumed")
        }

    @invariant()
    def every_open_request_has_a_turn_and_something_that_comes(self) -> None:
        if self.now.state in ENDS:
            return
        assert self.office.use.find.status(self.now).turns
        jobs = {type(job) for job, _ in self.office.store.contents.jobs}
        due = {
            State.SUBMITTED: ExpireRequest,
            State.TO_CONFIRM: ExpireRequest,
            State.SCHEDULED: StartOrder,
        }
        assert due.get(self.now.state, StartOrder) in jobs
        if self.office.rows("work.resumed"):
            assert CarryOut in jobs

    @invariant()
    def nothing_happens_after_an_end(self) -> None:
        ends = {"request.withdrawn", "request.expired", "work.finished"}
        kinds = [row.kind for row in self.audit]
        found = [number for number, kind in enumerate(kinds) if kind in ends]
        assert found in ([], [len(kinds) - 1])
        if self.now.state in ENDS:
            assert self.request.id not in self.office.store.contents.held

    @invariant()
    def what_is_carried_out_is_what_was_approved(self) -> None:
        rows = self.office.rows("request.decided", "request.outcome_confirmed", "work.started")
        digests = {row.params["digest"] for row in rows}
        assert len(digests) <= 1
        assert len(self.office.rows("work.started")) <= 1

    @invariant()
    def audit_names_nobody(self) -> None:
        text = str([row.params for row in self.audit])
        assert not any(one.name in text for one in PEOPLE)


def _runs(request: MutationRequest) -> bool:
    """Tell whether the work goes on by a plan without obstacles."""
    plan = request.plan
    return request.state is State.CARRYING_OUT and plan is not None and not plan.obstacles


TestOfficeLife = pytest.mark.case("I02", "I03", "I04", "I07", "I09", "I10")(OfficeLife.TestCase)
TestOfficeLife.settings = settings(laws, max_examples=120, stateful_step_count=40, deadline=None)
