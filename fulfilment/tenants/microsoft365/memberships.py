"""Groups of one account: what it is in them, and how that changes.

Members and owners of Microsoft 365 and security groups change through Microsoft Graph, members of
distribution lists and mail-enabled security groups through Exchange, those of other kinds not.
"""

import asyncio
from collections.abc import Iterable
from typing import Final

from fulfilment.tenant import (
    Membership,
    Owner,
    PermanentTenantError,
    SiteAccess,
    TransientTenantError,
)
from fulfilment.tenants.microsoft365 import calls
from fulfilment.tenants.microsoft365.answers import MISSING, is_there_already, raise_for
from fulfilment.tenants.microsoft365.call import Call, Exchange, Graph
from fulfilment.tenants.microsoft365.documents import (
    DriveDocument,
    GroupDocument,
    OwnerDocument,
    read,
    read_all,
)
from fulfilment.tenants.microsoft365.graph import collect
from fulfilment.tenants.microsoft365.groups import (
    BY_EXCHANGE,
    has_site,
    kind_of,
    must_change_members,
    must_change_owners,
)
from fulfilment.tenants.microsoft365.look import present_look
from mutations.identity import ObjectId

_GROUP_MISSING: Final = "tenant.group_missing"
_LAST_OWNER: Final = "tenant.last_owner"


