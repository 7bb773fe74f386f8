"""What is counted at the edge; labels come from bounded sets, never from activities."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)


class EdgeMetrics:
    """Counters and timings of the edge in one registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.activities = Counter(
            "mutatiebot_activities", "Admitted activities by kind.", ["kind"], registry=registry
        )
        self.refusals = Counter(
            "mutatiebot_refusals", "Refused requests by reason.", ["reason"], registry=registry
        )
        self.refused_seals = Counter(
            "mutatiebot_refused_seals",
            "Pressed buttons whose seal was broken or expired.",
            ["reason"],
            registry=registry,
        )
        self.failed_turns = Counter(
            "mutatiebot_failed_turns", "Turns that ended in a fault of ours.", registry=registry
        )
        self.interrupted = Counter(
            "mutatiebot_interrupted_turns",
            "Turns answered with 503 or a card that asks to try again, by reason.",
            ["reason"],
            registry=registry,
        )
        self.turns_in_flight = Gauge(
            "mutatiebot_turns_in_flight", "Turns that are going on now.", registry=registry
        )
        self.undelivered = Counter(
            "mutatiebot_undelivered_replies",
            "Replies the Connector did not take.",
            ["reason"],
            registry=registry,
        )
        self.turn_seconds = Histogram(
            "mutatiebot_turn_seconds",
            "Time from admission to answer.",
            buckets=_SECONDS,
            registry=registry,
        )
