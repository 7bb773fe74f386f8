"""The fake Exchange Online: cmdlets over HTTP, and what it tells the directory and hears of it."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from fulfilment.tenant import GroupKind
from fulfilment.tenants.simulated.seed import demo_person_id
from tests.fakes.tenant_demo import change_group, change_user, group_id
from tests.fakes.tenant_rig import JAN, TENANT_ID, TenantRig, tenant_rig
from tests.fakes.tenant_state import Lag

ALIAS = "smtp:jpeeters@wegenwater.vlaanderen.example"
TABLE = {"@odata.type": "#Exchange.GenericHashTable"}
BYPASS: dict[str, Any] = {"BypassSecurityGroupManagerCheck": True}
LIST = group_id(1)


@pytest.fixture
async def rig() -> AsyncIterator[TenantRig]:
    async with tenant_rig() as made:
        yield made


async def test_mailbox_is_found_by_any_of_its_names(rig: TenantRig) -> None:
    mailbox = rig.mailbox()
    for identity in (JAN, mailbox.exchange_guid, mailbox.user_principal_name, ALIAS[5:]):
        answer = await rig.cmdlet("Get-Mailbox", Identity=identity)
        assert answer.values[0]["ExchangeGuid"] == mailbox.exchange_guid
        assert answer.body["@adminapi.warnings"] == []
    missing = await rig.cmdlet("Get-Mailbox", Identity=demo_person_id(9999))
    assert missing.status == 404
    assert "ManagementObjectNotFoundException" in missing.message


async def test_name_of_two_people_is_ambiguous(rig: TenantRig) -> None:
    answer = await rig.cmdlet("Set-Mailbox", Identity="Jan Peeters", LitigationHoldEnabled=True)
    assert answer.status == 400
    assert "matches multiple entries" in answer.message


@pytest.mark.parametrize(
    ("name", "parameters", "words"),
    [
        ("Remove-Mailbox", {"Identity": JAN}, "is not recognized as the name of a cmdlet"),
        ("Get-Nothing", {}, "is not recognized as the name of a cmdlet"),
        ("Set-Mailbox", {"Identity": JAN, "ShoeSize": 43}, "parameter name 'ShoeSize'"),
        ("Set-Mailbox", {"LitigationHoldEnabled": True}, "missing mandatory parameters"),
        ("Set-Mailbox", {"Identity": JAN, "LitigationHoldEnabled": "yes"}, "transformation"),
        ("Set-Mailbox", {"Identity": JAN, "EmailAddresses": {"Remove": [ALIAS]}}, "argument"),
        (
            "Set-Mailbox",
            {"Identity": JAN, "EmailAddresses": {**TABLE, "Add": ["smtp:x@elsewhere.example"]}},
            "accepted domain",
        ),
        (
            "Set-Mailbox",
            {
                "Identity": JAN,
                "EmailAddresses": {
                    **TABLE,
                    "Add": ["smtp:awouters@wegenwater.vlaanderen.example"],
                },
            },
            "already being used",
        ),
        (
            "Set-Mailbox",
            {
                "Identity": JAN,
                "EmailAddresses": {
                    **TABLE,
                    "Remove": ["jan.peeters@wegenwater.vlaanderen.example"],
                },
            },
            "primary SMTP address",
        ),
    ],
)
async def test_wrong_cmdlets_are_refused_and_change_nothing(
    rig: TenantRig, name: str, parameters: dict[str, Any], words: str
) -> None:
    before = rig.mailbox()
    answer = await rig.cmdlet(name, **parameters)
    assert answer.status == 400
    assert words in answer.message
    assert rig.mailbox() == before


@pytest.mark.parametrize("headers", [{}, {"X-AnchorMailbox": "x"}])
async def test_call_needs_its_anchor(rig: TenantRig, headers: dict[str, str]) -> None:
    assert (await rig.cmdlet("Get-Mailbox", headers=headers, Identity=JAN)).status == 400


async def test_only_a_token_for_exchange_with_its_role_is_taken(rig: TenantRig) -> None:
    url = f"{rig.tenant.origin}/adminapi/beta/{TENANT_ID}/InvokeCommand"
    body = {"CmdletInput": {"CmdletName": "Get-Mailbox", "Parameters": {"Identity": JAN}}}
    anchor = {"X-AnchorMailbox": f"APP:x@{TENANT_ID}"}

    async def status(token: str, path: str = url) -> int:
        headers = {"Authorization": f"Bearer {token}", **anchor}
        async with aiohttp.request("POST", path, json=body, headers=headers) as answer:
            return answer.status

    assert await status(rig.tenant.graph_token()) == 401
    assert await status(rig.tenant.exchange_token()) == 200
    assert await status(rig.tenant.exchange_token(), url.replace(TENANT_ID, "other")) == 404
    rig.tenant.tokens.exchange_granted = frozenset()
    assert await status(rig.tenant.exchange_token()) == 403


async def test_hold_is_set_once_and_released(rig: TenantRig) -> None:
    hold = {"LitigationHoldEnabled": True, "LitigationHoldOwner": "M-1"}
    wanted: dict[str, Any] = {**hold, "RetentionComment": "c"}
    answer = await rig.cmdlet("Set-Mailbox", Identity=JAN, **wanted)
    assert (answer.status, answer.values) == (200, [])
    assert "may take up to 60 minutes" in answer.body["@adminapi.warnings"][0]
    [shown] = (await rig.cmdlet("Get-Mailbox", Identity=JAN)).values
    assert shown["LitigationHoldDate"].startswith("2027-03-01T09:00:00")
    assert (shown["LitigationHoldOwner"], shown["RetentionComment"]) == ("M-1", "c")

    again = await rig.cmdlet("Set-Mailbox", Identity=JAN, **wanted)
    assert "no settings of" in again.body["@adminapi.warnings"][0]
    await rig.cmdlet("Set-Mailbox", Identity=JAN, LitigationHoldEnabled=False)
    assert not rig.mailbox().litigation_hold_enabled


async def test_aliases_come_and_go_by_a_table_and_a_list_replaces_them(rig: TenantRig) -> None:
    changes = {**TABLE, "Remove": [ALIAS], "Add": ["smtp:new@wegenwater.vlaanderen.example"]}
    await rig.cmdlet("Set-Mailbox", Identity=JAN, EmailAddresses=changes)
    assert ALIAS not in rig.mailbox().email_addresses
    assert "smtp:new@wegenwater.vlaanderen.example" in rig.mailbox().email_addresses
    assert len(rig.mailbox().email_addresses) == 3
    assert rig.user().proxy_addresses == rig.mailbox().email_addresses

    whole = ["SMTP:jan.peeters@wegenwater.vlaanderen.example"]
    await rig.cmdlet("Set-Mailbox", Identity=JAN, EmailAddresses=whole)
    assert rig.mailbox().email_addresses == tuple(whole)


async def test_addresses_of_the_active_directory_change_there_but_the_hold_here(
    rig: TenantRig,
) -> None:
    change_user(rig.tenant, 4, on_premises_sync_enabled=True)
    changes = {**TABLE, "Remove": [ALIAS]}
    answer = await rig.cmdlet("Set-Mailbox", Identity=JAN, EmailAddresses=changes)
    assert "out of the current user's write scope" in answer.message
    held = await rig.cmdlet("Set-Mailbox", Identity=JAN, LitigationHoldEnabled=True)
    assert held.status == 200
    assert rig.mailbox().litigation_hold_enabled


async def test_members_of_a_distribution_list_change_here(rig: TenantRig) -> None:
    remove = "Remove-DistributionGroupMember"
    plain = await rig.cmdlet(remove, Identity=LIST, Member=JAN, **BYPASS)
    assert plain.status == 404  # not a list of Exchange
    change_group(rig.tenant, 1, GroupKind.DISTRIBUTION)
    refused = await rig.cmdlet(remove, Identity=LIST, Member=JAN)
    assert "manager of the group" in refused.message

    assert (await rig.cmdlet(remove, Identity=LIST, Member=JAN, **BYPASS)).status == 200
    assert JAN not in rig.group(LIST).members
    again = await rig.cmdlet(remove, Identity=LIST, Member=JAN, **BYPASS)
    assert "MemberNotFoundException" in again.message
    add = "Add-DistributionGroupMember"
    assert (await rig.cmdlet(add, Identity=LIST, Member=JAN, **BYPASS)).status == 200
    twice = await rig.cmdlet(add, Identity=LIST, Member=JAN, **BYPASS)
    assert "MemberAlreadyExistsException" in twice.message
    members = await rig.cmdlet("Get-DistributionGroupMember", Identity=LIST)
    assert JAN in {one["ExternalDirectoryObjectId"] for one in members.values}


async def test_pages_are_as_long_as_asked_and_linked(rig: TenantRig) -> None:
    headers = {"X-AnchorMailbox": "UPN:x@y", "Prefer": "odata.maxpagesize=5"}
    first = await rig.cmdlet("Get-Mailbox", headers=headers)
    assert len(first.values) == 5
    assert first.body["@odata.nextLink"].startswith(rig.tenant.origin)


async def test_mailbox_of_a_deleted_account_is_inactive_when_it_is_held(rig: TenantRig) -> None:
    await rig.cmdlet("Set-Mailbox", Identity=JAN, LitigationHoldEnabled=True)
    other = demo_person_id(5)
    for person in (JAN, other):
        assert (await rig.graph("DELETE", f"/users/{person}")).status == 204
        assert (await rig.cmdlet("Get-Mailbox", Identity=person)).status == 404
    held = await rig.cmdlet("Get-Mailbox", Identity=JAN, IncludeInactiveMailbox=True)
    assert held.values[0]["IsInactiveMailbox"] is True
    lost = await rig.cmdlet("Get-Mailbox", Identity=other, IncludeInactiveMailbox=True)
    assert lost.status == 404


async def test_primary_address_follows_the_upn_and_each_side_hears_late(rig: TenantRig) -> None:
    rig.tenant.state.lag = Lag(to_exchange_s=60, to_directory_s=30)
    upn = "jan.peeters@omgevingruimte.vlaanderen.example"
    old = rig.user().user_principal_name
    await rig.graph("PATCH", f"/users/{JAN}", {"userPrincipalName": upn})

    rig.clock.advance(seconds=59)
    assert rig.user().user_principal_name == upn
    assert rig.mailbox().primary_smtp_address == old
    rig.clock.advance(seconds=1)
    assert rig.mailbox().email_addresses[:2] == (f"SMTP:{upn}", f"smtp:{old}")
    assert rig.user().mail == old
    rig.clock.advance(seconds=30)
    assert rig.user().mail == upn
    assert f"smtp:{old}" in rig.user().proxy_addresses
