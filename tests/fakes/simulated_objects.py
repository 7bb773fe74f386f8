"""An in-memory stand-in for the objects of the simulated tenant; passes their contract tests."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from fulfilment.tenants.simulated.objects import Body, Change, Done
from mutations.clock import Clock


@dataclass(frozen=True, kw_only=True)
class FakeLedgerRow:
    at: datetime
    operation: str
    target: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class _Kept:
    body: bytes
    previous: bytes
    visible_at: datetime

    def seen(self, now: datetime) -> Body | None:
        return _load(self.body if self.visible_at <= now else self.previous)


class InMemorySimulatedObjects:
    """Keeps the objects as JSON, so that nothing is shared with who wrote them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[tuple[str, str], _Kept] = {}
        self._ledger: list[FakeLedgerRow] = []

    async def get(self, kind: str, object_id: str, now: datetime) -> Body | None:
        kept = self._kept.get((kind, object_id))
        return None if kept is None else kept.seen(now)

    async def list(self, kind: str, now: datetime) -> Mapping[str, Body]:
        seen = {key[1]: kept.seen(now) for key, kept in self._kept.items() if key[0] == kind}
        return {key: body for key, body in sorted(seen.items()) if body is not None}

    async def change(
        self,
        kind: str,
        object_id: str,
        change: Change,
        visible_at: datetime,
        now: datetime,
        *,
        done: Done | None = None,
    ) -> Body | None:
        kept = self._kept.get((kind, object_id))
        old = None if kept is None else _load(kept.body)
        new = change(None if old is None else dict(old))
        if new != old:
            self._kept[kind, object_id] = _Kept(
                body=orjson.dumps(new),
                previous=orjson.dumps(None if kept is None else kept.seen(now)),
                visible_at=visible_at,
            )
        if done is not None:
            operation, detail = done
            self._ledger.append(
                FakeLedgerRow(
                    at=self._clock.now(),
                    operation=operation,
                    target=object_id,
                    detail=dict(detail),
                )
            )
        return new

    async def ledger(self) -> tuple[FakeLedgerRow, ...]:
        return tuple(self._ledger)


def _load(text: bytes) -> Body | None:
    body: Body | None = orjson.loads(text)
    return body
