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
class RetryPolicy:
    """Waits that double from `first_wait_s` up to `longest_wait_s`.

    Attributes:
        transient_attempts: Runs in all when the fault is expected to pass (or the worker was
            killed): about four hours with the defaults.
        unexpected_attempts: Runs in all when the fault is probably ours.
    """

    transient_attempts: int = 24
    unexpected_attempts: int = 5
    first_wait_s: float = 2.0
    longest_wait_s: float = 900.0

    def wait_s(self, job: Job) -> float:
        """Return how long a job waits that has failed once more than its attempts say."""
        doubled = self.first_wait_s * 2.0 ** min(job.attempts, 30)
        return min(self.longest_wait_s, doubled) * (1 + (job.id or 0) % _SPREAD / 50)


class Strategy(BaseRetryStrategy):
    """A retry policy as the job engine asks for it."""

    def __init__(self, policy: RetryPolicy, transient: tuple[type[Exception], ...]) -> None:
        """Prepare a strategy.

        Args:
            policy: Waits and numbers of attempts.
            transient: Errors that are expected to pass; one with an attribute `retry_after_s`
                (the other side said when to come back) waits at least so long.
        """
        self.policy = policy
        self._transient = transient

    def is_transient(self, error: BaseException) -> bool:
        """Tell whether the fault is expected to pass by itself."""
        return isinstance(error, self._transient)

    def is_last(self, error: BaseException, job: Job) -> bool:
        """Tell whether this failure of a running job is its last."""
        limits = self.policy
        limit = (
            limits.transient_attempts if self.is_transient(error) else limits.unexpected_attempts
        )
        return job.attempts + 1 >= limit

    @override
    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Return when the job runs again, or None to leave it as failed."""
        if isinstance(exception, asyncio.CancelledError):
            return RetryDecision()  # the worker stops; another one takes over at once
        if self.is_last(exception, job):
            return None
        asked_s = getattr(exception, "retry_after_s", None) or 0.0
        wait = timedelta(seconds=max(self.policy.wait_s(job), asked_s))
        return RetryDecision(retry_in={"milliseconds": wait // timedelta(milliseconds=1)})
