"""Fills the fake tenant with the demo world, so that the same people are in both tenants.

What the simulated tenant says in words of its own is here in properties of Entra: the entity in
`companyName`, the entitlements in `extensionAttribute1` with `;` between them, the administrative
status in `employeeType`, and the profile as a licence. The client's configuration may name others.
"""

import itertools
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import Final

from msgspec.structs import replace

from fulfilment.tenant import GroupKind
from fulfilment.tenants.simulated.seed import DemoGroup, DemoPerson, DemoWorld, demo_person_id
from mutations.identity import EntityCode
from mutations.register import Register
from tests.fakes.tenant_dual_write import drive_url
from tests.fakes.tenant_records import (
    Drive,
    Group,
    Licence,
    Mailbox,
    Sku,
    User,
    proxies,
)
from tests.fakes.tenant_side import FakeTenant
from tests.fakes.tenant_state import TenantState

PROFILE_SKUS: Final = {
    "Kenniswerker": "05e9a617-0261-4cee-bb44-138d3ef5d965",
    "Veldwerker": "66b55226-6b4f-492c-910c-a3b7a3c9d993",
}
"""Licence of each profile: Microsoft 365 E3 and F3."""

_PART_NUMBERS: Final = {"Kenniswerker": "SPE_E3", "Veldwerker": "SPE_F1"}
ENTITY_PROPERTY: Final = "companyName"
ENTITLEMENTS_PROPERTY: Final = "extensionAttribute1"
STATUS_PROPERTY: Final = "employeeType"
_MEBIBYTE: Final = 1024 * 1024
_RULE: Final = '(user.department -eq "none")'


def fill(
    tenant: FakeTenant, demo: DemoWorld, register: Register, *, with_others: bool = False
) -> None:
    """Add the people, groups, licences and domains of the demo world.

    Args:
        tenant: Where they go.
        demo: The people of the simulated tenant.
        register: Its entities.
        with_others: Whether whoever else holds a profile's licence is there as an account too, so
            that counting accounts gives what is in use; those have no mailbox and no groups.
    """
    state = tenant.state
    domains = [name for entity in register.entities.values() for name in entity.domains]
    known = [person.upn.rpartition("@")[2] for person in demo.person]
    state.domains = tuple(dict.fromkeys([*domains, *known]))
    for sku in _skus(demo, register):
        kept = replace(sku, others=0) if with_others else sku
        state.add(state.skus, sku.sku_id, kept)
    for person in demo.person:
        _add_person(state, person)
    for other in _others(demo, register) if with_others else ():
        state.add(state.users, other.id, other)
    for group in demo.group:
        made = _group(group)
        state.add(state.groups, made.id, made)


def change_user(tenant: FakeTenant, number: int, **changes: object) -> User:
    """Change a person of the demo world at once, as if it had always been so."""
    state, key = tenant.state, demo_person_id(number)
    before = state.users.true(key)
    assert before is not None
    after = replace(before, **changes)
    state.users.put(key, after, now=state.now, shows_at=state.now)
    mailbox = state.mailboxes.true(key)
    if mailbox is not None and mailbox.is_dir_synced != after.is_synced:
        synced = replace(mailbox, is_dir_synced=after.is_synced)
        state.mailboxes.put(key, synced, now=state.now, shows_at=state.now)
    return after


def change_group(tenant: FakeTenant, number: int, kind: GroupKind) -> Group:
    """Make a group of the demo world one of another kind, with the same people in it."""
    state, key = tenant.state, group_id(number)
    before = state.groups.true(key)
    assert before is not None
    after = _of_kind(before, kind)
    state.groups.put(key, after, now=state.now, shows_at=state.now)
    return after


def group_id(number: int) -> str:
    """Return the id of a group of the demo world."""
    return f"00000000-0000-4000-a000-{number:012d}"


def _add_person(state: TenantState, person: DemoPerson) -> None:
    user = _user(person, state.now)
    state.add(state.users, user.id, user)
    for later in person.entitled_later:
        state.later(later.after_s, partial(_entitle, state, user.id, later.entity))
    if person.is_guest:
        return
    mailbox = Mailbox(
        external_directory_object_id=user.id,
        exchange_guid=f"00000000-0000-4000-9000-{person.number:012d}",
        display_name=person.name,
        user_principal_name=person.upn,
        primary_smtp_address=person.upn,
        email_addresses=proxies(person.upn, person.aliases),
        is_soft_deleted_by_remove=person.is_deleted,
    )
    drive = Drive(
        id=f"b!{user.id}", web_url=drive_url(person.upn), used=person.drive_mb * _MEBIBYTE
    )
    state.add(state.mailboxes, user.id, mailbox)
    state.add(state.drives, user.id, drive)


