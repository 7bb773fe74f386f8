"""The Microsoft 365 Agents SDK on aiohttp, as in its samples.

Patched: its addresses of keys are constants, so its key client is given that of the fake; it signs
in before every turn, for which it gets a constant here.
"""

import asyncio
import sys

from aiohttp import web
from jwt import PyJWKClient
from microsoft_agents.authentication.msal import MsalAuth, MsalConnectionManager
from microsoft_agents.hosting.aiohttp import CloudAdapter, jwt_authorization_middleware
from microsoft_agents.hosting.core import ActivityHandler, TurnContext
from microsoft_agents.hosting.core.authorization.jwt import jwt_token_validator

from benchmarks.battery.bots.tally import Tally, options


async def _token(*_: object, **__: object) -> str:
    return "made-up-token"


class Counting(ActivityHandler):
    """Counts the turns that reach the bot's own code."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    async def on_turn(self, turn_context: TurnContext) -> None:
        """Count one."""
        assert turn_context.activity
        self._tally.heard += 1


async def main() -> None:
    """Serve until stopped."""
    given, tally = options(sys.argv[1:]), Tally()
    jwt_token_validator.PyJWKClient = lambda _: PyJWKClient(given.keys_url)
    MsalAuth.get_access_token = _token
    settings = {
        "CLIENTID": given.app_id,
        "CLIENTSECRET": "made-up-secret",
        "TENANTID": given.tenant_id,
    }
    connections = MsalConnectionManager(CONNECTIONS={"SERVICE_CONNECTION": {"SETTINGS": settings}})
    adapter, bot = CloudAdapter(connection_manager=connections), Counting(tally)

    async def messages(request: web.Request) -> web.StreamResponse:
        response: web.StreamResponse = await adapter.process(request, bot)
        return response

    app = web.Application(middlewares=[jwt_authorization_middleware])
    app["agent_configuration"] = connections.get_default_connection_configuration()
    app.router.add_post("/api/messages", messages)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", given.port).start()
    await tally.serve(given.tally_port)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
