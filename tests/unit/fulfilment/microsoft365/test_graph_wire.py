"""The token stays with its address, and only a complete JSON answer is believed."""

import asyncio

import aiohttp
import pytest

from fulfilment.tenant import TransientTenantError
from fulfilment.tenants.microsoft365.call import Verb
from fulfilment.tenants.microsoft365.patience import Patience
from fulfilment.tenants.microsoft365.wire import Wire
from tests.unit.fulfilment.microsoft365.scripted import (
    ANNE,
    BEN,
    Said,
    Tokens,
    graph_setting,
    read,
    refused,
    write,
)

ONCE = Patience(attempts=1)


@pytest.mark.parametrize(
    "base",
    [
        "http://graph.microsoft.com",
        "http://127.0.0.1.example.org",
        "ftp://127.0.0.1",
        "graph.microsoft.com",
        "https://",
        "https://graph.microsoft.com/v1.0",
        "https://graph.microsoft.com?a=b",
        "https://someone@graph.microsoft.com",
        "https://graph.microsoft.com#v1.0",
    ],
)
async def test_address_that_is_not_bare_https_is_refused(base: str) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(ValueError, match="address of the tenant"):
            Wire(session, Tokens(), base=base)


async def test_address_of_microsoft_is_taken() -> None:
    async with aiohttp.ClientSession() as session:
        assert Wire(session, Tokens(), base="https://graph.microsoft.com/").base == (
            "https://graph.microsoft.com"
        )


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirect_is_not_followed(status: int) -> None:
    async with graph_setting(patience=ONCE) as at:
        at.server.outer = lambda asked: (
            None
            if asked.path == "/elsewhere"
            else Said(status, headers={"Location": f"{at.server.server.origin}/elsewhere"})
        )
        with pytest.raises(TransientTenantError):
            await at.graph.send(read())

        assert [asked.path for asked in at.server.asked] == [f"/v1.0/users/{ANNE}"]


@pytest.mark.parametrize("status", [200, 400, 403, 404])
@pytest.mark.parametrize(
    ("text", "content_type"),
    [
        ("<h1>Not found</h1>", "text/html"),
        ("{}", "text/html"),
        ("{", "application/json"),
        ("[]", "application/json"),
        ('"a"', "application/json"),
    ],
)
async def test_answer_of_a_proxy_is_not_believed(
    status: int, text: str, content_type: str
) -> None:
    """Else the 404 of a proxy would say that a member is gone."""
    async with graph_setting(patience=ONCE) as at:
        at.server.outer = lambda _: Said(status, text=text, content_type=content_type)
        with pytest.raises(TransientTenantError):
            await at.graph.send(write(verb=Verb.DELETE))


async def test_refusal_without_a_body_is_not_believed() -> None:
    async with graph_setting(patience=ONCE) as at:
        at.server.outer = lambda _: Said(404, text="")
        with pytest.raises(TransientTenantError):
            await at.graph.send(write(verb=Verb.DELETE))


async def test_no_content_is_an_answer() -> None:
    async with graph_setting() as at:
        at.server.outer = lambda _: Said(204)
        reply = await at.graph.send(write(verb=Verb.DELETE))

        assert (reply.status, reply.body) == (204, {})


async def test_wait_that_a_gateway_asks_for_counts_in_whatever_form_it_comes() -> None:
    async with graph_setting() as at:
        at.server.outer = lambda _: Said(
            429, text="<h1>Busy</h1>", content_type="text/html", headers={"Retry-After": "90"}
        )
        with pytest.raises(TransientTenantError) as error:
            await at.graph.send(read())

        assert error.value.retry_after_s == 90


async def test_answer_that_is_too_long_is_cut_off() -> None:
    async with graph_setting(patience=ONCE, most_bytes=1000) as at:
        at.server.answer = lambda *_: Said(body={"value": "x" * 2000})
        with pytest.raises(TransientTenantError):
            await at.graph.send(read())


async def test_answer_that_does_not_come_leaves_the_outcome_open() -> None:
    async with graph_setting(request_s=0.2) as at:
        at.server.holds.clear()
        with pytest.raises(TransientTenantError):
            await at.graph.send(write())

        assert len(at.server.asked) == 1


async def test_nobody_there() -> None:
    async with graph_setting(patience=ONCE) as at:
        await at.server.server.stop()
        with pytest.raises(TransientTenantError):
            await at.graph.send(read())


async def test_request_id_is_kept_for_the_evidence() -> None:
    async with graph_setting() as at:
        error = {"code": "No", "message": "", "innerError": {"request-id": "of-body"}}
        at.server.answer = lambda _, path, __: (
            Said(400, {"error": error}) if BEN in path else Said(headers={"request-id": "of-head"})
        )
        anne, ben = await asyncio.gather(
            at.graph.send(read()), at.graph.send(read(f"/users/{BEN}"))
        )

        assert (anne.request_id, ben.request_id) == ("of-head", "of-body")


async def test_item_that_makes_no_sense_does_not_spoil_the_others() -> None:
    async with graph_setting(patience=ONCE) as at:
        at.server.outer = lambda _: Said(
            body={
                "responses": [
                    {"id": "1", "status": "oops"},
                    "junk",
                    {"id": "9", "status": 200, "body": {}},
                    {"id": "2", "status": 200, "body": "text"},
                ]
            }
        )
        one, two = await asyncio.gather(
            at.graph.send(read()), at.graph.send(read("/domains")), return_exceptions=True
        )

        assert isinstance(one, TransientTenantError)
        assert not isinstance(two, BaseException)
        assert (two.status, two.body) == (200, {})


@pytest.mark.parametrize("body", [{}, {"responses": None}, {"responses": {}}])
async def test_batch_without_answers_leaves_every_outcome_open(body: object) -> None:
    async with graph_setting(patience=ONCE) as at:
        at.server.outer = lambda _: Said(body=body)
        outcomes = await asyncio.gather(
            at.graph.send(read()), at.graph.send(read("/domains")), return_exceptions=True
        )

        assert all(isinstance(outcome, TransientTenantError) for outcome in outcomes)


async def test_refusal_that_is_for_everybody_is_passed_on() -> None:
    async with graph_setting(patience=ONCE) as at:
        at.server.outer = lambda _: refused(403, "Authorization_RequestDenied")
        replies = await asyncio.gather(at.graph.send(read()), at.graph.send(read("/domains")))

        assert [reply.status for reply in replies] == [403, 403]
