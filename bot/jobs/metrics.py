"""What is counted of the jobs; task names are a fixed set."""

from prometheus_client import CollectorRegistry, Counter, Histogram

from store.job_runs import JobOutcome

_SECONDS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0)


class JobMetrics:
    """Counts runs of jobs and how long they took."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._runs = Counter(
            "mutatiebot_jobs", "Runs of jobs.", ["task", "outcome"], registry=registry
        )
        self._seconds = Histogram(
            "mutatiebot_job_seconds",
            "Time of one run of a job.",
            ["task"],
            buckets=_SECONDS,
            registry=registry,
        )

    def observe(self, task: str, outcome: JobOutcome, seconds: float) -> None:
        """Count one run; the job engine calls this."""
        self._runs.labels(task, outcome.value).inc()
        self._seconds.labels(task).observe(seconds)
