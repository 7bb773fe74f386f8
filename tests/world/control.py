"""What can be done to the world from outside: `POST /control/NAME` with a JSON object, and reads.

The client for it, with types, is `tests/world/client.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from aiohttp import web

from tests.fakes.bot_connector import Message
from tests.fakes.ledger import Call
from tests.fakes.teams_limits import TeamsLimits, Window
from tests.fakes.tenant_controls import TenantControls
from tests.world.server import MicrosoftWorld

Command = Callable[..., Any]


class Controls:
    """The commands; a wrong name answers 404 and a wrong argument 400."""

    def __init__(self, world: MicrosoftWorld) -> None:
        self._world = world
        connector = world.connector
        self._commands: Mapping[str, Command] = {
            "token": self._token,
            "rotate": world.signer.rotate,
            "keys": self._keys,
            "login": self._login,
            "limits": self._limits,
            "answer-next": connector.answer_next,
            "answer-normally": connector.answer_normally,
            "block": connector.block,
            "unblock": connector.unblock,
            "chats": self._chats,
            **TenantControls(world.tenant).commands,
        }

    def mount(self, router: web.UrlDispatcher) -> None:
        """Add the routes."""
        router.add_get("/control/addresses", self._addresses)
        router.add_get("/control/ledger", self._ledger)
        router.add_get("/control/inbox/{conversation}", self._inbox)
        router.add_get("/control/tenant-calls", self._tenant_calls)
        router.add_post("/control/{command}", self._run)

    async def _run(self, request: web.Request) -> web.Response:
        command = self._commands.get(request.match_info["command"])
        if command is None:
            return web.Response(status=404)
        try:
            return web.json_response({"result": command(**await request.json())})
        except (TypeError, ValueError) as error:
            return web.Response(status=400, text=str(error))

    async def _addresses(self, _: web.Request) -> web.Response:
        world = self._world
        return web.json_response(
            {
                "metadata_url": world.signer.metadata_url,
                "service_url": world.connector.url,
                "authority_url": world.login.authority.rsplit("/", 1)[0],
                "ca_bundle": str(world.login.ca_bundle),
            }
        )

    async def _ledger(self, request: web.Request) -> web.Response:
        """Answer the calls from number `after`, those under a path when one is given."""
        after = int(request.query.get("after", "0"))
        under = request.query.get("under", "/")
        calls = self._world.ledger[after:]
        names = [field.name for field in fields(Call)]  # the tenant's have more: `tenant-calls`
        shown = [
            {name: getattr(call, name) for name in names}
            for call in calls
            if call.path.startswith(under)
        ]
        return web.json_response({"calls": shown, "next": after + len(calls)})

    async def _tenant_calls(self, _: web.Request) -> web.Response:
        """Answer everything that was asked of the tenant, items of batches included."""
        return web.json_response([vars(call) for call in self._world.tenant.calls])

    async def _inbox(self, request: web.Request) -> web.Response:
        """Answer the messages of a conversation as they stand, from the id `after` on."""
        messages = self._world.connector.sent(request.match_info["conversation"])
        after = int(request.query.get("after", "0"))
        return web.json_response([vars(one) for one in messages if _number(one) > after])

    def _token(self, claims: dict[str, Any]) -> str:
        return self._world.signer.token(self._world.connector.url, **claims)

    def _keys(self, fault: str, hang_s: float = 60.0) -> None:
        self._world.signer.fault = fault
        self._world.signer.hang_s = hang_s

    def _login(self, status: int = 200, lifetime_s: int = 3600, hang_s: float = 0.0) -> None:
        login = self._world.login
        login.status, login.lifetime_s, login.hang_s = status, lifetime_s, hang_s

    def _limits(self, *, on: bool, tenant_per_s: int = 30) -> None:
        limits = TeamsLimits(tenant=Window(tenant_per_s, 1)) if on else None
        self._world.connector.limits = limits

    def _chats(self, chats: dict[str, list[str]]) -> None:
        for conversation_id, person_ids in chats.items():
            self._world.connector.add_chat(conversation_id, *person_ids)


def _number(message: Message) -> int:
    return int(message.id.removeprefix("m-"))
