"""The life of a request as one table of transitions."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mutations.errors import DomainError

LIFE_CYCLE_VERSION: Final = 3
"""Version of the table below; stored with every request, raised when a stored state changes."""


class State(StrEnum):
    """Where a request is."""

    SUBMITTED = "submitted"  # preconditions and the source entity's decision, in parallel
    TO_CONFIRM = "to_confirm"  # decided otherwise than asked: the requester confirms or withdraws
    SCHEDULED = "scheduled"  # ordered, waiting for the start date
    CARRYING_OUT = "carrying_out"
    ATTENTION = "attention"  # a step needs a person; not an end
    CHECKLIST = "checklist"  # case D: the customer does it, the bot keeps track
    UNDOING = "undoing"  # what was changed is being taken back
    DONE = "done"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    REFERRED = "referred"  # case P
    SELF_SERVICE = "self_service"  # case D: done by the customer itself
    UNDONE = "undone"  # taken back after the work had begun


class Event(StrEnum):
    """What happens to a request."""

    DECIDED_OTHERWISE = "decided_otherwise"
    OUTCOME_CONFIRMED = "outcome_confirmed"
    HANDED_TO_CUSTOMER = "handed_to_customer"
    CHECKED_OFF = "checked_off"  # every item of the checklist
    ORDERED = "ordered"
    STARTED = "started"
    ASKED_ANEW = "asked_anew"  # more would go than was decided on
    PERSON_NEEDED = "person_needed"
    RESUMED = "resumed"
    FINISHED = "finished"
    UNDO_ASKED = "undo_asked"
    UNDONE = "undone"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


TRANSITIONS: Final[Mapping[tuple[State, Event], State]] = MappingProxyType(
    {
        (State.SUBMITTED, Event.DECIDED_OTHERWISE): State.TO_CONFIRM,
        (State.SUBMITTED, Event.ORDERED): State.SCHEDULED,
        (State.SUBMITTED, Event.REFUSED): State.REJECTED,
        (State.SUBMITTED, Event.WITHDRAWN): State.WITHDRAWN,
        (State.SUBMITTED, Event.EXPIRED): State.EXPIRED,
        (State.TO_CONFIRM, Event.OUTCOME_CONFIRMED): State.SUBMITTED,
        (State.TO_CONFIRM, Event.HANDED_TO_CUSTOMER): State.CHECKLIST,
        (State.TO_CONFIRM, Event.WITHDRAWN): State.WITHDRAWN,
        (State.TO_CONFIRM, Event.EXPIRED): State.EXPIRED,
        (State.CHECKLIST, Event.CHECKED_OFF): State.SELF_SERVICE,
        (State.CHECKLIST, Event.WITHDRAWN): State.WITHDRAWN,
        (State.CHECKLIST, Event.EXPIRED): State.EXPIRED,
        (State.SCHEDULED, Event.STARTED): State.CARRYING_OUT,
        (State.SCHEDULED, Event.ASKED_ANEW): State.SUBMITTED,
        (State.SCHEDULED, Event.WITHDRAWN): State.WITHDRAWN,
        (State.CARRYING_OUT, Event.ASKED_ANEW): State.SUBMITTED,  # before anything was changed
        (State.CARRYING_OUT, Event.FINISHED): State.DONE,
        (State.CARRYING_OUT, Event.PERSON_NEEDED): State.ATTENTION,
        (State.ATTENTION, Event.RESUMED): State.CARRYING_OUT,
        (State.ATTENTION, Event.UNDO_ASKED): State.UNDOING,
        (State.DONE, Event.UNDO_ASKED): State.UNDOING,  # within a term; the request opens again
        (State.UNDOING, Event.PERSON_NEEDED): State.ATTENTION,
        (State.UNDOING, Event.UNDONE): State.UNDONE,
        (State.ATTENTION, Event.WITHDRAWN): State.WITHDRAWN,  # only before anything was changed
    }
)

ENDS: Final = frozenset(State) - {state for state, _ in TRANSITIONS} | {State.DONE}
"""States from which nothing more happens, unless somebody has work that is done taken back."""

LEFT_NOTHING: Final = frozenset({State.REJECTED, State.WITHDRAWN, State.EXPIRED})
"""Ends before which nothing was changed, by the bot or by what it said to do."""


class IllegalTransitionError(DomainError):
    """The request is past the point at which this can happen."""

    message_key = "error.transition"


def next_state(state: State, event: Event) -> State:
    """Return the state after `event`.

    Raises:
        IllegalTransitionError: The table has no such transition.
    """
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalTransitionError(state=state, event=event) from None
