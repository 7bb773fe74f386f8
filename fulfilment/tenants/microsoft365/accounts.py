"""Accounts: who they are, what they are called, whether they may sign in, whether they are there.

Whatever the Active Directory masters is refused before anything is written: Microsoft refuses
some of it, and takes some of it until the next synchronisation undoes it.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from fulfilment.tenant import (
    Account,
    Drive,
    Holder,
    PermanentTenantError,
    TransientTenantError,
    domain_of,
)
from fulfilment.tenants.microsoft365 import calls
from fulfilment.tenants.microsoft365.answers import MISSING, raise_for
from fulfilment.tenants.microsoft365.attributes import TenantAttributes
from fulfilment.tenants.microsoft365.call import Call, Graph
from fulfilment.tenants.microsoft365.documents import (
    DomainDocument,
    DriveDocument,
    UserDocument,
    read,
    read_all,
)
from fulfilment.tenants.microsoft365.graph import collect
from fulfilment.tenants.microsoft365.licences import change_to, was_taken_already
from mutations.identity import EntityCode, ObjectId, Upn

_TAKEN: Final = "tenant.upn_taken"


class Accounts:
    """Reads and changes accounts through Microsoft Graph."""

    def __init__(self, graph: Graph, attributes: TenantAttributes) -> None:
        self._graph = graph
        self._attributes = attributes

    async def find(self, object_id: ObjectId) -> Account | None:
        """Return one account that is not deleted."""
        found = await self._document(object_id)
        return None if found is None else self._attributes.account(found)

    async def of_human(self, employee_id: str) -> tuple[Account, ...]:
        """Return every account of one human; none for an empty number, which many may have."""
        if not employee_id.strip():
            return ()
        found = await collect(self._graph, calls.users_by_employee_id(employee_id.strip()))
        return tuple(self._attributes.account(one) for one in read_all(found, UserDocument))

    async def drive(self, object_id: ObjectId) -> Drive | None:
        """Return the OneDrive of an account, with the bytes it takes up."""
        body = await self._read(calls.drive_of(object_id))
        if body is None:
            return None
        found = read(body, DriveDocument)
        used = found.quota.used if found.quota else None
        return Drive(url=found.web_url, size_bytes=used or 0)

    async def holder(self, address: str) -> Holder | None:
        """Return who holds an address; one who can sign in comes before one in the bin."""
        live, deleted = await asyncio.gather(
            collect(self._graph, calls.users_by_address(address)),
            collect(self._graph, calls.deleted_users_by_address(address)),
        )
        for found, is_deleted in ((live, False), (deleted, True)):
            for user in read_all(found, UserDocument):
                if user.holds(address):
                    return Holder(object_id=ObjectId(user.id.lower()), is_deleted=is_deleted)
        return None

    async def has_domain(self, domain: str) -> bool:
        """Tell whether a domain is one of the tenant, and proven to be."""
        found = await collect(self._graph, calls.list_domains())
        wanted = domain.casefold()
        return any(
            one.is_verified and one.id.casefold() == wanted
            for one in read_all(found, DomainDocument)
        )

    async def rename(self, object_id: ObjectId, upn: Upn) -> None:
        """Give an account another UPN; Exchange keeps the old address as an alias.

        Raises:
            PermanentTenantError: The account is synced, or the domain or the name is not free.
        """
        user, holder, has_domain = await asyncio.gather(
            self._existing(object_id), self.holder(upn), self.has_domain(domain_of(upn))
        )
        _refuse_synced(user, "userPrincipalName")
        if not has_domain:
            raise PermanentTenantError("tenant.domain_unknown", {"domain": domain_of(upn)})
        _refuse_other(holder, object_id, upn)
        call = calls.rename_user(object_id, upn)
        try:
            await self._write(call, address=upn, domain=domain_of(upn))
        except PermanentTenantError as error:
            if error.key == _TAKEN:
                _refuse_other(await self.holder(upn), object_id, upn)
            raise

    async def set_sign_in(self, object_id: ObjectId, *, enabled: bool) -> None:
        """Let an account sign in or not.

        Sessions end before the account is blocked: if that fails, the account still shows that
        it is not blocked and all is done again; a block alone would pass for done.
        """
        _refuse_synced(await self._existing(object_id), "accountEnabled")
        if not enabled:
            await self._write(calls.revoke_sessions(object_id))
        await self._write(calls.set_sign_in(object_id, enabled=enabled))

    async def move(self, object_id: ObjectId, entity: EntityCode) -> None:
        """Bring an account under an entity whose entitlement reached it."""
        user = await self._existing(object_id)
        _refuse_synced(user, self._attributes.entity)
        if entity not in self._attributes.account(user).entitlements:
            raise PermanentTenantError("tenant.entitlement_missing", {"entity": entity})
        await self._write(calls.set_attribute(object_id, self._attributes.entity, entity))

    async def give_profile(self, object_id: ObjectId, profile: str) -> None:
        """Give an account the licences of a profile, and take those of another, in one call.

        Raises:
            PermanentTenantError: No seat is left, or a licence is in the way.
        """
        if self._attributes.main_sku(profile) is None:
            raise PermanentTenantError("tenant.profile_unknown", {"profile": profile})
        user = await self._existing(object_id)
        change = change_to(profile, user, self._attributes)
        if not change.is_needed:
            return
        if not user.usage_location:
            country = self._attributes.usage_location
            await self._write(calls.set_usage_location(object_id, country))
        call = calls.assign_licences(object_id, add=change.add, remove=change.remove)
        await self._write(call, profile=profile)

    async def delete(self, object_id: ObjectId) -> None:
        """Move an account to the recycle bin; no fault when it is there."""
        user, is_deleted = await self._both(object_id)
        if user is None:
            if is_deleted:
                return
            raise _account_missing()
        _refuse_synced(user, "account")
        await self._write(calls.delete_user(object_id))

    async def restore(self, object_id: ObjectId) -> None:
        """Bring an account back out of the recycle bin; no fault when it is back.

        Raises:
            PermanentTenantError: It is not there any more, or another account has its name.
        """
        user, is_deleted = await self._both(object_id)
        if user is not None:
            return
        if not is_deleted:
            raise _account_missing()
        try:
            await self._write(calls.restore_user(object_id))
        except PermanentTenantError as error:
            if error.key == _TAKEN:
                raise PermanentTenantError("tenant.restore_conflict", error.params) from error
            raise

    async def is_deleted(self, object_id: ObjectId) -> bool:
        """Tell whether an account is in the recycle bin."""
        return await self._read(calls.read_deleted_user(object_id)) is not None

    async def _both(self, object_id: ObjectId) -> tuple[UserDocument | None, bool]:
        return await asyncio.gather(self._document(object_id), self.is_deleted(object_id))

    async def _existing(self, object_id: ObjectId) -> UserDocument:
        found = await self._document(object_id)
        if found is None:
            raise _account_missing()
        return found

    async def _document(self, object_id: ObjectId) -> UserDocument | None:
        body = await self._read(calls.read_user(object_id))
        return None if body is None else read(body, UserDocument)

    async def _read(self, call: Call) -> Mapping[str, Any] | None:
        reply = await self._graph.send(call)
        if reply.status == MISSING:
            return None
        raise_for(reply, call)
        return reply.body

    async def _write(self, call: Call, **params: object) -> None:
        """Change an account that was read a moment ago.

        A part of the directory that does not know it is behind, or somebody was first: either
        way what is there has to be read anew.
        """
        reply = await self._graph.send(call)
        if reply.status == MISSING or was_taken_already(reply):
            raise TransientTenantError
        raise_for(reply, call, **params)


def _refuse_synced(user: UserDocument, prop: str) -> None:
    if user.on_premises_sync_enabled:
        raise PermanentTenantError("tenant.synced", {"property": prop})


def _refuse_other(holder: Holder | None, object_id: ObjectId, upn: Upn) -> None:
    if holder is not None and holder.object_id != object_id:
        key = "tenant.upn_taken_deleted" if holder.is_deleted else _TAKEN
        raise PermanentTenantError(key, {"address": upn})


def _account_missing() -> PermanentTenantError:
    return PermanentTenantError("tenant.account_missing", {})
