"""How much all replicas together may ask of the tenant."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, LiteralString

from store.database import Database

_LONGEST_PAUSE_S: Final = 600.0
_FLOOR: Final = 16  # the pace never goes below this part of its budget
_ONE_FAULT_S: Final = 10.0  # refusals this close together are one

# As in `send_limits`, `due_at` is when the bucket is full again, by the clock of the database. A
# refusal of the tenant halves `share`, the part of the pace that is used; it grows back in time.
# A `due_at` that no reservation and no pause reaches means that this clock was put back.
_SHARE: Final[LiteralString] = """
least(1, held.share
  + greatest(0, extract(epoch from clock_timestamp() - held.share_at)) / %(recovery_s)s)
"""
_COST: Final[LiteralString] = f"(%(cost)s * %(gap)s::interval / ({_SHARE}))"
_DUE: Final[LiteralString] = f"""
(case when held.due_at > clock_timestamp() + %(patience)s + %(longest)s + %(slack)s + {_COST}
  then clock_timestamp() + %(slack)s else greatest(held.due_at, clock_timestamp()) end)
"""
_TAKE: Final[LiteralString] = f"""
insert into tenant_quota as held (resource, due_at)
values (%(resource)s, clock_timestamp() + %(cost)s * %(gap)s::interval)
on conflict (resource) do update set due_at = {_DUE} + {_COST}
where {_DUE} + {_COST}
  <= clock_timestamp() + greatest(%(allowed)s::interval, {_COST}) + %(patience)s
returning greatest(0, extract(epoch
  from due_at - greatest(%(slack)s::interval, {_COST}) - clock_timestamp()))::float8 as wait_s
"""  # noqa: S608 - our own constants
_LOOK: Final[LiteralString] = f"""
select greatest(0, extract(epoch
  from {_DUE} + {_COST} - greatest(%(allowed)s::interval, {_COST})
    - clock_timestamp()))::float8 as wait_s
from tenant_quota as held where resource = %(resource)s
"""  # noqa: S608 - our own constants
_LOWERED: Final[LiteralString] = f"""
case when held.share_at > clock_timestamp() - %(one_fault)s::interval
  and held.share_at <= clock_timestamp()
  then held.share else greatest(1.0 / %(floor)s, ({_SHARE}) / 2) end
"""
_PAUSE: Final[LiteralString] = f"""
insert into tenant_quota as held (resource, due_at, share, share_at)
values (%(resource)s, clock_timestamp() + %(seconds)s + %(slack)s, 0.5, clock_timestamp())
on conflict (resource) do update set
  due_at = greatest({_DUE}, clock_timestamp() + %(seconds)s + %(slack)s),
  share = {_LOWERED},
  share_at = case when held.share_at > clock_timestamp() - %(one_fault)s::interval
    and held.share_at <= clock_timestamp() then held.share_at else clock_timestamp() end
"""  # noqa: S608 - our own constants


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What may be asked of one resource.

    Attributes:
        per_s: In the long run.
        burst: At once, after a pause.
        reserve: Part of the burst, from 0 to 1, that only urgent work may use.
        recovery_s: Time in which the pace grows back from nothing to `per_s`.
    """

    per_s: float
    burst: float
    reserve: float = 0.4
    recovery_s: float = 300.0

    def __post_init__(self) -> None:
        """Refuse what would never give a turn."""
        if not (self.per_s > 0 and self.burst >= 1 and 0 <= self.reserve < 1):
            raise ValueError("a budget gives something, and keeps less than everything")
        if self.recovery_s <= 0:
            raise ValueError("a pace grows back in some time")

    @classmethod
    def within(cls, most: int, *, seconds: float, use: float = 0.7) -> "Budget":
        """Return a budget that in no span of `seconds` gives more than a part of `most`.

        Args:
            most: The published limit.
            seconds: The span it holds for.
            use: Part of it that is ours: others work on the tenant as well.
        """
        ours = most * use
        burst = ours / 14  # what is kept for a burst is lost to the pace
        return cls(per_s=(ours - burst) / seconds, burst=burst)

    @property
    def gap(self) -> timedelta:
        """The time that one unit takes up at full pace."""
        return timedelta(seconds=1 / self.per_s)

    @property
    def slack(self) -> timedelta:
        """How far a burst may run ahead."""
        return self.burst * self.gap


LARGE_TENANT: Final[Mapping[str, Budget]] = {
    "graph_writes": Budget.within(3000, seconds=150),
    "graph_units": Budget.within(8000, seconds=10),
    "exchange": Budget(per_s=2.0, burst=4, reserve=0.5),
}
"""For more than 500 users (5,000 units from 50 users, 3,500 below). Graph:
https://learn.microsoft.com/graph/throttling-limits#identity-and-access-service-limits. Exchange
publishes nothing: its pace is a start, and what it refuses lowers it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Whether a turn was given, and the seconds to wait: before sending or before asking again."""

    is_given: bool
    wait_s: float


class SqlTenantQuota:
    """One bucket a resource, shared by all replicas.

    Urgent work may run ahead of the bucket by `patience_s`; bulk work gets only what lies above
    the reserve, so that one urgent order never waits for a thousand that are not.
    """

    def __init__(
        self,
        database: Database,
        *,
        budgets: Mapping[str, Budget] = LARGE_TENANT,
        patience_s: float = 10.0,
    ) -> None:
        """Prepare.

        Args:
            database: What all replicas share.
            budgets: By resource; all replicas have the same.
            patience_s: Longest wait that urgent work is given.
        """
        self._database = database
        self._budgets = budgets
        self._patience_s = patience_s

    async def take(self, resource: str, cost: int, *, urgent: bool) -> Turn:
        """Take so much, or nothing.

        Args:
            resource: One of the budgets.
            cost: More than a burst is given when the bucket is full.
            urgent: Whether the reserve is for it.

        Raises:
            DatabaseUnavailableError: The database does not answer in time.
        """
        values = self._values(resource)
        values["cost"] = cost
        if urgent:
            values["patience"] = timedelta(seconds=self._patience_s)
        else:
            values["allowed"] = (1 - self._budgets[resource].reserve) * self._budgets[
                resource
            ].slack
        async with self._database.connection() as connection:
            given = await (await connection.execute(_TAKE, values)).fetchone()
            if given is not None:
                return Turn(is_given=True, wait_s=float(given["wait_s"]))
            missed = await (await connection.execute(_LOOK, values)).fetchone()
        return Turn(is_given=False, wait_s=0.0 if missed is None else float(missed["wait_s"]))

    async def pause(self, resource: str, seconds: float) -> None:
        """Let nobody send for so long (ten minutes at most), and slower afterwards.

        Refusals within ten seconds halve the pace once; it does not go below a sixteenth.

        Raises:
            DatabaseUnavailableError: The database does not answer in time.
        """
        values = self._values(resource)
        values["seconds"] = timedelta(seconds=min(seconds, _LONGEST_PAUSE_S))
        values["one_fault"] = timedelta(seconds=_ONE_FAULT_S)
        values["floor"] = _FLOOR
        async with self._database.connection() as connection:
            await connection.execute(_PAUSE, values)

    def _values(self, resource: str) -> dict[str, object]:
        budget = self._budgets[resource]
        return {
            "resource": resource,
            "cost": 0,
            "gap": budget.gap,
            "slack": budget.slack,
            "allowed": budget.slack,
            "patience": timedelta(),
            "longest": timedelta(seconds=_LONGEST_PAUSE_S),
            "recovery_s": budget.recovery_s,
        }
