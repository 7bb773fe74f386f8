"""How long one call keeps trying before it leaves the rest to the engine."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import stamina

from fulfilment.tenant import TransientTenantError

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """When a call that may be repeated is repeated, in seconds.

    Attributes:
        attempts: Most times that it is sent.
        total_s: It is not sent again after this time.
        first_wait_s: Wait before the second time; doubles, plus jitter.
        longest_wait_s: Longest wait of our own choice; one that Microsoft asks for may be longer
            if it fits in `total_s`.
        jitter_s: Most that chance adds to a wait.
    """

    attempts: int = 5
    total_s: float = 6.0
    first_wait_s: float = 0.25
    longest_wait_s: float = 2.0
    jitter_s: float = 0.25


async def patiently(
    once: Callable[[], Awaitable[_T]], patience: Patience, *, repeatable: bool
) -> _T:
    """Return what `once` returns, asking again while it fails for now and that is allowed.

    Raises:
        TransientTenantError: The last failure; `retry_after_s` as Microsoft said.
    """
    if not repeatable:
        return await once()
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + patience.total_s

    def wait_for(error: Exception) -> bool | float:
        if not isinstance(error, TransientTenantError):
            return False
        if error.retry_after_s is None:
            return loop.time() < ends_at
        wait_s = error.retry_after_s + random.uniform(0, patience.jitter_s)  # noqa: S311 - jitter
        return wait_s if loop.time() + wait_s < ends_at else False

    async for attempt in stamina.retry_context(
        on=wait_for,
        attempts=patience.attempts,
        timeout=patience.total_s,
        wait_initial=patience.first_wait_s,
        wait_max=patience.longest_wait_s,
        wait_jitter=patience.jitter_s,
    ):
        with attempt:
            return await once()
    raise AssertionError("stamina neither returned nor raised")
