"""Looking what the directory shows of the checklists of case D."""

from fulfilment.tenants.simulated.customer import SimulatedCustomer
from mutations.identity import RequestId
from mutations.jobs import CheckChecklist
from mutations.life_cycle import State
from mutations.use_cases import UseCases
from store.work import SqlStore


class ChecklistLooker:
    """Looks at one checklist; on the simulated tenant what was said happens first."""

    def __init__(
        self, use_cases: UseCases, store: SqlStore, customer: SimulatedCustomer | None = None
    ) -> None:
        """Look at checklists.

        Args:
            use_cases: What a look leads to.
            store: Where the requests are.
            customer: Simulation of the orders that the customer places; none on a real tenant.
        """
        self._use = use_cases
        self._store = store
        self._customer = customer

    async def look(self, request_id: RequestId) -> None:
        """Record what shows now; may be stopped and repeated at any point.

        Raises:
            DirectoryUnavailableError: The directory did not answer; the job is tried again.
        """
        if self._customer is not None:
            request = await self._store.read(lambda now: now.requests.get(request_id))
            if request is not None and request.state is State.CHECKLIST:
                await self._customer.did(request)
        await self._use.look_at_checklist(CheckChecklist(request_id=request_id))
