"""The echo bot of Microsoft's samples on the stock botbuilder integration, single tenant.

Everything is pointed at local servers by botbuilder's public configuration; nothing is
patched. The login host poses as ADFS, because msal would ask Microsoft's public directory
about any other unknown host.
"""

import argparse
import sys
from dataclasses import dataclass

from aiohttp import web
from botbuilder.core import ActivityHandler, MessageFactory, TurnContext
from botbuilder.integration.aiohttp import CloudAdapter, ConfigurationBotFrameworkAuthentication


@dataclass(frozen=True)
class Configuration:
    """What botbuilder reads from a bot's configuration object."""

    APP_ID: str
    APP_TENANTID: str
    TO_CHANNEL_FROM_BOT_LOGIN_URL: str
    TO_BOT_FROM_CHANNEL_OPENID_METADATA_URL: str
    APP_TYPE: str = "SingleTenant"
    APP_PASSWORD: str = "made-up-secret"  # noqa: S105 - for a fake login host
    TO_CHANNEL_FROM_BOT_OAUTH_SCOPE: str = "https://api.botframework.com"
    TO_BOT_FROM_CHANNEL_TOKEN_ISSUER: str = "https://api.botframework.com"  # noqa: S105 - an address
    OAUTH_URL: str = "https://api.botframework.com"


class EchoBot(ActivityHandler):
    """Says what it hears."""

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        """Answer a message with its text."""
        await turn_context.send_activity(
            MessageFactory.text(f"Echo: {turn_context.activity.text}")
        )


def main(arguments: list[str]) -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser()
    for name in ("port", "app-id", "tenant-id", "metadata-url", "authority"):
        parser.add_argument(f"--{name}", required=True)
    given = parser.parse_args(arguments)
    configuration = Configuration(
        given.app_id, given.tenant_id, given.authority, given.metadata_url
    )
    adapter = CloudAdapter(ConfigurationBotFrameworkAuthentication(configuration))
    bot = EchoBot()

    async def messages(request: web.Request) -> web.StreamResponse:
        response: web.StreamResponse = await adapter.process(request, bot)
        return response

    async def live(_: web.Request) -> web.Response:
        return web.Response(text="alive")

    app = web.Application()
    app.router.add_post("/api/messages", messages)
    app.router.add_get("/livez", live)
    web.run_app(app, host="127.0.0.1", port=int(given.port), print=None, access_log=None)


if __name__ == "__main__":
    main(sys.argv[1:])
