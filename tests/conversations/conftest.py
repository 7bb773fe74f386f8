"""A bot to talk to."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conversations.stage import Stage, open_stage


@pytest.fixture
async def stage(tmp_path: Path, database_url: str) -> AsyncIterator[Stage]:
    """The whole bot on a Monday morning, with authentication on and its worker at work."""
    async with open_stage(tmp_path, database_url) as opened:
        yield opened
