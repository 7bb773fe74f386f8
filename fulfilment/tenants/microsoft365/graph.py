"""Sends calls to Microsoft Graph: together, within the quota, and again where that is safe."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any, Final
from weakref import WeakValueDictionary

import structlog

from fulfilment.stamp import present_stamp
from fulfilment.tenant import TransientTenantError
from fulfilment.tenants.microsoft365.answers import code_of, is_for_now, raise_for, reply_of
from fulfilment.tenants.microsoft365.batching import (
    Batch,
    Batcher,
    Lane,
    document_of,
    outcomes_of,
)
from fulfilment.tenants.microsoft365.call import Call, Graph, Reply, Verb
from fulfilment.tenants.microsoft365.gate import Gate
from fulfilment.tenants.microsoft365.patience import Patience, patiently
from fulfilment.tenants.microsoft365.quota import (
    Quota,
    Resource,
    is_bulk,
    units,
    wait_for_turn,
)
from fulfilment.tenants.microsoft365.wire import Answer, Question, Wire

VERSION: Final = "/v1.0"
NEXT_PAGE: Final = "@odata.nextLink"

_THROTTLED: Final = frozenset({429, 503})
_ASKS_TO_WAIT_S: Final = 10.0  # taken for a 429 that does not say
_MOST_PAGES: Final = 1000
_NEAR_THE_LIMIT: Final = "x-ms-throttle-limit-percentage"
_TARGET: Final = re.compile(r"(?:/directory/deletedItems)?(?:/[^/?]+){1,2}")

_log = structlog.get_logger(__name__)


class HttpGraph:
    """Implements `Graph` over HTTP.

    Reads of one moment go out as one `$batch`, and so do writes. Two writes to the same user or
    group never run side by side, which the directory answers with `Directory_ConcurrencyViolation`
    or with the older one winning: the second is sent when the first is answered, whatever that
    answer is. (`dependsOn` would tie the fate of the one to that of the other, and Microsoft
    advises to make a batch either wholly sequential or wholly parallel.)

    A write first waits for the quota and then for its target, so that a group that many leave is
    never held by one that waits for the quota; when it is sent again, it waits for both again.

    A write whose answer is lost is sent again only when its operation is `repeatable`.
    """

    def __init__(
        self,
        wire: Wire,
        *,
        quota: Quota,
        patience: Patience | None = None,
        window_s: float = 0.004,
        quota_patience_s: float = 20.0,
    ) -> None:
        """Prepare; nothing is sent.

        Args:
            wire: To the address of Graph, such as `https://graph.microsoft.com`.
            quota: Shared by all replicas.
            patience: How long a call is repeated.
            window_s: How long the first call of a moment waits for others.
            quota_patience_s: Longest wait for the quota.
        """
        self._wire = wire
        self._quota = quota
        self._patience = patience or Patience()
        self._quota_patience_s = quota_patience_s
        self._batcher = Batcher(self._carry, window_s=window_s)
        self._gates = {
            urgent: Gate(partial(self._admit_writes, urgent), window_s=window_s)
            for urgent in (True, False)
        }
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def send(self, call: Call) -> Reply:
        """Send one call; see `Graph`. What is bulk work is marked with `quota.bulk`."""
        operation = call.operation
        lane = Lane(urgent=not is_bulk(), reads=operation.verb is Verb.GET)

        stamp = present_stamp()
        if stamp is not None:
            call = replace(call, stamp=stamp.id)

        async def once() -> Reply:
            if not lane.reads:
                await self._gates[lane.urgent].enter()
            async with self._turn(call):
                reply = await self._batcher.ask(call, lane=lane)
            if stamp is not None and not lane.reads:
                stamp.note(reply.request_id)
            if is_for_now(reply):
                _log.info(
                    "graph does not do it now",
                    operation=operation.name,
                    status=reply.status,
                    code=code_of(reply),
                    request_id=reply.request_id,
                )
                raise TransientTenantError(reply.retry_after_s)
            return reply

        return await patiently(once, self._patience, repeatable=lane.reads or operation.repeatable)

    async def drain(self) -> None:
        """Wait for what is under way; nothing is cut off in the middle of a write."""
        for gate in self._gates.values():
            await gate.drain()
        await self._batcher.drain()

    def _turn(self, call: Call) -> AbstractAsyncContextManager[None]:
        if call.operation.verb is Verb.GET:
            return nullcontext()
        found = _TARGET.match(call.path)
        return self._turns.setdefault(found[0].lower() if found else "", asyncio.Lock())

    async def _carry(self, batch: Batch) -> None:
        if batch.lane.reads:
            await self._admit_reads([asked.call for asked in batch.wanted()], batch.lane)
        wanted = batch.wanted()  # some may have been given up while the quota was full
        if not wanted:
            return
        outcomes = await self._outcomes([asked.call for asked in wanted], urgent=batch.lane.urgent)
        for asked, outcome in zip(wanted, outcomes, strict=True):
            asked.settle(outcome)
        waits = [
            outcome.retry_after_s or _ASKS_TO_WAIT_S
            for outcome in outcomes
            if isinstance(outcome, Reply) and outcome.status == HTTPStatus.TOO_MANY_REQUESTS
        ]
        if waits:
            await self._quota.pause(_main_resource(batch.lane), max(waits))

    async def _admit_reads(self, calls: Sequence[Call], lane: Lane) -> None:
        if calls:
            await self._admit({Resource.GRAPH_UNITS: sum(map(units, calls))}, urgent=lane.urgent)

    async def _admit_writes(self, urgent: bool, count: int) -> None:  # noqa: FBT001 - bound first
        await self._admit(
            {Resource.GRAPH_WRITES: count, Resource.GRAPH_UNITS: count}, urgent=urgent
        )

    async def _admit(self, costs: Mapping[Resource, int], *, urgent: bool) -> None:
        for resource, cost in costs.items():
            await wait_for_turn(
                self._quota,
                resource,
                cost,
                urgent=urgent,
                patience_s=self._quota_patience_s,
            )

    async def _outcomes(
        self, calls: Sequence[Call], *, urgent: bool
    ) -> list[Reply | TransientTenantError]:
        if len(calls) == 1:
            return [await self._alone(calls[0], urgent=urgent)]
        answer = await self._ask(
            Question(
                method=Verb.POST,
                path=f"{VERSION}/$batch",
                body=document_of(calls, lambda call: _headers(call, urgent=urgent)),
            )
        )
        if answer.status == HTTPStatus.OK:
            outcomes = outcomes_of(calls, answer.body)
            return [self._checked(outcome) for outcome in outcomes]
        reply = reply_of(answer.status, answer.body, answer.headers)
        if is_for_now(reply):
            await self._pause_for(reply, reads=calls[0].operation.verb is Verb.GET)
            raise TransientTenantError(reply.retry_after_s)
        # Graph took the batch for malformed, so nothing was done: one call must not spoil others.
        _log.warning("batch refused", status=reply.status, code=code_of(reply))
        return await asyncio.gather(*(self._alone(call, urgent=urgent) for call in calls))

    async def _alone(self, call: Call, *, urgent: bool) -> Reply | TransientTenantError:
        question = Question(
            method=call.operation.verb,
            path=VERSION + call.path,
            body=call.body,
            headers=_headers(call, urgent=urgent),
        )
        try:
            answer = await self._ask(question)
        except TransientTenantError as error:
            return error
        return self._checked(reply_of(answer.status, answer.body, answer.headers))

    async def _ask(self, question: Question) -> Answer:
        answer = await self._wire.ask(question)
        if near := answer.headers.get(_NEAR_THE_LIMIT):
            _log.warning("graph limit is near", used=near[:8])
        return answer

    async def _pause_for(self, reply: Reply, *, reads: bool) -> None:
        if reply.status in _THROTTLED:
            lane = Lane(urgent=True, reads=reads)
            seconds = reply.retry_after_s or _ASKS_TO_WAIT_S
            await self._quota.pause(_main_resource(lane), seconds)

    def _checked(self, outcome: Reply | TransientTenantError) -> Reply | TransientTenantError:
        """Believe no answer whose next page lies elsewhere."""
        if isinstance(outcome, TransientTenantError) or NEXT_PAGE not in outcome.body:
            return outcome
        link = outcome.body[NEXT_PAGE]
        if isinstance(link, str) and link.startswith(f"{self._wire.base}{VERSION}/"):
            return outcome
        _log.warning("next page lies elsewhere", request_id=outcome.request_id)
        return TransientTenantError()


async def pages(graph: Graph, call: Call) -> AsyncIterator[Reply]:
    """Send a read and then what each answer names as its next page; ends at a refusal.

    Only the path and the query of a link are used, and `HttpGraph` takes no answer whose link has
    another address or version: a page is always asked of Graph itself.

    Raises:
        TransientTenantError: As `Graph.send`, or the pages do not end.
    """
    seen: set[str] = set()
    while len(seen) < _MOST_PAGES and call.path not in seen:
        seen.add(call.path)
        reply = await graph.send(call)
        yield reply
        link = reply.body.get(NEXT_PAGE)
        if not reply.is_done or not isinstance(link, str):
            return
        call = replace(call, path="/" + link.partition(f"{VERSION}/")[2])
    raise TransientTenantError


async def collect(graph: Graph, call: Call) -> list[Mapping[str, Any]]:
    """Return the objects of all pages of a read.

    Raises:
        TransientTenantError: As `pages`.
        PermanentTenantError: A page was refused.
    """
    found: list[Mapping[str, Any]] = []
    async for reply in pages(graph, call):
        raise_for(reply, call)
        value = reply.body.get("value")
        found += [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
    return found


def _headers(call: Call, *, urgent: bool) -> dict[str, str]:
    headers = {**call.headers, "x-ms-throttle-priority": "normal" if urgent else "low"}
    if call.stamp:
        headers["client-request-id"] = call.stamp
    return headers


def _main_resource(lane: Lane) -> Resource:
    return Resource.GRAPH_UNITS if lane.reads else Resource.GRAPH_WRITES
