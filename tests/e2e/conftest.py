"""What the real-client tests start with; a missing program fails them, it never skips them."""

import socket
from collections.abc import AsyncIterator

import pytest

from bot.playground.node_tools import NodeTools, prepare
from tests.e2e.chromium import Chromium, open_chromium


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def node_tools() -> NodeTools:
    """The installed client."""
    tools = await prepare()
    assert isinstance(tools, NodeTools), tools
    return tools


@pytest.fixture
async def chromium() -> AsyncIterator[Chromium]:
    """A browser of which no page reached out of this machine."""
    async with open_chromium() as browser:
        yield browser
        assert await browser.strays() == []
