"""What the answers of a portal mean, over real HTTP."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime

import aiohttp
import pytest

from fulfilment.portal.client import Portal, PortalRefusedError, PortalUnavailableError
from fulfilment.portal.order import DecisionPart, Entity, Order, Subject, TermsPart
from fulfilment.portal.signature import key_of
from mutations.case_finder import Outcome, Retention
from tests.fakes.clock import FakeClock
from tests.fakes.order_portal import SECRET, FakePortal, Script

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
ORDER = Order(
    order="a" * 32,
    number="M-2026-00001",
    kind=Outcome.A,
    subject=Subject(object_id="x", upn="jan@a.example"),
    source=Entity(code="OVO000101", name="Een"),
    target=Entity(code="OVO000102", name="Twee"),
    start_on=date(2026, 11, 23),
    ready_on=date(2026, 11, 24),
    decision=DecisionPart(retention=Retention.KEEP, decided_at=NOW, fingerprint="f"),
    steps=(),
    terms=TermsPart(version="1", onedrive_days=30, recycle_bin_days=93),
)


@pytest.fixture
async def fake() -> AsyncIterator[FakePortal]:
    portal = FakePortal(FakeClock(NOW))
    await portal.start()
    yield portal
    await portal.stop()


@pytest.fixture
async def portal(fake: FakePortal) -> AsyncIterator[Portal]:
    async with aiohttp.ClientSession() as session:
        yield Portal(session, fake.url, keys=[key_of(SECRET)], clock=FakeClock(NOW))


async def test_order_that_is_sent_twice_is_one_order(fake: FakePortal, portal: Portal) -> None:
    await portal.send(ORDER)
    await portal.send(ORDER)
    assert len(fake.orders) == 1
    assert fake.bodies[0] == fake.bodies[1]


@pytest.mark.parametrize("status", [0, 302, 408, 425, 429, 500, 503])
async def test_what_may_pass_is_for_later(fake: FakePortal, portal: Portal, status: int) -> None:
    fake.answer_next(Script(status, headers={"Location": fake.url}))
    with pytest.raises(PortalUnavailableError):
        await portal.send(ORDER)
    assert fake.orders == {}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"code": "ENTITY-UNKNOWN"}, "ENTITY-UNKNOWN"),
        ({"code": "<b>no</b>"}, "HTTP 422"),
        ({"code": 7}, "HTTP 422"),
        ({}, "HTTP 422"),
        ({"code": "X", "more": "x" * 20_000}, "HTTP 422"),
    ],
)
async def test_refusal_has_a_code_that_can_be_shown(
    fake: FakePortal, portal: Portal, body: dict[str, object], code: str
) -> None:
    fake.answer_next(Script(422, body=body))
    with pytest.raises(PortalRefusedError) as caught:
        await portal.send(ORDER)
    assert caught.value.code == code


async def test_conflict_about_another_order_is_a_refusal(fake: FakePortal, portal: Portal) -> None:
    fake.answer_next(Script(409, body={"order": "b" * 32}))
    with pytest.raises(PortalRefusedError):
        await portal.send(ORDER)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("999999", 3600.0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        ("soon", None),
        ("-1", None),
    ],
)
async def test_wait_that_is_asked_for_is_told(
    fake: FakePortal, portal: Portal, value: str, seconds: float | None
) -> None:
    fake.answer_next(Script(503, headers={"Retry-After": value}))
    with pytest.raises(PortalUnavailableError) as caught:
        await portal.send(ORDER)
    assert caught.value.retry_after_s == seconds


async def test_portal_that_is_not_there_is_for_later(fake: FakePortal, portal: Portal) -> None:
    await fake.stop()
    with pytest.raises(PortalUnavailableError):
        await portal.send(ORDER)
