"""How much the module may ask of the tenant, shared by all replicas.

Graph: https://learn.microsoft.com/graph/throttling-limits#identity-and-access-service-limits
Exchange publishes no limit.
"""

import asyncio
import contextlib
import random
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol
from urllib.parse import parse_qs, urlsplit

from fulfilment.tenant import TransientTenantError
from fulfilment.tenants.microsoft365.call import Call, Verb

_IS_BULK: ContextVar[bool] = ContextVar("microsoft365_bulk", default=False)

# Base cost of reads, by the end of their path; every other call costs 1.
_UNITS: Final = {"/members": 3, "/memberOf": 2, "/ownedObjects": 2, "/subscribedSkus": 3}
_LIST_OF_USERS: Final = "/users"
_SMALL_PAGE: Final = 20
_JITTER_S: Final = 0.1


class Resource(StrEnum):
    """What the tenant counts."""

    GRAPH_WRITES = "graph_writes"  # one a write
    GRAPH_UNITS = "graph_units"  # resource units, as the table of Microsoft says
    EXCHANGE = "exchange"  # one a cmdlet


class Turn(Protocol):
    """An answer of the quota."""

    @property
    def is_given(self) -> bool:
        """Whether the cost was taken; when not, nothing changed."""
        ...

    @property
    def wait_s(self) -> float:
        """Seconds to wait, before sending or before asking again."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """A turn that is given at once."""

    is_given: bool = True
    wait_s: float = 0.0


class Quota(Protocol):
    """Counts over all replicas; may raise what its storage raises, and nothing was sent then."""

    async def take(self, resource: str, cost: int, *, urgent: bool) -> Turn:
        """Take the next turn; one that is given is used up, whether anything is sent or not.

        A share of each resource is kept for what is urgent: bulk work gets only what is above.
        """
        ...

    async def pause(self, resource: str, seconds: float) -> None:
        """Let nobody send for so long, and everybody slower for a while after."""
        ...


class AtOnce:
    """Counts nothing: for a tenant that nobody else works on, and for tests."""

    async def take(self, resource: str, cost: int, *, urgent: bool) -> Turn:  # noqa: ARG002
        """Give every turn now."""
        return Now()

    async def pause(self, resource: str, seconds: float) -> None:
        """Do nothing."""


@contextlib.contextmanager
def bulk() -> Iterator[None]:
    """Mark what is asked within as bulk work: it never takes what urgent orders need."""
    token = _IS_BULK.set(True)
    try:
        yield
    finally:
        _IS_BULK.reset(token)


def is_bulk() -> bool:
    """Tell whether this is bulk work; without a mark it is urgent."""
    return _IS_BULK.get()


async def wait_for_turn(
    quota: Quota, resource: Resource, cost: int, *, urgent: bool, patience_s: float
) -> None:
    """Return when so much may be sent.

    Raises:
        TransientTenantError: Not within `patience_s`; nothing was sent.
    """
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + patience_s
    while True:
        turn = await quota.take(resource, cost, urgent=urgent)
        if turn.is_given:
            await asyncio.sleep(turn.wait_s)
            return
        if loop.time() + turn.wait_s >= ends_at:
            raise TransientTenantError(turn.wait_s)
        await asyncio.sleep(turn.wait_s + random.uniform(0, _JITTER_S))  # noqa: S311 - spreads


def units(call: Call) -> int:
    """Return what Microsoft's table says that a call costs in resource units, at least 1."""
    if call.operation.verb is not Verb.GET:
        return 1
    parts = urlsplit(call.path)
    query = parse_qs(parts.query)
    path = parts.path.removesuffix("/microsoft.graph.group")
    cost = 2 if path == _LIST_OF_USERS else _UNITS.get(path[path.rfind("/") :], 1)
    cost += ("$expand" in query) - ("$select" in query)
    top = query.get("$top", [""])[0]
    if top.isdigit() and int(top) < _SMALL_PAGE:
        cost -= 1
    return max(cost, 1)
