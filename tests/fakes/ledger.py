"""What reached a fake of the outside world, in order: the proof of what the bot did to others.

Every fake takes a ledger to write in. In a process of its own, or in a test that wants one story,
they all share one; otherwise each has its own.
"""

import time
from dataclasses import dataclass
from typing import Any

from aiohttp import web


@dataclass(frozen=True)
class Call:
    """One request that arrived, whatever was answered; `status` 0 is no answer at all."""

    method: str
    path: str
    body: Any
    authorization: str | None
    status: int
    at: float  # monotonic seconds


def call_of(request: web.Request, body: Any, status: int) -> Call:
    """Return the entry for a request that is being answered now."""
    return Call(
        request.method,
        request.path,
        body,
        request.headers.get("Authorization"),
        status,
        time.monotonic(),
    )
