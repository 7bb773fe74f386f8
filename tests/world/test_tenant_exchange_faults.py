"""The faults of the fake Exchange Online strike as planned."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.fakes.tenant_faults import PlannedFault, TenantFault
from tests.fakes.tenant_rig import JAN, TenantRig, tenant_rig

F = TenantFault
HOLD: dict[str, Any] = {"Identity": JAN, "LitigationHoldEnabled": True}


@pytest.fixture
async def rig() -> AsyncIterator[TenantRig]:
    async with tenant_rig() as made:
        yield made


def _was_done(rig: TenantRig) -> bool:
    return rig.tenant.writes[-1].was_done


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        (F.EXCHANGE_NOT_YET, 404, "ManagementObjectNotFoundException"),
        (F.EXCHANGE_SYNCED, 400, "out of the current user's write scope"),
        (F.EXCHANGE_500, 500, "server side error"),
    ],
)
async def test_cmdlet_is_refused(rig: TenantRig, fault: F, status: int, words: str) -> None:
    rig.tenant.fail(PlannedFault(fault=fault, operation="Set-Mailbox", target=JAN))
    assert (await rig.cmdlet("Get-Mailbox", Identity=JAN)).status == 200
    answer = await rig.cmdlet("Set-Mailbox", **HOLD)
    assert answer.status == status
    assert words in answer.message
    assert not _was_done(rig)
    assert not rig.mailbox().litigation_hold_enabled
    assert (await rig.cmdlet("Set-Mailbox", **HOLD)).status == 200
    assert rig.mailbox().litigation_hold_enabled


async def test_warning_comes_instead_of_the_effect(rig: TenantRig) -> None:
    rig.tenant.fail(PlannedFault(fault=F.EXCHANGE_WARNING))
    answer = await rig.cmdlet("Set-Mailbox", **HOLD)
    assert (answer.status, answer.values) == (200, [])
    assert "no settings of" in answer.body["@adminapi.warnings"][0]
    assert not _was_done(rig)
    assert not rig.mailbox().litigation_hold_enabled


@pytest.mark.parametrize("seconds", [0, 3600])
async def test_hold_is_taken_but_not_in_force(rig: TenantRig, seconds: int) -> None:
    rig.tenant.fail(PlannedFault(fault=F.HOLD_NOT_EFFECTIVE, seconds=seconds))
    assert (await rig.cmdlet("Set-Mailbox", **HOLD)).status == 200
    rig.clock.advance(seconds=3599)
    assert not rig.mailbox().litigation_hold_enabled
    rig.clock.advance(seconds=1)
    assert rig.mailbox().litigation_hold_enabled == bool(seconds)


@pytest.mark.parametrize(
    ("fault", "status", "is_done"),
    [
        (F.OUTER_429, 429, False),
        (F.OUTER_503_DONE, 503, True),
        (F.OUTER_504, 504, False),
        (F.TOKEN_EXPIRED, 401, False),
    ],
)
async def test_request_as_a_whole_is_struck_as_with_graph(
    rig: TenantRig, fault: F, status: int, *, is_done: bool
) -> None:
    rig.tenant.fail(PlannedFault(fault=fault, operation="Set-*", seconds=5))
    answer = await rig.cmdlet("Set-Mailbox", **HOLD)
    assert answer.status == status
    assert answer.headers.get("Retry-After") == (None if status == 401 else "5")
    assert rig.mailbox().litigation_hold_enabled == is_done
    assert _was_done(rig) == is_done


@pytest.mark.parametrize(("fault", "is_done"), [(F.LOST_REQUEST, False), (F.LOST_RESPONSE, True)])
async def test_connection_is_cut(rig: TenantRig, fault: F, *, is_done: bool) -> None:
    rig.tenant.fail(PlannedFault(fault=fault))
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await rig.cmdlet("Set-Mailbox", **HOLD)
    [write] = rig.tenant.writes
    assert (write.status, write.was_done) == (0, is_done)
    assert rig.mailbox().litigation_hold_enabled == is_done


async def test_stale_read_is_of_exchange_too(rig: TenantRig) -> None:
    rig.tenant.fail(PlannedFault(fault=F.STALE_READ, seconds=60))
    await rig.cmdlet("Set-Mailbox", **HOLD)
    [shown] = (await rig.cmdlet("Get-Mailbox", Identity=JAN)).values
    assert shown["LitigationHoldEnabled"] is False
    rig.clock.advance(seconds=60)
    [shown] = (await rig.cmdlet("Get-Mailbox", Identity=JAN)).values
    assert shown["LitigationHoldEnabled"] is True
