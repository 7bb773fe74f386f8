"""The protocol with the PowerShell process, against a stand-in: no PowerShell is run here."""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fulfilment.tenant import PermanentTenantError, TransientTenantError
from fulfilment.tenants.microsoft365 import exchange_pwsh
from fulfilment.tenants.microsoft365.call import Exchange
from fulfilment.tenants.microsoft365.exchange_cmdlets import CMDLETS
from fulfilment.tenants.microsoft365.exchange_pwsh import PwshExchange, PwshSession
from fulfilment.tenants.microsoft365.quota import Resource
from tests.unit.fulfilment.microsoft365.scripted import ANNE, BEN, QUICK, Counting

STAND_IN = Path(__file__).with_name("stand_in_pwsh.py")
SCRIPT = Path(exchange_pwsh.__file__).with_name("exchange_session.ps1")
MEMBER = {"Identity": ANNE, "Member": BEN}


class StandIn:
    """A program that is started for PowerShell."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.program = home / "pwsh"
        self.program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{STAND_IN}" "$@"\n')
        self.program.chmod(0o700)
        self.behaves("well")

    def behaves(self, mode: str) -> None:
        (self._home / "mode").write_text(mode, encoding="utf-8")

    @property
    def lines(self) -> list[dict[str, Any]]:
        text = (self._home / "lines").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    @property
    def orders(self) -> list[dict[str, Any]]:
        return [line for line in self.lines if "cmdlet" in line]

    @property
    def processes(self) -> list[int]:
        return [line["pid"] for line in self.lines if "pid" in line]

    def session(self, home: Path) -> PwshSession:
        return PwshSession(
            app_id=ANNE,
            organization="example.onmicrosoft.com",
            certificate_file="/somewhere/app.pfx",
            environment={"PATH": "/usr/bin:/bin", "STAND_IN": str(home)},
        )


@pytest.fixture
def stand_in(tmp_path: Path) -> StandIn:
    return StandIn(tmp_path)


@pytest.fixture
def quota() -> Counting:
    return Counting()


@pytest.fixture
async def exchange(
    stand_in: StandIn, tmp_path: Path, quota: Counting
) -> AsyncIterator[PwshExchange]:
    made = PwshExchange(
        stand_in.session(tmp_path),
        quota=quota,
        program=str(stand_in.program),
        patience=QUICK,
        cmdlet_s=5.0,
    )
    yield made
    await made.aclose()


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def test_cmdlet_is_sent_as_data(
    exchange: PwshExchange, stand_in: StandIn, quota: Counting
) -> None:
    port: Exchange = exchange
    table = {"@odata.type": "#Exchange.GenericHashTable", "Remove": ["smtp:a';rm@b.be"]}

    found = await port.run("Get-Mailbox", Identity=ANNE)
    await port.run("Set-Mailbox", Identity=ANNE, EmailAddresses=table)

    assert found == ({"ExchangeGuid": "g"},)
    first, second = stand_in.orders
    assert (first["cmdlet"], first["parameters"]) == ("Get-Mailbox", {"Identity": ANNE})
    assert "ExchangeGuid" in first["returns"]
    assert second["parameters"] == {
        "Identity": ANNE,
        "EmailAddresses": {"Remove": ["smtp:a';rm@b.be"]},
    }
    assert quota.taken == [(Resource.EXCHANGE, 1, True)] * 2


async def test_one_process_signs_in_once_and_sees_nothing_else(
    exchange: PwshExchange, stand_in: StandIn
) -> None:
    await asyncio.gather(*(exchange.run("Get-Mailbox", Identity=ANNE) for _ in range(5)))

    start, connect = stand_in.lines[:2]
    assert len(stand_in.processes) == 1
    assert len({order["id"] for order in stand_in.orders}) == 5
    assert start["arguments"][:3] == ["-NoLogo", "-NoProfile", "-NonInteractive"]
    assert start["arguments"][3:] == ["-File", str(SCRIPT)]
    assert (
        {"PATH", "STAND_IN"}
        <= set(start["environment"])
        <= {*("PATH", "STAND_IN", "PWD", "OLDPWD", "SHLVL", "_", "LC_CTYPE")}
    )
    assert connect == {
        "AppId": ANNE,
        "Organization": "example.onmicrosoft.com",
        "CertificateFilePath": "/somewhere/app.pfx",
    }


@pytest.mark.parametrize("mode", ["die", "late", "endless", "chatty"])
async def test_process_without_a_good_answer_is_replaced(
    exchange: PwshExchange, stand_in: StandIn, mode: str
) -> None:
    stand_in.behaves(mode)
    with pytest.raises(TransientTenantError):
        await exchange.run("Remove-DistributionGroupMember", **MEMBER)
    stand_in.behaves("well")

    assert await exchange.run("Get-Mailbox", Identity=ANNE)

    first, second = stand_in.processes
    assert first != second
    assert is_gone(first)
    assert len(stand_in.orders) == 2  # the membership was not changed a second time


async def test_silent_process_is_killed(
    stand_in: StandIn, tmp_path: Path, quota: Counting
) -> None:
    exchange = PwshExchange(
        stand_in.session(tmp_path), quota=quota, program=str(stand_in.program), cmdlet_s=1.0
    )
    await exchange.run("Get-Mailbox", Identity=ANNE)
    stand_in.behaves("hang")

    with pytest.raises(TransientTenantError):
        await exchange.run("Remove-DistributionGroupMember", **MEMBER)

    [pid] = stand_in.processes
    assert is_gone(pid)


async def test_caller_that_gives_up_leaves_no_answer_behind(
    exchange: PwshExchange, stand_in: StandIn
) -> None:
    await exchange.run("Get-Mailbox", Identity=ANNE)
    stand_in.behaves("hang")
    caller = asyncio.create_task(exchange.run("Get-Mailbox", Identity=BEN))
    async with asyncio.timeout(10):
        while len(stand_in.orders) < 2:  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.01)
    caller.cancel()
    await asyncio.wait([caller])
    stand_in.behaves("well")

    assert await exchange.run("Get-Mailbox", Identity=ANNE)
    assert len(stand_in.processes) == 2


async def test_what_may_be_repeated_survives_the_end_of_the_process(
    exchange: PwshExchange, stand_in: StandIn
) -> None:
    await exchange.run("Get-Mailbox", Identity=ANNE)
    [pid] = stand_in.processes
    os.kill(pid, 9)

    assert await exchange.run("Get-Mailbox", Identity=ANNE)


async def test_other_lines_are_passed_over(exchange: PwshExchange, stand_in: StandIn) -> None:
    stand_in.behaves("stray")

    assert await exchange.run("Get-Mailbox", Identity=ANNE)


async def test_warning_is_returned_by_class(exchange: PwshExchange, stand_in: StandIn) -> None:
    stand_in.behaves("warn")

    assert (await exchange.ran("Set-Mailbox", {"Identity": ANNE})).warnings == ("no_effect",)


async def test_refusal_leaves_the_process_alone(exchange: PwshExchange, stand_in: StandIn) -> None:
    stand_in.behaves("error:Ex1|A.B.ManagementObjectNotFoundException|'anne' couldn't be found.")
    with pytest.raises(PermanentTenantError) as error:
        await exchange.run("Get-Mailbox", Identity=ANNE)
    stand_in.behaves("well")
    await exchange.run("Get-Mailbox", Identity=ANNE)

    assert error.value.key == "tenant.mailbox_missing"
    assert len(stand_in.processes) == 1


async def test_busy_exchange_lowers_the_pace(
    exchange: PwshExchange, stand_in: StandIn, quota: Counting
) -> None:
    stand_in.behaves("error:Ex1|A.B.ADServerTransientException|busy")
    with pytest.raises(TransientTenantError):
        await exchange.run("Remove-DistributionGroupMember", **MEMBER)

    assert [resource for resource, _ in quota.paused] == [Resource.EXCHANGE]


async def test_app_that_is_not_let_in_waits(exchange: PwshExchange, stand_in: StandIn) -> None:
    stand_in.behaves("refuse")

    with pytest.raises(TransientTenantError) as error:
        await exchange.run("Get-Mailbox", Identity=ANNE)

    assert error.value.retry_after_s == 60
    assert stand_in.orders == []


async def test_program_that_is_not_there_is_for_later(
    stand_in: StandIn, tmp_path: Path, quota: Counting
) -> None:
    exchange = PwshExchange(
        stand_in.session(tmp_path), quota=quota, program=str(tmp_path / "nowhere")
    )

    with pytest.raises(TransientTenantError):
        await exchange.run("Get-Mailbox", Identity=ANNE)


async def test_forbidden_cmdlet_starts_nothing(exchange: PwshExchange, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="may run"):
        await exchange.run("Remove-Mailbox", Identity=ANNE)

    assert not (tmp_path / "lines").exists()


@pytest.mark.parametrize(
    "certificate", [{}, {"certificate_thumbprint": "A", "certificate_file": "b"}]
)
def test_session_needs_one_certificate(certificate: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="either"):
        PwshSession(app_id=ANNE, organization="o", environment={}, **certificate)


def test_script_allows_the_same_cmdlets_and_runs_no_text() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    code = "\n".join(line for line in text.splitlines() if not line.startswith("#"))

    assert set(re.findall(r"'([A-Z][a-z]+-[A-Za-z]+)'", code)) == set(CMDLETS)
    assert not re.search(r"Invoke-Expression|iex\b|ScriptBlock|AddScript", code, re.IGNORECASE)
