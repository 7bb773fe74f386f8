"""A small reorganisation against the write quota; `make bulk` does a thousand orders."""

import statistics
from collections.abc import Callable
from typing import Final

from benchmarks.bulk import MOST_OF_ALONE, MOST_OF_FLOOR, measure
from benchmarks.bulk_run import reorganisation
from benchmarks.bulk_world import GRAPH_WRITES, movers
from store.database import Database
from tests.fakes.tenant_quota import Limits

ORDERS: Final = 24
ALONE: Final = 2
INSIDE: Final = 3
HALF_AS_MANY: Final = Limits(writes=300, write_window_s=30.0)
"""Half of Microsoft's writes a second: the quota is the bound, also on a machine that is busy."""


TRIES: Final = 3
"""What else the machine does only ever makes it slower, so the best of some tries is meant."""


async def test_bulk_takes_what_the_quota_takes_and_an_urgent_order_does_not_wait_for_it(
    database: Database, tell: Callable[[str], None]
) -> None:
    met: list[tuple[float, float]] = []
    while len(met) < TRIES and not any(_is_good(*one) for one in met):
        met.append(await _try(database, after=len(met) * 100))

    of_floor, of_alone = min(met, key=lambda one: (not _is_good(*one), one))
    tell(f"bulk of {ORDERS} orders: {of_floor:.2f} times the floor of the quota")
    tell(f"urgent order inside it: {of_alone:.2f} times one alone")
    assert of_floor <= MOST_OF_FLOOR, met
    assert of_alone <= MOST_OF_ALONE, met


async def _try(database: Database, *, after: int) -> tuple[float, float]:
    """Return both figures; nothing may be lost, done twice or throttled, in no try."""
    people = movers(ORDERS + ALONE + INSIDE, after=after)
    async with reorganisation(database, people, HALF_AS_MANY) as work:
        found = await measure(work, people, slots=12, alone=ALONE, inside=INSIDE)

        assert work.graph_writes() == len(people) * GRAPH_WRITES
    assert found.wrong == []
    assert found.refused == 0
    # In so short a bulk the first order before its first write and the last one after its last
    # count: they take what one order takes, not what the quota takes.
    seconds = found.seconds - statistics.median(found.alone)
    return seconds / found.floor_s, found.of_alone


def _is_good(of_floor: float, of_alone: float) -> bool:
    return of_floor <= MOST_OF_FLOOR and of_alone <= MOST_OF_ALONE
