"""Pages of personas in a real browser, driven from Python through `driver.cjs`."""

import asyncio
import contextlib
import json
import shutil
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent
ARTEFACTS: Final = FOLDER.parent.parent / "artefacts"
PATIENCE_S: Final = 30.0
_ANSWER_LIMIT: Final = 4 * 1024 * 1024


class DriverError(AssertionError):
    """The browser could not do what was asked; the message shows what was on the screen."""


class Chromium:
    """One browser for many pages; take it from `open_chromium`."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._lock = asyncio.Lock()
        self._next_id = 0

    async def open(self, name: str, url: str, *, width: int = 1400, height: int = 1000) -> "Page":
        """Open the client at `url` as the page called `name`, with the chat ready to type in."""
        await self.ask("open", page=name, url=url, width=width, height=height)
        return Page(self, name)

    async def strays(self) -> list[str]:
        """Return the origins outside this machine that any page has tried to reach."""
        return list(await self.ask("strays"))

    async def ask(self, command: str, **arguments: object) -> Any:
        """Send one command to the driver and return its result.

        Raises:
            DriverError: The command failed, with what was on the screen.
        """
        async with self._lock:
            self._next_id += 1
            request = {"id": self._next_id, "command": command, **arguments}
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            await self._process.stdin.drain()
            answer: dict[str, Any] = {}
            while answer.get("id") != request["id"]:  # skips answers nobody waited for
                line = await self._process.stdout.readline()
                if not line:
                    raise DriverError("the browser driver has ended")
                answer = json.loads(line)
        if not answer["ok"]:
            raise DriverError(answer["error"])
        return answer["result"]


class Page:
    """What one persona sees and does.

    Labels, titles and options are matched exactly, in the last card that has them.
    """

    def __init__(self, chromium: Chromium, name: str) -> None:
        self._chromium = chromium
        self.name = name

    async def say(self, text: str) -> None:
        """Type a message and send it."""
        await self._ask("say", text=text)

    async def fill(self, label: str, value: str) -> None:
        """Fill the input with this label; dates as YYYY-MM-DD."""
        await self._ask("fill", label=label, value=value)

    async def choose(self, label: str, option: str) -> None:
        """Choose an option of a list or of radio buttons."""
        await self._ask("choose", label=label, option=option)

    async def tick(self, title: str) -> None:
        """Tick the box of which the name contains this title."""
        await self._ask("tick", title=title)

    async def press(self, title: str, timeout_s: float = PATIENCE_S) -> None:
        """Press the button with this title, once it is there."""
        await self._ask("press", title=title, timeout=round(timeout_s * 1000))

    async def value(self, label: str) -> str:
        """Return what the input with this label holds, as shown."""
        return str(await self._ask("value", label=label))

    async def buttons(self) -> list[str]:
        """Return the titles of the visible buttons of the last card."""
        return list(await self._ask("buttons"))

    async def messages(self) -> list[str]:
        """Return the texts in the chat, oldest first; a card is its visible text."""
        return list(await self._ask("messages"))

    async def wait_for(
        self, text: str, timeout_s: float = PATIENCE_S, *, anywhere: bool = False
    ) -> str:
        """Wait until the last message contains `text` and return it; or any, if `anywhere`."""
        milliseconds = round(timeout_s * 1000)
        return str(await self._ask("wait_for", text=text, timeout=milliseconds, anywhere=anywhere))

    async def reload(self) -> None:
        """Load the page anew, which empties the chat."""
        await self._ask("reload")

    async def screenshot(self, name: str, *, card_only: bool = False) -> Path:
        """Keep a picture of the page, or of the last card only, under `artefacts/e2e/`.

        What does not fit on the page is not in the picture: open it high enough.
        """
        path = ARTEFACTS / "e2e" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        await self._ask("screenshot", path=str(path), card_only=card_only)
        return path

    async def _ask(self, command: str, **arguments: object) -> Any:
        return await self._chromium.ask(command, page=self.name, **arguments)


@contextlib.asynccontextmanager
async def open_chromium() -> AsyncIterator[Chromium]:
    """Start the driver, yield the browser, end both."""
    node = shutil.which("node")
    assert node, "the real-client tests need Node.js 18 or newer"
    process = await asyncio.create_subprocess_exec(
        node, str(FOLDER / "driver.cjs"), stdin=PIPE, stdout=PIPE, limit=_ANSWER_LIMIT
    )
    try:
        yield Chromium(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()  # the driver closes the browser and ends
        try:
            async with asyncio.timeout(PATIENCE_S):
                await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
