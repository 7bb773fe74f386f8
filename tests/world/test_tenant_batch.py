"""Batches of the fake Graph: their shape, their order, and how they are counted."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from fulfilment.tenants.simulated.seed import demo_person_id
from tests.fakes.tenant_quota import Limits, TenantQuota
from tests.fakes.tenant_rig import ADVANCED, JAN, Response, TenantRig, tenant_rig

ME = f"/users/{JAN}"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def rig() -> AsyncIterator[TenantRig]:
    async with tenant_rig() as made:
        yield made


def _get(number: int, **more: Any) -> dict[str, Any]:
    return {"method": "GET", "url": f"/users/{demo_person_id(number)}?$select=id", **more}


def _patch(body: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    return {"method": "PATCH", "url": ME, "headers": JSON, "body": body, **more}


def _by_id(answer: Response) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in answer.body["responses"]}


async def test_each_item_has_its_own_status_whatever_the_others(rig: TenantRig) -> None:
    answer = await rig.batch(
        _get(4), _get(9999), _patch({"id": "x"}), _patch({"companyName": "OVO000102"})
    )
    assert answer.status == 200
    items = _by_id(answer)
    assert [items[key]["status"] for key in "1234"] == [200, 404, 400, 204]
    assert items["1"]["body"]["id"] == JAN
    assert "body" not in items["4"]
    assert rig.user().company_name == "OVO000102"


async def test_answers_come_in_another_order(rig: TenantRig) -> None:
    answer = await rig.batch(*[_get(4) for _ in range(20)])
    found = [one["id"] for one in answer.body["responses"]]
    assert sorted(found, key=int) == [str(number) for number in range(1, 21)]
    assert found != sorted(found, key=int)


async def test_header_of_an_item_counts_for_that_item(rig: TenantRig) -> None:
    url = f"{ME}/memberOf/microsoft.graph.group?$count=true"
    plain = {"method": "GET", "url": url}
    answer = await rig.batch(plain, {**plain, "headers": ADVANCED})
    assert [_by_id(answer)[key]["status"] for key in "12"] == [400, 200]


@pytest.mark.parametrize(
    "requests",
    [
        [],
        [_get(4)] * 21,
        [{"id": "a", **_get(4)}, {"id": "A", **_get(4)}],
        [{"method": "GET"}],
        [{"method": "HEAD", "url": ME}],
        [{"method": "GET", "url": f"https://graph.microsoft.com/v1.0{ME}"}],
        [_get(4), {"method": "POST", "url": "/$batch", "headers": JSON, "body": {}}],
        [_patch({"companyName": "x"}, headers={})],
        [_patch(None)],
        [{"method": "POST", "url": f"{ME}/revokeSignInSessions", "headers": JSON}],
        [_get(4, dependsOn=["2"]), _get(4)],
        [_get(4), _get(4, dependsOn=["nothing"])],
        [_get(4), _get(4), _get(4, dependsOn=["1"]), _get(4, dependsOn=["2"])],
    ],
)
async def test_one_wrong_item_refuses_the_whole_batch(rig: TenantRig, requests: Any) -> None:
    write = _patch({"companyName": "changed"}, id="w")
    answer = await rig.batch(*requests, *([write] if len(requests) < 20 and requests else []))
    assert (answer.status, answer.code) == (400, "BadRequest")
    assert rig.user().company_name == "OVO000101"


async def test_post_without_a_body_needs_an_empty_one_in_a_batch(rig: TenantRig) -> None:
    url = f"{ME}/revokeSignInSessions"
    assert (await rig.graph("POST", url)).status == 200
    answer = await rig.batch({"method": "POST", "url": url, "headers": JSON, "body": {}})
    assert _by_id(answer)["1"]["status"] == 200


async def test_what_depends_on_a_failure_is_not_done(rig: TenantRig) -> None:
    answer = await rig.batch(
        _get(9999), _patch({"companyName": "x"}, dependsOn=["1"]), _get(4, dependsOn=["2"])
    )
    assert [_by_id(answer)[key]["status"] for key in "123"] == [404, 424, 424]
    assert rig.tenant.writes == []


async def test_what_depends_on_something_comes_after_it(rig: TenantRig) -> None:
    names = [f"step {number}" for number in range(1, 11)]
    chain = [
        _patch({"companyName": name}, dependsOn=[str(number)] if number else [])
        for number, name in enumerate(names)
    ]
    answer = await rig.batch(*chain)
    bodies = [call.body["companyName"] for call in rig.tenant.writes]
    assert bodies == names
    found = [one["id"] for one in answer.body["responses"]]
    assert found != sorted(found, key=int)  # done in order, answered in any


async def test_independent_writes_are_done_in_any_order(rig: TenantRig) -> None:
    names = [f"step {number}" for number in range(1, 11)]
    await rig.batch(*[_patch({"companyName": name}) for name in names])
    bodies = [call.body["companyName"] for call in rig.tenant.writes]
    assert sorted(bodies) == sorted(names)
    assert bodies != names


async def test_batch_is_one_round_trip_and_its_items_are_listed(rig: TenantRig) -> None:
    await rig.batch(_get(4), _get(5), _patch({"companyName": "x"}))
    await rig.graph("GET", ME)

    assert rig.tenant.round_trips == 2
    batch, *items = rig.tenant.calls[:4]
    assert (batch.operation, batch.item, batch.path) == ("$batch", "", "/v1.0/$batch")
    assert {item.item for item in items} == {"1", "2", "3"}
    assert {item.batch for item in items} == {batch.batch} != {""}
    assert [write.item for write in rig.tenant.writes] == ["3"]


async def test_refused_batch_still_tells_that_it_asked_for_writes(rig: TenantRig) -> None:
    await rig.batch(_patch(None))
    assert [write.was_done for write in rig.tenant.writes] == [False]
    rig.token = "nobody's"
    answer = await rig.batch(_get(4))
    assert answer.status == 401


async def test_items_count_for_the_quota_and_are_throttled_one_by_one(rig: TenantRig) -> None:
    moments = [0.0]
    rig.tenant.quota = TenantQuota(Limits(writes=3, write_window_s=10), now=lambda: moments[-1])
    writes = [_patch({"companyName": f"step {number}"}) for number in range(5)]
    answer = await rig.batch(*writes, _get(4))
    statuses = sorted(one["status"] for one in answer.body["responses"])
    assert statuses == [200, 204, 204, 204, 429, 429]
    [refused, _] = [one for one in answer.body["responses"] if one["status"] == 429]
    assert refused["headers"]["Retry-After"] == "10"
    assert rig.tenant.quota.refused == 2
    assert len([write for write in rig.tenant.writes if write.was_done]) == 3

    moments.append(9.9)
    assert (await rig.graph("PATCH", ME, {"companyName": "x"})).status == 429
    moments.append(10.0)
    answer = await rig.graph("PATCH", ME, {"companyName": "x"})
    assert answer.status == 204


async def test_near_the_limit_answers_say_so(rig: TenantRig) -> None:
    rig.tenant.quota = TenantQuota(Limits(units=10))
    answers = [await rig.graph("GET", ME) for _ in range(10)]
    told = [one.headers.get("x-ms-throttle-limit-percentage") for one in answers]
    assert told == [None] * 7 + ["0.80", "0.90", "1.00"]
    assert answers[0].headers["x-ms-resource-unit"] == "1"
    assert (await rig.graph("GET", ME)).status == 429


async def test_limits_of_the_page_are_made_smaller_by_a_factor() -> None:
    scaled = Limits().scaled(100)
    assert (scaled.writes, scaled.write_window_s, scaled.units) == (30, 1.5, 80)
    quota = TenantQuota(scaled, now=lambda: 0.0)
    admitted = [quota.admit(is_write=True, units=1) == 0 for _ in range(40)]
    assert sum(admitted) == 30
