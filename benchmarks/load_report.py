"""What a load run prints, and whether it was good."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from benchmarks.load_pace import Pacer, quantile
from benchmarks.load_people import Kind

MOST_P99_MS: Final = 200.0
MOST_GROWTH: Final = 0.05
"""Part by which memory may be larger at the end than after warm-up."""

_WARM_MINUTES: Final = 2


@dataclass
class Memory:
    """The memory of the bot in MiB, one reading a second or so."""

    by_minute: dict[int, list[float]] = field(default_factory=dict)

    def add(self, minute: int, mib: float) -> None:
        """Keep one reading."""
        self.by_minute.setdefault(minute, []).append(mib)

    def at(self, minute: int) -> float:
        """Return the mean of a minute."""
        readings = self.by_minute[minute]
        return sum(readings) / len(readings)

    @property
    def minutes(self) -> list[int]:
        """The minutes after warm-up of which there are readings."""
        return [minute for minute in sorted(self.by_minute) if minute >= _WARM_MINUTES]

    def growth(self) -> float | None:
        """Return by which part it grew after warm-up; None when that is too short to tell.

        The mean of the last third of the minutes is compared with that of the first.
        """
        minutes = self.minutes
        third = len(minutes) // 3
        if third == 0:
            return None
        first = sum(self.at(minute) for minute in minutes[:third]) / third
        last = sum(self.at(minute) for minute in minutes[-third:]) / third
        return last / first - 1

    def slope(self) -> float:
        """Return the MiB a minute that fit the minutes after warm-up best; 0 for less than two."""
        minutes = self.minutes
        if len(minutes) < 2:  # noqa: PLR2004 - a line needs two points
            return 0.0
        middle = sum(minutes) / len(minutes)
        mean = sum(self.at(minute) for minute in minutes) / len(minutes)
        above = sum((minute - middle) * (self.at(minute) - mean) for minute in minutes)
        return above / sum((minute - middle) ** 2 for minute in minutes)


@dataclass(frozen=True)
class Outcome:
    """What a run came to; CPU in seconds by process."""

    seconds: float
    moves: int
    changes: int
    audit: Mapping[str, int]
    cpu: Mapping[str, float]


def print_minute(minute: int, pacer: Pacer, memory: Memory) -> None:
    """Print one line about a minute that is over."""
    waits = pacer.waits.of(minute=minute)
    print(
        f"minute {minute + 1:>3}: {len(waits):>6} activities, p50 {quantile(waits, 0.5):6.1f} ms,"
        f" p99 {quantile(waits, 0.99):6.1f} ms, max {max(waits, default=0):7.1f} ms,"
        f" errors {pacer.error_count}, bot {memory.at(minute):6.1f} MiB",
        flush=True,
    )


def print_report(pacer: Pacer, memory: Memory, outcome: Outcome) -> None:
    """Print the whole run."""
    print(f"\n{'':<14}{'N':>8}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'max ms':>9}")
    for name, kind in (*((kind.value, kind) for kind in Kind), ("all", None)):
        _print_waits(name, pacer.waits.of(kind=kind))
    print(f"errors: {pacer.error_count} of {pacer.sent} activities")
    for error in pacer.errors:
        print(f"  {error}")
    audit = ", ".join(f"{kind} {count}" for kind, count in sorted(outcome.audit.items()))
    print(f"moves: {outcome.moves}; state changes by people: {outcome.changes}; audit: {audit}")
    cpu = ", ".join(
        f"{name} {used / outcome.seconds:.0%} of a core" for name, used in outcome.cpu.items()
    )
    print(f"CPU: {cpu}")
    growth = memory.growth()
    told = "too short to tell" if growth is None else f"{growth:+.1%} since warm-up"
    print(f"memory of the bot: {told}, slope {memory.slope():+.2f} MiB a minute")
    busy = os.getloadavg()[1]
    machine = f"{os.cpu_count()} cores, load average {busy:.1f}"
    print(f"Teams' limits were off; Python {platform.python_version()}; {machine}")


def faults_of(pacer: Pacer, memory: Memory) -> Sequence[str]:
    """Return why the run was not good, nothing when it was."""
    faults = []
    if pacer.error_count:
        faults.append(f"{pacer.error_count} errors")
    p99 = quantile(pacer.waits.of(), 0.99)
    if p99 >= MOST_P99_MS:
        faults.append(f"p99 of {p99:.0f} ms, not below {MOST_P99_MS:.0f} ms")
    growth = memory.growth()
    if growth is not None and growth > MOST_GROWTH:
        faults.append(f"memory grew by {growth:.1%}")
    return faults


def _print_waits(name: str, waits: list[float]) -> None:
    columns = "".join(f"{quantile(waits, share):>9.1f}" for share in (0.5, 0.95, 0.99))
    print(f"{name:<14}{len(waits):>8}{columns}{max(waits, default=0):>9.1f}")
