"""The real tenant as fulfilment sees it."""

from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

from fulfilment.tenant import (
    Account,
    Drive,
    Holder,
    Mailbox,
    Membership,
    Owner,
    PermanentTenantError,
    SiteAccess,
)
from fulfilment.tenants.microsoft365.accounts import Accounts
from fulfilment.tenants.microsoft365.attributes import TenantAttributes
from fulfilment.tenants.microsoft365.call import Exchange, Graph
from fulfilment.tenants.microsoft365.look import LookingExchange, LookingGraph
from fulfilment.tenants.microsoft365.mailboxes import Mailboxes
from fulfilment.tenants.microsoft365.memberships import Memberships
from mutations.identity import EntityCode, ObjectId, Upn

_ACCOUNT_MISSING: Final = "tenant.account_missing"
_T = TypeVar("_T")


class Microsoft365Tenant:
    """Implements `fulfilment.tenant.Tenant` on Microsoft Graph and Exchange Online.

    Reads that belong to one question go out at the same moment, so that the transport sends them
    together. Every answer is what the tenant shows now, or in this look (`look.one_look`).
    """

    def __init__(self, graph: Graph, exchange: Exchange, *, attributes: TenantAttributes) -> None:
        """Answer for the tenant that `graph` and `exchange` reach."""
        looking, shell = LookingGraph(graph), LookingExchange(exchange)
        self._accounts = Accounts(looking, attributes)
        self._mailboxes = Mailboxes(shell)
        self._memberships = Memberships(looking, shell)

    async def account(self, object_id: ObjectId) -> Account | None:
        """Return one account that is not deleted."""
        return await self._accounts.find(object_id)

    async def mailbox(self, object_id: ObjectId) -> Mailbox | None:
        """Return the mailbox of an account; the tenant's own routing address is no alias."""
        return await self._mailboxes.find(object_id)

    async def memberships(self, object_id: ObjectId) -> Sequence[Membership]:
        """Return every group that an account is a direct member or an owner of.

        An account in the recycle bin is in none.
        """
        try:
            return await self._memberships.of(object_id)
        except PermanentTenantError as error:
            return await self._none_if_deleted(object_id, error)

    async def sites(self, object_id: ObjectId) -> Sequence[SiteAccess]:
        """Return the SharePoint sites that an account reaches by its Microsoft 365 groups.

        Sites that name the account itself are not told to a program, so they are not here.
        """
        try:
            return await self._memberships.sites(object_id)
        except PermanentTenantError as error:
            return await self._none_if_deleted(object_id, error)

    async def owners(self, object_id: ObjectId) -> Mapping[str, Sequence[Owner]]:
        """Return who owns every group of an account, by the id of the group and of its site.

        An account in the recycle bin is in none.
        """
        try:
            return await self._memberships.owners(object_id)
        except PermanentTenantError as error:
            await self._none_if_deleted(object_id, error)
            return {}

    async def drive(self, object_id: ObjectId) -> Drive | None:
        """Return the OneDrive of an account."""
        return await self._accounts.drive(object_id)

    async def holder(self, address: str) -> Holder | None:
        """Return which account holds an address, soft-deleted accounts included.

        An address of a group is not found here; Microsoft refuses it when it is written.
        """
        return await self._accounts.holder(address)

    async def has_domain(self, domain: str) -> bool:
        """Tell whether the tenant may use a mail domain."""
        return await self._accounts.has_domain(domain)

    async def set_upn(self, object_id: ObjectId, upn: Upn) -> None:
        """Give an account another UPN; refused when the domain or the name is not free to use."""
        await self._accounts.rename(object_id, upn)

    async def set_litigation_hold(self, object_id: ObjectId, *, owner: str, comment: str) -> None:
        """Put the mailbox of an account in litigation hold."""
        await self._mailboxes.hold(object_id, owner=owner, comment=comment)

    async def release_litigation_hold(self, object_id: ObjectId) -> None:
        """End the litigation hold of a mailbox; Exchange keeps its content 30 days more."""
        await self._mailboxes.release(object_id)

    async def remove_aliases(self, object_id: ObjectId, aliases: Sequence[str]) -> None:
        """Take secondary addresses from a mailbox; refused for an account of the AD."""
        await self._must_be_cloud(object_id, "proxyAddresses")
        await self._mailboxes.remove_aliases(object_id, aliases)

    async def add_aliases(self, object_id: ObjectId, aliases: Sequence[str]) -> None:
        """Give a mailbox secondary addresses; refused for an account of the AD."""
        await self._must_be_cloud(object_id, "proxyAddresses")
        await self._mailboxes.add_aliases(object_id, aliases)

    async def remove_group_member(self, group_id: str, object_id: ObjectId) -> None:
        """End a membership; refused where members are not managed in the tenant."""
        await self._memberships.remove_member(group_id, object_id)

    async def remove_group_owner(self, group_id: str, object_id: ObjectId) -> None:
        """End an ownership; refused for the last owner."""
        await self._memberships.remove_owner(group_id, object_id)

    async def add_group_member(self, group_id: str, object_id: ObjectId) -> None:
        """Make an account a member; refused where members are not managed in the tenant."""
        await self._memberships.add_member(group_id, object_id)

    async def add_group_owner(self, group_id: str, object_id: ObjectId) -> None:
        """Make an account an owner; refused where owners are not managed in the tenant."""
        await self._memberships.add_owner(group_id, object_id)

    async def accounts_of(self, employee_id: str) -> Sequence[Account]:
        """Return every account of one human that is not deleted."""
        return await self._accounts.of_human(employee_id)

    async def set_sign_in(self, object_id: ObjectId, *, enabled: bool) -> None:
        """Let an account sign in or not; tokens handed out before live on for up to an hour."""
        await self._accounts.set_sign_in(object_id, enabled=enabled)

    async def give_profile(self, object_id: ObjectId, profile: str) -> None:
        """Give an account the licences of a profile, in one call."""
        await self._accounts.give_profile(object_id, profile)

    async def delete_account(self, object_id: ObjectId) -> None:
        """Move an account to the recycle bin, where it stays 30 days."""
        await self._accounts.delete(object_id)

    async def restore_account(self, object_id: ObjectId) -> None:
        """Bring an account back out of the recycle bin."""
        await self._accounts.restore(object_id)

    async def move_to_entity(self, object_id: ObjectId, entity: EntityCode) -> None:
        """Bring an account under an entity whose entitlement reached it."""
        await self._accounts.move(object_id, entity)

    async def _must_be_cloud(self, object_id: ObjectId, prop: str) -> None:
        found = await self._accounts.find(object_id)
        if found is None:
            raise PermanentTenantError(_ACCOUNT_MISSING, {})
        if found.is_synced:
            raise PermanentTenantError("tenant.synced", {"property": prop})

    async def _none_if_deleted(
        self, object_id: ObjectId, error: PermanentTenantError
    ) -> tuple[_T, ...]:
        """Return nothing for a deleted account; one that is nowhere is no account without groups.

        A part of the directory that does not know a new account yet says the same, and a plan
        made of that would leave out every group.
        """
        if error.key == _ACCOUNT_MISSING and await self._accounts.is_deleted(object_id):
            return ()
        raise error
