"""Makes the plan of an order from the accounts as they are now, without changing anything."""

import asyncio
from collections.abc import Mapping

from fulfilment.orders import ORDERS, new_upn_of, obstacles_of, steps_of
from fulfilment.seen import Seen
from fulfilment.tenant import (
    Holder,
    PermanentTenantError,
    Tenant,
    TransientTenantError,
    domain_of,
)
from mutations.case_finder import Outcome
from mutations.directory import DirectoryUnavailableError
from mutations.identity import Upn
from mutations.plan import Move, Obstacle, Plan
from mutations.register import Entity, Register


class TenantPlanner:
    """Plans orders A, B and C; D and P are none."""

    def __init__(self, tenant: Tenant, register: Register) -> None:
        self._tenant = tenant
        self._register = register

    async def plan(self, move: Move) -> Plan:
        """Return what would change for `move`; with obstacles the steps are what is known so far.

        Raises:
            DirectoryUnavailableError: The tenant did not answer.
        """
        if move.outcome not in ORDERS:
            return _refused("plan.obstacle.no_order", {"order": move.outcome.value})
        target = self._register.entity(move.target)
        if target is None or not (target.domains or move.outcome is Outcome.C):
            params = {"entity": self._register.name_of(move.target)}
            return _refused("plan.obstacle.target_without_domain", params)
        try:
            seen = await self._see(move, target)
        except TransientTenantError as error:
            raise DirectoryUnavailableError from error
        except PermanentTenantError as error:
            return _refused(error.key, error.params)
        old_account = self._register.contract.old_account
        return Plan(steps=steps_of(seen, old_account), obstacles=obstacles_of(seen))

    async def _see(self, move: Move, target: Entity) -> Seen:
        tenant, subject = self._tenant, move.subject
        account, mailbox, drive = await asyncio.gather(
            tenant.account(subject), tenant.mailbox(subject), tenant.drive(subject)
        )
        if account is None:
            raise PermanentTenantError("plan.obstacle.account_missing", {})
        if mailbox is None:
            raise PermanentTenantError("plan.obstacle.mailbox_missing", {"upn": account.upn})
        # The name of the new account of order C comes with it, from WebIDM.
        new_upn = None if move.outcome is Outcome.C else new_upn_of(account.upn, target)
        memberships, sites, owners, (holder, has_domain) = await asyncio.gather(
            tenant.memberships(subject),
            tenant.sites(subject),
            tenant.owners(subject),
            self._name(new_upn),
        )
        return Seen(
            move=move,
            source_name=self._register.name_of(move.source),
            target_name=target.name,
            account=account,
            mailbox=mailbox,
            memberships=memberships,
            sites=sites,
            owners=owners,
            drive=drive,
            new_upn=new_upn,
            holder=holder,
            has_domain=has_domain,
        )

    async def _name(self, new_upn: Upn | None) -> tuple[Holder | None, bool]:
        """Return who holds a name and whether the tenant may use its domain."""
        if new_upn is None:
            return None, True
        return await asyncio.gather(
            self._tenant.holder(new_upn), self._tenant.has_domain(domain_of(new_upn))
        )


def _refused(key: str, params: Mapping[str, object]) -> Plan:
    return Plan(steps=(), obstacles=(Obstacle(key, params),))
