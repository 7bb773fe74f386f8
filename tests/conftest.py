"""Fixtures that every kind of test may use."""

from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import settings

from store.database import Database
from tests.postgres import empty, fresh_database, make_template, shared_server

# The machine may be shared: slowness breaks no law. A failure prints how to play it again.
settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")


@pytest.fixture(scope="session")
def postgres_server(testrun_uid: str) -> Iterator[str]:
    """URL of the embedded PostgreSQL of this run."""
    with shared_server(testrun_uid) as url:
        yield url


@pytest.fixture(scope="session")
def recycled_database_url(postgres_server: str) -> Iterator[str]:
    """URL of the migrated database of this test process; take `database_url`."""
    with fresh_database(postgres_server, make_template(postgres_server)) as url:
        yield url


@pytest.fixture
def empty_database_url(postgres_server: str) -> Iterator[str]:
    """URL of a database without any table."""
    with fresh_database(postgres_server, "template0") as url:
        yield url


@pytest.fixture
def database_url(recycled_database_url: str) -> Iterator[str]:
    """URL of a migrated, empty database that nobody else uses during the test."""
    yield recycled_database_url
    empty(recycled_database_url)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Open, migrated, empty database that nobody else uses during the test."""
    opened = Database(database_url)
    await opened.open()
    yield opened
    await opened.close()