def _entitle(state: TenantState, user_id: str, entity: str) -> None:
    """Let one more entitlement reach the directory."""
    user = state.users.true(user_id)
    assert user is not None
    attributes = user.on_premises_extension_attributes
    codes = [code for code in (attributes.get(ENTITLEMENTS_PROPERTY) or "").split(";") if code]
    more = {**attributes, ENTITLEMENTS_PROPERTY: ";".join([*codes, entity])}
    state.write(state.users, user_id, replace(user, on_premises_extension_attributes=more))


def _others(demo: DemoWorld, register: Register) -> Iterator[User]:
    """Return an account for each seat of a profile that nobody of the demo world holds."""
    numbers = itertools.count(1)
    for pool in demo.pool:
        entity = register.entity(EntityCode(pool.entity))
        if pool.name not in PROFILE_SKUS or entity is None:
            continue
        here = sum(
            (one.entity, one.profile, one.is_deleted) == (pool.entity, pool.name, False)
            for one in demo.person
        )
        for number in itertools.islice(numbers, pool.in_use - here):
            upn = f"medewerker{number}@{entity.domains[0]}"
            yield User(
                id=f"00000000-0000-4000-8100-{number:012d}",
                display_name=f"Medewerker {number}",
                user_principal_name=upn,
                mail=upn,
                proxy_addresses=proxies(upn, ()),
                company_name=pool.entity,
                usage_location="BE",
                direct_licences=(Licence(sku_id=PROFILE_SKUS[pool.name]),),
            )


def _user(person: DemoPerson, now: datetime) -> User:
    identity = demo_person_id(person.number)
    own = (person.entity,) if person.entity else ()
    entitled = ";".join((*own, *person.entitled))
    upn = identity.replace("-", "") + person.upn if person.is_deleted else person.upn
    licence = Licence(sku_id=PROFILE_SKUS[person.profile])
    return User(
        id=identity,
        display_name=person.name,
        user_principal_name=upn,
        mail_nickname=person.upn.partition("@")[0],
        mail=person.upn,
        proxy_addresses=() if person.is_guest else proxies(person.upn, person.aliases),
        employee_id=person.employee_id or None,
        employee_type=person.status,
        company_name=person.entity,
        usage_location="BE",
        user_type="Guest" if person.is_guest else "Member",
        on_premises_extension_attributes={ENTITLEMENTS_PROPERTY: entitled or None},
        direct_licences=() if person.is_guest else (licence,),
        deleted_date_time=now if person.is_deleted else None,
    )


def _skus(demo: DemoWorld, register: Register) -> Iterable[Sku]:
    """Return the licences of the profiles: what the entities have, and what others use of it."""
    for profile, sku_id in PROFILE_SKUS.items():
        total = sum(entity.pools.get(profile, 0) for entity in register.entities.values())
        in_use = sum(pool.in_use for pool in demo.pool if pool.name == profile)
        here = sum(
            person.profile == profile and not person.is_guest and not person.is_deleted
            for person in demo.person
        )
        others = PROFILE_SKUS.keys() - {profile}
        yield Sku(
            sku_id=sku_id,
            sku_part_number=_PART_NUMBERS[profile],
            enabled=total,
            others=max(0, in_use - here),
            excludes=tuple(PROFILE_SKUS[name] for name in sorted(others)),
        )


def _group(group: DemoGroup) -> Group:
    people = {number: demo_person_id(number) for number in (*group.owners, *group.members)}
    made = Group(
        id=group_id(group.number),
        display_name=group.name,
        mail_nickname=f"groep{group.number}",
        members=frozenset(people.values()),
        owners=frozenset(people[number] for number in group.owners),
    )
    return _of_kind(made, group.kind)


def _of_kind(group: Group, kind: GroupKind) -> Group:
    address = f"{group.mail_nickname}@tenant.example"
    plain = replace(
        group,
        group_types=("Unified",),
        mail=address,
        mail_enabled=True,
        security_enabled=False,
        membership_rule=None,
        on_premises_sync_enabled=None,
        is_assignable_to_role=None,
        assigned_licenses=(),
    )
    security = replace(plain, group_types=(), mail=None, mail_enabled=False, security_enabled=True)
    kinds = {
        GroupKind.CLOUD: plain,
        GroupKind.DISTRIBUTION: replace(plain, group_types=()),
        GroupKind.MAIL_SECURITY: replace(plain, group_types=(), security_enabled=True),
        GroupKind.DYNAMIC: replace(
            plain, group_types=("Unified", "DynamicMembership"), membership_rule=_RULE
        ),
        GroupKind.SYNCED: replace(security, on_premises_sync_enabled=True),
        GroupKind.ROLE: replace(security, is_assignable_to_role=True),
        GroupKind.LICENSING: replace(
            security, assigned_licenses=(Licence(sku_id=PROFILE_SKUS["Kenniswerker"]),)
        ),
    }
    return kinds[kind]
