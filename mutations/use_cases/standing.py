"""Whether a decision still carries the work that is about to begin."""

from collections.abc import Sequence
from typing import Final

from mutations.approval import is_as_approved
from mutations.authority import decision_stands
from mutations.plan import Obstacle
from mutations.request import MutationRequest
from mutations.use_cases.context import Context
from mutations.use_cases.membership import employee_ids, is_member, same_human

NOT_APPROVED: Final = Obstacle("plan.obstacle.not_approved", {})
"""What would be carried out is not what was decided: no one can wave that through."""

DECISION_FALLEN: Final = "plan.obstacle.decision_fallen"
"""Whoever decided would not be among the deciders now: the service desk asks the entity."""


async def standing_obstacles(context: Context, request: MutationRequest) -> Sequence[Obstacle]:
    """Return why the decision does not carry the work (any more), if that is so.

    Raises:
        DirectoryUnavailableError: The directory did not answer.
    """
    if not is_as_approved(request):
        return (NOT_APPROVED,)
    if request.upheld_by is not None or await _stands(context, request):
        return ()
    assert request.decision is not None
    return (Obstacle(DECISION_FALLEN, {"decider": request.decision.by.name}),)


async def _stands(context: Context, request: MutationRequest) -> bool:
    """Tell whether the decider is one by register and directory, for the day of the decision."""
    if request.decision is None or not decision_stands(request, context.register):
        return False
    person = await context.directory.person(request.decision.by.object_id)
    if not is_member(person):
        return False
    numbers = await employee_ids(context.directory, request.requester, request.subject)
    return not same_human(person, numbers)
