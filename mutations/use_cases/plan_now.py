"""The plan of a request from the accounts as they are now; nothing is written anywhere."""

from dataclasses import replace
from typing import Final

from mutations.authority import NotEntitledError, NotInvolvedError, Role, roles
from mutations.case_finder import Outcome, find_case
from mutations.dry_run import DryRun, differences
from mutations.identity import ObjectId, RequestId
from mutations.life_cycle import State
from mutations.plan import Move, Obstacle, Plan
from mutations.request import MutationRequest
from mutations.transitions import agreed_facts
from mutations.use_cases.context import Context
from mutations.use_cases.standing import standing_obstacles

ENTITLEMENT_GONE: Final = Obstacle("plan.obstacle.entitlement_gone", {})
RESTORED: Final = Obstacle("attention.restored", {})
SHOWN_TO: Final = frozenset({Role.REQUESTER, Role.SERVICE_DESK})
"""Who may look at a plan: it names groups and addresses of the colleague."""

_ORDERED: Final = frozenset({State.SCHEDULED, State.CARRYING_OUT, State.ATTENTION})


class ShowPlan:
    """Make the plan of a request for somebody who only looks."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, person: ObjectId, request_id: RequestId) -> DryRun:
        """Return what would be done now.

        Raises:
            NotInvolvedError, NotEntitledError: Neither the requester nor the service desk.
            DirectoryUnavailableError: The accounts cannot be read.
        """
        context = self._context
        request = await context.store.read(lambda now: now.requests.get(request_id))
        mine = roles(request, context.viewer(person)) if request else frozenset()
        if request is None or not mine:
            raise NotInvolvedError
        if mine.isdisjoint(SHOWN_TO):
            raise NotEntitledError(number=request.number)
        return await dry_run(context, request)


async def dry_run(context: Context, request: MutationRequest) -> DryRun:
    """Return what would be done now; what is agreed counts once there is an order.

    Raises:
        DirectoryUnavailableError: The accounts cannot be read.
    """
    if request.state in _ORDERED:
        plan = await plan_to_start(context, request)
    else:
        plan = await _plan(context, request, _outcome(request))
    kept = request.plan if request.state is not State.TO_CONFIRM else None
    return DryRun(
        request=request,
        plan=plan,
        at=context.now(),
        differences=None if kept is None else differences(kept, plan),
        hand_days=context.register.contract.hand_days,
    )


async def plan_to_start(context: Context, request: MutationRequest) -> Plan:
    """Return the plan to start an order by, with everything that stands in its way.

    Raises:
        DirectoryUnavailableError: The accounts cannot be read.
    """
    plan = await _plan(context, request, request.outcome)
    found = [*await standing_obstacles(context, request), *plan.obstacles]
    if request.restored_at is not None:
        found.insert(0, RESTORED)
    colleague = await context.directory.person(request.subject.object_id)
    if colleague is None or request.target not in colleague.entitlements:
        found.append(ENTITLEMENT_GONE)
    return replace(plan, obstacles=tuple(found))


async def _plan(context: Context, request: MutationRequest, outcome: Outcome) -> Plan:
    if request.source is None:  # known to no register: no order can exist
        return Plan(steps=(), obstacles=(Obstacle("plan.obstacle.no_order", {}),))
    return await context.planner.plan(
        Move(
            subject=request.subject.object_id,
            source=request.source,
            target=request.target,
            outcome=outcome,
            onedrive_days=request.terms.onedrive_days,
        )
    )


def _outcome(request: MutationRequest) -> Outcome:
    """Return the outcome to plan for: the one decided on, where it waits to be confirmed."""
    if request.state is State.TO_CONFIRM:
        return find_case(agreed_facts(request)).outcome
    return request.outcome
