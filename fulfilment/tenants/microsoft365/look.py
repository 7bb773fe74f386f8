"""One look at the tenant: what is asked twice within it is asked once, until something changes.

The steps of an order ask for the same account, mailbox and groups. Within a look they share the
answer; the answer to any write, and a few seconds, make every later question a new one.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any, Final, TypeVar

from fulfilment.tenants.microsoft365.call import Call, Exchange, Graph, Reply, Verb

_FRESH_S: Final = 5.0
_T = TypeVar("_T")


class Look:
    """The questions that were asked in one look."""

    def __init__(self) -> None:
        self._asked: dict[Hashable, tuple[float, asyncio.Task[Any]]] = {}
        self._known: dict[Hashable, tuple[float, Any]] = {}

    async def once(self, key: Hashable, ask: Callable[[], Awaitable[_T]]) -> _T:
        """Return the answer to the question `key`; a fault is not kept."""
        now = asyncio.get_running_loop().time()
        asked_at, task = self._asked.get(key, (0.0, None))
        if task is None or now - asked_at > _FRESH_S or _failed(task):
            task = asyncio.ensure_future(_of(ask))
            self._asked[key] = (now, task)
        answer: _T = await asyncio.shield(task)
        return answer

    def keep(self, key: Hashable, value: object) -> None:
        """Keep what another answer told by the way, and no write of this program changes."""
        self._known[key] = (asyncio.get_running_loop().time(), value)

    def kept(self, key: Hashable) -> Any:  # noqa: ANN401  # whatever was kept
        """Return what was kept; None when nothing was, or too long ago."""
        at, value = self._known.get(key, (0.0, None))
        return value if asyncio.get_running_loop().time() - at <= _FRESH_S else None

    def forget(self) -> None:
        """Ask everything anew; what is kept does not change by what this program writes."""
        self._asked.clear()


_LOOK: ContextVar[Look | None] = ContextVar("microsoft365_look", default=None)


@contextlib.contextmanager
def one_look() -> Iterator[None]:
    """Let everything that is asked within the block be one look."""
    token = _LOOK.set(Look())
    try:
        yield
    finally:
        _LOOK.reset(token)


def present_look() -> Look | None:
    """Return the look that is being taken; None outside of one."""
    return _LOOK.get()


class LookingGraph:
    """Implements `Graph`; sends on what the present look does not know."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def send(self, call: Call) -> Reply:
        """Send one call; see `Graph`."""
        look = present_look()
        if look is None:
            return await self._graph.send(call)
        if call.operation.verb is Verb.GET:
            key = (call.path, *sorted(call.headers.items()))
            return await look.once(key, lambda: self._graph.send(call))
        try:
            return await self._graph.send(call)
        finally:
            look.forget()


class LookingExchange:
    """Implements `Exchange`; runs what the present look does not know."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def run(self, cmdlet: str, /, **parameters: object) -> tuple[Mapping[str, Any], ...]:
        """Run an allowed cmdlet; see `Exchange`."""
        look = present_look()
        if look is None:
            return await self._exchange.run(cmdlet, **parameters)
        if cmdlet.startswith("Get-"):
            key = (cmdlet, repr(sorted(parameters.items())))
            return await look.once(key, lambda: self._exchange.run(cmdlet, **parameters))
        try:
            return await self._exchange.run(cmdlet, **parameters)
        finally:
            look.forget()


async def _of(ask: Callable[[], Awaitable[_T]]) -> _T:
    return await ask()


def _failed(task: asyncio.Task[Any]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
