"""SIMULATION of who works outside the bot: WebIDM makes accounts, the supplier moves data.

There is no WebIDM and no supplier behind the simulated tenant. So when the service desk reports a
step by hand of order C as done, this does in the simulated world what they say was done. Nothing
of it exists on a real tenant, where the bot only waits and reads.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final
from uuid import NAMESPACE_OID, uuid5

from msgspec.structs import replace

from fulfilment.steps.account_new import FindNewAccount
from fulfilment.steps.data_migration import MigrateData
from fulfilment.steps.step import text
from fulfilment.tenants.simulated.records import Kind, SimAccount, SimEntitlement
from fulfilment.tenants.simulated.world import SimulatedWorld
from mutations.identity import EntityCode
from mutations.plan import PlannedStep
from mutations.register import Register

_CIVIL_SERVANT: Final = "ambtenaar"
_TEMPORARY: Final = "tijdelijk contract"


class SimulatedOutside:
    """Does what people say they did outside the bot; doing it twice is doing it once."""

    def __init__(self, world: SimulatedWorld, register: Register) -> None:
        self._world = world
        self._register = register
        self._acts: Mapping[str, Callable[[PlannedStep], Awaitable[None]]] = {
            FindNewAccount.name: self._webidm,
            MigrateData.name: self._supplier,
        }

    async def done_by_hand(self, steps: Iterable[PlannedStep]) -> None:
        """Let the steps that somebody reports as done happen, where this simulates them."""
        for step in steps:
            if step.name in self._acts:
                await self._acts[step.name](step)

    async def _webidm(self, step: PlannedStep) -> None:
        subject, target = text(step.args, "subject"), EntityCode(text(step.args, "target"))
        await make_account(self._world, self._register, subject, target)

    async def _supplier(self, step: PlannedStep) -> None:
        """Copy the files of a colleague to the OneDrive of the new account; the old ones stay."""
        accounts = await self._world.true_accounts()
        old = accounts.get(text(step.args, "subject"))
        if old is None or old.drive is None:
            return
        size = old.drive.size_bytes

        def filled(account: SimAccount) -> SimAccount:
            if account.drive is None or account.drive.size_bytes >= size:
                return account
            return replace(account, drive=replace(account.drive, size_bytes=size))

        for one in accounts.values():
            if _is_other_of(old, one) and one.drive and one.drive.size_bytes < size:
                await self._world.change_account("simulated_supplier", one.id, filled)


async def make_account(
    world: SimulatedWorld, register: Register, subject: str, target: EntityCode
) -> None:
    """Make the new account of a colleague: without licences, so without mailbox."""
    accounts = await world.true_accounts()
    old, new_id = accounts.get(subject), new_account_id(subject, target)
    if old is None or new_id in accounts:
        return
    entity = register.entity(target)
    domains = entity.domains if entity else ()
    domain = domains[0] if domains else old.upn.rpartition("@")[2]
    account = SimAccount(
        id=new_id,
        name=old.name,
        upn=_free(old.upn.rpartition("@")[0], domain, accounts.values()),
        profile="",
        status=_TEMPORARY if old.status == _CIVIL_SERVANT else _CIVIL_SERVANT,
        employee_id=old.employee_id,
        entity=target,
        entitlements=(SimEntitlement(entity=target),),
        is_synced=old.is_synced,
    )
    await world.add(Kind.ACCOUNT, new_id, account)


def new_account_id(subject: str, target: EntityCode) -> str:
    """Return an id that is the same however often the account is made."""
    return str(uuid5(NAMESPACE_OID, f"webidm {subject} {target}"))


def _is_other_of(old: SimAccount, one: SimAccount) -> bool:
    is_same_human = bool(old.employee_id) and one.employee_id == old.employee_id
    return is_same_human and one.id != old.id and one.enabled and not one.is_deleted


def _free(name: str, domain: str, accounts: Iterable[SimAccount]) -> str:
    """Return the first address that nobody holds: with a number where the name is taken."""
    known = list(accounts)
    number, upn = 1, f"{name}@{domain}"
    while any(one.holds(upn) for one in known):
        number += 1
        upn = f"{name}{number}@{domain}"
    return upn
