"""The world as a process, for the tests of this package."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conversations.stage import APP_ID, TENANT_ID
from tests.world.client import WorldClient, world_process


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[WorldClient]:
    """A world with Teams' limits, for the one app and tenant of the tests."""
    async with world_process(tmp_path, app_id=APP_ID, tenant_id=TENANT_ID) as client:
        yield client
