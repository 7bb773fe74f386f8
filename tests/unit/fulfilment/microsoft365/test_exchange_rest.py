"""Cmdlets over the REST interface of Exchange Online."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import pytest

from fulfilment.tenant import PermanentTenantError, TransientTenantError
from fulfilment.tenants.microsoft365.call import Exchange
from fulfilment.tenants.microsoft365.exchange_rest import RestExchange
from fulfilment.tenants.microsoft365.quota import Resource, bulk
from fulfilment.tenants.microsoft365.wire import Wire
from tests.unit.fulfilment.microsoft365.scripted import (
    ANNE,
    BEN,
    QUICK,
    Asked,
    Counting,
    Said,
    Scripted,
    Tokens,
)

TENANT = "5f0a1f3e-6c1b-4b7e-9a55-0d2f6f0c9a10"
PATH = f"/adminapi/beta/{TENANT}/InvokeCommand"
CLASS = "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException"


@dataclass
class Setting:
    """A client of a scripted Exchange."""

    server: Scripted
    exchange: RestExchange
    quota: Counting = field(default_factory=Counting)

    def answers(self, *said: Said) -> None:
        """Answer in this order; the last one stays."""
        left = list(said)
        self.server.outer = lambda _: left.pop(0) if len(left) > 1 else left[0]


@asynccontextmanager
async def exchange_setting(*, parallel: int = 4) -> AsyncIterator[Setting]:
    scripted, quota = Scripted(), Counting()
    async with scripted.server, aiohttp.ClientSession() as session:
        wire = Wire(session, Tokens(), base=scripted.server.origin)
        rest = RestExchange(wire, tenant=TENANT, quota=quota, patience=QUICK, parallel=parallel)
        yield Setting(scripted, rest, quota)
        scripted.holds.set()


def failed(status: int, message: str, code: str = "BadRequest") -> Said:
    """Return an error in the form of the interface."""
    details = [{"code": "Context", "target": "", "message": message}]
    error = {"code": code, "message": "Error executing cmdlet", "details": details}
    return Said(status, {"error": error})


async def test_cmdlet_is_sent_as_data_and_its_objects_come_back() -> None:
    async with exchange_setting() as at:
        at.answers(Said(body={"value": [{"ExchangeGuid": BEN}], "@adminapi.warnings": []}))
        exchange: Exchange = at.exchange

        assert await exchange.run("Get-Mailbox", Identity=ANNE) == ({"ExchangeGuid": BEN},)

        [asked] = at.server.asked
        assert asked.method == "POST"
        assert asked.path.partition("?")[0] == PATH
        assert "ExchangeGuid" in asked.path
        assert asked.body == {
            "CmdletInput": {"CmdletName": "Get-Mailbox", "Parameters": {"Identity": ANNE}}
        }
        assert asked.headers["X-CmdletName"] == "Get-Mailbox"
        assert asked.headers["X-AnchorMailbox"].startswith("APP:SystemMailbox{bb558c35-")
        assert asked.headers["X-AnchorMailbox"].endswith(f"@{TENANT}")
        assert asked.headers["Authorization"] == "Bearer token-1"
        assert at.quota.taken == [(Resource.EXCHANGE, 1, True)]


@pytest.mark.parametrize("said", [Said(204), Said(body={"value": []}), Said(body={})])
async def test_cmdlet_that_changes_something_writes_nothing(said: Said) -> None:
    async with exchange_setting() as at:
        at.answers(said)

        assert await at.exchange.run("Set-Mailbox", Identity=ANNE) == ()


async def test_pages_are_asked_for_with_the_same_cmdlet() -> None:
    async with exchange_setting() as at:
        link = f"{at.server.server.origin}{PATH}?$skiptoken=a"
        at.answers(
            Said(body={"value": [{"Guid": "1"}], "@odata.nextLink": link}),
            Said(body={"value": [{"Guid": "2"}]}),
        )

        found = await at.exchange.run("Get-DistributionGroupMember", Identity=ANNE)

        assert [one["Guid"] for one in found] == ["1", "2"]
        first, second = at.server.asked
        assert second.path == f"{PATH}?$skiptoken=a"
        assert second.body == first.body


@pytest.mark.parametrize(
    "link",
    ["https://example.org{path}?s=a", "{origin}/adminapi/beta/other/InvokeCommand?s=a", 7],
)
async def test_page_elsewhere_is_not_asked_for(link: object) -> None:
    async with exchange_setting() as at:
        origin = at.server.server.origin
        named = link.format(path=PATH, origin=origin) if isinstance(link, str) else link
        at.answers(Said(body={"value": [], "@odata.nextLink": named}))

        with pytest.raises(TransientTenantError):
            await at.exchange.run("Get-DistributionGroupMember", Identity=ANNE)

        assert {asked.path.partition("?")[0] for asked in at.server.asked} == {PATH}


async def test_warning_is_returned_by_class() -> None:
    async with exchange_setting() as at:
        warning = "The command completed but no settings of 'anne@example.org' have been modified."
        at.answers(Said(body={"value": [], "@adminapi.warnings": [warning]}))

        ran = await at.exchange.ran("Set-Mailbox", {"Identity": ANNE})

        assert ran.warnings == ("no_effect",)


async def test_refusal_is_told_by_its_class() -> None:
    async with exchange_setting() as at:
        at.answers(failed(404, f"Ex6F9304|{CLASS}|'anne@example.org' couldn't be found."))

        with pytest.raises(PermanentTenantError) as error:
            await at.exchange.run("Get-Mailbox", Identity=ANNE)

        assert error.value.key == "tenant.mailbox_missing"
        assert "anne" not in str(error.value)


@pytest.mark.parametrize(
    ("said", "key"),
    [
        (Said(403, {"error": {"code": "Forbidden"}}), "tenant.permission_missing"),
        (failed(400, "Ex1|A.B.SomethingException|No."), "tenant.exchange_refused"),
        (Said(400, {"error": "text"}), "tenant.exchange_refused"),
        (failed(500, f"Ex6F9304|{CLASS}|x"), "tenant.mailbox_missing"),
    ],
)
async def test_refusal_is_permanent(said: Said, key: str) -> None:
    async with exchange_setting() as at:
        at.answers(said)

        with pytest.raises(PermanentTenantError) as error:
            await at.exchange.run("Set-Mailbox", Identity=ANNE)

        assert error.value.key == key
        assert len(at.server.asked) == 1


PASSING = [
    Said(0),
    Said(500),
    Said(502, text="<h1>Bad gateway</h1>", content_type="text/html"),
    failed(500, "Ex1|A.B.SomethingException|No."),
    failed(400, "Ex2|Microsoft.Exchange.Data.Directory.ADTransientException|Busy."),
    Said(429, {}),
]


@pytest.mark.parametrize("said", PASSING, ids=lambda said: str(said.status))
async def test_what_passes_is_repeated_where_twice_is_as_good_as_once(said: Said) -> None:
    async with exchange_setting() as at:
        at.answers(said, Said(body={"value": []}))

        await at.exchange.run("Set-Mailbox", Identity=ANNE, LitigationHoldEnabled=True)

        assert len(at.server.asked) == 2


@pytest.mark.parametrize("said", PASSING, ids=lambda said: str(said.status))
async def test_membership_is_changed_once(said: Said) -> None:
    async with exchange_setting() as at:
        at.answers(said, Said(body={"value": []}))

        with pytest.raises(TransientTenantError):
            await at.exchange.run("Remove-DistributionGroupMember", Identity=ANNE, Member=BEN)

        assert len(at.server.asked) == 1


async def test_wait_lowers_the_pace_of_all_replicas() -> None:
    async with exchange_setting() as at:
        at.answers(Said(429, {}, {"Retry-After": "55"}))

        with pytest.raises(TransientTenantError) as error:
            await at.exchange.run("Get-Mailbox", Identity=ANNE)

        assert error.value.retry_after_s == 55
        assert at.quota.paused == [(Resource.EXCHANGE, 55)]


async def test_few_cmdlets_run_at_once() -> None:
    async with exchange_setting(parallel=2) as at:
        at.answers(Said(body={"value": []}))
        at.server.holds.clear()
        running = [
            asyncio.create_task(at.exchange.run("Get-Mailbox", Identity=ANNE)) for _ in range(5)
        ]
        await at.server.arrived.acquire()
        await at.server.arrived.acquire()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(at.server.arrived.acquire(), 0.1)

        at.server.holds.set()
        await asyncio.gather(*running)

        assert len(at.server.asked) == 5


async def test_bulk_work_is_counted_as_such() -> None:
    async with exchange_setting() as at:
        at.answers(Said(body={"value": []}))
        with bulk():
            await at.exchange.run("Get-Mailbox", Identity=ANNE)

        assert at.quota.taken == [(Resource.EXCHANGE, 1, False)]


async def test_expired_token_is_replaced() -> None:
    def outer(asked: Asked) -> Said:
        is_old = asked.headers["Authorization"] == "Bearer token-1"
        return Said(401, text="") if is_old else Said(body={"value": []})

    async with exchange_setting() as at:
        answer: Callable[[Asked], Said] = outer
        at.server.outer = answer

        await at.exchange.run("Remove-DistributionGroupMember", Identity=ANNE, Member=BEN)

        assert len(at.server.asked) == 2


async def test_forbidden_cmdlet_is_not_sent() -> None:
    async with exchange_setting() as at:
        with pytest.raises(ValueError, match="may run"):
            await at.exchange.run("Remove-Mailbox", Identity=ANNE)

        assert at.server.asked == []
        assert at.quota.taken == []
