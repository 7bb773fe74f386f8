"""Handing orders over to the portal of a supplier."""

import structlog

from bot.jobs.carriers import SupplierWork
from fulfilment.portal.client import Portal, PortalRefusedError, PortalUnavailableError
from fulfilment.portal.order import Order, TakeBack, order_of, take_back_of
from fulfilment.progress import Again, NeedsPerson
from mutations.identity import RequestId
from mutations.plan import Obstacle, Plan
from mutations.request import MutationRequest
from mutations.use_cases import UseCases
from mutations.use_cases.portal_order import NO_PORTAL, PORTAL_STEP, goes_out
from store.work import SqlStore

_log = structlog.get_logger(__name__)


class NotYetError(PortalUnavailableError):
    """The accounts cannot be read now, so nothing may change them yet."""


class OrderDesk:
    """Sends each order until the portal has it, and says so once."""

    def __init__(
        self, portal: Portal, use_cases: UseCases, work: SupplierWork, store: SqlStore
    ) -> None:
        self._portal = portal
        self._use = use_cases
        self._work = work
        self._store = store

    async def hand_over(self, request_id: RequestId) -> None:
        """Hand one order over; does nothing when the portal has it.

        Stopped between the answer and its record, it is sent again, under the same key.

        Raises:
            PortalUnavailableError: Not now; the job is tried again.
        """
        request = await self._store.read(lambda now: now.requests.get(request_id))
        if request is None or request.plan is None or not goes_out(request):
            return
        if request.undo is None and not await self._prepare(request, request.plan):
            return
        try:
            await self._portal.send(self._message(request))
        except PortalRefusedError as error:
            _log.error("order refused by the portal", request_id=request_id, code=error.code)
            await self._use.order_not_taken(request_id, code=error.code)
            return
        await self._use.order_taken(request_id)

    async def _prepare(self, request: MutationRequest, plan: Plan) -> bool:
        """Journal how the accounts are; tell whether that was done and the order may go."""
        match await self._work.prepare(request, plan):
            case Again(after_s=seconds):
                raise NotYetError("accounts", seconds)
            case NeedsPerson(step=step, key=key, params=params):
                obstacle = Obstacle(key, params)
                await self._use.stop_for_person(request.id, step=step, obstacle=obstacle)
                return False
            case _:
                return True

    def _message(self, request: MutationRequest) -> Order | TakeBack:
        if request.undo is not None:
            return take_back_of(request)
        return order_of(request, self._use.context.register)

    async def give_up(self, request_id: RequestId) -> None:
        """Hand an order that does not get through over to the service desk; twice is once."""
        _log.error("order not handed over", request_id=request_id)
        await self._use.order_not_taken(request_id, code=None)


class NoDesk:
    """Stands where there is no portal: orders that were for one wait for a person."""

    def __init__(self, use_cases: UseCases) -> None:
        self._use = use_cases

    async def hand_over(self, request_id: RequestId) -> None:
        """Call a person; twice is once."""
        await self._use.stop_for_person(request_id, step=PORTAL_STEP, obstacle=NO_PORTAL)

    async def give_up(self, request_id: RequestId) -> None:
        """Call a person; twice is once."""
        await self.hand_over(request_id)
