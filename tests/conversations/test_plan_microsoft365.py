"""The plan of the real tenant: the accounts of the tenant that is configured, and only read."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.tenant_reads_only import ReadsOnlyExchange, ReadsOnlyGraph, WriteRefusedError
from fulfilment.tenants.microsoft365 import calls
from tests.conversations.journeys import FIRST, WEDNESDAY, Days, ask, install
from tests.conversations.stage import TENANT_ID
from tests.conversations.test_plan import Told, plan, tables
from tests.fakes.entra_login import FakeEntraLogin
from tests.fakes.tenant_demo import change_user, group_id
from tests.fakes.tenant_faults import PlannedFault, TenantFault
from tests.fakes.tenant_login import demo_tenant, tenant_settings
from tests.fakes.tenant_rig import JAN
from tests.fakes.tenant_side import FakeTenant


@contextlib.asynccontextmanager
async def served(folder: Path) -> AsyncIterator[tuple[FakeTenant, dict[str, str]]]:
    """Serve a tenant with the demo world; yield it and the settings that lead to it."""
    login = FakeEntraLogin(folder, TENANT_ID)
    tenant = demo_tenant(login)
    await login.start()
    await tenant.start()
    try:
        yield tenant, dict(tenant_settings(tenant, login))
    finally:
        await tenant.stop()
        await login.stop()


async def asked_not_to_keep(days: Days) -> None:
    async with days.open() as stage:
        install(stage)
        await ask(stage, wish="not_keep", effective_on=WEDNESDAY)


async def test_plan_is_of_the_tenant_that_is_configured_and_writes_nothing(
    days: Days, database_url: str, tmp_path: Path
) -> None:
    await asked_not_to_keep(days)
    before = tables(database_url)
    async with served(tmp_path) as (tenant, settings):
        change_user(tenant, 4, user_principal_name="jp@wegenwater.vlaanderen.example")
        whole = tenant.state.everything()

        report = await plan(database_url, FIRST, **settings)
        machine = await plan(database_url, FIRST, "--json", **settings)

        assert tenant.state.everything() == whole
        assert tenant.writes == []
        assert {one.operation for one in tenant.calls} >= {"Get-Mailbox", "GET /users/{user-id}"}
        assert all(one.status != 401 for one in tenant.calls)
    assert tables(database_url) == before
    assert (report.code, machine.code) == (0, 0), report.err + machine.err
    assert "jp@omgevingruimte.vlaanderen.example" in report.out  # only this tenant says so
    steps = machine.document["steps"]
    groups = tenant.state.groups.all_true().values()
    left = {one["target"] for one in steps if one["name"] == "groups.leave"}
    assert left == {one.id for one in groups if JAN in one.members | one.owners}
    assert group_id(5) in left
    assert [one["route"] for one in steps if one["name"] == "account.upn"] == ["graph"]


@pytest.mark.parametrize(
    "fault", [TenantFault.OUTER_503, TenantFault.LOST_RESPONSE, TenantFault.TOKEN_EXPIRED]
)
async def test_what_passes_is_asked_again_and_what_stays_is_told(
    fault: TenantFault, days: Days, database_url: str, tmp_path: Path
) -> None:
    await asked_not_to_keep(days)
    async with served(tmp_path) as (tenant, settings):
        tenant.fail(PlannedFault(fault=fault))
        once = await plan(database_url, FIRST, **settings)
        tenant.fail(PlannedFault(fault=fault, times=1000))
        always = await plan(database_url, FIRST, **settings)
        assert tenant.writes == []
    assert (once.code, always.code) == (0, 2), once.err + always.err
    assert always.err.strip().endswith("the tenant does not answer; try again in a moment")
    assert "Traceback" not in always.err


async def test_a_login_that_refuses_is_told_without_the_secret(
    days: Days, database_url: str, tmp_path: Path
) -> None:
    await asked_not_to_keep(days)
    async with served(tmp_path) as (tenant, settings):
        wrong = {**settings, "AUTHORITY_URL": "https://127.0.0.1:1"}
        told: Told = await plan(database_url, FIRST, **wrong)
        assert tenant.calls == []
    assert told.code == 2
    assert settings["FULFILMENT_APP_SECRET"] not in told.out + told.err


async def test_a_write_is_refused_before_it_is_sent() -> None:
    class Nothing:
        async def send(self, call: Any) -> Any:
            raise AssertionError(call)

        async def run(self, cmdlet: str, /, **_: object) -> Any:
            raise AssertionError(cmdlet)

    for call in (calls.delete_user(JAN), calls.set_sign_in(JAN, enabled=False)):
        with pytest.raises(WriteRefusedError):
            await ReadsOnlyGraph(Nothing()).send(call)
    for cmdlet in ("Set-Mailbox", "Remove-DistributionGroupMember"):
        with pytest.raises(WriteRefusedError):
            await ReadsOnlyExchange(Nothing()).run(cmdlet)
