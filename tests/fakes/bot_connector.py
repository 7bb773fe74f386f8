"""A fake of the Bot Connector as Teams runs it: takes messages, keeps them, can misbehave."""

import asyncio
import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.ledger import Call, call_of
from tests.fakes.loopback_server import LoopbackServer
from tests.fakes.teams_limits import TeamsLimits, retry_after

CARD_TYPE = "application/vnd.microsoft.card.adaptive"


@dataclass
class Message:
    """One message in a conversation, as it stands after updates and presses."""

    id: str
    conversation_id: str
    body: dict[str, Any]
    updates: int = 0

    @property
    def card(self) -> dict[str, Any]:
        """The Adaptive Card of the message; fails for a message without one."""
        attachment = self.body["attachments"][0]
        assert attachment["contentType"] == CARD_TYPE
        card: dict[str, Any] = attachment["content"]
        return card

    @property
    def has_card(self) -> bool:
        return bool(self.body.get("attachments"))

    @property
    def text(self) -> str:
        return str(self.body.get("text", ""))

    def replace_card(self, card: dict[str, Any]) -> None:
        self.body = {**self.body, "attachments": [{"contentType": CARD_TYPE, "content": card}]}


@dataclass(frozen=True)
class _Script:
    """What becomes of one call; `status` 0 cuts the connection."""

    status: int
    headers: dict[str, str]
    code: str
    after_doing: bool
    hold_s: float


@dataclass(frozen=True)
class _Asked:
    """One call, its effect, and its answer when nothing is in the way."""

    request: web.Request
    body: Any
    thread: str
    do: Callable[[], dict[str, Any]]
    status: int
    missing: tuple[int, str] | None = None


