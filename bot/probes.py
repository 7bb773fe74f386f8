"""What must be well before the process is sent any traffic."""

from collections.abc import Awaitable, Callable
from typing import Final

from bot.edge.http import Probe
from store.database import DatabaseUnavailableError
from store.health import Health

_MAX_JOB_AGE_S: Final = 600.0


def readiness_probes(
    health: Health, *, has_keys: Callable[[], bool], worker_silence_s: float
) -> dict[str, Probe]:
    """Return the probes of `/readyz`.

    Args:
        health: What the database knows.
        has_keys: Tells whether the keys of the channel were ever read.
        worker_silence_s: Without a sign of life for so long no worker is alive.
    """

    async def database() -> bool | str:
        return await health.cannot_write() or True

    async def keys() -> bool | str:
        return has_keys() or "never read"

    async def worker() -> bool | str:
        silence_s = await health.worker_silence_s()
        if silence_s is None:
            return "none"
        return silence_s <= worker_silence_s or f"silent for {silence_s:.0f} s"

    async def outbox() -> bool | str:
        age_s = await health.oldest_job_s()
        return age_s <= _MAX_JOB_AGE_S or f"a job waits for {age_s:.0f} s"

    return {
        "database": _of_database(database),
        "keys": keys,
        "worker": _of_database(worker),
        "outbox": _of_database(outbox),
    }


def _of_database(look: Callable[[], Awaitable[bool | str]]) -> Probe:
    async def probe() -> bool | str:
        try:
            return await look()
        except DatabaseUnavailableError as error:
            return str(error)

    return probe
