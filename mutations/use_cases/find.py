"""Questions about requests, answered for those involved only."""

from collections.abc import Sequence

from mutations.authority import NotInvolvedError, Role, Viewer, roles
from mutations.identity import ObjectId, RequestId, RequestNumber
from mutations.life_cycle import State
from mutations.ports import Reading
from mutations.reorganisation import Move, is_bulk
from mutations.request import MutationRequest
from mutations.status import Status, Task, status_of
from mutations.use_cases.context import Context

LIST_LIMIT = 25
OPEN_LIMIT = 1000

_TASKS = {
    Task.DECIDE: Role.DECIDER,
    Task.CONFIRM: Role.REQUESTER,
    Task.GET_ENTITLEMENT: Role.REQUESTER,
    Task.FREE_LICENCES: Role.REQUESTER,
    Task.HELP: Role.SERVICE_DESK,
    Task.BY_HAND: Role.SERVICE_DESK,
    Task.DEACTIVATE: Role.REQUESTER,
    Task.CHANGE_WEBIDM: Role.REQUESTER,
    Task.ACTIVATE: Role.REQUESTER,
}


class FindRequests:
    """Find requests as one person may see them."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def status(self, request: MutationRequest) -> Status:
        """Return the status of a request at this moment."""
        return status_of(request, self._context.register, now=self._context.now())

    def roles(self, request: MutationRequest, person: ObjectId) -> frozenset[Role]:
        """Return what a person is to a request today."""
        return roles(request, self._context.viewer(person))

    async def is_bulk(self, request_id: RequestId) -> bool:
        """Tell whether an order belongs to a reorganisation, as the requests are now."""
        contract = self._context.register.contract

        async def look(now: Reading) -> int:
            request = await now.requests.get(request_id)
            move = None if request is None else Move.of(request)
            if move is None:
                return 0
            return await now.requests.together(move, most=contract.bulk_above + 1)

        return is_bulk(await self._context.store.read(look), contract)

    async def by_id(self, person: ObjectId, request_id: RequestId) -> MutationRequest:
        """Return a request that the person is involved in.

        Raises:
            NotInvolvedError: There is no such request, or it is not this person's business.
        """

        async def look(now: Reading) -> MutationRequest | None:
            return await now.requests.get(request_id)

        return self._shown(await self._context.store.read(look), person)

    async def by_number(self, person: ObjectId, number: RequestNumber) -> MutationRequest:
        """Return the request with a number if the person is involved in it.

        Raises:
            NotInvolvedError: There is no such request, or it is not this person's business.
        """

        async def look(now: Reading) -> MutationRequest | None:
            return await now.requests.by_number(number)

        return self._shown(await self._context.store.read(look), person)

    async def being_undone(self, request_id: RequestId) -> MutationRequest | None:
        """Return a request if it is being taken back, for the work itself."""
        found = await self._context.store.read(lambda now: now.requests.get(request_id))
        return found if found is not None and found.state is State.UNDOING else None

    def _shown(self, request: MutationRequest | None, person: ObjectId) -> MutationRequest:
        if request is None or not self.roles(request, person):
            raise NotInvolvedError
        return request

    async def all_of(self, person: ObjectId) -> Sequence[MutationRequest]:
        """Return what the person is involved in, open ones first, then the newest."""
        return await self._visible_to(self._context.viewer(person), limit=LIST_LIMIT)

    async def _visible_to(
        self, viewer: Viewer, *, limit: int, open_only: bool = False
    ) -> Sequence[MutationRequest]:
        async def look(now: Reading) -> Sequence[MutationRequest]:
            return await now.requests.visible_to(viewer, limit=limit, open_only=open_only)

        found = await self._context.store.read(look)
        return [request for request in found if roles(request, viewer)]

    async def waiting_for(self, person: ObjectId) -> Sequence[Status]:
        """Return the requests in which it is this person's turn."""
        viewer = self._context.viewer(person)
        found = await self._visible_to(viewer, limit=OPEN_LIMIT, open_only=True)
        statuses = [self.status(request) for request in found]
        return [status for status in statuses if _is_turn_of(status, viewer)]


def _is_turn_of(status: Status, viewer: Viewer) -> bool:
    mine = roles(status.request, viewer)
    return any(_TASKS.get(turn.task) in mine for turn in status.turns)
