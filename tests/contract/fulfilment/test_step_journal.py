"""What the engine relies on to go on after a stop, in memory and in PostgreSQL."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from fulfilment.journal import Entry, Journal, StepState
from fulfilment.progress import Finished
from fulfilment.retention import ONEDRIVE, RetentionRecord, RetentionRecords
from mutations.case_finder import Outcome
from mutations.errors import ConcurrentUpdateError
from mutations.identity import ObjectId, RequestId
from mutations.plan import Plan, PlannedStep
from store.database import Database
from store.retention_records import SqlRetentionRecords
from store.simulated_objects import SqlSimulatedObjects
from store.step_journal import SqlStepJournal
from tests.fakes.clock import FakeClock
from tests.fakes.step_journal import InMemoryJournal, InMemoryRetentionRecords
from tests.unit.fulfilment.stage import REQUEST, Stage, assert_each_once
from tests.unit.fulfilment.test_stops import Fuse, Fused, Killed

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
OTHER = RequestId("f" * 32)
PLAN = Plan(
    steps=(
        PlannedStep(name="mailbox.litigation_hold", target="a", args={}),
        PlannedStep(name="groups.leave", target="b", args={}),
    )
)
RECORD = RetentionRecord(
    request_id=REQUEST,
    subject=ObjectId("x"),
    kind=ONEDRIVE,
    starts_on=date(2027, 3, 1),
    ends_on=date(2027, 3, 31),
)


@pytest.fixture(params=["memory", "postgresql"])
def journal(request: pytest.FixtureRequest) -> Journal:
    if request.param == "memory":
        return InMemoryJournal()
    return SqlStepJournal(request.getfixturevalue("database"), FakeClock(NOW))


@pytest.fixture(params=["memory", "postgresql"])
def records(request: pytest.FixtureRequest) -> RetentionRecords:
    if request.param == "memory":
        return InMemoryRetentionRecords()
    return SqlRetentionRecords(request.getfixturevalue("database"))


async def entries(journal: Journal, request_id: RequestId = REQUEST) -> list[Entry]:
    return [Entry.of(row) for row in await journal.load(request_id)]


async def test_unopened_journal_is_empty(journal: Journal) -> None:
    assert await entries(journal) == []


async def test_opened_journal_has_a_pending_entry_per_step(journal: Journal) -> None:
    await journal.open(REQUEST, PLAN)

    assert await entries(journal) == [
        Entry(
            request_id=REQUEST,
            position=position,
            name=step.name,
            target=step.target,
            state=StepState.PENDING,
            detail={},
        )
        for position, step in enumerate(PLAN.steps)
    ]
    assert await entries(journal, OTHER) == []


async def test_entry_comes_back_as_it_was_saved(journal: Journal) -> None:
    await journal.open(REQUEST, PLAN)
    first, second = await entries(journal)
    saved = replace(
        second,
        state=StepState.VERIFIED,
        before={"groups": {"1": {"name": "Wegen 'n Water", "member": True}}},
        after={"since": None, "days": 30},
        detail={"agreeing": 1, "params": {"group": "x"}},
        attempts=2,
        intent_at=NOW,
        written_at=NOW,
        verified_at=NOW,
    )

    await journal.save(saved, seen=second)

    assert await entries(journal) == [first, saved]


@pytest.mark.parametrize(
    "changes",
    [
        {"state": StepState.VERIFIED, "verified_at": NOW},
        {"intent_at": NOW},
        {"written_at": NOW},
        {"detail": {"agreeing": 1}},
        {"attempts": 1},
    ],
    ids=" and ".join,
)
async def test_outdated_run_overwrites_nothing(
    journal: Journal, changes: dict[str, object]
) -> None:
    await journal.open(REQUEST, PLAN)
    seen, other = await entries(journal)
    newer = replace(seen, **changes)  # type: ignore[arg-type] # named fields
    await journal.save(newer, seen=seen)

    with pytest.raises(ConcurrentUpdateError):
        await journal.save(replace(seen, state=StepState.WRITTEN), seen=seen)

    assert await entries(journal) == [newer, other]


async def test_opening_again_changes_nothing(journal: Journal) -> None:
    await journal.open(REQUEST, PLAN)
    first, second = await entries(journal)
    written = replace(first, state=StepState.WRITTEN)
    await journal.save(written, seen=first)

    await journal.open(REQUEST, PLAN)
    await journal.open(REQUEST, replace(PLAN, steps=PLAN.steps[:1]))

    assert await entries(journal) == [written, second]


async def test_record_is_kept_once(records: RetentionRecords) -> None:
    assert await records.get(REQUEST) is None

    await records.add(RECORD)
    await records.add(replace(RECORD, ends_on=date(2028, 1, 1)))

    kept = await records.get(REQUEST)
    assert kept is not None
    assert (kept.starts_on, kept.ends_on) == (RECORD.starts_on, RECORD.ends_on)
    assert await records.get(OTHER) is None


async def test_record_that_is_taken_back_is_gone(records: RetentionRecords) -> None:
    await records.add(RECORD)

    await records.remove(REQUEST)
    await records.remove(OTHER)

    assert await records.get(REQUEST) is None


async def test_killed_order_goes_on_from_postgresql(database: Database) -> None:
    clock = FakeClock(NOW)
    stage = await Stage.of(objects=SqlSimulatedObjects(database, clock), clock=clock)
    records = SqlRetentionRecords(database)
    parts = {"journal": SqlStepJournal(database, clock), "records": records}
    plan = await stage.planner.plan(stage.move(Outcome.B))
    for moment in (2, 1):
        killed = Fused(stage.tenant, Fuse(moment), only="remove_aliases")
        with pytest.raises(Killed):
            await stage.run(plan, stage.engine(tenant=killed, **parts))

    assert await stage.run(plan, stage.engine(**parts)) == Finished()

    await assert_each_once(stage, Outcome.B)
    assert await records.get(REQUEST) is not None
