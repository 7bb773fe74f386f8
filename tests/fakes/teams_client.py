"""A fake Teams client: one persona that types and presses buttons, over real HTTP."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bot.edge.seals import Seals
from dialogs.turn import Standing
from tests.fakes.bot_connector import FakeConnector, Message
from tests.fakes.signing import FakeBotFramework

_IDS = itertools.count(1)


@dataclass(frozen=True)
class Persona:
    """A person with an account in the tenant."""

    name: str
    object_id: str

    @property
    def account_id(self) -> str:
        return f"29:{self.object_id}"

    @property
    def conversation_id(self) -> str:
        return f"a:chat-{self.object_id}"


@dataclass(frozen=True)
class Place:
    """Where an activity comes from and which bot it is for."""

    service_url: str
    app_id: str
    tenant_id: str


def activity_of(persona: Persona, place: Place, **fields: Any) -> dict[str, Any]:
    """Return an activity of a persona as Teams makes it; None takes a field away."""
    activity = {
        "id": f"1700000000{next(_IDS):06d}",
        "timestamp": "2027-03-01T09:00:00.1234567Z",
        "localTimestamp": "2027-03-01T10:00:00.1234567+01:00",
        "localTimezone": "Europe/Brussels",
        "channelId": "msteams",
        "serviceUrl": place.service_url,
        "from": {
            "id": persona.account_id,
            "name": persona.name,
            "aadObjectId": persona.object_id,
        },
        "conversation": {
            "conversationType": "personal",
            "tenantId": place.tenant_id,
            "id": persona.conversation_id,
        },
        "recipient": {"id": f"28:{place.app_id}", "name": "mutatiebot"},
        "locale": "nl-BE",
        "entities": [
            {"type": "clientInfo", "locale": "nl-BE", "country": "BE", "platform": "Web"}
        ],
        "channelData": {"tenant": {"id": place.tenant_id}},
        **fields,
    }
    return {name: value for name, value in activity.items() if value is not None}


@dataclass(frozen=True)
class World:
    """Where the bot is, who signs for Teams, where answers arrive, and the one tenant.

    `signer` is None for a bot in local mode; with `seals` a person can reach behind a seal.
    """

    bot_url: str
    connector: FakeConnector
    session: aiohttp.ClientSession
    app_id: str
    tenant_id: str
    signer: FakeBotFramework | None
    seals: Seals | None = None


@dataclass(frozen=True)
class HttpAnswer:
    """What the bot answered over HTTP."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


