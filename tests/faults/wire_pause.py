"""A watcher that holds chosen acts until a test has looked at what they mean meanwhile."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.faults.kill_points import Phase
from tests.faults.wire import Act


@dataclass(frozen=True)
class Held:
    """An act that waits: to go out, or for its answer to come back."""

    act: Act
    _let_go: asyncio.Event = field(default_factory=asyncio.Event)
    _cut: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_cut(self) -> bool:
        """Whether it never arrives."""
        return self._cut.is_set()

    def let_go(self) -> None:
        """Let it go on."""
        self._let_go.set()

    def cut(self) -> None:
        """Let it never arrive: the connection is cut."""
        self._cut.set()
        self._let_go.set()

    async def wait(self) -> None:
        await self._let_go.wait()


@dataclass
class Pause:
    """Holds every act that `where` picks, in its phase, while it is on."""

    phase: Phase
    where: Callable[[Act], bool]
    is_on: bool = False
    _held: asyncio.Queue[Held] = field(default_factory=asyncio.Queue, init=False)

    async def next(self) -> Held:
        """Wait for the next act that is held."""
        return await self._held.get()

    async def may_go(self, act: Act) -> bool:
        """Hold before it goes out; part of `Watcher`."""
        return await self._pass(Phase.BEFORE, act)

    async def may_return(self, act: Act) -> bool:
        """Hold its answer; part of `Watcher`."""
        return await self._pass(Phase.AFTER, act)

    async def _pass(self, phase: Phase, act: Act) -> bool:
        if self.is_on and phase is self.phase and self.where(act):
            held = Held(act)
            self._held.put_nowait(held)
            await held.wait()
            return not held.is_cut
        return True


def commits(*writes: str) -> Callable[[Act], bool]:
    """Pick the commits of transactions with a statement that begins with one of these."""

    def is_one(act: Act) -> bool:
        return act.text == "COMMIT" and any(text.startswith(writes) for text in act.before)

    return is_one
