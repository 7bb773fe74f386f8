"""Where a request is, whose turn it is, since when, and what comes next: derived, never stored."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mutations.authority import deciders_of, service_desk_of
from mutations.checklist import Checklist, Item
from mutations.clock import local_date
from mutations.hand_work import open_tasks
from mutations.handover import Asks, Handover, HandoverState
from mutations.life_cycle import State
from mutations.preconditions import Kind, Precondition, preconditions_of
from mutations.register import Register
from mutations.request import MutationRequest
from mutations.undoing import undo_until
from mutations.working_days import working_days_between


class Task(StrEnum):
    """What somebody must do now; `status.task.<value>` is its text."""

    GET_ENTITLEMENT = "get_entitlement"
    FREE_LICENCES = "free_licences"
    DECIDE = "decide"
    CONFIRM = "confirm"
    WAIT_FOR_DATE = "wait_for_date"
    CARRY_OUT = "carry_out"
    BY_HAND = "by_hand"
    HELP = "help"
    UNDO = "undo"
    DEACTIVATE = "deactivate"
    CHANGE_WEBIDM = "change_webidm"
    ACTIVATE = "activate"
    HAND_OVER = "hand_over"
    SUPPLY = "supply"
    SUPPLY_BACK = "supply_back"
    READ_BACK = "read_back"
    LOOK = "look"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Somebody whose turn it is.

    Attributes:
        names: Empty when it is the bot's own, or when the register names nobody for the task.
    """

    task: Task
    names: tuple[str, ...]
    since: datetime
    working_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The one answer to "where is it?".

    Attributes:
        turns: Everybody whose turn it is; empty once the request has ended.
        next: Message key of what happens after that (`status.next.<...>`).
        undo_until: Last day on which work that is done can be taken back; None once that passed.
        on: Today in Brussels.
    """

    request: MutationRequest
    preconditions: tuple[Precondition, ...]
    turns: tuple[Turn, ...]
    next: str
    undo_until: date | None
    on: date


def status_of(request: MutationRequest, register: Register, *, now: datetime) -> Status:
    """Return the status of a request at a moment, derived from its state alone."""
    preconditions = preconditions_of(request)
    turns = tuple(
        Turn(
            task=task,
            names=names,
            since=since,
            working_days=working_days_between(local_date(since), local_date(now)),
        )
        for task, names, since in _turns(request, preconditions, register, now)
    )
    last = undo_until(request, within=register.contract.undo_days)
    return Status(
        request=request,
        preconditions=preconditions,
        turns=turns,
        next=_next(request),
        on=local_date(now),
        undo_until=last if last is not None and local_date(now) <= last else None,
    )


def _next(request: MutationRequest) -> str:
    """Return the state, told apart where a checklist had begun before it stopped, or is old."""
    is_begun = request.checklist is not None and request.checklist.is_begun
    is_stopped = request.state in {State.WITHDRAWN, State.EXPIRED}
    if request.state is State.SELF_SERVICE and request.checklist is None:
        return "self_service_untracked"
    return f"{request.state}_begun" if is_begun and is_stopped else request.state


_ITEMS: Final = MappingProxyType(
    {
        Item.DEACTIVATE: Task.DEACTIVATE,
        Item.WEBIDM: Task.CHANGE_WEBIDM,
        Item.ACTIVATE: Task.ACTIVATE,
    }
)

_Open = tuple[Task, tuple[str, ...], datetime]


def _turns(
    request: MutationRequest,
    preconditions: tuple[Precondition, ...],
    register: Register,
    now: datetime,
) -> list[_Open]:
    me = (request.requester.name,)
    match request.state:
        case State.SUBMITTED:
            return _missing(request, preconditions, register, now)
        case State.TO_CONFIRM:
            return [(Task.CONFIRM, me, request.state_since)]
        case State.SCHEDULED:
            return [(Task.WAIT_FOR_DATE, (), request.state_since)]
        case State.CARRYING_OUT | State.UNDOING | State.CHECKLIST:
            return [_being_done(request, register)]
        case State.ATTENTION:
            desk = tuple(contact.name for contact in service_desk_of(request, register))
            return [(Task.HELP, desk, request.state_since)]
        case _:
            return []


def _of_the_checklist(request: MutationRequest, checklist: Checklist) -> _Open:
    last = checklist.last
    since = last.said.at if last is not None and last.said is not None else request.state_since
    if checklist.next is None:
        return Task.LOOK, (), since
    return _ITEMS[checklist.next.item], (request.requester.name,), since


def _at_supplier(handover: Handover, register: Register) -> _Open:
    since = handover.told_at or handover.asked_at
    match handover.state:
        case HandoverState.TO_SEND:
            return Task.HAND_OVER, (), handover.asked_at
        case HandoverState.DONE:
            return Task.READ_BACK, (), since
        case _:
            is_back = handover.asks is Asks.TAKE_BACK
            task = Task.SUPPLY_BACK if is_back else Task.SUPPLY
            return task, (register.contract.supplier,), handover.asked_at


def _being_done(request: MutationRequest, register: Register) -> _Open:
    if request.checklist is not None:
        return _of_the_checklist(request, request.checklist)
    if request.handover is not None:
        return _at_supplier(request.handover, register)
    if request.state is State.UNDOING:
        return Task.UNDO, (), request.state_since
    waiting = open_tasks(request.tasks)
    if not waiting:
        return Task.CARRY_OUT, (), request.state_since
    first = waiting[0]
    desk = tuple(contact.name for contact in service_desk_of(request, register))
    names = (first.taken_by.name,) if first.taken_by else desk
    return Task.BY_HAND, names, first.asked_at


def _missing(
    request: MutationRequest,
    preconditions: tuple[Precondition, ...],
    register: Register,
    now: datetime,
) -> list[_Open]:
    me = (request.requester.name,)
    found: list[_Open] = []
    for precondition in preconditions:
        if precondition.holds:
            continue
        since = precondition.since or request.created_at
        if precondition.kind is Kind.CONSULTATION:
            approvers = deciders_of(request, register, on=local_date(now)).values()
            names = tuple(contact.name for contact in approvers)
            found.append((Task.DECIDE, names, since))
        elif precondition.kind is Kind.ENTITLEMENT:
            found.append((Task.GET_ENTITLEMENT, me, since))
        else:
            found.append((Task.FREE_LICENCES, me, since))
    return found
