"""A fake of the Bot Connector as Teams runs it: takes messages, keeps them, can misbehave."""

import asyncio
import itertools
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.loopback_server import LoopbackServer

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
class Call:
    """One request that reached the Connector, whatever it answered."""

    method: str
    path: str
    body: Any
    authorization: str | None
    status: int
    at: float  # monotonic seconds


@dataclass(frozen=True)
class _Script:
    status: int
    headers: dict[str, str]
    code: str
    after_doing: bool


@dataclass
class FakeConnector:
    """Serves send, update, delete and create; `ledger` holds every call in order."""

    ledger: list[Call] = field(default_factory=list)

    def __post_init__(self) -> None:
        app = web.Application()
        app.router.add_post("/emea/v3/conversations", self._create)
        activities = "/emea/v3/conversations/{conversation}/activities"
        app.router.add_post(activities, self._send)
        app.router.add_post(activities + "/{activity}", self._send)  # a reply is a message
        app.router.add_put(activities + "/{activity}", self._update)
        app.router.add_delete(activities + "/{activity}", self._delete)
        app.router.add_get("/elsewhere", self._elsewhere)
        app.router.add_post("/elsewhere", self._elsewhere)
        self._server = LoopbackServer(app)
        self._messages: dict[str, Message] = {}
        self._numbers = itertools.count(1)
        self._scripts: deque[_Script] = deque()
        self._blocked: dict[str, tuple[int, str]] = {}
        self._chats: dict[str, str] = {}
        self._changed = asyncio.Condition()

    @property
    def url(self) -> str:
        """Service URL, with a path as in Teams."""
        return f"{self._server.origin}/emea"

    async def start(self, port: int = 0) -> None:
        await self._server.start(port)

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
    ) -> None:
        """Answer the next calls with `status`; 0 cuts the connection.

        `after_doing` first does what was asked, so that only the answer is lost.
        """
        script = _Script(status, headers or {}, code, after_doing)
        self._scripts.extend([script] * times)

    def block(self, conversation_id: str, status: int = 403, code: str = "Blocked") -> None:
        """Refuse everything in a conversation from now on."""
        self._blocked[conversation_id] = (status, code)

    def unblock(self, conversation_id: str) -> None:
        self._blocked.pop(conversation_id, None)

    def sent(self, conversation_id: str) -> list[Message]:
        """Return the messages of a conversation, oldest first, as they stand now."""
        return [m for m in self._messages.values() if m.conversation_id == conversation_id]

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
            self._messages[message.id] = message
            return {"id": message.id}

        return await self._answer(request, body, do, 201)

    async def _update(self, request: web.Request) -> web.Response:
        body = await request.json()
        message = self._messages.get(request.match_info["activity"])

        def do() -> dict[str, Any]:
            assert message is not None
            message.body = body
            message.updates += 1
            return {"id": message.id}

        missing = (404, "ActivityNotFoundInConversation") if message is None else None
        return await self._answer(request, body, do, 200, missing)

    async def _delete(self, request: web.Request) -> web.Response:
        def do() -> dict[str, Any]:
            self._messages.pop(request.match_info["activity"], None)
            return {}

        return await self._answer(request, None, do, 200)

    async def _create(self, request: web.Request) -> web.Response:
        body = await request.json()
        conversation_id = self._chats.get(body["members"][0]["id"])
        missing = (403, "BotNotInConversationRoster") if conversation_id is None else None
        return await self._answer(request, body, lambda: {"id": conversation_id}, 201, missing)

    async def _elsewhere(self, request: web.Request) -> web.Response:
        return await self._answer(request, None, lambda: {"id": "elsewhere"}, 200)

    async def _answer(
        self,
        request: web.Request,
        body: Any,
        do: Any,
        status: int,
        missing: tuple[int, str] | None = None,
    ) -> web.Response:
        script = self._scripts.popleft() if self._scripts else None
        blocked = self._blocked.get(request.match_info.get("conversation", "")) or missing
        answer: dict[str, Any] = {}
        headers: dict[str, str] = {}
        if script is not None:
            status, headers = script.status, script.headers
            answer = {"error": {"code": script.code, "message": "scripted"}}
            if script.after_doing:
                do()
        elif blocked is not None:
            status, answer = blocked[0], {"error": {"code": blocked[1], "message": "blocked"}}
        else:
            answer = do()
        self.ledger.append(
            Call(
                request.method,
                request.path,
                body,
                request.headers.get("Authorization"),
                status,
                time.monotonic(),
            )
        )
        async with self._changed:
            self._changed.notify_all()
        if status == 0:
            assert request.transport is not None
            request.transport.abort()
        return web.json_response(answer, status=status or 200, headers=headers)
