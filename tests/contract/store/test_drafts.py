"""A draft is one thing: what was sent or thrown away does not come back."""

from dataclasses import replace

import pytest

from mutations.draft import Draft
from mutations.errors import ConcurrentUpdateError
from mutations.identity import ObjectId
from store.database import Database
from store.drafts import SqlDrafts
from tests.fakes.clock import FakeClock

ANN = ObjectId("00000000-0000-4000-8000-000000000001")


async def test_draft_that_was_taken_does_not_come_back(
    database: Database, clock: FakeClock
) -> None:
    async with database.transaction() as connection:
        drafts = SqlDrafts(connection, clock.now())
        begun = await drafts.save(Draft(id="d1", person=ANN))
        await drafts.take(begun)

        with pytest.raises(ConcurrentUpdateError):
            await drafts.save(replace(begun, status_changes=False))
        with pytest.raises(ConcurrentUpdateError):
            await drafts.take(begun)
        assert await drafts.get(ANN) is None


async def test_draft_that_changed_is_neither_taken_nor_overwritten(
    database: Database, clock: FakeClock
) -> None:
    async with database.transaction() as connection:
        drafts = SqlDrafts(connection, clock.now())
        old = await drafts.save(Draft(id="d1", person=ANN))
        newer = await drafts.save(old)

        for act in (drafts.save, drafts.take):
            with pytest.raises(ConcurrentUpdateError):
                await act(old)
        assert await drafts.get(ANN) == newer


async def test_another_draft_of_the_same_version_is_another(
    database: Database, clock: FakeClock
) -> None:
    async with database.transaction() as connection:
        drafts = SqlDrafts(connection, clock.now())
        gone = await drafts.save(Draft(id="d1", person=ANN))
        await drafts.delete(ANN)
        present = await drafts.save(Draft(id="d2", person=ANN))

        for act in (drafts.save, drafts.take):
            with pytest.raises(ConcurrentUpdateError):
                await act(gone)
        assert await drafts.get(ANN) == present
