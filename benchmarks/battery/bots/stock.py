"""The stock botbuilder integration, single tenant, as in Microsoft's samples.

Nothing is patched: its configuration says where keys of the channel and of the emulator are.
"""

import asyncio
import sys
from dataclasses import dataclass

from aiohttp import web
from botbuilder.core import Bot, TurnContext
from botbuilder.integration.aiohttp import CloudAdapter, ConfigurationBotFrameworkAuthentication

from benchmarks.battery.bots.tally import Tally, options


@dataclass(frozen=True)
class Configuration:
    """What botbuilder reads from a bot's configuration object."""

    APP_ID: str
    APP_TENANTID: str
    TO_BOT_FROM_CHANNEL_OPENID_METADATA_URL: str
    TO_BOT_FROM_EMULATOR_OPENID_METADATA_URL: str
    APP_TYPE: str = "SingleTenant"
    APP_PASSWORD: str = "made-up-secret"  # noqa: S105 - never used, for nothing is answered
    TO_CHANNEL_FROM_BOT_LOGIN_URL: str = "https://login.microsoftonline.com"
    TO_CHANNEL_FROM_BOT_OAUTH_SCOPE: str = "https://api.botframework.com"
    TO_BOT_FROM_CHANNEL_TOKEN_ISSUER: str = "https://api.botframework.com"  # noqa: S105 - an address
    OAUTH_URL: str = "https://api.botframework.com"


class Counting(Bot):
    """Counts the turns that reach the bot's own code."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    async def on_turn(self, context: TurnContext) -> None:
        """Count one."""
        assert context.activity
        self._tally.heard += 1


async def main() -> None:
    """Serve until stopped."""
    given, tally = options(sys.argv[1:]), Tally()
    configuration = Configuration(
        given.app_id, given.tenant_id, given.metadata_url, given.metadata_url
    )
    adapter = CloudAdapter(ConfigurationBotFrameworkAuthentication(configuration))
    bot = Counting(tally)

    async def messages(request: web.Request) -> web.StreamResponse:
        response: web.StreamResponse = await adapter.process(request, bot)
        return response

    app = web.Application()
    app.router.add_post("/api/messages", messages)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", given.port).start()
    await tally.serve(given.tally_port)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