class TeamsClient:
    """Teams in the hands of one persona, in the personal chat with the bot."""

    def __init__(self, world: World, persona: Persona) -> None:
        self.world = world
        self.persona = persona
        self._token = ""
        world.connector.add_chat(persona.conversation_id, persona.object_id, persona.account_id)

    @property
    def inbox(self) -> list[Message]:
        """The messages of the chat, oldest first, as they stand now."""
        return self.world.connector.sent(self.persona.conversation_id)

    @property
    def last(self) -> Message:
        """The newest message."""
        return self.inbox[-1]

    async def say(self, text: str, **changes: Any) -> list[Message]:
        """Type a message; return the messages that came back within the turn."""
        return await self._speak(self.activity(type="message", text=text, **changes))

    async def join(self) -> list[Message]:
        """Install the bot: Teams announces it twice."""
        before = len(self.inbox)
        bot = {"id": f"28:{self.world.app_id}"}
        await self._speak(self.activity(type="installationUpdate", action="add"))
        await self._speak(self.activity(type="conversationUpdate", membersAdded=[bot]))
        return self.inbox[before:]

    async def press(self, message: Message, button: str, /, **inputs: str) -> dict[str, Any]:
        """Press an Action.Execute by its title or verb, with filled-in inputs.

        Returns the card that takes the place of the pressed one, which the message now shows.
        """
        action = find_action(message.card, button, "Action.Execute")
        answer = await self.execute(
            action["verb"], merged(message.card, action, inputs), message.id
        )
        assert answer.status == 200, answer
        assert answer.body["statusCode"] == 200, answer
        card: dict[str, Any] = answer.body["value"]
        message.replace_card(card)
        return card

    async def submit(self, message: Message, button: str, /, **inputs: str) -> list[Message]:
        """Press an Action.Submit, or an Action.Execute whose fallback it is, as old clients do."""
        action = find_action(message.card, button, "Action.Submit")
        value = merged(message.card, action, inputs)
        return await self._speak(self.activity(type="message", value=value, replyToId=message.id))

    async def execute(self, verb: Any, data: Any, reply_to: str = "m-0") -> HttpAnswer:
        """Send an adaptiveCard/action invoke with any verb and data."""
        value = {"action": {"type": "Action.Execute", "verb": verb, "data": data}}
        activity = self.activity(
            type="invoke", name="adaptiveCard/action", value=value, replyToId=reply_to
        )
        return await self.post(activity)

    async def press_sealed(
        self, verb: str, data: Mapping[str, Any], /, reply_to: str = "m-0", **inputs: Any
    ) -> HttpAnswer:
        """Press a button that no card has, but with a good seal, as a leaked key could make."""
        return await self.execute(verb, {**self.sealed(verb, data), **inputs}, reply_to)

    def sealed(self, verb: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the data of a button of this person as the bot would have sealed it."""
        assert self.world.seals is not None
        action = {"type": "Action.Execute", "verb": verb, "data": data}
        sealed: Any = self.world.seals.sealed(
            action,
            person=self.persona.object_id,
            conversation_id=self.persona.conversation_id,
        )
        return dict(sealed["data"])

    def opened(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the seal of a button of this person vouches for."""
        assert self.world.seals is not None
        opened = self.world.seals.opened(
            data["verb"],
            data,
            person=self.persona.object_id,
            conversation_id=self.persona.conversation_id,
        )
        assert opened.standing is not Standing.BROKEN
        return dict(opened.data)

    def activity(self, **fields: Any) -> dict[str, Any]:
        """Return an activity of this persona as Teams makes it; None takes a field away."""
        world = self.world
        place = Place(world.connector.url, world.app_id, world.tenant_id)
        return activity_of(self.persona, place, **fields)

    async def post(self, activity: Mapping[str, Any]) -> HttpAnswer:
        """Send any activity with a good token."""
        return await self.post_raw(activity, self._headers())

    async def post_raw(self, body: Any, headers: Mapping[str, str]) -> HttpAnswer:
        """Send any body, bytes or an object, with any headers."""
        options: dict[str, Any] = {"data": body} if isinstance(body, bytes) else {"json": body}
        url = f"{self.world.bot_url}/api/messages"
        async with self.world.session.post(url, headers=headers, **options) as response:
            is_json = response.content_type == "application/json"
            body = await response.json() if is_json else await response.text()
            return HttpAnswer(response.status, body, response.headers)

    def _headers(self) -> dict[str, str]:
        if self.world.signer is None:
            return {}
        # Teams uses one token for an hour or so; so does this client.
        if not self._token:
            self._token = self.world.signer.token(self.world.connector.url)
        return {"Authorization": f"Bearer {self._token}"}

    def new_token(self) -> None:
        """Take a new token for the next activity."""
        self._token = ""

    async def _speak(self, activity: dict[str, Any]) -> list[Message]:
        before = {message.id for message in self.inbox}
        answer = await self.post(activity)
        assert answer.status == 200, answer
        return [message for message in self.inbox if message.id not in before]


def find_action(card: Mapping[str, Any], button: str, kind: str) -> dict[str, Any]:
    """Return the action of this kind whose title or verb is `button`, wherever it sits."""
    actions = list(actions_of(card))
    for action in actions:
        for candidate in (action, action.get("fallback")):
            if not isinstance(candidate, dict) or candidate.get("type") != kind:
                continue
            verb = candidate.get("verb") or (candidate.get("data") or {}).get("verb")
            if button in {action.get("title"), candidate.get("title"), verb}:
                return candidate
    titles = [action.get("title") for action in actions]
    raise AssertionError(f"no {kind} {button!r} among {titles}")


def actions_of(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every action in a card: top level, ActionSets, ShowCards, selectActions."""
    if isinstance(node, dict):
        if str(node.get("type", "")).startswith("Action."):
            yield node
        for name, child in node.items():
            if name not in {"data", "fallback"}:
                yield from actions_of(child)
    elif isinstance(node, list):
        for child in node:
            yield from actions_of(child)


def _inputs(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if str(node.get("type", "")).startswith("Input."):
            yield node
        for child in node.values():
            yield from _inputs(child)
    elif isinstance(node, list):
        for child in node:
            yield from _inputs(child)


def merged(
    card: Mapping[str, Any], action: Mapping[str, Any], filled: Mapping[str, str]
) -> dict[str, Any]:
    """Merge inputs into the data as Teams does; refuse what the real client would refuse."""
    if str(action.get("associatedInputs", "")).lower() == "none":
        assert not filled, "this button takes no inputs"
        return dict(action.get("data") or {})
    fields = {each["id"]: each for each in _inputs(card)}
    unknown = set(filled) - set(fields)
    assert not unknown, f"no such inputs: {unknown}; there are {set(fields)}"
    values = {}
    for identity, shown in fields.items():
        default = shown.get("value", "false" if shown["type"] == "Input.Toggle" else "")
        values[identity] = filled.get(identity, default)
        assert values[identity] or not shown.get("isRequired"), f"{identity} is required"
    return {**(action.get("data") or {}), **values}
