"""Fills the simulated tenant with the demo world, without touching what is there already."""

import tomllib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from importlib import resources
from typing import Final

import msgspec

from fulfilment.tenant import GroupKind
from fulfilment.tenants.simulated.directory import seats
from fulfilment.tenants.simulated.records import (
    Kind,
    SimAccount,
    SimDrive,
    SimEntitlement,
    SimGroup,
    SimMailbox,
    SimMembership,
    SimPool,
    SimSite,
    drive_url,
    membership_id,
    pool_id,
)
from fulfilment.tenants.simulated.world import SimulatedWorld
from mutations.identity import EntityCode, ObjectId
from mutations.register import Register

_MEBIBYTE: Final = 1024 * 1024


class SeedError(Exception):
    """The demo world does not fit together or does not fit the register."""


class LaterEntitlement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entitlement that reaches the directory some seconds after the world was made."""

    entity: str
    after_s: float


class DemoPerson(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Someone of the demo world; guests have neither entity nor mailbox here."""

    number: int
    name: str
    upn: str
    entity: str | None = None
    entitled: tuple[str, ...] = ()
    entitled_later: tuple[LaterEntitlement, ...] = ()
    aliases: tuple[str, ...] = ()
    drive_mb: int = 0
    profile: str = "Kenniswerker"
    status: str = "ambtenaar"
    employee_id: str = ""
    is_guest: bool = False
    is_deleted: bool = False
    is_synced: bool = False


class DemoGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A group; owners are members too, as Teams makes them."""

    number: int
    name: str
    owners: tuple[int, ...]
    members: tuple[int, ...]
    kind: GroupKind = GroupKind.CLOUD


class DemoSite(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A SharePoint site."""

    number: int
    name: str
    owners: tuple[int, ...]
    members: tuple[int, ...]


class DemoPool(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Licences in use, the people of this world included; the register says how many there are."""

    entity: str
    name: str
    in_use: int


class DemoWorld(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything in `demo.toml`."""

    person: tuple[DemoPerson, ...]
    group: tuple[DemoGroup, ...] = ()
    site: tuple[DemoSite, ...] = ()
    pool: tuple[DemoPool, ...] = ()


def demo_world() -> DemoWorld:
    """Return the demo world that comes with the program."""
    text = resources.files(__package__).joinpath("demo.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), DemoWorld)


def demo_person_id(number: int) -> ObjectId:
    """Return the object id of a person of the demo world."""
    return ObjectId(_guid("8000", number))


async def seed(world: SimulatedWorld, demo: DemoWorld, *, register: Register) -> int:
    """Add what is missing of the demo world; what exists stays as it is. Return how much it was.

    Raises:
        SeedError: The world does not fit together or does not fit the register; nothing was added.
    """
    now = world.now
    accounts = [_account(person, now) for person in demo.person]
    people = {person.number for person in demo.person}
    for group in demo.group:
        _check_people(group.name, {*group.owners, *group.members}, people)
    for site in demo.site:
        _check_people(site.name, {*site.owners, *site.members}, people)
    pools = [_pool(pool, accounts, register) for pool in demo.pool]

    memberships = [one for group in demo.group for one in _memberships(group)]
    added = [
        await world.add_missing(Kind.ACCOUNT, {one.id: one for one in accounts}),
        await world.add_missing(
            Kind.GROUP, {_guid("a000", one.number): _group(one) for one in demo.group}
        ),
        await world.add_missing(
            Kind.MEMBERSHIP,
            {membership_id(group=one.group, person=one.person): one for one in memberships},
        ),
        await world.add_missing(
            Kind.SITE, {_guid("b000", one.number): _site(one) for one in demo.site}
        ),
        await world.add_missing(
            Kind.POOL, {pool_id(entity=one.entity, name=one.name): one for one in pools}
        ),
    ]
    return sum(added)


def _account(person: DemoPerson, now: datetime) -> SimAccount:
    own = (person.entity,) if person.entity else ()
    always = tuple(SimEntitlement(entity=one) for one in (*own, *person.entitled))
    later = tuple(
        SimEntitlement(entity=one.entity, from_at=now + timedelta(seconds=one.after_s))
        for one in person.entitled_later
    )
    mailbox = SimMailbox(
        guid=_guid("9000", person.number), primary=person.upn, aliases=person.aliases
    )
    drive = SimDrive(url=drive_url(person.upn), size_bytes=person.drive_mb * _MEBIBYTE)
    return SimAccount(
        id=demo_person_id(person.number),
        name=person.name,
        upn=person.upn,
        profile=person.profile,
        status=person.status,
        employee_id=person.employee_id,
        entity=person.entity,
        entitlements=always + later,
        is_guest=person.is_guest,
        is_deleted=person.is_deleted,
        is_synced=person.is_synced,
        mailbox=None if person.is_guest else mailbox,
        drive=None if person.is_guest else drive,
    )


def _group(group: DemoGroup) -> SimGroup:
    return SimGroup(id=_guid("a000", group.number), name=group.name, kind=group.kind)


def _memberships(group: DemoGroup) -> Iterator[SimMembership]:
    for number in sorted({*group.owners, *group.members}):
        yield SimMembership(
            group=_guid("a000", group.number),
            person=demo_person_id(number),
            is_member=True,
            is_owner=number in group.owners,
        )


def _site(site: DemoSite) -> SimSite:
    return SimSite(
        id=_guid("b000", site.number),
        name=site.name,
        owners=tuple(demo_person_id(number) for number in site.owners),
        members=tuple(demo_person_id(number) for number in site.members),
    )


def _pool(pool: DemoPool, accounts: Iterable[SimAccount], register: Register) -> SimPool:
    entity = register.entity(EntityCode(pool.entity))
    total = entity.pools.get(pool.name) if entity else None
    if total is None:
        raise SeedError(f"the register knows no pool {pool.name} of {pool.entity}")
    profile = None if pool.name in register.contract.shared_pools else pool.name
    others = pool.in_use - seats(accounts, entity=pool.entity, profile=profile)
    if others < 0 or pool.in_use > total:
        raise SeedError(f"pool {pool.name} of {pool.entity} cannot have {pool.in_use} in use")
    return SimPool(entity=pool.entity, name=pool.name, others=others)


def _check_people(name: str, numbers: set[int], known: set[int]) -> None:
    if unknown := numbers - known:
        raise SeedError(f"{name} names people that do not exist: {sorted(unknown)}")


def _guid(block: str, number: int) -> str:
    return f"00000000-0000-4000-{block}-{number:012d}"
