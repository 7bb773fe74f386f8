"""What all replicas together ask of the tenant stays in its budget, and urgent work gets in."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fulfilment.tenants.microsoft365.quota import Quota, Resource
from store.database import Database
from store.tenant_quota import LARGE_TENANT, Budget, SqlTenantQuota

WRITES = Resource.GRAPH_WRITES
SLOW = Budget(per_s=0.01, burst=10, reserve=0.4, recovery_s=100_000)
"""A hundred seconds a write: no machine is so busy that it blurs."""


class Past:
    """A quota, with time that passes at a word: what is stored moves into the past."""

    def __init__(self, database: Database, budget: Budget, *, patience_s: float = 10.0) -> None:
        self._database = database
        self.quota = SqlTenantQuota(database, budgets={WRITES: budget}, patience_s=patience_s)
        self._passed_s = 0.0

    async def passes(self, seconds: float) -> None:
        self._passed_s += seconds
        ago = timedelta(seconds=seconds)
        async with self._database.connection() as connection:
            await connection.execute(
                "update tenant_quota set due_at = due_at - %(ago)s, share_at = share_at - %(ago)s",
                {"ago": ago},
            )

    async def now(self) -> float:
        async with self._database.connection() as connection:
            cursor = await connection.execute(
                "select extract(epoch from clock_timestamp())::float8 as now"
            )
            row = await cursor.fetchone()
        assert row is not None
        return float(row["now"]) + self._passed_s

    async def taken(self, *, urgent: bool, cost: int = 1) -> int:
        """Take until a turn has to wait or is refused, and return how often it was given."""
        for count in range(1000):
            turn = await self.quota.take(WRITES, cost, urgent=urgent)
            if not turn.is_given or turn.wait_s > 0:
                return count
        raise AssertionError("no end")

    async def forget(self) -> None:
        async with self._database.connection() as connection:
            await connection.execute("delete from tenant_quota")


def test_quota_is_the_one_that_the_module_asks(database: Database) -> None:
    quota: Quota = SqlTenantQuota(database)

    assert set(Resource) == set(LARGE_TENANT)
    assert quota is not None


@pytest.mark.parametrize(
    ("resource", "most", "seconds"),
    [("graph_writes", 3000, 150), ("graph_units", 8000, 10)],
)
def test_budget_is_seventy_percent_of_what_is_published(
    resource: str, most: int, seconds: float
) -> None:
    budget = LARGE_TENANT[resource]

    assert budget.burst + budget.per_s * seconds == pytest.approx(0.7 * most)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    asked=st.lists(
        st.tuples(st.sampled_from([0.0, 0.0, 0.5, 3.0, 40.0]), st.integers(1, 20), st.booleans()),
        max_size=40,
    )
)
async def test_no_span_ever_holds_more_than_the_budget(
    database: Database, asked: list[tuple[float, int, bool]]
) -> None:
    budget = Budget.within(600, seconds=30)
    past = Past(database, budget)
    sent: list[tuple[float, int]] = []
    for gap, cost, urgent in asked:
        await past.passes(gap)
        turn = await past.quota.take(WRITES, cost, urgent=urgent)
        if turn.is_given:
            sent.append((await past.now() + turn.wait_s, cost))
    await past.forget()

    for start, _ in sent:
        for span in (1.0, 30.0, 60.0):
            within = sum(cost for at, cost in sent if start <= at < start + span - 0.05)
            assert within <= budget.burst + budget.per_s * span
            assert span != 30.0 or within <= 0.7 * 600


async def test_bulk_work_leaves_the_reserve_to_urgent_work(database: Database) -> None:
    past = Past(database, SLOW, patience_s=0)

    assert await past.taken(urgent=False) == 6
    assert await past.taken(urgent=True) == 4
    assert await past.taken(urgent=False) == 0


async def test_bulk_work_that_is_refused_takes_nothing_and_learns_when(database: Database) -> None:
    past = Past(database, SLOW)
    await past.taken(urgent=False)

    turns = [await past.quota.take(WRITES, 1, urgent=False) for _ in range(5)]
    await past.passes(turns[-1].wait_s)

    assert [turn.is_given for turn in turns] == [False] * 5
    assert turns[0].wait_s == pytest.approx(100, abs=20)
    assert (await past.quota.take(WRITES, 1, urgent=False)).is_given


async def test_urgent_work_waits_no_longer_than_its_patience(database: Database) -> None:
    past = Past(database, SLOW, patience_s=150)
    for _ in range(10):
        await past.quota.take(WRITES, 1, urgent=True)

    waiting = await past.quota.take(WRITES, 1, urgent=True)
    refused = await past.quota.take(WRITES, 1, urgent=True)

    assert (waiting.is_given, refused.is_given) == (True, False)
    assert waiting.wait_s == pytest.approx(100, abs=20)


async def test_more_than_a_burst_is_given_when_the_bucket_is_full(database: Database) -> None:
    past = Past(database, SLOW, patience_s=0)
    await past.quota.take(WRITES, 1, urgent=True)
    await past.passes(101)

    first = await past.quota.take(WRITES, 30, urgent=False)
    second = await past.quota.take(WRITES, 1, urgent=True)
    await past.passes(2900)
    late = await past.quota.take(WRITES, 1, urgent=True)

    assert (first.is_given, first.wait_s) == (True, 0)
    assert not second.is_given
    assert late.is_given


async def test_replicas_share_one_bucket(database: Database) -> None:
    replicas = [SqlTenantQuota(database, budgets={WRITES: SLOW}, patience_s=0) for _ in range(3)]

    turns = await asyncio.gather(
        *(replica.take(WRITES, 1, urgent=True) for replica in replicas * 8)
    )

    assert sum(turn.is_given for turn in turns) == 10


@pytest.mark.parametrize("is_known", [True, False])
async def test_pause_stops_every_replica(
    database: Database,
    is_known: bool,  # noqa: FBT001
) -> None:
    past = Past(database, SLOW)
    other = SqlTenantQuota(database, budgets={WRITES: SLOW})
    if is_known:
        await past.quota.take(WRITES, 1, urgent=True)
        await past.passes(101)

    await past.quota.pause(WRITES, 60)
    refused = await other.take(WRITES, 1, urgent=True)

    assert not refused.is_given
    assert refused.wait_s == pytest.approx(60 + 200, abs=20)  # at half the pace: 200 s a write
    await past.passes(261)
    assert (await other.take(WRITES, 1, urgent=True)).is_given


async def test_pause_leaves_other_resources_alone(database: Database) -> None:
    quota = SqlTenantQuota(database)

    await quota.pause(Resource.EXCHANGE, 60)

    assert (await quota.take(Resource.GRAPH_WRITES, 20, urgent=False)).is_given
    assert not (await quota.take(Resource.EXCHANGE, 1, urgent=True)).is_given


async def share(database: Database) -> float:
    async with database.connection() as connection:
        cursor = await connection.execute("select share from tenant_quota")
        row = await cursor.fetchone()
    assert row is not None
    return float(row["share"])


async def test_refusals_of_one_moment_halve_the_pace_once(database: Database) -> None:
    past = Past(database, SLOW)

    for _ in range(20):
        await past.quota.pause(WRITES, 1)
    once = await share(database)
    await past.passes(11)
    await past.quota.pause(WRITES, 1)

    assert once == 0.5
    assert await share(database) == pytest.approx(0.25, abs=0.01)


async def test_pace_has_a_floor_and_grows_back(database: Database) -> None:
    budget = Budget(per_s=1, burst=4, reserve=0, recovery_s=1000)
    past = Past(database, budget, patience_s=0)
    for _ in range(12):
        await past.quota.pause(WRITES, 1)
        await past.passes(10.5)
    low = await share(database)
    await past.passes(1000)

    assert low >= 1 / 16
    assert low < 0.2
    assert await past.taken(urgent=True) == 4


async def test_clock_put_back_stops_nothing_for_long(database: Database) -> None:
    past = Past(database, SLOW, patience_s=150)
    await past.quota.take(WRITES, 1, urgent=True)

    await past.passes(-(10**8))
    turn = await past.quota.take(WRITES, 1, urgent=True)

    assert turn.is_given
    assert turn.wait_s == pytest.approx(100, abs=20)


@pytest.mark.parametrize(
    "values",
    [{"per_s": 0, "burst": 1}, {"per_s": 1, "burst": 0}, {"per_s": 1, "burst": 1, "reserve": 1}],
)
def test_budget_that_gives_nothing_is_refused(values: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="gives something"):
        Budget(**values)
