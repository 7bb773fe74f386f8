"""Every fault of the fake tenant strikes the call it is planned for, and no other."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from fulfilment.tenants.simulated.seed import demo_person_id
from tests.fakes.tenant_demo import group_id
from tests.fakes.tenant_faults import TRAITS, PlannedFault, TenantFault
from tests.fakes.tenant_rig import JAN, Response, TenantRig, tenant_rig

F = TenantFault
ME = f"/users/{JAN}"
TWO = group_id(2)
UPDATE = ("PATCH", ME, {"companyName": "OVO000102"})
RENAME = ("PATCH", ME, {"userPrincipalName": "jan@wegenwater.vlaanderen.example"})
NO_CHANGE: dict[str, list[str]] = {"addLicenses": [], "removeLicenses": []}
LICENCE = ("POST", f"{ME}/assignLicense", NO_CHANGE)
LEAVE = ("DELETE", f"/groups/{TWO}/members/{JAN}/$ref", None)
DISOWN = ("DELETE", f"/groups/{TWO}/owners/{JAN}/$ref", None)


@pytest.fixture
async def rig() -> AsyncIterator[TenantRig]:
    async with tenant_rig() as made:
        yield made


@dataclass(frozen=True)
class Strike:
    """A call, the answer of the struck one, and whether it is done all the same."""

    call: tuple[str, str, Any]
    status: int
    words: str = ""
    is_done: bool = False


GRAPH = {
    F.OUTER_429: Strike(UPDATE, 429, "Too many requests"),
    F.OUTER_429_DONE: Strike(UPDATE, 429, "Too many requests", is_done=True),
    F.OUTER_503: Strike(UPDATE, 503, "temporarily unavailable"),
    F.OUTER_503_DONE: Strike(UPDATE, 503, "temporarily unavailable", is_done=True),
    F.OUTER_504: Strike(UPDATE, 504, "temporarily unavailable"),
    F.OUTER_504_DONE: Strike(UPDATE, 504, "temporarily unavailable", is_done=True),
    F.TOKEN_EXPIRED: Strike(UPDATE, 401, "the token is expired"),
    F.ITEM_429: Strike(UPDATE, 429, "Too many requests"),
    F.ITEM_429_NO_HINT: Strike(UPDATE, 429, "Too many requests"),
    F.ITEM_503: Strike(UPDATE, 503, "temporarily unavailable"),
    F.CONCURRENCY: Strike(UPDATE, 409, "concurrent requests"),
    F.DIRSYNC: Strike(RENAME, 400, "on-premises mastered"),
    F.UPN_TAKEN_BY_DELETED: Strike(RENAME, 400, "property userPrincipalName already exists"),
    F.NO_SEAT: Strike(LICENCE, 400, "does not have any available licenses"),
    F.LICENCE_INHERITED: Strike(LICENCE, 400, "inherited from a group membership"),
    F.GROUP_DYNAMIC: Strike(LEAVE, 403, "Insufficient privileges"),
    F.GROUP_SYNCED: Strike(LEAVE, 400, "on-premises mastered"),
    F.GROUP_MAIL_ENABLED: Strike(LEAVE, 400, "Cannot Update a mail-enabled"),
    F.GROUP_ROLE_ASSIGNABLE: Strike(LEAVE, 403, "Insufficient privileges"),
    F.LAST_OWNER: Strike(DISOWN, 400, "must have at least one owner"),
}
"""Faults that are seen in the answer of a single call to Graph."""

ELSEWHERE = {
    *(F.OUTER_GARBAGE, F.LOST_REQUEST, F.LOST_RESPONSE, F.ITEM_MISSING),
    *(F.STALE_READ, F.FLIPPING_READ, F.MISSING_AFTER_CREATE, F.SYNC_OVERWRITES),
    *(F.EXCHANGE_NOT_YET, F.EXCHANGE_WARNING, F.EXCHANGE_SYNCED, F.EXCHANGE_500),
    F.HOLD_NOT_EFFECTIVE,
}
"""Faults with a test of their own below or in `test_tenant_exchange_faults.py`."""


def test_every_fault_has_a_place_and_a_test() -> None:
    assert set(TRAITS) == set(TenantFault)
    assert {*GRAPH, *ELSEWHERE} == set(TenantFault)


def _was_done(rig: TenantRig) -> bool:
    return any(write.was_done for write in rig.tenant.writes)


@pytest.mark.parametrize("fault", GRAPH, ids=str)
async def test_fault_strikes_the_call_it_is_planned_for(rig: TenantRig, fault: F) -> None:
    strike = GRAPH[fault]
    rig.tenant.fail(PlannedFault(fault=fault))
    answer = await rig.graph(*strike.call)

    assert answer.status == strike.status
    assert strike.words in answer.message
    assert _was_done(rig) == strike.is_done
    assert [one.fault for one in rig.tenant.plan.struck] == [fault]
    rig.token = rig.tenant.graph_token()
    after = await rig.graph(*strike.call)
    assert after.status in {200, 204}  # once, as planned


@pytest.mark.parametrize("fault", GRAPH, ids=str)
async def test_other_calls_are_not_struck(rig: TenantRig, fault: F) -> None:
    strike = GRAPH[fault]
    rig.tenant.fail(
        PlannedFault(fault=fault, target=demo_person_id(9999)),
        PlannedFault(fault=fault, operation="GET /domains"),
    )
    assert (await rig.graph(*strike.call)).status in {200, 204}


async def test_occurrence_is_counted_over_the_fitting_calls(rig: TenantRig) -> None:
    rig.tenant.fail(
        PlannedFault(fault=F.ITEM_503, operation="PATCH /users/{user-id}", on=2, times=2)
    )
    statuses = []
    for _ in range(4):
        await rig.graph("GET", ME)
        statuses.append((await rig.graph(*UPDATE)).status)
    assert statuses == [204, 503, 503, 204]


@pytest.mark.parametrize(
    ("fault", "expected"), [(F.ITEM_429, "7"), (F.ITEM_429_NO_HINT, None), (F.OUTER_503, "7")]
)
async def test_wait_is_asked_for_as_planned(
    rig: TenantRig, fault: F, expected: str | None
) -> None:
    rig.tenant.fail(PlannedFault(fault=fault, seconds=7))
    assert (await rig.graph(*UPDATE)).headers.get("Retry-After") == expected


@pytest.mark.parametrize(("fault", "is_done"), [(F.LOST_REQUEST, False), (F.LOST_RESPONSE, True)])
async def test_connection_is_cut_with_the_write_done_or_not(
    rig: TenantRig, fault: F, *, is_done: bool
) -> None:
    rig.tenant.fail(PlannedFault(fault=fault))
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await rig.graph(*UPDATE)
    [write] = rig.tenant.writes
    assert (write.status, write.was_done) == (0, is_done)
    assert (rig.user().company_name == "OVO000102") == is_done


async def test_something_in_between_answers_with_a_page(rig: TenantRig) -> None:
    rig.tenant.fail(PlannedFault(fault=F.OUTER_GARBAGE))
    answer = await rig.graph("GET", ME)
    assert (answer.status, answer.headers["Content-Type"].split(";")[0]) == (200, "text/html")


def _batched(call: tuple[str, str, Any]) -> dict[str, Any]:
    method, url, body = call
    headers = {"Content-Type": "application/json"}
    return {"method": method, "url": url, "headers": headers, "body": body}


def _statuses(answer: Response) -> dict[str, int]:
    return {one["id"]: one["status"] for one in answer.body["responses"]}


async def test_item_is_struck_alone(rig: TenantRig) -> None:
    rig.tenant.fail(PlannedFault(fault=F.ITEM_429, operation="PATCH *", seconds=3))
    answer = await rig.batch({"method": "GET", "url": ME}, _batched(UPDATE))
    assert _statuses(answer) == {"1": 200, "2": 429}
    [struck] = [one for one in answer.body["responses"] if one["id"] == "2"]
    assert struck["headers"]["Retry-After"] == "3"


async def test_item_is_done_and_missing_from_the_answer(rig: TenantRig) -> None:
    rig.tenant.fail(PlannedFault(fault=F.ITEM_MISSING, operation="PATCH *"))
    answer = await rig.batch({"method": "GET", "url": ME}, _batched(UPDATE))
    assert _statuses(answer) == {"1": 200}
    assert rig.user().company_name == "OVO000102"


@pytest.mark.parametrize(("fault", "is_done"), [(F.OUTER_504, False), (F.OUTER_504_DONE, True)])
async def test_batch_is_struck_as_a_whole(rig: TenantRig, fault: F, *, is_done: bool) -> None:
    rig.tenant.fail(PlannedFault(fault=fault, operation="PATCH *"))
    assert (await rig.graph("GET", ME)).status == 200
    answer = await rig.batch({"method": "GET", "url": ME}, _batched(UPDATE))
    assert answer.status == 504
    assert (rig.user().company_name == "OVO000102") == is_done
    assert len(rig.tenant.writes) == 1


async def test_dead_token_stays_dead(rig: TenantRig) -> None:
    rig.tenant.fail(PlannedFault(fault=F.TOKEN_EXPIRED, on=2))
    assert [(await rig.graph("GET", ME)).status for _ in range(4)] == [200, 401, 401, 401]
    rig.token = rig.tenant.graph_token()
    assert (await rig.graph("GET", ME)).status == 200


async def _company(rig: TenantRig) -> str:
    return str((await rig.graph("GET", f"{ME}?$select=companyName")).body["companyName"])


async def test_read_after_write_is_stale_for_as_long_as_planned(rig: TenantRig) -> None:
    rig.tenant.fail(PlannedFault(fault=F.STALE_READ, seconds=60))
    await rig.graph(*UPDATE)
    assert {await _company(rig) for _ in range(10)} == {"OVO000101"}
    rig.clock.advance(seconds=60)
    assert await _company(rig) == "OVO000102"


async def test_reads_after_write_take_turns(rig: TenantRig) -> None:
    rig.tenant.fail(PlannedFault(fault=F.FLIPPING_READ, seconds=60))
    await rig.graph(*UPDATE)
    assert {await _company(rig) for _ in range(20)} == {"OVO000101", "OVO000102"}
    rig.clock.advance(seconds=60)
    assert {await _company(rig) for _ in range(20)} == {"OVO000102"}


async def test_what_was_made_is_missing_for_as_long_as_planned(rig: TenantRig) -> None:
    await rig.graph("DELETE", ME)
    rig.tenant.fail(PlannedFault(fault=F.MISSING_AFTER_CREATE, seconds=60))
    assert (await rig.graph("POST", f"/directory/deletedItems/{JAN}/restore")).status == 200
    assert (await rig.graph("GET", ME)).status == 404
    assert (await rig.graph(*UPDATE)).status == 404
    rig.clock.advance(seconds=60)
    assert (await rig.graph("GET", ME)).status == 200


async def test_sync_puts_the_old_value_back_and_exchange_hears_of_both(rig: TenantRig) -> None:
    before = rig.user().user_principal_name
    rig.tenant.fail(PlannedFault(fault=F.SYNC_OVERWRITES, seconds=1800))
    await rig.graph(*RENAME)
    assert rig.mailbox().primary_smtp_address == "jan@wegenwater.vlaanderen.example"
    rig.clock.advance(seconds=1799)
    assert rig.user().user_principal_name == "jan@wegenwater.vlaanderen.example"
    rig.clock.advance(seconds=1)
    assert rig.user().user_principal_name == before
    assert rig.mailbox().primary_smtp_address == before


async def test_planned_faults_are_forgotten(rig: TenantRig) -> None:
    rig.tenant.fail(PlannedFault(fault=F.ITEM_503, times=100))
    assert (await rig.graph("GET", ME)).status == 503
    rig.tenant.plan.clear()
    assert (await rig.graph("GET", ME)).status == 200
