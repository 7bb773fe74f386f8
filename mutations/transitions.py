"""What happens to a request, as pure functions from one snapshot to the next."""

from dataclasses import replace
from datetime import datetime, timedelta

from mutations.approval import digest_of, is_as_approved, more_than_shown
from mutations.case_finder import Facts, Outcome, Retention, find_case
from mutations.checklist import Checklist
from mutations.clock import local_date
from mutations.directory import Footprint
from mutations.errors import DomainError
from mutations.identity import ObjectId
from mutations.life_cycle import (
    TRANSITIONS,
    Event,
    IllegalTransitionError,
    State,
    next_state,
)
from mutations.losses import AskedAnew, losses_shown
from mutations.plan import Plan
from mutations.request import (
    Attention,
    Checks,
    Decision,
    MutationRequest,
    StepResult,
)
from mutations.working_days import add_working_days, next_working_day


class UnverifiedWorkError(Exception):
    """Work was called finished without a read-back of every step: a fault of the program."""


class UnapprovedWorkError(Exception):
    """Work was to begin that differs from what was decided: a fault of the program or the data."""


class AlreadyDecidedError(DomainError):
    """The source entity has decided; the first valid decision stands."""

    message_key = "error.decision.taken"


class DecidedByYouError(DomainError):
    """The same person decided before, and otherwise."""

    message_key = "error.decision.own"


def decide(request: MutationRequest, decision: Decision) -> MutationRequest:
    """Record the decision of the source entity (R12).

    What was asked goes on; something else waits for the requester; a refusal ends the request.

    Raises:
        AlreadyDecidedError, DecidedByYouError: Somebody decided before.
        IllegalTransitionError: The request no longer waits for a decision.
    """
    if request.decision is not None:
        if request.decision.by.object_id == decision.by.object_id:
            raise DecidedByYouError
        raise AlreadyDecidedError(name=request.decision.by.name)
    if decision.retention is None:
        state = next_state(request.state, Event.REFUSED)
        return request.moved(state, decision.at, decision=decision)
    state = next_state(request.state, Event.DECIDED_OTHERWISE)  # the states that wait for one
    finding = find_case(_facts(request, decision.retention))
    is_b = finding.outcome is Outcome.B
    shown = losses_shown(request.plan, request.footprint) if is_b else None
    decided = replace(request, decision=decision, shown=shown)
    approved = digest_of(decided, outcome=finding.outcome, retention=decision.retention)
    decided = replace(decided, approved=approved)
    if decision.retention is request.wish:
        return replace(decided, agreed=decision.retention, agreed_at=decision.at)
    return decided.moved(state, decision.at)


def confirm(
    request: MutationRequest, plan: Plan | None, *, at: datetime, status: str = ""
) -> MutationRequest:
    """Accept the outcome that the source entity chose; it may lead to another order, or to D.

    `status` is the colleague's administrative status now, which the checklist of D changes.

    Raises:
        IllegalTransitionError: There is nothing to confirm.
    """
    state = next_state(request.state, Event.OUTCOME_CONFIRMED)
    facts = agreed_facts(request)
    finding = find_case(facts)
    is_d = finding.outcome is Outcome.D
    if is_d:
        state = next_state(request.state, Event.HANDED_TO_CUSTOMER)
    return request.moved(
        state,
        at,
        agreed=facts.retention,
        agreed_at=at,
        checks=None if is_d else request.checks,
        checklist=Checklist(status_before=status) if is_d else None,
        outcome=finding.outcome,
        reason=finding.reason,
        plan=plan,
    )


def agreed_facts(request: MutationRequest) -> Facts:
    """Return the facts as the source entity's decision makes them.

    Raises:
        IllegalTransitionError: Nothing was decided, or the move was refused.
    """
    decision = request.decision
    if decision is None or decision.retention is None:
        raise IllegalTransitionError(state=request.state, event=Event.OUTCOME_CONFIRMED)
    return _facts(request, decision.retention)


def _facts(request: MutationRequest, retention: Retention) -> Facts:
    return Facts(
        source_on_tenant=True,
        target_on_tenant=True,
        status_changes=request.status_changes,
        retention=retention,
    )


def record_checks(request: MutationRequest, checks: Checks) -> MutationRequest:
    """Remember what the directory and the licence pools show now."""
    return replace(request, checks=checks)


def is_ready(request: MutationRequest) -> bool:
    """Tell whether everything holds that an order needs (R11, R12, R13)."""
    checks = request.checks
    return (
        request.state is State.SUBMITTED
        and request.agreed is not None
        and checks is not None
        and checks.entitlement.holds
        and checks.licences.holds
    )


def order(request: MutationRequest, *, at: datetime) -> MutationRequest:
    """Place the order: from here the lead time counts (R1, choice).

    The work starts on the start date, or on the first working day from now if that has passed.

    Raises:
        IllegalTransitionError: Something that an order needs does not hold.
    """
    state = next_state(request.state, Event.ORDERED)
    if not is_ready(request):
        raise IllegalTransitionError(state=request.state, event=Event.ORDERED)
    start_on = next_working_day(max(request.effective_on, local_date(at)))
    ready_on = add_working_days(start_on, request.terms.lead_times[request.outcome])
    return request.moved(state, at, ordered_at=at, start_on=start_on, ready_on=ready_on)


