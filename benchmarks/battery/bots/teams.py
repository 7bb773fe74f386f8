"""The Teams SDK for Python, as in its samples.

Patched: its addresses of keys of Entra cannot be set, so its key client is given that of the fake.
"""

import asyncio
import sys
from typing import Any

import jwt
from microsoft_teams.apps import App
from microsoft_teams.apps.auth import token_validator

from benchmarks.battery.bots.tally import Tally, options


class _Jwt:
    """The JWT library, but for where keys are read."""

    def __init__(self, keys_url: str) -> None:
        self._keys_url = keys_url

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the library has
        return getattr(jwt, name)

    def PyJWKClient(self, _: str) -> jwt.PyJWKClient:  # noqa: N802 - the library's name
        """Return a client that reads the fake's keys."""
        return jwt.PyJWKClient(self._keys_url)


async def main() -> None:
    """Serve until stopped."""
    given, tally = options(sys.argv[1:]), Tally()
    token_validator.jwt = _Jwt(given.keys_url)
    app = App(
        client_id=given.app_id,
        client_secret="made-up-secret",  # noqa: S106 - never used, for nothing is answered
        tenant_id=given.tenant_id,
        service_url=given.service_url,
    )

    async def count(_: Any) -> None:  # noqa: ANN401 - the SDK's context
        tally.heard += 1

    app.use(count)
    await tally.serve(given.tally_port)
    await app.start(given.port)


if __name__ == "__main__":
    asyncio.run(main())
