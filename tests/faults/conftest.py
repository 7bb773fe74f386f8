"""What the fault tests share: databases of their own and a count of survived kills."""

from collections.abc import Callable, Iterator

import pytest

from tests.postgres import fresh_database, make_template

_KILLS = "kill points survived"


@pytest.fixture
def fresh_url(postgres_server: str) -> Iterator[str]:
    """URL of a migrated database that may be altered: it is thrown away."""
    with fresh_database(postgres_server, make_template(postgres_server)) as url:
        yield url


@pytest.fixture
def tell_kills(record_property: Callable[[str, object], None]) -> Callable[[str, int, int], None]:
    """Tell how many kills a flow survived; printed at the end of the run."""

    def tell(flow: str, survived: int, points: int) -> None:
        record_property(_KILLS, f"{flow}: {_KILLS} {survived} of {points}")

    return tell


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long tests out unless markers are asked for: `make faults`."""
    if config.option.markexpr:
        return
    long = [item for item in items if item.get_closest_marker("long")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the count of each flow."""
    reports = [
        report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)
    ]
    lines = [text for report in reports for name, text in report.user_properties if name == _KILLS]
    for line in lines:
        terminalreporter.write_line(str(line))
