"""Taking the work of a request back: pure functions from one snapshot to the next."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from mutations.clock import local_date
from mutations.life_cycle import Event, IllegalTransitionError, State, next_state
from mutations.party import Party
from mutations.plan import PlannedStep, Undo
from mutations.request import MutationRequest, StepResult, UndoOrder
from mutations.working_days import add_working_days


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoPlan:
    """What taking back would do: the plan of the order, turned round.

    Attributes:
        back: What goes back, by the bot or by the supplier, last step first; `before` is the value
            now, `after` that of before the order.
        rest: What stays as the order left it: only a person can change it, or nobody.
    """

    back: tuple[PlannedStep, ...]
    rest: tuple[PlannedStep, ...]


def undo_plan(request: MutationRequest) -> UndoPlan:
    """Return what goes back and what does not, by what was read back where that is known."""
    steps = request.plan.steps if request.plan else ()
    read: Sequence[PlannedStep | StepResult] = (
        request.results or steps
    )  # an order that is done has a result for every step
    turned = [
        replace(step, before=one.after, after=one.before)
        for step, one in zip(steps, read, strict=True)
        if step.undo in {Undo.BACK, Undo.SUPPLIER}
    ]
    rest = tuple(step for step in steps if step.undo in {Undo.HAND, Undo.NEVER})
    return UndoPlan(back=tuple(turned[::-1]), rest=rest)


def is_stopped_halfway(request: MutationRequest) -> bool:
    """Tell whether the work stopped after it had begun, so that there may be something to undo."""
    begun = request.attention is not None and bool(request.attention.step)
    has_plan = request.plan is not None and not request.plan.obstacles
    return request.state is State.ATTENTION and begun and has_plan


def undo_until(request: MutationRequest, *, within: int) -> date | None:
    """Return the last day in Brussels on which work that is done may be taken back.

    Args:
        request: None comes back unless its work is done.
        within: Working days after the day on which it was done.
    """
    if request.state is not State.DONE or request.done_at is None:
        return None
    return add_working_days(local_date(request.done_at), within)


def may_undo(request: MutationRequest, *, at: datetime, within: int) -> bool:
    """Tell whether there is something to take back, and the term for work that is done runs."""
    last = undo_until(request, within=within)
    return is_stopped_halfway(request) or (last is not None and local_date(at) <= last)


def undo(
    request: MutationRequest, *, by: Party, reason: str, at: datetime, within: int
) -> MutationRequest:
    """Take back what the work changed; of work that is done, the results stay as they were read.

    Raises:
        IllegalTransitionError: Nothing was begun, the work goes on, or the term is over.
    """
    if not may_undo(request, at=at, within=within):
        raise IllegalTransitionError(state=request.state, event=Event.UNDO_ASKED)
    state = next_state(request.state, Event.UNDO_ASKED)
    order = request.undo or UndoOrder(by=by, at=at, reason=reason)
    return request.moved(state, at, attention=None, undo=order, onedrive_ends_on=None)


def end_undo(request: MutationRequest, *, at: datetime) -> MutationRequest:
    """End the request: all that could be taken back was read as it was before.

    Raises:
        IllegalTransitionError: Nothing is being taken back.
    """
    return request.moved(next_state(request.state, Event.UNDONE), at)
