"""How the program ends."""

import asyncio

import pytest

from bot.serve import stop_asked


async def test_fault_of_the_worker_ends_the_program() -> None:
    async def broken() -> None:
        raise RuntimeError("no worker any more")

    with pytest.raises(RuntimeError, match="no worker any more"):
        await stop_asked(asyncio.create_task(broken()))
