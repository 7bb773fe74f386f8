"""What the fault tests share: databases of their own and a count of survived kills."""

from collections.abc import Callable, Iterator

import pytest

from tests.postgres import as_bot, fresh_database, make_template


@pytest.fixture
def fresh_owner_url(postgres_server: str) -> Iterator[str]:
    """The owner's URL of a migrated database that may be altered: it is thrown away."""
    with fresh_database(postgres_server, make_template(postgres_server)) as url:
        yield url


@pytest.fixture
def fresh_url(fresh_owner_url: str) -> str:
    """URL of the database of `fresh_owner_url` with the rights of the bot."""
    return as_bot(fresh_owner_url)


@pytest.fixture
def tell_kills(tell: Callable[[str], None]) -> Callable[[str, int, int], None]:
    """Tell how many kills a flow survived; printed at the end of the run."""

    def tell_flow(flow: str, survived: int, points: int) -> None:
        tell(f"{flow}: kill points survived {survived} of {points}")

    return tell_flow
