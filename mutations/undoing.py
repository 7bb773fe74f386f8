"""Taking the work of a request back: pure functions from one snapshot to the next."""

from datetime import datetime

from mutations.life_cycle import Event, IllegalTransitionError, State, next_state
from mutations.party import Party
from mutations.request import MutationRequest, UndoOrder


def may_undo(request: MutationRequest) -> bool:
    """Tell whether the work stopped after it had begun, so that there may be something to undo."""
    begun = request.attention is not None and bool(request.attention.step)
    has_plan = request.plan is not None and not request.plan.obstacles
    return request.state is State.ATTENTION and begun and has_plan


def undo(request: MutationRequest, *, by: Party, reason: str, at: datetime) -> MutationRequest:
    """Take back what the work changed.

    Raises:
        IllegalTransitionError: Nothing was begun, or the work does not wait for a person.
    """
    if not may_undo(request):
        raise IllegalTransitionError(state=request.state, event=Event.UNDO_ASKED)
    state = next_state(request.state, Event.UNDO_ASKED)
    order = request.undo or UndoOrder(by=by, at=at, reason=reason)
    return request.moved(state, at, attention=None, undo=order)


def end_undo(request: MutationRequest, *, at: datetime) -> MutationRequest:
    """End the request: all that could be taken back was read as it was before.

    Raises:
        IllegalTransitionError: Nothing is being taken back.
    """
    return request.moved(next_state(request.state, Event.UNDONE), at)