class Memberships:
    """Reads and changes what accounts are in groups."""

    def __init__(self, graph: Graph, exchange: Exchange) -> None:
        self._graph = graph
        self._exchange = exchange
        self._site_ids: dict[str, str] = {}

    async def of(self, account: ObjectId) -> tuple[Membership, ...]:
        """Return every group that an account is a direct member or an owner of.

        Raises:
            PermanentTenantError: There is no such account.
        """
        member_of, owned = await self._groups(account)
        groups = {group.id: group for group in (*member_of, *owned)}
        members, owners = {group.id for group in member_of}, {group.id for group in owned}
        return tuple(
            Membership(
                group_id=group.id,
                name=group.name,
                kind=kind_of(group),
                is_member=group.id in members,
                is_owner=group.id in owners,
            )
            for group in groups.values()
        )

    async def sites(self, account: ObjectId) -> tuple[SiteAccess, ...]:
        """Return the SharePoint sites that belong to the Microsoft 365 groups of an account.

        Microsoft lists no sites by person to a program, so sites whose own permissions name the
        account are not among them.
        """
        groups = await self._each_group(account)
        found = await asyncio.gather(*(self._site(group) for group in groups))
        return tuple(
            SiteAccess(site_id=site_id, name=group.name)
            for group, site_id in zip(groups, found, strict=True)
            if site_id
        )

    async def owners(self, account: ObjectId) -> dict[str, tuple[Owner, ...]]:
        """Return who owns every group of an account, by the id of the group and of its site."""
        groups = await self._each_group(account)
        owners, sites = await asyncio.gather(
            asyncio.gather(*(self._owners(group.id) for group in groups)),
            asyncio.gather(*(self._site(group) for group in groups)),
        )
        by_group = {group.id: found for group, found in zip(groups, owners, strict=True)}
        by_site = {site: found for site, found in zip(sites, owners, strict=True) if site}
        return by_group | by_site

    async def add_member(self, group_id: str, account: ObjectId) -> None:
        """Make an account a member; no fault when it is one already."""
        group = await self._group(group_id)
        if must_change_members(group) in BY_EXCHANGE:
            await self._by_exchange("Add-DistributionGroupMember", group, account)
        else:
            await self._add(calls.add_member(group_id, account), group)

    async def remove_member(self, group_id: str, account: ObjectId) -> None:
        """End a membership; no fault when there is none."""
        group = await self._group(group_id)
        if must_change_members(group) in BY_EXCHANGE:
            await self._by_exchange("Remove-DistributionGroupMember", group, account)
        else:
            await self._remove(calls.remove_member(group_id, account), group)

    async def add_owner(self, group_id: str, account: ObjectId) -> None:
        """Make an account an owner; no fault when it is one already."""
        group = await self._group(group_id)
        must_change_owners(group)
        await self._add(calls.add_owner(group_id, account), group)

    async def remove_owner(self, group_id: str, account: ObjectId) -> None:
        """End an ownership; no fault when there is none.

        Raises:
            PermanentTenantError: It would leave the group without an owner.
            TransientTenantError: Microsoft says so although another owner is there, which passes.
        """
        group = await self._group(group_id)
        must_change_owners(group)
        try:
            await self._remove(calls.remove_owner(group_id, account), group)
        except PermanentTenantError as error:
            if error.key != _LAST_OWNER or _are_only(await self._owners(group_id), account):
                raise
            raise TransientTenantError from error

    async def _groups(self, account: ObjectId) -> tuple[list[GroupDocument], list[GroupDocument]]:
        member_of, owned = await asyncio.gather(
            collect(self._graph, calls.groups_of(account)),
            collect(self._graph, calls.owned_groups_of(account)),
        )
        found = read_all(member_of, GroupDocument), read_all(owned, GroupDocument)
        if look := present_look():
            for group in (*found[0], *found[1]):
                look.keep(("group", group.id), group)
        return found

    async def _each_group(self, account: ObjectId) -> list[GroupDocument]:
        member_of, owned = await self._groups(account)
        return list({group.id: group for group in (*member_of, *owned)}.values())

    async def _group(self, group_id: str) -> GroupDocument:
        look = present_look()
        known: GroupDocument | None = look.kept(("group", group_id)) if look else None
        if known is not None:
            return known
        call = calls.read_group(group_id)
        reply = await self._graph.send(call)
        raise_for(reply, call)
        return read(reply.body, GroupDocument)

    async def _owners(self, group_id: str) -> tuple[Owner, ...]:
        """Return the people who own a group, by name; none when it ended meanwhile."""
        try:
            found = await collect(self._graph, calls.owners_of(group_id))
        except PermanentTenantError as error:
            if error.key == _GROUP_MISSING:
                return ()
            raise
        return _named(read_all(found, OwnerDocument))

    async def _site(self, group: GroupDocument) -> str:
        """Return the id of the site of a group, which never changes; empty when it has none."""
        if not has_site(group):
            return ""
        if group.id not in self._site_ids:
            call = calls.drive_of_group(group.id)
            reply = await self._graph.send(call)
            if reply.status == MISSING:
                return ""
            raise_for(reply, call)
            self._site_ids[group.id] = read(reply.body, DriveDocument).site_id
        return self._site_ids[group.id]

    async def _add(self, call: Call, group: GroupDocument) -> None:
        reply = await self._graph.send(call)
        if not is_there_already(reply):
            raise_for(reply, call, group=group.name, kind=kind_of(group).value)

    async def _remove(self, call: Call, group: GroupDocument) -> None:
        reply = await self._graph.send(call)
        if reply.status != MISSING:
            raise_for(reply, call, group=group.name, kind=kind_of(group).value)

    async def _by_exchange(self, cmdlet: str, group: GroupDocument, account: ObjectId) -> None:
        done = {
            "Add-DistributionGroupMember": "tenant.member_already",
            "Remove-DistributionGroupMember": "tenant.member_missing",
        }
        options = {"Confirm": False} if cmdlet.startswith("Remove") else {}
        try:
            await self._exchange.run(
                cmdlet,
                Identity=calls.guid(group.id),
                Member=calls.guid(account),
                BypassSecurityGroupManagerCheck=True,
                **options,
            )
        except PermanentTenantError as error:
            if error.key != done[cmdlet]:
                params = {**error.params, "group": group.name, "kind": kind_of(group).value}
                raise PermanentTenantError(error.key, params) from error


def _are_only(owners: Iterable[Owner], account: ObjectId) -> bool:
    return {owner.object_id for owner in owners} == {account}


def _named(owners: Iterable[OwnerDocument]) -> tuple[Owner, ...]:
    people = [
        Owner(object_id=ObjectId(one.id.lower()), name=one.display_name or one.id)
        for one in owners
        if one.is_user
    ]
    return tuple(sorted(people, key=lambda owner: owner.name))
