"""Hypothesis strategies: registers, people and requests in every state that can be reached."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import permutations, product
from types import MappingProxyType
from typing import Final

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from mutations.case_finder import Outcome, Retention
from mutations.identity import EntityCode, ObjectId, Upn
from mutations.party import Party
from mutations.register import Approver, Contact, Contract, Deputy, Entity, Register
from mutations.request import (
    Checks,
    EntitlementCheck,
    LicenceCheck,
    PoolNumbers,
    Terms,
)

laws = settings(
    max_examples=25,  # many laws share these strategies: together they try thousands
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
"""How every law of this folder is tried."""

SOURCE, TARGET, THIRD = (EntityCode(f"OVO00010{n}") for n in (1, 2, 3))
POOLS: Final = ("Kenniswerker", "Delegate365", "OASE")
ORDERS: Final = MappingProxyType(
    {
        Outcome.A: (False, Retention.KEEP),
        Outcome.B: (False, Retention.NOT_KEEP),
        Outcome.C: (True, Retention.KEEP),
    }
)
"""Per order whether the status changes, and what is asked of the data."""


def contact(n: int) -> Contact:
    """Return the n-th made-up person."""
    return Contact(
        object_id=ObjectId(f"00000000-0000-4000-8000-{n:012d}"),
        name=f"Persoon {n}",
        upn=Upn(f"persoon.{n}@entiteit.example"),
    )


PEOPLE: Final = tuple(contact(n) for n in range(8))
STRANGER: Final = contact(99)

people = st.sampled_from(PEOPLE)
pairs = st.sampled_from(list(permutations(PEOPLE, 2)))
# Few and cheap draws: most of the time of these tests goes into drawing.
FIRST: Final = datetime(2025, 1, 1, tzinfo=UTC)
FOUR_YEARS: Final = timedelta(days=1460)
days = st.integers(0, FOUR_YEARS.days).map(lambda n: FIRST.date() + timedelta(days=n))
moments = st.integers(0, int(FOUR_YEARS.total_seconds())).map(
    lambda n: FIRST + timedelta(seconds=n)
)
pauses = st.integers(-(60 * 24 * 5), 60 * 24 * 30).map(lambda n: timedelta(minutes=max(0, n)))
"""No time at all, or up to a month."""


def near(day: date) -> st.SearchStrategy[date]:
    """Return days at and around an edge."""
    return st.integers(min_value=-2, max_value=2).map(lambda n: day + timedelta(days=n))


def _deputy(person: Contact, edges: tuple[date, date]) -> Deputy:
    first, last = sorted(edges)
    return Deputy(contact=person, from_on=first, until_on=last)


deputies = st.builds(_deputy, people, st.tuples(days, days))
"""Deputies with a first and a last day."""

approvers = st.builds(Approver, contact=people, deputies=st.lists(deputies, max_size=2).map(tuple))
several = st.sampled_from([(), *((one,) for one in PEOPLE), *permutations(PEOPLE, 2)])
"""Nobody, one person or two."""


OPEN: Final[st.SearchStrategy[date | None]] = st.none()


def entities(
    code: EntityCode, *, closed: st.SearchStrategy[date | None] = OPEN
) -> st.SearchStrategy[Entity]:
    """Return entities with one code and any people; open unless `closed` gives a day."""
    return st.builds(
        Entity,
        code=st.just(code),
        name=st.just(f"Agentschap {code}"),
        domains=st.just(("entiteit.example",)),
        on_tenant=st.just(True),  # noqa: FBT003  a strategy of one value
        requesters=several,
        approvers=st.lists(approvers, min_size=1, max_size=3).map(tuple),
        pools=st.just({}),
        closed_on=closed,
    )


def register_of(*found: Entity, service_desk: tuple[Contact, ...] = ()) -> Register:
    """Return a register of given entities under the terms of the source page."""
    contract = Contract(
        version="2020-01",
        lead_times={Outcome.A: 1, Outcome.B: 1, Outcome.C: 5},
        onedrive_days=30,
        recycle_bin_days=30,
        days_ahead=365,
        remind_after=2,
        expire_after=20,
        warn_before=5,
        supplier="Leverancier",
        order_portal="Bestelportaal",
        service_delivery_manager=contact(50),
    )
    return Register(
        entities={entity.code: entity for entity in found},
        service_desk=service_desk,
        contract=contract,
    )


registers = st.builds(
    lambda source, target, desk: register_of(source, target, service_desk=desk),
    entities(SOURCE),
    entities(TARGET),
    several.filter(bool),
)
"""Registers of two entities in which everybody may hold every office."""


def entity_of(
    code: EntityCode,
    *,
    approvers: tuple[Approver, ...] = (),
    requesters: tuple[Contact, ...] = (),
    closed_on: date | None = None,
) -> Entity:
    """Return one entity on the tenant with given people."""
    return Entity(
        code=code,
        name=f"Agentschap {code}",
        domains=("entiteit.example",),
        on_tenant=True,
        requesters=requesters,
        approvers=approvers,
        pools={},
        closed_on=closed_on,
    )


terms = st.builds(
    Terms,
    version=st.just("2020-01"),
    lead_times=st.integers(min_value=1, max_value=12).map(
        lambda n: {Outcome.A: n, Outcome.B: n + 1, Outcome.C: n + 4}
    ),
    onedrive_days=st.integers(min_value=1, max_value=90),
    recycle_bin_days=st.just(30),
)


@cache
def pools(*, free_from: int, free_to: int) -> st.SearchStrategy[tuple[PoolNumbers, ...]]:
    """Return the three pools, each with a number of free licences in a range."""
    free = range(free_from, free_to + 1)
    return st.tuples(*(st.sampled_from(_counted(name, free)) for name in POOLS))


def _counted(name: str, free: range) -> list[PoolNumbers]:
    return [
        PoolNumbers(pool=name, total=left + in_use + held, in_use=in_use, reserved=held)
        for left, in_use, held in product(free, range(4), range(4))
    ]


def _checks(
    *, entitled: bool, found: tuple[PoolNumbers, ...], since: datetime, at: datetime
) -> Checks:
    return Checks(
        entitlement=EntitlementCheck(holds=entitled, since=since, checked_at=at),
        licences=LicenceCheck(pools=found, since=since, checked_at=at),
    )


@st.composite
def any_checks(draw: st.DrawFn, *, since: datetime, at: datetime) -> Checks:
    """Return checks that hold or not."""
    entitled = draw(st.booleans())
    found = draw(st.one_of(pools(free_from=1, free_to=2), pools(free_from=0, free_to=1)))
    return _checks(entitled=entitled, found=found, since=since, at=at)


@st.composite
def good_checks(draw: st.DrawFn, *, since: datetime, at: datetime) -> Checks:
    """Return checks that all hold."""
    found = draw(pools(free_from=1, free_to=3))
    return _checks(entitled=True, found=found, since=since, at=at)


@st.composite
def bad_checks(draw: st.DrawFn, *, since: datetime, at: datetime) -> Checks:
    """Return checks of which at least one does not hold."""
    if draw(st.booleans()):
        return _checks(
            entitled=False, found=draw(pools(free_from=0, free_to=2)), since=since, at=at
        )
    return _checks(
        entitled=draw(st.booleans()),
        found=draw(pools(free_from=0, free_to=0)),
        since=since,
        at=at,
    )


def party(person: Contact) -> Party:
    """Return a person as a request remembers them."""
    return Party(object_id=person.object_id, name=person.name)
