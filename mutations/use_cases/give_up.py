"""What becomes of an order that the program cannot carry out: a person hears of it."""

from typing import Final

from mutations.identity import RequestId
from mutations.life_cycle import State
from mutations.plan import Obstacle, Plan
from mutations.ports import Work
from mutations.request import Attention, MutationRequest
from mutations.transitions import start
from mutations.use_cases.context import Context
from mutations.use_cases.work import call_person

GIVEN_UP: Final = Obstacle("plan.obstacle.given_up", {})


class GiveUpWork:
    """Call a person because the work was tried for hours, or fails in a way nobody foresaw."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, request_id: RequestId, *, step: str) -> None:
        """Stop the work; doing it twice is doing it once.

        Args:
            request_id: Whose order.
            step: The step it hangs in; empty when nothing was touched yet, because a requester
                may then still withdraw.
        """

        async def act(work: Work) -> None:
            request = await work.requests.get(request_id)
            if request is None or request.state not in {State.SCHEDULED, State.CARRYING_OUT}:
                return
            now = self._context.now()
            if request.state is State.SCHEDULED:
                request = start(request, _hindered(request), at=now)
            attention = Attention(step=step, key=GIVEN_UP.key, params=GIVEN_UP.params, since=now)
            await call_person(work, self._context, request, attention)

        await self._context.store.run(act)


def _hindered(request: MutationRequest) -> Plan:
    """Return a plan that is made anew when a person has helped."""
    steps = request.plan.steps if request.plan else ()
    return Plan(steps=steps, obstacles=(GIVEN_UP,))
