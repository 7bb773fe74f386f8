"""The simulated tenant as fulfilment sees it; it obeys the rules of the real one."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from fulfilment.tenant import (
    Account,
    Drive,
    GroupKind,
    Holder,
    Mailbox,
    Membership,
    Owner,
    PermanentTenantError,
    SiteAccess,
    domain_of,
)
from fulfilment.tenants.simulated import changes
from fulfilment.tenants.simulated.records import SimAccount, SimMembership, membership_id
from fulfilment.tenants.simulated.world import SimulatedWorld
from mutations.identity import EntityCode, ObjectId, Upn

_MANAGED: Final = {GroupKind.CLOUD, GroupKind.DISTRIBUTION, GroupKind.MAIL_SECURITY}


class SimulatedTenant:
    """Implements `fulfilment.tenant.Tenant` on a world that exists nowhere else."""

    def __init__(self, world: SimulatedWorld, *, domains: frozenset[str]) -> None:
        """Answer for `world`.

        Args:
            world: What exists.
            domains: Mail domains that the tenant may use: those of the entities on it.
        """
        self._world = world
        self._domains = domains

    async def account(self, object_id: ObjectId) -> Account | None:
        """Return one account that is not deleted."""
        async with self._world.call("account"):
            found = await self._world.account(object_id)
            return None if found is None else self._account(found)

    async def mailbox(self, object_id: ObjectId) -> Mailbox | None:
        """Return the mailbox of an account."""
        async with self._world.call("mailbox"):
            found = await self._world.account(object_id)
            if found is None or found.mailbox is None:
                return None
            return Mailbox(**msgspec.structs.asdict(found.mailbox))

    async def memberships(self, object_id: ObjectId) -> Sequence[Membership]:
        """Return every group that an account is a member or an owner of."""
        async with self._world.call("memberships"):
            groups = await self._world.groups()
            known = (await self._world.memberships()).values()
            return tuple(
                Membership(
                    group_id=one.group,
                    name=groups[one.group].name,
                    kind=groups[one.group].kind,
                    is_member=one.is_member,
                    is_owner=one.is_owner,
                )
                for one in known
                if one.person == object_id and (one.is_member or one.is_owner)
            )

    async def sites(self, object_id: ObjectId) -> Sequence[SiteAccess]:
        """Return every SharePoint site that an account reaches."""
        async with self._world.call("sites"):
            return tuple(
                SiteAccess(site_id=site.id, name=site.name)
                for site in (await self._world.sites()).values()
                if object_id in {*site.members, *site.owners}
            )

    async def owners(self, object_id: ObjectId) -> Mapping[str, Sequence[Owner]]:
        """Return who answers for every group and site that an account reaches, by its id."""
        async with self._world.call("owners"):
            accounts = await self._world.accounts()
            known = (await self._world.memberships()).values()
            sites = (await self._world.sites()).values()
        groups = {one.group for one in known if one.person == object_id}
        return {
            **{
                group: _owners([one.person for one in known if _owns(one, group)], accounts)
                for group in groups
            },
            **{site.id: _owners(site.owners, accounts) for site in sites},
        }

    async def drive(self, object_id: ObjectId) -> Drive | None:
        """Return the OneDrive of an account."""
        async with self._world.call("drive"):
            found = await self._world.account(object_id)
            if found is None or found.drive is None:
                return None
            return Drive(url=found.drive.url, size_bytes=found.drive.size_bytes)

    async def holder(self, address: str) -> Holder | None:
        """Return who holds an address, soft-deleted accounts included."""
        async with self._world.call("holder"):
            return _holder(address, await self._world.accounts())

    async def has_domain(self, domain: str) -> bool:
        """Tell whether the tenant may use a mail domain."""
        async with self._world.call("has_domain"):
            return domain in self._domains

    async def accounts_of(self, employee_id: str) -> Sequence[Account]:
        """Return every account of one human that is not deleted; none for an empty number."""
        async with self._world.call("accounts_of"):
            accounts = (await self._world.accounts()).values()
        return tuple(
            self._account(one)
            for one in accounts
            if employee_id and one.employee_id == employee_id and not one.is_deleted
        )

    async def set_upn(self, object_id: ObjectId, upn: Upn) -> None:
        """Give an account another UPN; refused when the domain or the name is not free to use."""
        async with self._world.write("set_upn"):
            if domain_of(upn) not in self._domains:
                raise PermanentTenantError("tenant.domain_unknown", {"domain": domain_of(upn)})
            await self._refuse_taken(upn, object_id)
            await self._world.change_account("set_upn", object_id, changes.renamed(upn), upn=upn)

    async def set_litigation_hold(self, object_id: ObjectId, *, owner: str, comment: str) -> None:
        """Put the mailbox of an account in litigation hold."""
        held = changes.held(owner=owner, comment=comment, at=self._world.now)
        async with self._world.write("set_litigation_hold"):
            await self._world.change_account("set_litigation_hold", object_id, held, owner=owner)

    async def release_litigation_hold(self, object_id: ObjectId) -> None:
        """End the litigation hold of a mailbox."""
        async with self._world.write("release_litigation_hold"):
            await self._world.change_account(
                "release_litigation_hold", object_id, changes.released
            )

    async def remove_aliases(self, object_id: ObjectId, aliases: Sequence[str]) -> None:
        """Take secondary addresses from a mailbox."""
        async with self._world.write("remove_aliases"):
            await self._world.change_account(
                "remove_aliases",
                object_id,
                changes.without_aliases(aliases),
                aliases=sorted(aliases),
            )

    async def add_aliases(self, object_id: ObjectId, aliases: Sequence[str]) -> None:
        """Give a mailbox secondary addresses; refused when somebody else has one of them."""
        async with self._world.write("add_aliases"):
            for alias in aliases:
                await self._refuse_taken(alias, object_id)
            await self._world.change_account(
                "add_aliases", object_id, changes.with_aliases(aliases), aliases=sorted(aliases)
            )

    async def set_sign_in(self, object_id: ObjectId, *, enabled: bool) -> None:
        """Let an account sign in or not."""
        async with self._world.write("set_sign_in"):
            await self._world.change_account(
                "set_sign_in",
                object_id,
                lambda account: msgspec.structs.replace(account, enabled=enabled),
                enabled=enabled,
            )

    async def give_profile(self, object_id: ObjectId, profile: str) -> None:
        """Give an account the licences of a profile; a mailbox and a OneDrive come with them."""
        async with self._world.write("give_profile"):
            await self._world.change_account(
                "give_profile", object_id, changes.with_profile(profile), profile=profile
            )

    async def delete_account(self, object_id: ObjectId) -> None:
        """Move an account to the recycle bin."""
        async with self._world.write("delete_account"):
            await self._world.bin_account("delete_account", object_id, is_deleted=True)

    async def restore_account(self, object_id: ObjectId) -> None:
        """Bring an account back out of the recycle bin."""
        async with self._world.write("restore_account"):
            await self._world.bin_account("restore_account", object_id, is_deleted=False)

    async def remove_group_member(self, group_id: str, object_id: ObjectId) -> None:
        """End a membership; refused where members are not managed in the tenant."""
        async with self._world.write("remove_group_member"):
            await self._cloud_group(group_id)
            await self._world.change_membership(
                "remove_group_member",
                membership_id(group=group_id, person=object_id),
                is_member=False,
            )

    async def remove_group_owner(self, group_id: str, object_id: ObjectId) -> None:
        """End an ownership; refused for the last owner."""
        async with self._world.write("remove_group_owner"):
            name = await self._cloud_group(group_id)
            known = (await self._world.true_memberships()).values()
            owners = {one.person for one in known if _owns(one, group_id)}
            if owners == {object_id}:
                raise PermanentTenantError("tenant.last_owner", {"group": name})
            await self._world.change_membership(
                "remove_group_owner",
                membership_id(group=group_id, person=object_id),
                is_owner=False,
            )

    async def add_group_member(self, group_id: str, object_id: ObjectId) -> None:
        """Make an account a member; refused where members are not managed in the tenant."""
        async with self._world.write("add_group_member"):
            await self._cloud_group(group_id)
            await self._world.change_membership(
                "add_group_member",
                membership_id(group=group_id, person=object_id),
                is_member=True,
            )

    async def add_group_owner(self, group_id: str, object_id: ObjectId) -> None:
        """Make an account an owner; refused where that is not managed in the tenant."""
        async with self._world.write("add_group_owner"):
            await self._cloud_group(group_id)
            await self._world.change_membership(
                "add_group_owner",
                membership_id(group=group_id, person=object_id),
                is_owner=True,
            )

    async def move_to_entity(self, object_id: ObjectId, entity: EntityCode) -> None:
        """Bring an account under an entity whose entitlement reached it; its seats go along."""
        now = self._world.now

        def moved(account: SimAccount) -> SimAccount:
            if not any(one.entity == entity and one.shows(now) for one in account.entitlements):
                raise PermanentTenantError("tenant.entitlement_missing", {"entity": entity})
            return msgspec.structs.replace(account, entity=entity)

        async with self._world.write("move_to_entity"):
            await self._world.change_account("move_to_entity", object_id, moved, entity=entity)

    async def _refuse_taken(self, address: str, object_id: ObjectId) -> None:
        holder = _holder(address, await self._world.true_accounts())
        if holder is not None and holder.object_id != object_id:
            key = "tenant.upn_taken_deleted" if holder.is_deleted else "tenant.upn_taken"
            raise PermanentTenantError(key, {"address": address})

    async def _cloud_group(self, group_id: str) -> str:
        group = await self._world.group(group_id)
        if group is None:
            raise PermanentTenantError("tenant.group_missing", {})
        if group.kind not in _MANAGED:
            params = {"group": group.name, "kind": group.kind.value}
            raise PermanentTenantError("tenant.group_kind", params)
        return group.name

    def _account(self, found: SimAccount) -> Account:
        now = self._world.now
        return Account(
            object_id=ObjectId(found.id),
            name=found.name,
            upn=Upn(found.upn),
            enabled=found.enabled,
            entity=EntityCode(found.entity) if found.entity else None,
            entitlements=frozenset(
                EntityCode(one.entity) for one in found.entitlements if one.shows(now)
            ),
            profile=found.profile,
            status=found.status,
            employee_id=found.employee_id,
            is_synced=found.is_synced,
        )


def _owns(membership: SimMembership, group_id: str) -> bool:
    return membership.group == group_id and membership.is_owner


def _owners(ids: Sequence[str], accounts: Mapping[str, SimAccount]) -> tuple[Owner, ...]:
    found = [accounts[one] for one in ids if one in accounts]
    named = [Owner(object_id=ObjectId(one.id), name=one.name) for one in found]
    return tuple(sorted(named, key=lambda owner: owner.name))


def _holder(address: str, accounts: Mapping[str, SimAccount]) -> Holder | None:
    for account in accounts.values():
        if account.holds(address):
            return Holder(object_id=ObjectId(account.id), is_deleted=account.is_deleted)
    return None
