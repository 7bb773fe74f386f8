"""A fake bot with a form and an approval, only to prove the harness; it knows no rule."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import aiohttp
from aiohttp import web

from bot.playground.persona import Seat
from mutations.identity import ObjectId

JsonObject = dict[str, Any]

CARD_TYPE: Final = "application/vnd.microsoft.card.adaptive"
_CHOICES: Final = [
    {"title": "Agentschap Overheidspersoneel", "value": "ago"},
    {"title": "Departement Financiën", "value": "fin"},
]
_WISHES: Final = [
    {"title": "Bewaren", "value": "keep"},
    {"title": "Niet bewaren", "value": "drop"},
]


def card(*texts: str, body: tuple[JsonObject, ...] = (), actions: tuple[str, ...] = ()) -> Any:
    """Return a card with lines of text, inputs, and a button per `verb:title`."""
    lines = [{"type": "TextBlock", "text": text, "wrap": True} for text in texts]
    buttons = [
        {"type": "Action.Execute", "verb": verb, "title": title, "data": {"number": "1"}}
        for verb, title in (action.split(":") for action in actions)
    ]
    return {"type": "AdaptiveCard", "version": "1.5", "body": [*lines, *body], "actions": buttons}


FORM: Final = card(
    "Nieuwe mutatie",
    body=(
        {"type": "Input.Text", "id": "name", "label": "Collega", "isRequired": True},
        {"type": "Input.Date", "id": "start", "label": "Startdatum"},
        {"type": "Input.ChoiceSet", "id": "to", "label": "Naar entiteit", "choices": _CHOICES},
        {
            "type": "Input.ChoiceSet",
            "id": "wish",
            "label": "Gegevens",
            "style": "expanded",
            "choices": _WISHES,
        },
        {"type": "Input.Toggle", "id": "sure", "label": "Bevestiging", "title": "Ik ben zeker"},
    ),
    actions=("form.send:Indienen",),
)


class FakeBot:
    """Asks one person, has another one decide, and rewrites the card of the decision."""

    def __init__(self, approver: Seat) -> None:
        self.received: list[JsonObject] = []
        self._arrived = asyncio.Condition()
        self._approver = approver
        self._decision_card = ""
        self._session: aiohttp.ClientSession

    def application(self) -> web.Application:
        """Return the web application that serves this bot."""
        application = web.Application()
        application.router.add_post("/api/messages", self._on_activity)
        application.cleanup_ctx.append(self._hold_session)
        return application

    def seen(self, kind: str) -> list[ObjectId]:
        """Return who sent activities of this kind, in order."""
        return [one["from"]["aadObjectId"] for one in self.received if one["type"] == kind]

    async def wait_until_seen(self, kind: str, people: set[ObjectId]) -> None:
        """Return once each of these people has sent an activity of this kind."""
        async with asyncio.timeout(5), self._arrived:
            await self._arrived.wait_for(lambda: set(self.seen(kind)) == people)

    async def _hold_session(self, _: web.Application) -> Any:
        async with aiohttp.ClientSession(raise_for_status=True) as self._session:
            yield

    async def _on_activity(self, request: web.Request) -> web.Response:
        activity = await request.json()
        async with self._arrived:
            self.received.append(activity)
            self._arrived.notify_all()
        match activity:
            case {"type": "message", "text": "formulier"}:
                await self._send(activity["serviceUrl"], activity["conversation"]["id"], FORM)
            case {"type": "invoke", "value": {"action": {"verb": verb, "data": data}}}:
                return web.json_response(await self._answer(verb, data))
        return web.Response()

    async def _answer(self, verb: str, data: Mapping[str, str]) -> JsonObject:
        if verb == "form.send":
            question = card("Mag dit?", actions=("decision.yes:Akkoord", "decision.no:Weiger"))
            self._decision_card = await self._send_unasked(question)
            facts = [f"{key}={value}" for key, value in sorted(data.items())]
            return _replacement(card("Ingediend", *facts))
        # Shown by the update, which arrives after the answer as it does in the product.
        self._later = asyncio.create_task(self._rewrite(card(f"Beslist: {verb}")))
        return _replacement(card("Verwerkt"))

    async def _send_unasked(self, content: JsonObject) -> str:
        """Send to the approver, who has never written: open their chat by object id."""
        url = f"{self._approver.service_url}/v3/conversations"
        member = {"id": self._approver.persona.object_id}
        async with self._session.post(url, json={"isGroup": False, "members": [member]}) as answer:
            conversation = (await answer.json())["id"]
        return await self._send(self._approver.service_url, conversation, content)

    async def _send(self, service_url: str, conversation: str, content: JsonObject) -> str:
        url = f"{service_url}/v3/conversations/{conversation}/activities"
        async with self._session.post(url, json=_message(content)) as answer:
            return str((await answer.json())["id"])

    async def _rewrite(self, content: JsonObject) -> None:
        await asyncio.sleep(0.5)
        seat = self._approver
        url = f"{seat.service_url}/v3/conversations/{seat.conversation_id}/activities"
        async with self._session.put(f"{url}/{self._decision_card}", json=_message(content)):
            pass


def _message(content: JsonObject) -> JsonObject:
    return {"type": "message", "attachments": [{"contentType": CARD_TYPE, "content": content}]}


def _replacement(content: JsonObject) -> JsonObject:
    return {"statusCode": 200, "type": CARD_TYPE, "value": content}
