"""The directory and the licence administration of the simulated tenant."""

import contextlib
import unicodedata
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Final

from rapidfuzz import fuzz

from fulfilment.tenant import Owner, PermanentTenantError, TransientTenantError
from fulfilment.tenants.simulated.records import SimAccount, pool_id
from fulfilment.tenants.simulated.tenant import SimulatedTenant
from fulfilment.tenants.simulated.world import SimulatedWorld
from mutations.directory import Access, DirectoryUnavailableError, Footprint, Person, PoolCount
from mutations.identity import EntityCode, ObjectId, Upn
from mutations.register import Register

_NAME_MARKS: Final = str.maketrans({"'": "", "\N{RIGHT SINGLE QUOTATION MARK}": "", "-": " "})
_LONGEST_QUERY: Final = 120
_EXACT: Final = 200.0
_PREFIXES: Final = 150.0
_ALIKE: Final = 82.0  # one or two letters wrong in a name of usual length


class SimulatedDirectory:
    """Implements `mutations.directory.Directory`."""

    def __init__(
        self, world: SimulatedWorld, tenant: SimulatedTenant, *, register: Register
    ) -> None:
        """Look into `world`.

        Args:
            world: What exists.
            tenant: The tenant on the same world, for the groups and sites.
            register: Tells how many licences the entities have and which are shared.
        """
        self._world = world
        self._tenant = tenant
        self._register = register

    async def search(self, text: str, *, limit: int) -> Sequence[Person]:
        """Return people whose name or address fits `text`, best first, at most `limit`.

        Case, diacritics and apostrophes make no difference, words may be shortened or in another
        order, and a slip of the pen is forgiven.
        """
        async with self._call("search"):
            accounts = await self._world.accounts()
        query = text[:_LONGEST_QUERY].strip()
        scored = [
            (_score(query, account), account)
            for account in accounts.values()
            if not account.is_deleted
        ]
        fitting = [pair for pair in scored if pair[0] >= _ALIKE]
        fitting.sort(key=lambda pair: (-pair[0], pair[1].name, pair[1].upn))
        return tuple(self._person(account) for _, account in fitting[:limit])

    async def person(self, object_id: ObjectId) -> Person | None:
        """Return one person, or None when the directory has no such account."""
        async with self._call("person"):
            found = await self._world.account(object_id)
        return None if found is None else self._person(found)

    async def footprint(self, object_id: ObjectId) -> Footprint:
        """Return the groups and sites of a person with their owners."""
        async with self._call("footprint"):
            groups = await self._tenant.memberships(object_id)
            sites = await self._tenant.sites(object_id)
            owners = await self._tenant.owners(object_id)
        return Footprint(
            groups=_accesses((one.name, owners.get(one.group_id, ())) for one in groups),
            sites=_accesses((one.name, owners.get(one.site_id, ())) for one in sites),
        )

    async def licences(self, entity: EntityCode, pool: str) -> PoolCount | None:
        """Return the numbers of a licence pool: seats follow the accounts of the entity."""
        known = self._register.entity(entity)
        if known is None or pool not in known.pools:
            return None
        async with self._call("licences"):
            others = await self._world.pool(pool_id(entity=entity, name=pool))
            accounts = await self._world.accounts()
        in_use = seats(
            accounts.values(),
            entity=entity,
            profile=None if pool in self._register.contract.shared_pools else pool,
        )
        return PoolCount(total=known.pools[pool], in_use=in_use + (others.others if others else 0))

    @contextlib.asynccontextmanager
    async def _call(self, operation: str) -> AsyncIterator[None]:
        try:
            async with self._world.call(operation):
                yield
        except (TransientTenantError, PermanentTenantError) as error:
            raise DirectoryUnavailableError from error

    def _person(self, account: SimAccount) -> Person:
        now = self._world.now
        shown = frozenset(EntityCode(one.entity) for one in account.entitlements if one.shows(now))
        return Person(
            object_id=ObjectId(account.id),
            name=account.name,
            upn=Upn(account.upn),
            entity=EntityCode(account.entity) if account.entity else None,
            entitlements=shown,
            profile=account.profile,
            status=account.status,
            is_guest=account.is_guest,
            is_enabled=account.enabled,
            employee_id=account.employee_id,
        )


def seats(accounts: Iterable[SimAccount], *, entity: str, profile: str | None) -> int:
    """Return how many of these accounts hold a seat: one profile of an entity, or all of it."""
    return sum(
        1
        for account in accounts
        if account.entity == entity
        and not account.is_deleted
        and profile in {None, account.profile}
    )


def fold(text: str) -> str:
    """Return text without case, diacritics and apostrophes, so that spellings of a name meet."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return plain.translate(_NAME_MARKS)


def _score(query: str, account: SimAccount) -> float:
    """Return how well an account fits, 0 for not at all."""
    if not query:
        return 0.0
    if account.holds(query):
        return _EXACT
    asked, name = fold(query), fold(account.name)
    if asked == name:
        return _EXACT
    words = asked.replace("@", " ").replace(".", " ").split()
    known = [*name.split(), *fold(account.upn).replace("@", ".").split(".")]
    if words and all(any(one.startswith(word) for one in known) for word in words):
        return _PREFIXES
    return fuzz.token_sort_ratio(asked, name)


def _accesses(found: Iterable[tuple[str, Sequence[Owner]]]) -> tuple[Access, ...]:
    named = sorted((name, tuple(owner.name for owner in owners)) for name, owners in found)
    return tuple(Access(name=name, owners=owners) for name, owners in named)
