"""Who may tell of an order, and how often it works: forged, late, repeated and broken calls."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from mutations.life_cycle import State
from mutations.request import MutationRequest
from tests.conversations.journeys import Days, reaches
from tests.conversations.portal_stage import Supplier, open_supplier
from tests.conversations.scenes import acts
from tests.conversations.stage import eventually
from tests.fakes.order_portal import FORMAT, SECRET, FakePortal

OTHER_SECRET = "whsec_" + "A" * 43 + "="
JSON = {"Content-Type": "application/json"}

Call = Callable[[FakePortal, bytes], tuple[bytes, dict[str, str]]]


@pytest.fixture
async def supplier(days: Days) -> AsyncIterator[Supplier]:
    async with open_supplier(days) as opened:
        yield opened


def _raw(order: str, state: str = "in_progress", **more: Any) -> bytes:
    return json.dumps({"format": FORMAT, "order": order, "state": state, **more}).encode()


def _signed(portal: FakePortal, raw: bytes, **how: Any) -> tuple[bytes, dict[str, str]]:
    return raw, JSON | portal.headers(raw, **how)


def _without(name: str) -> Call:
    def made(portal: FakePortal, raw: bytes) -> tuple[bytes, dict[str, str]]:
        headers = portal.headers(raw)
        del headers[name]
        return raw, JSON | headers

    return made


REFUSED: list[tuple[str, int, Call]] = [
    ("unsigned", 401, lambda _, raw: (raw, JSON)),
    ("bearer", 401, lambda _, raw: (raw, JSON | {"Authorization": "Bearer x"})),
    ("no id", 401, _without("webhook-id")),
    ("no timestamp", 401, _without("webhook-timestamp")),
    ("no signature", 401, _without("webhook-signature")),
    ("secret of nobody", 403, lambda p, raw: _signed(p, raw, secret=OTHER_SECRET)),
    ("secret of the orders", 403, lambda p, raw: _signed(p, raw, secret=SECRET)),
    ("other body", 403, lambda p, raw: (raw + b" ", JSON | p.headers(raw))),
    ("other id", 403, lambda p, raw: (raw, JSON | p.headers(raw) | {"webhook-id": "msg_x"})),
    ("too late", 403, lambda p, raw: _signed(p, raw, late_s=302)),
    ("from the future", 403, lambda p, raw: _signed(p, raw, late_s=-302)),
    ("no json type", 400, lambda p, raw: (raw, {"Content-Type": "text/plain"} | p.headers(raw))),
    ("no json", 400, lambda p, _: _signed(p, b"{")),
    ("a list", 400, lambda p, _: _signed(p, b"[]")),
    ("twice a key", 400, lambda p, raw: _signed(p, raw[:-1] + b', "state": "done"}')),
    ("another order", 404, lambda p, _: _signed(p, _raw("f" * 32))),
    ("no state", 400, lambda p, raw: _signed(p, raw.replace(b"in_progress", b"gone"))),
    ("done without steps", 400, lambda p, raw: _signed(p, raw.replace(b"in_progress", b"done"))),
    (
        "done with other steps",
        400,
        lambda p, raw: _signed(p, _raw(json.loads(raw)["order"], "done", steps=[])),
    ),
    ("too long", 413, lambda p, raw: _signed(p, raw + b" " * 70_000)),
]


async def test_whatever_is_not_signed_in_time_and_well_formed_has_no_effect(
    supplier: Supplier,
) -> None:
    request = await supplier.gets_order()
    before = await _quiet(supplier, request)
    world = supplier.stage.world
    answers = {}
    for name, _, make in REFUSED:
        raw, headers = make(supplier.portal, _raw(request.id))
        answers[name] = await supplier.portal.post(world.session, world.bot_url, raw, headers)
    assert answers == {name: status for name, status, _ in REFUSED}
    after = await supplier.stage.request(request.number)
    assert (after.handover, after.state) == (before.handover, before.state)
    assert await acts(supplier.stage, "order.reported") == 0


async def test_other_methods_and_addresses_are_nothing(supplier: Supplier) -> None:
    world = supplier.stage.world
    for method, path, status in (
        ("GET", "/api/orders/status", 405),
        ("PUT", "/api/orders/status", 405),
        ("POST", "/api/orders", 404),
        ("POST", "/api/orders/status/x", 404),
    ):
        async with world.session.request(method, world.bot_url + path) as answer:
            assert (method, path, answer.status) == (method, path, status)


async def test_call_that_is_repeated_works_once(supplier: Supplier) -> None:
    request = await supplier.gets_order()
    world = supplier.stage.world
    raw = _raw(request.id, "needs_person", reason="Even wachten")
    headers = JSON | supplier.portal.headers(raw, message_id="msg_once")

    async def post() -> int:
        return await supplier.portal.post(world.session, world.bot_url, raw, headers)

    assert [await post() for _ in range(3)] == [204] * 3
    await reaches(supplier.stage, State.ATTENTION)
    assert await acts(supplier.stage, "work.stopped") == 1
    assert await supplier.tells(request.id, "in_progress") == 204
    await reaches(supplier.stage, State.CARRYING_OUT)
    assert await post() == 204
    again = JSON | supplier.portal.headers(raw, message_id="msg_once", late_s=10)
    assert await supplier.portal.post(world.session, world.bot_url, raw, again) == 204
    assert (await supplier.stage.request(request.number)).state is State.CARRYING_OUT
    assert await acts(supplier.stage, "work.stopped") == 1


async def test_nothing_goes_back_and_nothing_follows_the_end(supplier: Supplier) -> None:
    request = await supplier.gets_order()
    await supplier.works(request)
    assert await supplier.is_done(request.id) == 204
    assert await supplier.tells(request.id, "accepted") == 204
    done = await reaches(supplier.stage, State.DONE)
    assert await supplier.tells(request.id, "needs_person", reason="toch niet") == 204
    assert await supplier.stage.request(request.number) == done


async def test_without_a_portal_there_is_no_such_address(days: Days) -> None:
    async with days.open() as stage:
        url = f"{stage.world.bot_url}/api/orders/status"
        async with stage.world.session.post(url, data=b"{}") as answer:
            assert answer.status == 404


async def _quiet(supplier: Supplier, request: MutationRequest) -> MutationRequest:
    """Wait until the portal's own answer is recorded."""

    async def look() -> bool:
        return await acts(supplier.stage, "order.handed_over") == 1

    await eventually(look)
    return await supplier.stage.request(request.number)
