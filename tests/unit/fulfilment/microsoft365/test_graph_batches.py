"""What is asked at the same moment goes out together, and each gets its own answer."""

import asyncio

import pytest

from fulfilment.tenants.microsoft365.call import Verb
from fulfilment.tenants.microsoft365.quota import Resource, bulk
from tests.unit.fulfilment.microsoft365.scripted import (
    ANNE,
    BEN,
    Counting,
    Said,
    graph_setting,
    read,
    refused,
    write,
)


async def test_reads_of_one_moment_are_one_round_trip_and_answers_find_their_question() -> None:
    async with graph_setting() as at:
        paths = [f"/users/{number}" for number in range(5)]
        replies = await asyncio.gather(*(at.graph.send(read(path)) for path in paths))

        assert [reply.body["of"] for reply in replies] == paths
        [asked] = at.server.asked
        assert (asked.method, asked.path) == ("POST", "/v1.0/$batch")
        assert len({item["id"] for item in asked.items}) == 5


async def test_lone_call_goes_alone() -> None:
    async with graph_setting() as at:
        call = read("/users?$count=true", headers={"ConsistencyLevel": "eventual"}, stamp="s-1")
        await at.graph.send(call)

        [asked] = at.server.asked
        assert (asked.method, asked.path) == ("GET", "/v1.0/users?$count=true")
        assert asked.headers["Authorization"] == "Bearer token-1"
        assert asked.headers["ConsistencyLevel"] == "eventual"
        assert asked.headers["client-request-id"] == "s-1"


async def test_batch_holds_at_most_twenty() -> None:
    async with graph_setting() as at:
        await asyncio.gather(*(at.graph.send(read(f"/users/{number}")) for number in range(45)))

        assert sorted(len(asked.items) for asked in at.server.asked) == [5, 20, 20]


async def test_same_read_is_sent_once_and_answered_to_all() -> None:
    async with graph_setting() as at:
        same = [read(stamp=f"s-{number}") for number in range(6)]
        other = read(headers={"ConsistencyLevel": "eventual"})
        replies = await asyncio.gather(*(at.graph.send(call) for call in [*same, other]))

        assert len(replies) == 7
        [asked] = at.server.asked
        assert len(asked.items) == 2


async def test_same_write_is_sent_each_time() -> None:
    async with graph_setting() as at:
        await asyncio.gather(at.graph.send(write()), at.graph.send(write()))

        assert at.server.count("PATCH", f"/users/{ANNE}") == 2


async def test_every_item_carries_its_own_headers() -> None:
    async with graph_setting() as at:
        calls = [
            write(f"/users/{ANNE}", body={"accountEnabled": False}, stamp="s-1"),
            write(f"/users/{BEN}/revokeSignInSessions", verb=Verb.POST, stamp="s-2"),
            write(f"/groups/{ANNE}/members/{BEN}/$ref", verb=Verb.DELETE),
        ]
        await asyncio.gather(*(at.graph.send(call) for call in calls))

        [asked] = at.server.asked
        first, second, third = asked.items
        assert first["body"] == {"accountEnabled": False}
        assert first["headers"]["Content-Type"] == "application/json"
        assert first["headers"]["client-request-id"] == "s-1"
        assert second["headers"]["client-request-id"] == "s-2"
        assert second["body"] == {}  # Graph refuses a POST without one in a batch
        assert "body" not in third
        assert "client-request-id" not in third["headers"]


async def test_refusal_of_one_item_is_its_own() -> None:
    async with graph_setting() as at:
        at.server.answer = lambda _, path, __: (
            refused(404, "Request_ResourceNotFound") if BEN in path else Said(body={"id": "a"})
        )
        anne, ben = await asyncio.gather(
            at.graph.send(read()), at.graph.send(read(f"/users/{BEN}"))
        )

        assert (anne.status, ben.status) == (200, 404)
        assert ben.body["error"]["code"] == "Request_ResourceNotFound"


