"""Rules that only show where a use case puts them together."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar, cast

import pytest

from mutations.authority import Viewer, roles
from mutations.case_finder import Outcome, Retention
from mutations.directory import Directory, Footprint, Person
from mutations.draft import Draft
from mutations.identity import EntityCode, ObjectId, RequestId
from mutations.intake import ClosedEntityError, ColleagueGoneError
from mutations.jobs import Deliver, Job, Message, RemindDeciders, RemindRequester
from mutations.life_cycle import State
from mutations.party import Party
from mutations.plan import Planner
from mutations.ports import Reading, Store, Work
from mutations.register import Approver, Contact, Register
from mutations.request import MutationRequest
from mutations.use_cases.context import Context
from mutations.use_cases.find import LIST_LIMIT, FindRequests
from mutations.use_cases.propose import ProposeMutation
from mutations.use_cases.watch import Remind, RemindOfConfirmation
from tests.fakes.clock import FakeClock
from tests.samples import submitted
from tests.unit.mutations.strategies import PEOPLE, SOURCE, TARGET, entity_of, register_of

T = TypeVar("T")
NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)
ASKER, COLLEAGUE, CHIEF = PEOPLE[:3]
DRAFT = Draft(
    id="d" * 32,
    person=ASKER.object_id,
    colleague=COLLEAGUE.object_id,
    target=TARGET,
    effective_on=date(2027, 1, 4),
    status_changes=False,
    wish=Retention.KEEP,
)


def member(contact: Contact, **changes: Any) -> Person:
    """Return the account of a member of the organisation who works nowhere yet."""
    return Person(
        object_id=contact.object_id,
        name=contact.name,
        upn=contact.upn,
        entity=changes.pop("entity", None),
        entitlements=frozenset(),
        profile="Kenniswerker",
        status="ambtenaar",
        **changes,
    )


@dataclass(frozen=True)
class SmallDirectory:
    """Directory that knows the requester, and one other person at most."""

    known: Person | None = None

    async def person(self, object_id: ObjectId) -> Person | None:
        people = [member(ASKER), *([self.known] if self.known else [])]
        return next((one for one in people if one.object_id == object_id), None)

    async def footprint(self, _: ObjectId) -> Footprint:
        return Footprint()


@dataclass(frozen=True)
class ListedRequests:
    """Store that only reads requests, open ones first, then the newest; jobs are written down."""

    everything: Sequence[MutationRequest] = ()
    enqueued: list[Job] = field(default_factory=list)

    @property
    def requests(self) -> "ListedRequests":
        return self

    @property
    def jobs(self) -> "ListedRequests":
        return self

    async def enqueue(self, job: Job, *, at: datetime | None = None) -> None:
        assert at is None or at > NOW
        self.enqueued.append(job)

    async def get(self, request_id: RequestId) -> MutationRequest | None:
        return next((one for one in self.everything if one.id == request_id), None)

    async def run(self, act: Callable[[Work], Awaitable[T]]) -> T:
        return await act(cast("Work", self))

    async def read(self, look: Callable[[Reading], Awaitable[T]]) -> T:
        return await look(cast("Reading", self))

    async def visible_to(
        self, viewer: Viewer, *, limit: int, open_only: bool = False
    ) -> Sequence[MutationRequest]:
        asked = [request for request in self.everything if request.is_open or not open_only]
        visible = [request for request in asked if roles(request, viewer)]
        newest = sorted(visible, key=lambda request: request.created_at, reverse=True)
        return sorted(newest, key=lambda request: not request.is_open)[:limit]


def context_of(
    register: Register, *, known: Person | None = None, store: ListedRequests | None = None
) -> Context:
    return Context(
        store=cast("Store", store or ListedRequests()),
        directory=cast("Directory", SmallDirectory(known)),
        planner=cast("Planner", None),
        register=register,
        clock=FakeClock(NOW),
        new_id=lambda: "0" * 32,
        recheck_every=timedelta(minutes=1),
    )


@pytest.mark.parametrize(
    "closed_on",
    [
        pytest.param(date(2026, 12, 1), id="closed-today"),
        pytest.param(date(2027, 1, 1), id="closed-before-the-start"),  # a merger (R17)
        pytest.param(date(2027, 1, 4), id="closed-on-the-start"),
    ],
)
async def test_target_must_exist_when_the_colleague_starts(closed_on: date) -> None:
    target = entity_of(TARGET, requesters=(ASKER,), closed_on=closed_on)
    propose = ProposeMutation(context_of(register_of(entity_of(SOURCE), target)))

    with pytest.raises(ClosedEntityError):
        await propose(DRAFT)


async def test_target_that_ends_after_the_start_is_accepted() -> None:
    target = entity_of(TARGET, requesters=(ASKER,), closed_on=date(2027, 1, 5))
    propose = ProposeMutation(context_of(register_of(entity_of(SOURCE), target)))

    with pytest.raises(ColleagueGoneError):  # the check after that of the target
        await propose(DRAFT)


async def test_source_entity_unknown_to_the_register_is_none() -> None:
    known = member(COLLEAGUE, entity=EntityCode("OVO999999"))
    target = entity_of(TARGET, requesters=(ASKER,))

    proposal = await ProposeMutation(context_of(register_of(target), known=known))(DRAFT)

    assert proposal.finding.outcome is Outcome.P
    assert proposal.source is None


def waiting_request(number: int, state: State) -> MutationRequest:
    at = NOW - timedelta(days=1) + timedelta(minutes=number)
    return replace(
        submitted(),
        id=RequestId(f"{number:032x}"),
        state=state,
        created_at=at,
        state_since=at,
        source=SOURCE,
        requester=Party(object_id=ASKER.object_id, name=ASKER.name),
        subject=Party(object_id=COLLEAGUE.object_id, name=COLLEAGUE.name),
    )


@pytest.mark.parametrize("others", [3, LIST_LIMIT, 400])  # R17: hundreds at once
async def test_what_waits_for_an_approver_is_found_behind_newer_requests(others: int) -> None:
    oldest = waiting_request(0, State.SUBMITTED)
    newer = [waiting_request(number, State.SCHEDULED) for number in range(1, others + 1)]
    register = register_of(entity_of(SOURCE, approvers=(Approver(contact=CHIEF),)))
    find = FindRequests(context_of(register, store=ListedRequests([oldest, *newer])))

    waiting = await find.waiting_for(CHIEF.object_id)

    assert [status.request for status in waiting] == [oldest]


@pytest.mark.parametrize("approver", [CHIEF, ASKER, COLLEAGUE])
async def test_reminder_goes_to_the_deciders_or_says_that_there_are_none(
    approver: Contact,
) -> None:
    request = waiting_request(0, State.SUBMITTED)
    store = ListedRequests([request])
    register = register_of(entity_of(SOURCE, approvers=(Approver(contact=approver),)))
    job = RemindDeciders(request_id=request.id, count=1)

    await Remind(context_of(register, store=store))(job)

    told = [(one.person, one.message) for one in store.enqueued if isinstance(one, Deliver)]
    reminder, alarm = (CHIEF.object_id, Message.REMINDER), (ASKER.object_id, Message.NO_DECIDER)
    assert told == [reminder if approver is CHIEF else alarm]
    assert replace(job, count=2) in store.enqueued


@pytest.mark.parametrize("state", State)
async def test_requester_is_reminded_exactly_while_a_confirmation_is_waited_for(
    state: State,
) -> None:
    request = waiting_request(0, state)
    store = ListedRequests([request])
    job = RemindRequester(request_id=request.id, count=3)

    await RemindOfConfirmation(context_of(register_of(), store=store))(job)

    told = [one for one in store.enqueued if isinstance(one, Deliver)]
    if state is not State.TO_CONFIRM:
        assert store.enqueued == []
        return
    [reminder] = told
    assert (reminder.person, reminder.message) == (ASKER.object_id, Message.CONFIRM_REMINDER)
    assert reminder.occasion == "3"
    assert replace(job, count=4) in store.enqueued
