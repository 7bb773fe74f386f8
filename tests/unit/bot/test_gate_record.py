"""What the gate refused comes into the audit, bounded."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Counter

from bot.audit.gate_record import GateRecord
from store.database import DatabaseUnavailableError
from tests.fakes.clock import FakeClock


@dataclass
class FakeAuditStore:
    """Keeps what is appended in a unit that commits, unless it is away."""

    rows: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)
    is_away: bool = False

    @property
    def audit(self) -> "FakeAuditStore":
        return self

    async def append(self, kind: str, *, params: Mapping[str, object], **_: object) -> None:
        self.rows.append((kind, params))

    async def run(self, act: Callable[[Any], Awaitable[Any]]) -> Any:
        if self.is_away:
            raise DatabaseUnavailableError("away")
        return await act(self)


@pytest.fixture
def refusals() -> Counter:
    return Counter("refusals", "Refused.", ["reason"], registry=CollectorRegistry())


@pytest.fixture
def store() -> FakeAuditStore:
    return FakeAuditStore()


async def test_a_flood_of_refusals_makes_one_row_per_reason(
    refusals: Counter, store: FakeAuditStore
) -> None:
    clock = FakeClock()
    began = clock.now()
    record = GateRecord(refusals, store=store, clock=clock)  # type: ignore[arg-type] # only what is used
    refusals.labels("signature").inc(5000)
    refusals.labels("tenant").inc()

    await record.write()
    await record.write()

    since = began.isoformat()
    assert store.rows == [
        ("gate.refused", {"reason": "signature", "count": 5000, "since": since}),
        ("gate.refused", {"reason": "tenant", "count": 1, "since": since}),
    ]


async def test_what_could_not_be_written_is_written_later(
    refusals: Counter, store: FakeAuditStore
) -> None:
    clock = FakeClock()
    began = clock.now()
    record = GateRecord(refusals, store=store, clock=clock)  # type: ignore[arg-type] # only what is used
    refusals.labels("signature").inc(2)
    store.is_away = True
    await record.write()
    store.is_away = False
    refusals.labels("signature").inc(3)
    clock.advance(seconds=10)

    await record.write()

    counted = {"reason": "signature", "count": 5, "since": began.isoformat()}
    assert store.rows == [("gate.refused", counted)]
