"""SIMULATION of what the customer does itself in case D, outside the bot.

There is no order portal and no WebIDM behind the simulated tenant. So what the requester says to
be done on the checklist is done here in the simulated world: the old account loses its licence,
WebIDM makes the account with the new status, and that gets the licence. Nothing of it exists on a
real tenant, where the bot only looks.
"""

from typing import Final

from msgspec.structs import replace

from fulfilment.tenants.simulated.outside import make_account, new_account_id
from fulfilment.tenants.simulated.records import SimAccount
from fulfilment.tenants.simulated.world import SimulatedWorld
from mutations.checklist import Item
from mutations.register import Register
from mutations.request import MutationRequest

_OPERATION: Final = "simulated_customer"


class SimulatedCustomer:
    """Does what the requester says they did; doing it twice is doing it once."""

    def __init__(self, world: SimulatedWorld, register: Register) -> None:
        self._world = world
        self._register = register

    async def did(self, request: MutationRequest) -> None:
        """Let what was said happen."""
        checklist, subject = request.checklist, request.subject.object_id
        for line in checklist.lines if checklist else ():
            if line.said is None:
                return
            match line.item:
                case Item.DEACTIVATE:
                    await self._licence(subject, "")
                case Item.WEBIDM:
                    await make_account(self._world, self._register, subject, request.target)
                case Item.ACTIVATE:
                    new_id = new_account_id(subject, request.target)
                    await self._licence(new_id, request.profile)

    async def _licence(self, account_id: str, profile: str) -> None:
        account = (await self._world.true_accounts()).get(account_id)
        if account is None or account.is_deleted or account.profile == profile:
            return

        def changed(one: SimAccount) -> SimAccount:
            return replace(one, profile=profile)

        await self._world.change_account(_OPERATION, account_id, changed)
