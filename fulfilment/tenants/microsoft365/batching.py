"""Calls made at the same moment go out together.

Source: https://learn.microsoft.com/graph/json-batching
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import structlog

from fulfilment.tenant import TransientTenantError
from fulfilment.tenants.microsoft365.answers import reply_of
from fulfilment.tenants.microsoft365.call import Call, Reply, Verb

MOST_IN_A_BATCH: Final = 20

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """What may share a batch.

    Bulk work may have to wait for the quota where urgent work need not, and so may writes where
    reads need not: neither holds up the other.
    """

    urgent: bool
    reads: bool


@dataclass(eq=False, slots=True)
class Asked:
    """One call of a batch, and all who wait for its answer."""

    call: Call
    waiters: list[asyncio.Future[Reply]] = field(default_factory=list)

    @property
    def is_wanted(self) -> bool:
        """Tell whether anybody still waits."""
        return any(not waiter.done() for waiter in self.waiters)

    def settle(self, outcome: Reply | BaseException) -> None:
        """Tell everybody who still waits what became of it."""
        for waiter in self.waiters:
            if waiter.done():
                continue
            if isinstance(outcome, Reply):
                waiter.set_result(outcome)
            else:
                waiter.set_exception(outcome)


class Batch:
    """What was asked in one moment, on one lane."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.full = asyncio.Event()
        self._asked: list[Asked] = []

    def add(self, call: Call) -> asyncio.Future[Reply]:
        """Take one more call; a read that is in it already is not sent twice."""
        waiter: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        asked = next((one for one in self._asked if _same_read(one.call, call)), None)
        if asked is None:
            asked = Asked(call)
            self._asked.append(asked)
        asked.waiters.append(waiter)
        if len(self._asked) >= MOST_IN_A_BATCH:
            self.full.set()
        return waiter

    def wanted(self) -> list[Asked]:
        """Return what somebody still waits for."""
        return [asked for asked in self._asked if asked.is_wanted]

    def end(self, fault: BaseException | None) -> None:
        """Leave nobody waiting."""
        for asked in self.wanted():
            asked.settle(fault or TransientTenantError())


class Batcher:
    """Collects calls for a few milliseconds and hands them over, at most twenty at a time."""

    def __init__(self, carry: Callable[[Batch], Awaitable[None]], *, window_s: float) -> None:
        """Prepare.

        Args:
            carry: Sends a batch and settles all it asked for.
            window_s: How long a batch stays open for more.
        """
        self._carry = carry
        self._window_s = window_s
        self._open: dict[Lane, Batch] = {}
        self._running: set[asyncio.Task[None]] = set()

    async def ask(self, call: Call, *, lane: Lane) -> Reply:
        """Return the answer to one call; a caller that is cancelled in time is not sent."""
        batch = self._open.get(lane)
        if batch is None or batch.full.is_set():
            batch = self._open[lane] = self._begun(lane)
        return await batch.add(call)

    async def drain(self) -> None:
        """Wait for everything that is under way."""
        while self._running:
            await asyncio.wait(self._running)

    def _begun(self, lane: Lane) -> Batch:
        batch = Batch(lane)
        # A context of its own: it is not the work of whoever came first.
        task = asyncio.create_task(self._run(batch), context=Context())
        self._running.add(task)
        task.add_done_callback(lambda ended: self._ended(ended, batch))
        return batch

    async def _run(self, batch: Batch) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._window_s):
                await batch.full.wait()
        if self._open.get(batch.lane) is batch:
            del self._open[batch.lane]
        await self._carry(batch)

    def _ended(self, task: asyncio.Task[None], batch: Batch) -> None:
        self._running.discard(task)
        fault = None if task.cancelled() else task.exception()
        if fault is not None and not isinstance(fault, TransientTenantError):
            _log.warning("batch failed", fault=type(fault).__name__)
        batch.end(fault)


class _Item(msgspec.Struct, frozen=True):
    id: str
    status: int
    headers: dict[str, Any] = {}
    body: Any = None


def document_of(
    calls: Sequence[Call], headers: Callable[[Call], Mapping[str, str]]
) -> dict[str, Any]:
    """Return the body of `POST /$batch`; the calls are independent of each other."""
    return {
        "requests": [
            _request(identity, call, headers(call)) for identity, call in _numbered(calls)
        ]
    }


def outcomes_of(
    calls: Sequence[Call], body: Mapping[str, Any]
) -> list[Reply | TransientTenantError]:
    """Return what became of each call, in the order of the calls.

    Answers come in any order. A call without one was perhaps done.
    """
    answers = body.get("responses")
    found = {item.id: item for item in _items(answers if isinstance(answers, list) else [])}
    return [_outcome(found.get(identity)) for identity, _ in _numbered(calls)]


def _outcome(item: _Item | None) -> Reply | TransientTenantError:
    if item is None:
        _log.warning("answer missing in a batch")
        return TransientTenantError()
    headers = {name.lower(): str(value) for name, value in item.headers.items()}
    return reply_of(item.status, item.body if isinstance(item.body, dict) else {}, headers)


def _items(answers: Iterable[object]) -> Iterable[_Item]:
    for answer in answers:
        with contextlib.suppress(msgspec.ValidationError):
            yield msgspec.convert(answer, _Item)


def _request(identity: str, call: Call, headers: Mapping[str, str]) -> dict[str, Any]:
    request: dict[str, Any] = {"id": identity, "method": call.operation.verb, "url": call.path}
    if call.body is not None or call.operation.verb is Verb.POST:
        # A POST that needs no body must still have one in a batch.
        headers = {**headers, "Content-Type": "application/json"}
        request["body"] = call.body or {}
    return {**request, "headers": dict(headers)}


def _numbered(calls: Sequence[Call]) -> list[tuple[str, Call]]:
    return [(str(number), call) for number, call in enumerate(calls, start=1)]


def _same_read(one: Call, other: Call) -> bool:
    return (
        one.operation.verb is Verb.GET
        and other.operation.verb is Verb.GET
        and one.path == other.path
        and one.headers == other.headers
    )
