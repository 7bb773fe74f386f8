"""Whether anything answers at the portal of a supplier, without handing anything over."""

from pathlib import Path
from typing import Final

import aiohttp

from bot.edge.trust import trusting

_TIMEOUT: Final = aiohttp.ClientTimeout(total=15.0)


async def portal_problem(url: str, *, ca_bundle: Path | None) -> str:
    """Return why the portal was not reached; empty when it answers, whatever it answers.

    Nothing is signed and nothing is sent: what a portal says to HEAD is its own affair.
    """
    connector = aiohttp.TCPConnector(ssl=trusting(ca_bundle))
    try:
        async with (
            aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT) as session,
            session.head(url, allow_redirects=False),
        ):
            return ""
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return f"no answer: {type(error).__name__}"