def start(request: MutationRequest, plan: Plan, *, at: datetime) -> MutationRequest:
    """Begin the work with the plan that fits the accounts as they are now.

    A plan with obstacles begins nothing: a person is needed first.

    Raises:
        IllegalTransitionError: The request is not scheduled.
        UnapprovedWorkError: What would be carried out is not what was decided.
    """
    started = request.moved(next_state(request.state, Event.STARTED), at, plan=plan)
    return _approved(started)


def plan_anew(request: MutationRequest, plan: Plan) -> MutationRequest:
    """Take another plan after a person has helped with what stood in the way of the first.

    Raises:
        IllegalTransitionError: The work is not going on, or runs by a plan already.
        UnapprovedWorkError: What would be carried out is not what was decided.
    """
    if request.state is not State.CARRYING_OUT or _runs(request):
        raise IllegalTransitionError(state=request.state, event=Event.STARTED)
    return _approved(replace(request, plan=plan))


def ask_anew(
    request: MutationRequest, plan: Plan, footprint: Footprint, *, at: datetime
) -> MutationRequest:
    """Take back the order, because its plan takes away more than the source entity was shown.

    A new round begins with what is known now. What was agreed on is what is asked from here: a
    requester who accepted another outcome than they asked for does not ask for the first again.

    Raises:
        IllegalTransitionError: There is no order, the work has begun, or nothing more would go.
    """
    state = next_state(request.state, Event.ASKED_ANEW)
    more = more_than_shown(request, plan)
    begun = request.state is State.CARRYING_OUT and _runs(request)
    if begun or more.is_nothing or request.agreed is None:
        raise IllegalTransitionError(state=request.state, event=Event.ASKED_ANEW)
    return request.moved(
        state,
        at,
        round=request.round + 1,
        wish=request.agreed,
        decision=None,
        approved="",
        shown=None,
        anew=AskedAnew(more=more, at=at),
        agreed=None,
        agreed_at=None,
        ordered_at=None,
        start_on=None,
        ready_on=None,
        upheld_by=None,
        plan=plan,
        footprint=footprint,
    )


def _runs(request: MutationRequest) -> bool:
    """Tell whether the work runs by its plan, so that something may have been changed."""
    return request.plan is not None and not request.plan.obstacles


def _approved(request: MutationRequest) -> MutationRequest:
    plan = request.plan
    assert plan is not None
    is_covered = is_as_approved(request) and more_than_shown(request, plan).is_nothing
    if not plan.obstacles and not is_covered:
        raise UnapprovedWorkError
    return request


def need_person(request: MutationRequest, attention: Attention) -> MutationRequest:
    """Stop the work until a person has helped.

    Raises:
        IllegalTransitionError: The work is not going on.
    """
    state = next_state(request.state, Event.PERSON_NEEDED)
    return request.moved(state, attention.since, attention=attention)


def resume(
    request: MutationRequest, *, at: datetime, upheld_by: ObjectId | None = None
) -> MutationRequest:
    """Go on with the work, or with taking it back, after a person has helped.

    Args:
        request: The request that waits.
        at: When.
        upheld_by: Who answers for it that the decision still holds; None keeps what is known.

    Raises:
        IllegalTransitionError: The work does not wait for a person.
    """
    event = Event.RESUMED if request.undo is None else Event.UNDO_ASKED
    state = next_state(request.state, event)
    by = upheld_by or request.upheld_by
    return request.moved(state, at, attention=None, upheld_by=by, restored_at=None)


def finish(
    request: MutationRequest, results: tuple[StepResult, ...], *, at: datetime
) -> MutationRequest:
    """Close the request: every step has been read back (R10).

    Raises:
        IllegalTransitionError: The work is not going on.
        UnverifiedWorkError: A step of the plan was not read back.
    """
    state = next_state(request.state, Event.FINISHED)
    planned = [step.name for step in request.plan.steps] if request.plan else []
    if not planned or planned != [result.name for result in results]:
        raise UnverifiedWorkError
    ends_on = None
    if request.outcome is Outcome.B:
        ends_on = local_date(at) + timedelta(days=request.terms.onedrive_days)
    return request.moved(
        state,
        at,
        done_at=at,
        results=results,
        onedrive_ends_on=ends_on,
    )


def may_withdraw(request: MutationRequest) -> bool:
    """Tell whether the bot changed nothing yet that a withdrawal would leave half done."""
    untouched = request.attention is None or not request.attention.step
    return untouched and (request.state, Event.WITHDRAWN) in TRANSITIONS


def withdraw(request: MutationRequest, *, at: datetime) -> MutationRequest:
    """End the request because the requester no longer wants it.

    Raises:
        IllegalTransitionError: The work has begun or the request has ended.
    """
    if not may_withdraw(request):
        raise IllegalTransitionError(state=request.state, event=Event.WITHDRAWN)
    return request.moved(next_state(request.state, Event.WITHDRAWN), at, attention=None)


def expire(request: MutationRequest, *, at: datetime) -> MutationRequest:
    """End the request because its preconditions did not come in time.

    Raises:
        IllegalTransitionError: The request is ordered or has ended.
    """
    return request.moved(next_state(request.state, Event.EXPIRED), at)
