"""The directory and the licence administration of the real tenant."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Final

from rapidfuzz import fuzz, utils

from fulfilment.tenant import Account, Owner, PermanentTenantError, TransientTenantError
from fulfilment.tenants.microsoft365 import calls
from fulfilment.tenants.microsoft365.answers import MISSING, raise_for
from fulfilment.tenants.microsoft365.attributes import TenantAttributes
from fulfilment.tenants.microsoft365.call import Call, Graph
from fulfilment.tenants.microsoft365.documents import UserDocument, read, read_all
from fulfilment.tenants.microsoft365.tenant import Microsoft365Tenant
from mutations.directory import Access, DirectoryUnavailableError, Footprint, Person, PoolCount
from mutations.identity import EntityCode, ObjectId
from mutations.register import Register

_LONGEST_QUERY: Final = 120
_MOST_FOUND: Final = 50
_EXACT: Final = 200.0


class Microsoft365Directory:
    """Implements `mutations.directory.Directory` on Microsoft Graph."""

    def __init__(
        self,
        graph: Graph,
        tenant: Microsoft365Tenant,
        *,
        attributes: TenantAttributes,
        register: Register,
    ) -> None:
        """Look into a tenant.

        Args:
            graph: Reaches it.
            tenant: The same one, for the groups and sites.
            attributes: Where it keeps entity, entitlements, status and profile.
            register: Tells how many licences the entities have and which are shared.
        """
        self._graph = graph
        self._tenant = tenant
        self._attributes = attributes
        self._register = register

    async def search(self, text: str, *, limit: int) -> Sequence[Person]:
        """Return people whose name or address fits `text`, best first, at most `limit`.

        Microsoft finds words by how they begin, in any order; it forgives no slip of the pen.
        Whoever has `text` as an address, an alias as well, comes first.
        """
        query = text[:_LONGEST_QUERY].strip()
        if not query or limit < 1:
            return ()
        async with _available():
            found = {user.id: user for user in await self._found(query)}
        ranked = sorted(found.values(), key=lambda user: _rank(query, user))
        return tuple(self._person(user) for user in ranked[:limit])

    async def person(self, object_id: ObjectId) -> Person | None:
        """Return one person, or None when the directory has no such account."""
        async with _available():
            call = calls.read_user(object_id)
            reply = await self._graph.send(call)
            if reply.status == MISSING:
                return None
            raise_for(reply, call)
            return self._person(read(reply.body, UserDocument))

    async def footprint(self, object_id: ObjectId) -> Footprint:
        """Return the groups of a person and the sites that belong to them, with their owners."""
        async with _available():
            groups, sites, owners = await asyncio.gather(
                self._tenant.memberships(object_id),
                self._tenant.sites(object_id),
                self._tenant.owners(object_id),
            )
        return Footprint(
            groups=_accesses((one.name, owners.get(one.group_id, ())) for one in groups),
            sites=_accesses((one.name, owners.get(one.site_id, ())) for one in sites),
        )

    async def licences(self, entity: EntityCode, pool: str) -> PoolCount | None:
        """Return the numbers of a licence pool: seats follow the accounts of the entity.

        A shared pool counts who may sign in, a profile who holds its first licence.
        """
        known = self._register.entity(entity)
        if known is None or pool not in known.pools:
            return None
        sku = self._attributes.main_sku(pool)
        is_shared = pool in self._register.contract.shared_pools
        if sku is None and not is_shared:
            return None
        call = calls.count_users(
            attribute=self._attributes.entity,
            value=entity,
            sku=None if is_shared else sku,
            enabled_only=is_shared,
        )
        async with _available():
            in_use = await self._count(call)
        return PoolCount(total=known.pools[pool], in_use=in_use)

    async def _found(self, query: str) -> list[UserDocument]:
        asked = [calls.search_users(query, limit=_MOST_FOUND)]
        if "@" in query:
            asked.append(calls.users_by_address(query))
        replies = await asyncio.gather(*(self._first_page(call) for call in asked))
        return [user for users in replies for user in users]

    async def _first_page(self, call: Call) -> list[UserDocument]:
        reply = await self._graph.send(call)
        raise_for(reply, call)
        return read_all(reply.body.get("value", ()), UserDocument)

    async def _count(self, call: Call) -> int:
        reply = await self._graph.send(call)
        raise_for(reply, call)
        count = reply.body.get("@odata.count")
        if not isinstance(count, int):
            raise TransientTenantError
        return count

    def _person(self, user: UserDocument) -> Person:
        account: Account = self._attributes.account(user)
        return Person(
            object_id=account.object_id,
            name=account.name,
            upn=account.upn,
            entity=account.entity,
            entitlements=account.entitlements,
            profile=account.profile,
            status=account.status,
            is_guest=user.is_guest,
            is_enabled=account.enabled,
            employee_id=account.employee_id,
        )


@contextlib.asynccontextmanager
async def _available() -> AsyncIterator[None]:
    try:
        yield
    except (TransientTenantError, PermanentTenantError) as error:
        raise DirectoryUnavailableError from error


def _rank(query: str, user: UserDocument) -> tuple[float, str, str]:
    name = user.display_name or ""
    alike = fuzz.token_sort_ratio(query, name, processor=utils.default_process)
    return -(_EXACT if user.holds(query) else alike), name, user.user_principal_name


def _accesses(found: Iterable[tuple[str, Sequence[Owner]]]) -> tuple[Access, ...]:
    named = sorted((name, tuple(owner.name for owner in owners)) for name, owners in found)
    return tuple(Access(name=name, owners=owners) for name, owners in named)