@dataclass
class FakeConnector:
    """Serves send, update, delete and create; `ledger` holds every call in order.

    Attributes:
        limits: Teams' rate limits; None for a Connector that takes everything.
        keep: Most messages that are kept of one conversation; 0 for all.
        keeps_bodies: Whether the ledger holds what was sent.
        origin: Address of the server, known once it serves.
    """

    ledger: list[Call] = field(default_factory=list)
    limits: TeamsLimits | None = None
    keep: int = 0
    keeps_bodies: bool = True
    origin: str = ""

    def __post_init__(self) -> None:
        app = web.Application()
        self.mount(app.router)
        self._server = LoopbackServer(app)
        self._messages: dict[str, Message] = {}
        self._conversations: dict[str, dict[str, Message]] = {}
        self._numbers = itertools.count(1)
        self._scripts: deque[_Script] = deque()
        self._blocked: dict[str, tuple[int, str]] = {}
        self._chats: dict[str, str] = {}
        self._changed = asyncio.Condition()

    def mount(self, router: web.UrlDispatcher) -> None:
        """Add the routes of the Connector to a server."""
        router.add_post("/emea/v3/conversations", self._create)
        activities = "/emea/v3/conversations/{conversation}/activities"
        router.add_post(activities, self._send)
        router.add_post(activities + "/{activity}", self._send)  # a reply is a message
        router.add_put(activities + "/{activity}", self._update)
        router.add_delete(activities + "/{activity}", self._delete)
        router.add_get("/elsewhere", self._elsewhere)
        router.add_post("/elsewhere", self._elsewhere)

    @property
    def url(self) -> str:
        """Service URL, with a path as in Teams."""
        return f"{self.origin}/emea"

    async def start(self, port: int = 0) -> None:
        await self._server.start(port)
        self.origin = self._server.origin

    async def stop(self) -> None:
        await self._server.stop()

    def add_chat(self, conversation_id: str, *person_ids: str) -> None:
        """Make a personal chat exist for a person, under each of these ids."""
        for person_id in person_ids:
            self._chats[person_id] = conversation_id

    def answer_next(
        self,
        status: int,
        *,
        times: int = 1,
        headers: dict[str, str] | None = None,
        code: str = "",
        after_doing: bool = False,
        hold_s: float = 0.0,
    ) -> None:
        """Answer the next calls with `status`; 0 cuts the connection.

        `after_doing` first does what was asked, so that only the answer is lost. `hold_s` keeps
        the answer back, which no caller awaits when it is long.
        """
        script = _Script(status, headers or {}, code, after_doing, hold_s)
        self._scripts.extend([script] * times)

    def answer_normally(self) -> None:
        """Forget what `answer_next` still had in store."""
        self._scripts.clear()

    def block(self, conversation_id: str, status: int = 403, code: str = "Blocked") -> None:
        """Refuse everything in a conversation from now on."""
        self._blocked[conversation_id] = (status, code)

    def unblock(self, conversation_id: str) -> None:
        self._blocked.pop(conversation_id, None)

    def sent(self, conversation_id: str) -> list[Message]:
        """Return the messages of a conversation, oldest first, as they stand now."""
        return list(self._conversations.get(conversation_id, {}).values())

    def current_card(self, activity_id: str) -> dict[str, Any]:
        """Return the card of a message as it stands now."""
        return self._messages[activity_id].card

    async def wait_for(
        self, conversation_id: str, *, count: int, timeout_s: float = 10.0
    ) -> list[Message]:
        """Wait until a conversation has at least `count` messages and return them."""
        async with asyncio.timeout(timeout_s), self._changed:
            await self._changed.wait_for(lambda: len(self.sent(conversation_id)) >= count)
        return self.sent(conversation_id)

    async def _send(self, request: web.Request) -> web.Response:
        conversation_id = request.match_info["conversation"]
        body = await request.json()

        def do() -> dict[str, Any]:
            message = Message(f"m-{next(self._numbers)}", conversation_id, body)
            self._keep(message)
            return {"id": message.id}

        return await self._answer(_Asked(request, body, conversation_id, do, 201))

    async def _update(self, request: web.Request) -> web.Response:
        body = await request.json()
        message = self._messages.get(request.match_info["activity"])

        def do() -> dict[str, Any]:
            assert message is not None
            message.body = body
            message.updates += 1
            return {"id": message.id}

        missing = (404, "ActivityNotFoundInConversation") if message is None else None
        thread = request.match_info["conversation"]
        return await self._answer(_Asked(request, body, thread, do, 200, missing))

    async def _delete(self, request: web.Request) -> web.Response:
        thread = request.match_info["conversation"]

        def do() -> dict[str, Any]:
            identity = request.match_info["activity"]
            self._messages.pop(identity, None)
            self._conversations.get(thread, {}).pop(identity, None)
            return {}

        return await self._answer(_Asked(request, None, thread, do, 200))

    async def _create(self, request: web.Request) -> web.Response:
        body = await request.json()
        person = body["members"][0]["id"]
        conversation_id = self._chats.get(person)
        missing = (403, "BotNotInConversationRoster") if conversation_id is None else None
        asked = _Asked(
            request, body, f"new:{person}", lambda: {"id": conversation_id}, 201, missing
        )
        return await self._answer(asked)

    async def _elsewhere(self, request: web.Request) -> web.Response:
        return await self._answer(_Asked(request, None, "", lambda: {"id": "elsewhere"}, 200))

    def _keep(self, message: Message) -> None:
        conversation = self._conversations.setdefault(message.conversation_id, {})
        if self.keep and len(conversation) >= self.keep:
            oldest = next(iter(conversation))
            del conversation[oldest], self._messages[oldest]
        conversation[message.id] = self._messages[message.id] = message

    async def _answer(self, asked: _Asked) -> web.Response:
        script = self._scripts.popleft() if self._scripts else None
        if script is not None:
            status, headers, code = script.status, script.headers, script.code
            answer = {"error": {"code": code, "message": "scripted"}}
            if script.after_doing:
                asked.do()
        else:
            status, headers, answer = self._regular(asked)
        body = asked.body if self.keeps_bodies else None
        self.ledger.append(call_of(asked.request, body, status))
        async with self._changed:
            self._changed.notify_all()
        if script is not None and script.hold_s:
            await asyncio.sleep(script.hold_s)
        if status == 0:
            assert asked.request.transport is not None
            asked.request.transport.abort()
        return web.json_response(answer, status=status or 200, headers=headers)

    def _regular(self, asked: _Asked) -> tuple[int, dict[str, str], dict[str, Any]]:
        wait_s = self.limits.admit(asked.thread) if self.limits else 0.0
        if wait_s:
            answer = {"error": {"code": "Throttled", "message": "too many requests"}}
            return 429, {"Retry-After": retry_after(wait_s)}, answer
        conversation_id = asked.request.match_info.get("conversation", "")
        if blocked := self._blocked.get(conversation_id) or asked.missing:
            return blocked[0], {}, {"error": {"code": blocked[1], "message": "blocked"}}
        return asked.status, {}, asked.do()
