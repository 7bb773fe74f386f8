"""A thousand orders of B against Microsoft's write quota, and urgent ones in the middle.

`python -m benchmarks.bulk` starts an embedded PostgreSQL and the fake tenant with the limits that
Microsoft publishes (3,000 writes in 150 seconds, 8,000 resource units in 10). First some orders
are carried out alone. Then the bulk begins, so many orders under way at a time, each within
`quota.bulk`; from a quarter of its expected time on, single orders that are urgent come in, one
every so many seconds. Engine, journal, shared quota and the real tenant's code are the program's
own, over HTTP. Not in the measurement: the job queue, the cards, the brake on changes an hour, and
Exchange's pace, which Microsoft does not publish (our own guess of two cmdlets a second would be
the bound, not the write quota).

Program and tenant share one process here, so a busy machine is soon the bound: `--pace 0.5` halves
the limit and the budget together, and the figures say how much of a core was used.

The floor is the time in which the writes of the whole measurement, urgent ones included, fit in
the 70 % of Microsoft's limit that the program allows itself. The exit code is 1 when the bulk
takes more than 1.2 times the floor, when the median of the urgent orders inside it is more than
twice that of those alone, or when anything was lost, done twice or refused for the quota.
"""

import argparse
import asyncio
import logging
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import psutil
import structlog
import uvloop

from benchmarks.bulk_run import OUR_SHARE, Reorganisation, reorganisation
from benchmarks.bulk_world import GRAPH_WRITES, Mover, movers
from store.database import Database
from store.embedded import EmbeddedPostgres
from store.migration import migrate
from tests.fakes.tenant_quota import Limits

MOST_OF_FLOOR: Final = 1.2
MOST_OF_ALONE: Final = 2.0


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a run came to; times in seconds.

    Attributes:
        writes: Those of Graph while the bulk went on, urgent orders included.
        seconds: Of the bulk.
        alone: Each urgent order with nothing else going on.
        inside: Each urgent order in the middle of the bulk.
        refused: Calls that the tenant throttled.
        wrong: Everything that is not as the orders should leave it.
    """

    writes: int
    seconds: float
    floor_s: float
    alone: Sequence[float]
    inside: Sequence[float]
    refused: int
    most_used: float
    wrong: Sequence[str]

    @property
    def of_floor(self) -> float:
        """The time of the bulk as a multiple of the floor."""
        return self.seconds / self.floor_s

    @property
    def of_alone(self) -> float:
        """The median urgent order inside the bulk as a multiple of the one alone."""
        return statistics.median(self.inside) / statistics.median(self.alone)

    @property
    def is_good(self) -> bool:
        """Tell whether it is what was promised."""
        is_quick = self.of_floor <= MOST_OF_FLOOR and self.of_alone <= MOST_OF_ALONE
        return is_quick and not self.refused and not self.wrong


async def measure(
    work: Reorganisation, people: Sequence[Mover], *, slots: int, alone: int, inside: int
) -> Measured:
    """Carry out everybody's order: the first ones alone, the next inside the bulk of the rest."""
    singly, within, many = (
        people[:alone],
        people[alone : alone + inside],
        people[alone + inside :],
    )
    took_alone = [await work.urgent(mover) for mover in singly]
    began = time.monotonic()
    expected_s = work.floor_s(len(many) * GRAPH_WRITES, share=OUR_SHARE)
    coming = asyncio.create_task(_come_in(work, within, expected_s))
    seconds = await work.bulk(many, slots=slots)
    writes = work.graph_writes(since=began)
    took_inside = await coming
    quota = work.fake.quota
    assert quota is not None
    return Measured(
        writes=writes,
        seconds=seconds,
        floor_s=work.floor_s(writes, share=OUR_SHARE),
        alone=took_alone,
        inside=took_inside,
        refused=quota.refused,
        most_used=quota.most_used,
        wrong=work.wrong(people),
    )


async def _come_in(
    work: Reorganisation, people: Sequence[Mover], expected_s: float
) -> list[float]:
    """Carry out urgent orders, one after the other, in the middle half of the expected time."""
    began = time.monotonic()
    took: list[float] = []
    for index, mover in enumerate(people):
        at = began + expected_s * (0.25 + 0.5 * index / len(people))
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        took.append(await work.urgent(mover))
    return took


def print_report(given: argparse.Namespace, found: Measured, work: Reorganisation) -> None:
    """Print the figures."""
    whole_s = work.floor_s(found.writes, share=1.0)
    alone, inside = statistics.median(found.alone), statistics.median(found.inside)
    machine = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    own = psutil.Process().cpu_times()
    cpu = (own.user + own.system) / (found.seconds + sum(found.alone))
    print(f"Python {platform.python_version()}, {machine}; {cpu:.0%} of a core used here")
    print(f"limit: {work.limits.writes} writes in {work.limits.write_window_s:.0f} s")
    print(f"{given.orders} orders of B, {given.slots} under way at a time, {found.writes} writes")
    print(f"floor at 70 % of the limit  {found.floor_s:7.1f} s")
    print(f"floor at all of the limit   {whole_s:7.1f} s  ({found.seconds / whole_s:.2f} times)")
    print(f"measured                    {found.seconds:7.1f} s  ({found.of_floor:.2f} times)")
    print(f"throttled {found.refused}, at most {found.most_used:.0%} of a limit in use")
    print(f"lost, wrong or done twice {len(found.wrong)}; came back later {work.retries}")
    print(f"urgent alone  {alone:5.2f} s (median of {len(found.alone)})")
    print(
        f"urgent inside {inside:5.2f} s (median of {len(found.inside)}, "
        f"longest {max(found.inside):.2f})  ({found.of_alone:.2f} times)"
    )
    for line in found.wrong[:10]:
        print(line)


async def run(given: argparse.Namespace, home: Path) -> bool:
    """Measure, print, and tell whether it was good."""
    server = await asyncio.to_thread(EmbeddedPostgres.start, home / "postgres")
    try:
        await asyncio.to_thread(migrate, server.owner_url)
        database = Database(server.url)
        await database.open()
        people = movers(given.orders + given.alone + given.inside)
        limits = replace(Limits(), writes=round(Limits().writes * given.pace))
        async with reorganisation(database, people, limits) as work:
            found = await measure(
                work, people, slots=given.slots, alone=given.alone, inside=given.inside
            )
            print_report(given, found, work)
        await database.close()
    finally:
        await asyncio.to_thread(server.stop)
    return found.is_good


def main(arguments: list[str]) -> None:
    """Run what is asked for and end with its verdict."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1000, help="in the bulk")
    parser.add_argument("--slots", type=int, default=24, help="orders under way at a time")
    parser.add_argument("--alone", type=int, default=9, help="urgent orders before the bulk")
    parser.add_argument("--inside", type=int, default=9, help="urgent orders inside it")
    parser.add_argument(
        "--pace", type=float, default=1.0, help="of Microsoft's writes; less for a busy machine"
    )
    given = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory(prefix="bot-in-bulk-") as name:
        is_good = uvloop.run(run(given, Path(name)))
    sys.exit(0 if is_good else 1)


if __name__ == "__main__":
    main(sys.argv[1:])
