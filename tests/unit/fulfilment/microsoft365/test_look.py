"""Within one look the same question is asked once; a write makes every question a new one."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from fulfilment.tenant import TransientTenantError
from fulfilment.tenants.microsoft365 import calls, look
from fulfilment.tenants.microsoft365.call import Call, Reply
from fulfilment.tenants.microsoft365.look import LookingExchange, LookingGraph, one_look
from mutations.identity import ObjectId

JAN = ObjectId("00000000-0000-4000-8000-000000000004")
READ = calls.read_user(JAN)
WRITE = calls.set_sign_in(JAN, enabled=False)


class Answering:
    """Answers both ways, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fails = False

    async def send(self, call: Call) -> Reply:
        self.asked.append(call.operation.name)
        await asyncio.sleep(0)
        if self.fails:
            raise TransientTenantError
        return Reply(status=200, body={"number": len(self.asked)})

    async def run(self, cmdlet: str, /, **_: object) -> tuple[Mapping[str, Any], ...]:
        self.asked.append(cmdlet)
        await asyncio.sleep(0)
        return ({"number": len(self.asked)},)


async def test_same_question_is_asked_once_within_a_look_and_anew_outside() -> None:
    inner = Answering()
    graph = LookingGraph(inner)

    with one_look():
        first, second = await asyncio.gather(graph.send(READ), graph.send(READ))
        assert first == second == await graph.send(READ)
    await graph.send(READ)
    with one_look():
        await graph.send(READ)

    assert inner.asked == ["user.read"] * 3


@pytest.mark.parametrize("fails", [False, True])
async def test_a_write_makes_every_question_a_new_one_whatever_its_answer(fails: bool) -> None:  # noqa: FBT001  # a parameter of pytest
    inner = Answering()
    graph = LookingGraph(inner)

    with one_look():
        before = await graph.send(READ)
        inner.fails = fails
        try:
            await graph.send(WRITE)
        except TransientTenantError:
            assert fails
        inner.fails = False
        after = await graph.send(READ)

    assert before != after
    assert inner.asked == ["user.read", "user.sign_in", "user.read"]


async def test_a_fault_is_not_kept() -> None:
    inner = Answering()
    graph = LookingGraph(inner)
    inner.fails = True
    with one_look():
        with pytest.raises(TransientTenantError):
            await graph.send(READ)
        inner.fails = False
        assert (await graph.send(READ)).status == 200  # HTTP


async def test_what_is_older_than_a_few_seconds_is_asked_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(look, "_FRESH_S", -1.0)
    inner = Answering()
    graph = LookingGraph(inner)

    with one_look():
        await graph.send(READ)
        await graph.send(READ)

    assert inner.asked == ["user.read"] * 2


async def test_one_caller_that_gives_up_does_not_cost_the_other_its_answer() -> None:
    inner = Answering()
    graph = LookingGraph(inner)

    with one_look():
        first = asyncio.create_task(graph.send(READ))
        second = asyncio.create_task(graph.send(READ))
        await asyncio.sleep(0)
        first.cancel()
        assert (await second).body == {"number": 1}


async def test_cmdlets_are_looked_at_and_changed_the_same_way() -> None:
    inner = Answering()
    exchange = LookingExchange(inner)

    with one_look():
        await exchange.run("Get-Mailbox", Identity=JAN)
        await exchange.run("Get-Mailbox", Identity=JAN)
        await exchange.run("Get-Mailbox", Identity="another")
        await exchange.run("Set-Mailbox", Identity=JAN, LitigationHoldEnabled=True)
        await exchange.run("Get-Mailbox", Identity=JAN)

    assert inner.asked == ["Get-Mailbox", "Get-Mailbox", "Set-Mailbox", "Get-Mailbox"]
