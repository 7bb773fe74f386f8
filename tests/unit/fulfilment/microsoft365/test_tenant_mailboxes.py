"""Holds and addresses go through Exchange, on the one mailbox that is meant."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from fulfilment.tenant import PermanentTenantError, TransientTenantError
from fulfilment.tenants.microsoft365.mailboxes import Mailboxes
from mutations.identity import ObjectId
from tests.fakes.tenant_faults import TenantFault
from tests.fakes.tenant_rig import JAN
from tests.unit.fulfilment.microsoft365.real_tenant import NOBODY, RealTenant, real_tenant

UPN = "jan.peeters@wegenwater.vlaanderen.example"
ALIAS = "jpeeters@wegenwater.vlaanderen.example"
OTHER = "jan.peeters-maes@wegenwater.vlaanderen.example"
GUID = "00000000-0000-4000-9000-000000000004"


@pytest.fixture
async def at() -> AsyncIterator[RealTenant]:
    async with real_tenant() as made:
        yield made


class OneMailbox:
    """An Exchange that answers every cmdlet with the same objects."""

    def __init__(self, *objects: Mapping[str, Any]) -> None:
        self.objects = objects

    async def run(self, _: str, /, **__: object) -> tuple[Mapping[str, Any], ...]:
        return self.objects


async def test_hold_has_its_owner_comment_and_date_and_can_be_released_twice(
    at: RealTenant,
) -> None:
    await at.tenant.set_litigation_hold(JAN, owner="r1", comment="mutatiebot r1")
    held = await at.tenant.mailbox(JAN)
    for _ in range(2):
        await at.tenant.release_litigation_hold(JAN)
    released = await at.tenant.mailbox(JAN)

    assert held is not None
    assert (held.litigation_hold, held.hold_owner) == (True, "r1")
    assert held.hold_comment == "mutatiebot r1"
    assert held.hold_since == at.rig.clock.now()
    assert released is not None
    assert not released.litigation_hold


async def test_hold_that_exchange_takes_without_effect_is_not_shown(at: RealTenant) -> None:
    at.fail(TenantFault.HOLD_NOT_EFFECTIVE, "Set-Mailbox", seconds=0)

    await at.tenant.set_litigation_hold(JAN, owner="r1", comment="mutatiebot r1")

    found = await at.tenant.mailbox(JAN)
    assert found is not None
    assert not found.litigation_hold


async def test_mailbox_is_changed_by_its_own_guid(at: RealTenant) -> None:
    await at.tenant.set_litigation_hold(JAN, owner="r1", comment="mutatiebot r1")

    assert [call.target for call in at.fake.writes] == [GUID]


async def test_aliases_go_and_come_one_by_one_and_twice_is_once(at: RealTenant) -> None:
    for _ in range(2):
        await at.tenant.remove_aliases(JAN, [ALIAS.upper()])
    assert at.rig.mailbox().aliases == {UPN, OTHER}

    for _ in range(2):
        await at.tenant.add_aliases(JAN, [ALIAS])
    assert at.rig.mailbox().aliases == {UPN, OTHER, ALIAS}
    assert at.rig.mailbox().primary_smtp_address == UPN


async def test_no_aliases_is_no_call(at: RealTenant) -> None:
    await at.tenant.remove_aliases(JAN, [])
    await at.tenant.add_aliases(JAN, [])

    assert at.writes == []


async def test_primary_address_is_never_taken(at: RealTenant) -> None:
    with pytest.raises(PermanentTenantError):
        await at.tenant.remove_aliases(JAN, [UPN])

    assert UPN in at.rig.mailbox().aliases


async def test_alias_of_somebody_else_is_refused_by_its_name(at: RealTenant) -> None:
    taken = "marleen.claes@omgevingruimte.vlaanderen.example"

    with pytest.raises(PermanentTenantError) as refused:
        await at.tenant.add_aliases(JAN, [taken])

    assert refused.value.key == "tenant.upn_taken"
    assert refused.value.params["address"] == taken


async def test_mailbox_that_exchange_does_not_have_yet_is_missing(at: RealTenant) -> None:
    at.fail(TenantFault.EXCHANGE_NOT_YET, "Get-Mailbox", times=99)

    assert await at.tenant.mailbox(JAN) is None
    with pytest.raises(PermanentTenantError) as refused:
        await at.tenant.set_litigation_hold(JAN, owner="r1", comment="c")
    assert refused.value.key == "tenant.mailbox_missing"
    assert at.writes == []


async def test_addresses_of_an_account_that_is_nowhere_are_not_changed(at: RealTenant) -> None:
    with pytest.raises(PermanentTenantError) as refused:
        await at.tenant.remove_aliases(NOBODY, [ALIAS])

    assert refused.value.key == "tenant.account_missing"


SHOWN: dict[str, Any] = {
    "ExchangeGuid": GUID.upper(),
    "ExternalDirectoryObjectId": str(JAN),
    "PrimarySmtpAddress": "Jan@X.example",
    "EmailAddresses": ["SMTP:Jan@X.example", "smtp:J@x.example", "smtp:j@x.onmicrosoft.com"],
}


async def test_what_exchange_writes_is_read_in_lower_case() -> None:
    found = await Mailboxes(OneMailbox(SHOWN)).find(JAN)

    assert found is not None
    assert (found.guid, found.primary, found.aliases) == (GUID, "jan@x.example", ("j@x.example",))


async def test_mailbox_of_another_account_is_not_taken_for_the_one_asked() -> None:
    other = {**SHOWN, "ExternalDirectoryObjectId": str(NOBODY)}

    assert await Mailboxes(OneMailbox(other)).find(JAN) is None
    found = await Mailboxes(OneMailbox(other, SHOWN)).find(ObjectId(JAN))
    assert found is not None


@pytest.mark.parametrize(
    ("written", "since"),
    [
        ("2027-03-01T10:00:00+01:00", datetime(2027, 3, 1, 9, tzinfo=UTC)),
        ("2027-03-01T09:00:00Z", datetime(2027, 3, 1, 9, tzinfo=UTC)),
        ("2027-03-01T09:00:00", datetime(2027, 3, 1, 9, tzinfo=UTC)),
        ("", None),
        (None, None),
        ("yesterday", None),
    ],
)
async def test_date_of_a_hold_is_utc(written: str | None, since: datetime | None) -> None:
    held = {**SHOWN, "LitigationHoldEnabled": True, "LitigationHoldDate": written}

    found = await Mailboxes(OneMailbox(held)).find(JAN)

    assert found is not None
    assert found.hold_since == since


async def test_document_of_another_shape_is_not_believed() -> None:
    with pytest.raises(TransientTenantError):
        await Mailboxes(OneMailbox({"ExchangeGuid": 4})).find(JAN)
