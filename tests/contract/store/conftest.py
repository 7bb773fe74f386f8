import pytest

from store.database import Database
from store.jobs import JobEngine
from tests.contract.store.workers import Jobs
from tests.fakes.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def jobs(database: Database) -> Jobs:
    engine = JobEngine(database)
    await engine.open()
    return Jobs(database, engine)
