"""Rules that only show where a use case puts them together."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar, cast

import pytest

from mutations.authority import Viewer, roles
from mutations.case_finder import Outcome, Retention
from mutations.directory import Directory, Footprint, Person
from mutations.draft import Draft
from mutations.identity import EntityCode, ObjectId, RequestId
from mutations.intake import ClosedEntityError, ColleagueGoneError
from mutations.life_cycle import State
from mutations.plan import Planner
from mutations.ports import Store, Work
from mutations.register import Approver, Register
from mutations.request import MutationRequest, Party
from mutations.use_cases.context import Context
from mutations.use_cases.find import LIST_LIMIT, FindRequests
from mutations.use_cases.propose import ProposeMutation
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


@dataclass(frozen=True)
class OnePersonDirectory:
    """Directory that knows one person at most."""

    known: Person | None = None

    async def person(self, object_id: ObjectId) -> Person | None:
        return self.known if self.known and self.known.object_id == object_id else None

    async def footprint(self, _: ObjectId) -> Footprint:
        return Footprint()


@dataclass(frozen=True)
class ListedRequests:
    """Store that only lists: those visible to a viewer, open ones first, then the newest."""

    everything: Sequence[MutationRequest] = ()

    @property
    def requests(self) -> "ListedRequests":
        return self

    async def run(self, act: Callable[[Work], Awaitable[T]]) -> T:
        return await act(cast("Work", self))

    async def visible_to(self, viewer: Viewer, *, limit: int) -> Sequence[MutationRequest]:
        visible = [request for request in self.everything if roles(request, viewer)]
        newest = sorted(visible, key=lambda request: request.created_at, reverse=True)
        return sorted(newest, key=lambda request: not request.is_open)[:limit]


def context_of(
    register: Register, *, known: Person | None = None, everything: Sequence[MutationRequest] = ()
) -> Context:
    return Context(
        store=cast("Store", ListedRequests(everything)),
        directory=cast("Directory", OnePersonDirectory(known)),
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
        pytest.param(
            date(2027, 1, 1),
            id="closed-before-the-start",
            marks=pytest.mark.xfail(
                reason="the target is checked on the day of asking only: a move to an entity that"
                " ends at a merger before the start date is accepted (R17: peaks at 1 January)",
                strict=True,
                raises=ColleagueGoneError,  # the next check: the target was accepted
            ),
        ),
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


@pytest.mark.xfail(
    reason="the source of a proposal is the directory's code, also when the register does not"
    " know it; Proposal.source and MutationRequest.source promise None",
    strict=True,
    raises=AssertionError,
)
async def test_source_entity_unknown_to_the_register_is_none() -> None:
    known = Person(
        object_id=COLLEAGUE.object_id,
        name=COLLEAGUE.name,
        upn=COLLEAGUE.upn,
        entity=EntityCode("OVO999999"),
        entitlements=frozenset(),
        profile="Kenniswerker",
        status="ambtenaar",
    )
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


@pytest.mark.parametrize(
    "others",
    [
        3,
        pytest.param(
            LIST_LIMIT,
            marks=pytest.mark.xfail(
                reason="waiting_for() filters after the list was cut at LIST_LIMIT: what waits"
                " for somebody drops out behind newer requests (R17: hundreds at once)",
                strict=True,
                raises=AssertionError,
            ),
        ),
    ],
)
async def test_what_waits_for_an_approver_is_found_behind_newer_requests(others: int) -> None:
    oldest = waiting_request(0, State.SUBMITTED)
    newer = [waiting_request(number, State.SCHEDULED) for number in range(1, others + 1)]
    register = register_of(entity_of(SOURCE, approvers=(Approver(contact=CHIEF),)))
    find = FindRequests(context_of(register, everything=[oldest, *newer]))

    waiting = await find.waiting_for(CHIEF.object_id)

    assert [status.request for status in waiting] == [oldest]
