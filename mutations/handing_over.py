"""Handing a step that stopped over to a person: pure functions from one snapshot to the next."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from mutations.hand_work import HandedOver, asked, forgotten
from mutations.life_cycle import Event, IllegalTransitionError, State
from mutations.party import Party
from mutations.plan import Route
from mutations.request import MutationRequest
from mutations.transitions import resume

BY_A_PROGRAM: Final = frozenset({Route.GRAPH, Route.EXCHANGE, Route.READ})
"""A step of another route is a person's already, or touches nothing that a person could."""

_GUARDS: Final = frozenset({"tenant.hold_missing"})
"""Refusals that protect data: what they hold back, a person does not do around them (R7)."""


def to_hand_over(request: MutationRequest) -> tuple[int, ...]:
    """Return the positions of the steps that stopped and that a person could do; often none."""
    attention, plan = request.attention, request.plan
    if request.state is not State.ATTENTION or attention is None or request.undo is not None:
        return ()
    if plan is None or plan.obstacles or attention.key in _GUARDS:
        return ()
    known = {one.position for one in request.handed}
    return tuple(
        at
        for at, step in enumerate(plan.steps)
        if at in attention.positions and at not in known and step.route in BY_A_PROGRAM
    )


def hand_over(
    request: MutationRequest, *, by: Party, at: datetime, within: int
) -> MutationRequest:
    """Let the work go on with a person for the steps that stopped, `within` so many working days.

    Raises:
        IllegalTransitionError: No step waits that a person could do.
    """
    positions = to_hand_over(request)
    if not positions:
        raise IllegalTransitionError(state=request.state, event=Event.RESUMED)
    new = tuple(HandedOver(position=one, by=by, at=at) for one in positions)
    tasks = asked(forgotten(request.tasks, positions), positions, at=at, within=within)
    return replace(resume(request, at=at), handed=(*request.handed, *new), tasks=tasks)
