"""When a failed job runs again, and when it is left for a person to look at."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job
from typing_extensions import override

_SPREAD: Final = 11  # jobs that failed together come back at so many different moments


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How often one job went wrong, by kind.

    Attributes:
        transient: Runs that ended in a fault that is expected to pass.
        unexpected: Runs that ended in a fault that is probably ours.
        deaths: Runs whose worker died.
    """

    transient: int = 0
    unexpected: int = 0
    deaths: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Waits that double from `first_wait_s` up to `longest_wait_s`.

    Attributes:
        transient_runs: Runs in all while faults are expected to pass: about four hours with the
            defaults; None: without end.
        unexpected_runs: Runs in all when the fault is probably ours.
        deaths: Dead workers after which the job is taken to be what kills them.
    """

    transient_runs: int | None = 24
    unexpected_runs: int = 5
    deaths: int = 24
    first_wait_s: float = 2.0
    longest_wait_s: float = 900.0

    def is_over(self, faults: Faults) -> bool:
        """Tell whether a job that went wrong so often is left for a person."""
        runs = self.transient_runs
        return (
            (runs is not None and faults.transient >= runs)
            or faults.unexpected >= self.unexpected_runs
            or faults.deaths >= self.deaths
        )

    def wait_s(self, faults: Faults, *, job_id: int, asked_s: float = 0.0) -> float:
        """Return how long a job waits after it went wrong.

        Args:
            faults: Including this one.
            job_id: Spreads jobs that failed together, by a fifth of the wait at most.
            asked_s: The other side said not to come back earlier.
        """
        failed = faults.transient + faults.unexpected
        doubled = self.first_wait_s * 2.0 ** min(max(failed - 1, 0), 30)
        return max(min(self.longest_wait_s, doubled), asked_s) * (1 + job_id % _SPREAD / 50)


WITHOUT_END: Final = RetryPolicy(transient_runs=None)
"""For what is owed to somebody: tried again for as long as it may still work."""


class JobAgainError(Exception):
    """A run failed and the job runs again; the cause says why."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(wait_s)
        self.wait_s = wait_s


class JobParkedError(Exception):
    """A run failed and the job is left for a person; the cause says why."""


class Strategy(BaseRetryStrategy):
    """Tells the job engine what was decided on a failed run."""

    @override
    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Return when the job runs again, or None to leave it as failed."""
        if isinstance(exception, asyncio.CancelledError):
            return RetryDecision()  # the worker stops; another one takes over at once
        if isinstance(exception, JobAgainError):
            wait = timedelta(seconds=exception.wait_s)
            return RetryDecision(retry_in={"milliseconds": wait // timedelta(milliseconds=1)})
        return None
