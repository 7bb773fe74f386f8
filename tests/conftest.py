"""Fixtures that every kind of test may use."""

from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from hypothesis import settings

from store.database import Database
from tests.postgres import as_bot, empty, fresh_database, make_template, shared_server

_FIGURE = "figure"

# The machine may be shared: slowness breaks no law. A failure prints how to play it again.
settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")


@pytest.fixture(scope="session")
def postgres_server(testrun_uid: str) -> Iterator[str]:
    """URL of the embedded PostgreSQL of this run, for its superuser."""
    with shared_server(testrun_uid) as url:
        yield url


@pytest.fixture(scope="session")
def recycled_owner_url(postgres_server: str) -> Iterator[str]:
    """URL of the migrated database of this test process; take `owner_url`."""
    with fresh_database(postgres_server, make_template(postgres_server)) as url:
        yield url


@pytest.fixture
def empty_database_url(postgres_server: str) -> Iterator[str]:
    """The owner's URL of a database without any table."""
    with fresh_database(postgres_server, "template0") as url:
        yield url


@pytest.fixture
def owner_url(recycled_owner_url: str) -> Iterator[str]:
    """The owner's URL of the database of `database_url`: for what the bot itself may not do."""
    yield recycled_owner_url
    empty(recycled_owner_url)


@pytest.fixture
def database_url(owner_url: str) -> str:
    """URL of a migrated, empty database that nobody else uses, with the rights of the bot."""
    return as_bot(owner_url)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Open, migrated, empty database that nobody else uses during the test."""
    opened = Database(database_url)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Tell a figure, such as "kill points survived 3 of 3"; printed at the end of the run."""

    def record(figure: str) -> None:
        record_property(_FIGURE, figure)

    return record


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long tests out unless markers are asked for: `make faults`."""
    if config.option.markexpr:
        return
    long = [item for item in items if item.get_closest_marker("long")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures that tests told."""
    reports = [
        report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)
    ]
    for report in reports:
        for name, figure in report.user_properties:
            if name == _FIGURE:
                terminalreporter.write_line(str(figure))
