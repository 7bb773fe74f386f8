"""What the two services of the fake tenant share: state, faults, quota, tokens, and the log."""

import itertools
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from aiohttp import web

from tests.fakes.ledger import Call
from tests.fakes.tenant_faults import FaultPlan, PlannedFault, Stage, TenantFault
from tests.fakes.tenant_quota import TenantQuota
from tests.fakes.tenant_state import Effect, TenantState
from tests.fakes.tenant_tokens import TokenBook

_EFFECTS: Final = frozenset(
    {TenantFault.STALE_READ, TenantFault.MISSING_AFTER_CREATE, TenantFault.FLIPPING_READ}
)


@dataclass(frozen=True)
class TenantCall(Call):
    """One HTTP request to the tenant, or one item of a batch.

    Attributes:
        operation: As in `PlannedFault`.
        target: Id of the object it is about.
        request_id: Microsoft's id, as answered.
        stamp: The caller's `client-request-id`.
        batch: Id of the batch: of the request itself and of each item in it; empty for none.
        item: Id of the item in the batch; empty for an HTTP request.
        is_write: Whether it asks for a change; a batch as such does not.
        was_done: Whether what it asks for was done, whatever was answered.
    """

    operation: str = ""
    target: str = ""
    request_id: str = ""
    stamp: str = ""
    batch: str = ""
    item: str = ""
    is_write: bool = False
    was_done: bool = False

    @property
    def is_round_trip(self) -> bool:
        """An HTTP request, whatever is in it."""
        return not self.item


@dataclass
class TenantCore:
    """State, faults, quota, tokens and ledger of one tenant.

    Attributes:
        quota: Limits of Graph; None for a Graph that takes everything.
        origin: Address of the server, as in links to more pages.
    """

    state: TenantState
    tokens: TokenBook
    plan: FaultPlan = field(default_factory=FaultPlan)
    quota: TenantQuota | None = field(default_factory=TenantQuota)
    ledger: list[Call] = field(default_factory=list)
    keeps_bodies: bool = True
    origin: str = ""
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @property
    def calls(self) -> list[TenantCall]:
        """Everything that was asked of the tenant, in order."""
        return [call for call in self.ledger if isinstance(call, TenantCall)]

    def new_request_id(self) -> str:
        """Return an id for an answer, another each time."""
        return str(UUID(int=next(self._numbers)))

    def log(
        self, method: str, path: str, body: Any, authorization: str | None, **rest: Any
    ) -> None:
        """Note a call in the ledger; `rest` are fields of `TenantCall`."""
        kept = body if self.keeps_bodies else None
        self.ledger.append(
            TenantCall(method, path, kept, authorization, at=time.monotonic(), **rest)
        )

    def strike(self, stage: Stage, calls: Iterable[tuple[str, str]]) -> list[PlannedFault]:
        """Count a request in the plan and return what strikes it."""
        return self.plan.strike(stage, calls)


def effect_of(struck: Iterable[PlannedFault]) -> Effect:
    """Return what the faults of one write make of it."""
    read_s: float | None = None
    flips: bool | None = None
    undone_after_s: float | None = None
    for one in struck:
        if one.fault in _EFFECTS:
            read_s, flips = one.seconds, one.fault is TenantFault.FLIPPING_READ
        if one.fault is TenantFault.SYNC_OVERWRITES:
            undone_after_s = one.seconds
    return Effect(read_s=read_s, flips=flips, undone_after_s=undone_after_s)


def cut(request: web.Request) -> web.Response:
    """Hang up without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
