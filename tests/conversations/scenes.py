"""What several plays begin with, and what must stay as it was when something is refused."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from mutations.identity import RequestId, find_request_number
from mutations.request import MutationRequest
from tests.conversations.journeys import address
from tests.conversations.stage import JAN, MARLEEN, Stage, eventually, message_with, words_of
from tests.fakes.bot_connector import Message
from tests.fakes.teams_client import HttpAnswer, TeamsClient

LATER = "2026-12-01"
"""A working day some days after the Monday on which the stage opens."""

Card = Mapping[str, Any]


async def answer_to(client: TeamsClient, text: str, **changes: Any) -> Message:
    """Type a message and return its one answer; other messages may arrive in the meantime."""
    activity = client.activity(type="message", text=text, **changes)
    response = await client.post(activity)
    assert response.status == 200, response
    [answer] = [one for one in client.inbox if one.body.get("replyToId") == activity["id"]]
    return answer


async def open_form(client: TeamsClient) -> Message:
    """Ask for a new request and return the message with its form."""
    return await answer_to(client, "nieuwe mutatie")


async def fill(client: TeamsClient, form: Message, **answers: str) -> dict[str, Any]:
    """Fill in the form for Jan, but for the given answers, and return the card that follows."""
    usual = {
        "colleague": address(JAN),
        "target": "OVO000102",
        "effective_on": LATER,
        "status_changes": "no",
        "wish": "keep",
    }
    return await client.press(form, "draft.fill", **{**usual, **answers})


async def summary(stage: Stage, requester: int = MARLEEN, **answers: str) -> Message:
    """Return the message that shows the summary of a new draft."""
    client = stage.person(requester)
    form = await open_form(client)
    card = await fill(client, form, **answers)
    assert "draft.submit" in str(card), words_of(card)
    return form


async def ask(stage: Stage, requester: int = MARLEEN, **answers: str) -> MutationRequest:
    """Send a new request and return it as it is stored."""
    message = await summary(stage, requester, **answers)
    sent = await stage.person(requester).press(message, "draft.submit")
    number = find_request_number(words_of(sent))
    assert number is not None, words_of(sent)
    return await stage.request(number)


async def card_about(stage: Stage, person: int, request: MutationRequest) -> Message:
    """Wait for the newest message to somebody about a request."""
    client = stage.person(person)
    message: Message = await eventually(lambda: message_with(client, request.number))
    return message


async def now(stage: Stage, request: MutationRequest) -> MutationRequest:
    """Return a request as it is stored now."""
    found = await stage.bot.storage.store.run(
        lambda work: work.requests.get(RequestId(request.id))
    )
    assert found is not None
    return found


async def decided(
    stage: Stage, person: int, request: MutationRequest, verb: str, **inputs: str
) -> dict[str, Any]:
    """Let somebody press a button that decides, with the data that their card has."""
    data = {"request": request.id, "round": request.round}
    return card_of(await stage.person(person).press_sealed(verb, data, **inputs))


def card_of(answer: HttpAnswer) -> dict[str, Any]:
    """Return the card in the answer to a press; every press gets one."""
    assert answer.status == 200, answer
    assert answer.body["statusCode"] == 200, answer
    assert answer.body["type"] == "application/vnd.microsoft.card.adaptive"
    card: dict[str, Any] = answer.body["value"]
    assert card["type"] == "AdaptiveCard"
    assert card["body"]
    return card


def assert_problem(card: Card, *words: str) -> None:
    """Check that a card says what happened, what it means and what to do, and leads on."""
    what, meaning, to_do = card["body"]
    assert what["style"] == "heading"
    assert what["text"].strip()
    assert meaning["text"].strip()
    assert [item["text"].strip() for item in to_do["items"]] not in ([], [""])
    assert card["actions"]
    assert_words(card, *words)


def assert_words(card: Card, *words: str) -> None:
    """Check that all of these can be read on a card, and that it tells of no fault of ours."""
    shown = words_of(card).replace("**", "")
    assert "Bij mij ging iets mis" not in shown
    missing = [word for word in words if word not in shown]
    assert not missing, f"{missing} not in:\n{shown}"


@dataclass(frozen=True)
class Kept:
    """Everything that people decided or began, without what the bot itself looks up anew."""

    requests: Mapping[str, Any]
    drafts: Mapping[str, Any]
    licences: tuple[tuple[str, str], ...]

    @classmethod
    async def of(cls, stage: Stage) -> "Kept":
        async with stage.bot.storage.database.connection() as connection:
            requests = await (await connection.execute("select id, body from request")).fetchall()
            drafts = await (await connection.execute("select person, body from draft")).fetchall()
            held = await (
                await connection.execute(
                    "select request_id, pool from licence_reservation order by 1, 2"
                )
            ).fetchall()
        return cls(
            requests={row["id"]: _lasting(row["body"]) for row in requests},
            drafts={row["person"]: row["body"] for row in drafts},
            licences=tuple((row["request_id"], row["pool"]) for row in held),
        )


def _lasting(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in {"version", "checks"}}


@contextlib.asynccontextmanager
async def nothing_changes(stage: Stage) -> AsyncIterator[None]:
    """Check that no request, draft or reservation changes in the block."""
    before = await Kept.of(stage)
    yield
    assert await Kept.of(stage) == before


@contextlib.asynccontextmanager
async def refused(
    stage: Stage, person: int, error: str = "", *, times: int = 1
) -> AsyncIterator[None]:
    """Check that the block changes nothing and leaves its refusals of `person` in the audit."""
    seen = len(await stage.audit())
    async with nothing_changes(stage):
        yield
    rows = [row for row in (await stage.audit())[seen:] if row["actor"] is not None]
    assert [row["kind"] for row in rows] == ["refused"] * times, rows
    assert {row["actor"] for row in rows} == {stage.person(person).persona.object_id}
    if error:
        assert {row["params"]["error"] for row in rows} == {error}


async def acts(stage: Stage, kind: str, request: MutationRequest | None = None) -> int:
    """Count the lines of one kind in the audit, of one request or of all."""
    return sum(
        1
        for row in await stage.audit()
        if row["kind"] == kind and (request is None or row["request_id"] == request.id)
    )
