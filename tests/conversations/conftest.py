"""A bot to talk to."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conversations.journeys import Days
from tests.conversations.stage import Stage, open_stage
from tests.fakes.bot_connector import FakeConnector


@pytest.fixture
async def stage(tmp_path: Path, database_url: str) -> AsyncIterator[Stage]:
    """The whole bot on a Monday morning, with authentication on and its worker at work."""
    async with open_stage(tmp_path, database_url) as opened:
        yield opened


@pytest.fixture
async def days(tmp_path: Path, database_url: str) -> AsyncIterator[Days]:
    """The whole bot, to be opened on one day after the other."""
    connector = FakeConnector()
    await connector.start()
    yield Days(tmp_path, database_url, connector)
    await connector.stop()
