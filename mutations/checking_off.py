"""What happens to a checklist of case D, as pure functions from one request to the next."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from mutations.checklist import Checklist, Item, Said, looked, taken_back, ticked
from mutations.clock import local_date
from mutations.directory import Person
from mutations.life_cycle import Event, IllegalTransitionError, State, next_state
from mutations.register import Contract
from mutations.request import MutationRequest
from mutations.timers import day_opens, reminder_at


class Nudge(StrEnum):
    """Why the requester is written to about a checklist."""

    BEGIN = "begin"  # nothing was deactivated yet
    FINISH = "finish"  # the data will be gone soon
    PASSED = "passed"  # the data is gone


def checklist_of(request: MutationRequest) -> Checklist:
    """Return the checklist that is being worked on.

    Raises:
        IllegalTransitionError: None is (any more).
    """
    if request.state is not State.CHECKLIST or request.checklist is None:
        raise IllegalTransitionError(state=request.state, event=Event.CHECKED_OFF)
    return request.checklist


def tick(request: MutationRequest, item: Item, said: Said) -> MutationRequest:
    """Record that the requester did something.

    Raises:
        IllegalTransitionError: No checklist is being worked on.
        NotNextError, WrongDayError: As `checklist.ticked` says.
    """
    after = ticked(
        checklist_of(request), item, said, since=since(request), today=local_date(said.at)
    )
    return replace(request, checklist=after)


def take_back(request: MutationRequest, item: Item) -> MutationRequest:
    """Forget that the requester did something: it was a mistake.

    Raises:
        IllegalTransitionError: No checklist is being worked on.
        NotNextError: Something later was done already.
    """
    return replace(request, checklist=taken_back(checklist_of(request), item))


def since(request: MutationRequest) -> date:
    """Return the first day that counts for a deactivation: data of earlier ones was gone."""
    return local_date(request.created_at) - timedelta(days=request.terms.recycle_bin_days)


def data_ends_on(request: MutationRequest) -> date | None:
    """Return the day from which the data is gone, in calendar days after the deactivation.

    None where there is no checklist, or while nothing was deactivated.
    """
    said = request.checklist.line(Item.DEACTIVATE).said if request.checklist else None
    return said.on + timedelta(days=request.terms.recycle_bin_days) if said else None


def signs(request: MutationRequest, accounts: Sequence[Person]) -> Mapping[Item, bool | None]:
    """Return what the directory shows of each item; None is what it has nothing to see by.

    `accounts` are those of the colleague as they are now, the old one and what came to it.
    """
    checklist = checklist_of(request)
    old = next((one for one in accounts if one.object_id == request.subject.object_id), None)
    fitting = [one for one in accounts if _fits(request, checklist, one)]
    is_readable = request.source != request.target or bool(checklist.status_before)
    return {
        Item.DEACTIVATE: _is_deactivated(request, old),
        Item.WEBIDM: bool(fitting) if is_readable else None,
        Item.ACTIVATE: any(one.is_enabled and bool(one.profile) for one in fitting),
    }


def _is_deactivated(request: MutationRequest, old: Person | None) -> bool:
    return old is None or not old.is_enabled or (bool(request.profile) and not old.profile)


def _fits(request: MutationRequest, checklist: Checklist, one: Person) -> bool:
    """Tell whether an account is as the change in WebIDM makes it, as far as that shows."""
    codes = {one.entity, *one.entitlements}
    has_moved = request.source == request.target or request.target in codes
    before = checklist.status_before
    has_changed = not before or one.status not in ("", before)
    return has_moved and has_changed and not one.is_guest


def look_at(
    request: MutationRequest, shown: Mapping[Item, bool | None], *, at: datetime
) -> MutationRequest:
    """Record what the directory shows.

    Raises:
        IllegalTransitionError: No checklist is being worked on.
    """
    return replace(request, checklist=looked(checklist_of(request), shown, at=at))


def is_closable(request: MutationRequest, contract: Contract, *, now: datetime) -> bool:
    """Tell whether all was done and nothing more is to be seen, or was waited for long enough.

    What was said last is looked for as many working days as a reminder takes.
    """
    checklist = request.checklist
    if request.state is not State.CHECKLIST or checklist is None or not checklist.is_complete:
        return False
    said = [line.said.at for line in checklist.lines if line.said is not None]
    return checklist.is_seen or now >= reminder_at(max(said), contract.remind_after)


def close(request: MutationRequest, *, at: datetime) -> MutationRequest:
    """End the checklist: every item was done.

    Raises:
        IllegalTransitionError: Something is still to do.
    """
    state = next_state(request.state, Event.CHECKED_OFF)
    if not checklist_of(request).is_complete:
        raise IllegalTransitionError(state=request.state, event=Event.CHECKED_OFF)
    return request.moved(state, at)


def nudge(request: MutationRequest, contract: Contract, *, today: date) -> Nudge | None:
    """Return why the requester is to be written to on a day in Brussels, if they are."""
    checklist = request.checklist
    if request.state is not State.CHECKLIST or checklist is None or checklist.is_complete:
        return None
    ends_on = data_ends_on(request)
    if ends_on is None:
        return Nudge.BEGIN
    if today >= ends_on:
        return Nudge.PASSED
    return Nudge.FINISH if today >= ends_on - timedelta(days=contract.warn_before) else None


def next_nudge_at(
    request: MutationRequest, contract: Contract, *, now: datetime
) -> datetime | None:
    """Return when there is again a reason to write, aware UTC; None when there will be none.

    While nothing was deactivated: every so many working days, from the start date on. After that
    once before the data is gone and once on the day that it is.
    """
    if request.state is not State.CHECKLIST:
        return None
    ends_on = data_ends_on(request)
    if ends_on is None:
        return reminder_at(max(now, day_opens(request.effective_on)), contract.remind_after)
    moments = (day_opens(ends_on - timedelta(days=contract.warn_before)), day_opens(ends_on))
    return next((moment for moment in moments if moment > now), None)