async def test_writes_to_one_object_follow_each_other_and_others_do_not_wait() -> None:
    async with graph_setting() as at:
        at.server.holds.clear()
        first = asyncio.create_task(at.graph.send(write(f"/users/{ANNE}", body={"a": "1"})))
        second = asyncio.create_task(
            at.graph.send(write(f"/users/{ANNE.upper()}/assignLicense", verb=Verb.POST))
        )
        other = asyncio.create_task(at.graph.send(write(f"/users/{BEN}")))
        await at.server.arrived.acquire()
        [asked] = at.server.asked
        assert [item["url"] for item in asked.items] == [f"/users/{ANNE}", f"/users/{BEN}"]

        at.server.holds.set()
        await asyncio.gather(first, second, other)

        assert at.server.asked[1].path.endswith("/assignLicense")


async def test_second_write_is_sent_though_the_first_was_refused() -> None:
    async with graph_setting() as at:
        at.server.answer = lambda method, _, __: (
            refused(400, "No") if method == "PATCH" else Said()
        )
        first, second = await asyncio.gather(
            at.graph.send(write()), at.graph.send(write(verb=Verb.DELETE))
        )

        assert (first.status, second.status) == (400, 200)


async def test_batch_that_graph_calls_malformed_is_sent_one_by_one() -> None:
    async with graph_setting() as at:
        at.server.outer = lambda asked: (
            refused(400, "BadRequest") if asked.path.endswith("$batch") else None
        )
        replies = await asyncio.gather(
            at.graph.send(write(f"/users/{ANNE}")), at.graph.send(write(f"/users/{BEN}"))
        )

        assert [reply.status for reply in replies] == [200, 200]
        assert [asked.method for asked in at.server.asked] == ["POST", "PATCH", "PATCH"]


async def test_bulk_work_says_so_and_shares_no_batch_with_urgent_work() -> None:
    quota = Counting()
    async with graph_setting(quota=quota) as at:
        with bulk():
            later = [
                asyncio.create_task(at.graph.send(read(f"/users/{number}"))) for number in (1, 2)
            ]
        await asyncio.gather(at.graph.send(read()), at.graph.send(read("/domains")), *later)

        batches = [
            {item["headers"]["x-ms-throttle-priority"] for item in asked.items}
            for asked in at.server.asked
        ]
        assert sorted(map(sorted, batches)) == [["low"], ["normal"]]
        assert sorted(quota.taken) == [
            (Resource.GRAPH_UNITS, 2, False),
            (Resource.GRAPH_UNITS, 2, True),
        ]


async def test_writes_cost_a_write_and_a_unit() -> None:
    quota = Counting()
    async with graph_setting(quota=quota) as at:
        await asyncio.gather(
            at.graph.send(write(f"/users/{ANNE}")), at.graph.send(write(f"/users/{BEN}"))
        )

        assert quota.taken == [(Resource.GRAPH_WRITES, 2, True), (Resource.GRAPH_UNITS, 2, True)]


async def test_call_that_is_given_up_before_its_turn_is_never_sent() -> None:
    quota = Counting()
    quota.opens.clear()
    async with graph_setting(quota=quota) as at:
        given_up = asyncio.create_task(at.graph.send(write(f"/users/{ANNE}")))
        kept = asyncio.create_task(at.graph.send(write(f"/users/{BEN}")))
        await quota.asked.wait()
        given_up.cancel()
        await asyncio.wait([given_up])
        quota.opens.set()
        await kept
        await at.graph.drain()

        assert at.server.count("PATCH", f"/users/{ANNE}") == 0
        assert at.server.count("PATCH", f"/users/{BEN}") == 1


async def test_drain_waits_for_a_write_whose_caller_is_gone() -> None:
    async with graph_setting() as at:
        at.server.holds.clear()
        caller = asyncio.create_task(at.graph.send(write()))
        await at.server.arrived.acquire()
        caller.cancel()
        drained = asyncio.create_task(at.graph.drain())
        await asyncio.wait([caller])
        assert not drained.done()

        at.server.holds.set()
        await drained

        assert at.server.count("PATCH", f"/users/{ANNE}") == 1


async def test_quota_that_cannot_be_read_stops_the_call() -> None:
    async with graph_setting(quota=Counting(fault=ConnectionError())) as at:
        for call in (read(), write()):
            with pytest.raises(ConnectionError):
                await at.graph.send(call)

        assert at.server.asked == []
