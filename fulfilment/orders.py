"""Which steps an order is made of, in which order, and what stands in its way; pure."""

from typing import Final

from fulfilment.planned_order_c import order_c_obstacles, order_c_steps
from fulfilment.planned_steps import (
    BY_HAND,
    aliases_kept_step,
    aliases_step,
    entity_step,
    groups_kept_step,
    hold_step,
    leave_step,
    old_address_steps,
    retention_steps,
    upn_steps,
)
from fulfilment.seen import Seen
from fulfilment.tenant import Membership, domain_of
from mutations.case_finder import Outcome
from mutations.identity import Upn
from mutations.plan import Obstacle, PlannedStep, Route
from mutations.register import Entity, OldAccount

ORDERS: Final = frozenset({Outcome.A, Outcome.B, Outcome.C})
"""Outcomes that are carried out; the others are no order."""


def new_upn_of(upn: Upn, target: Entity) -> Upn | None:
    """Return the UPN to give, or None when the present one fits the new entity (R2)."""
    if not target.domains or domain_of(upn) in target.domains:
        return None
    return Upn(f"{upn.rpartition('@')[0]}@{target.domains[0]}")


def obstacles_of(seen: Seen) -> tuple[Obstacle, ...]:
    """Return everything that stands in the way, so that a person can solve it in one go."""
    found = [*_entity_obstacles(seen), *_upn_obstacles(seen)]
    if seen.move.outcome is Outcome.C:
        found += order_c_obstacles(seen)
    if seen.move.outcome is Outcome.B:
        for membership in seen.memberships:
            found += _group_obstacles(seen, membership)
    return tuple(found)


def steps_of(seen: Seen, old_account: OldAccount) -> tuple[PlannedStep, ...]:
    """Return the steps of an order in the sequence in which they are carried out.

    Args:
        seen: What was read.
        old_account: What becomes of the old account of order C, by the terms agreed on.
    """
    if seen.move.outcome is Outcome.C:
        return order_c_steps(seen, old_account)
    return _steps_a(seen) if seen.move.outcome is Outcome.A else _steps_b(seen)


def _entity_obstacles(seen: Seen) -> list[Obstacle]:
    if seen.account.entity in {seen.move.source, seen.move.target}:
        return []
    found = seen.account.entity or ""
    return [
        Obstacle("plan.obstacle.entity_changed", {"expected": seen.source_name, "found": found})
    ]


def _upn_obstacles(seen: Seen) -> list[Obstacle]:
    if seen.new_upn is None:
        return []
    if not seen.has_domain:
        return [Obstacle("plan.obstacle.domain_unknown", {"domain": domain_of(seen.new_upn)})]
    if seen.holder is None or seen.holder.object_id == seen.move.subject:
        return []
    key = (
        "plan.obstacle.upn_taken_deleted" if seen.holder.is_deleted else "plan.obstacle.upn_taken"
    )
    return [Obstacle(key, {"address": seen.new_upn})]


def _group_obstacles(seen: Seen, membership: Membership) -> list[Obstacle]:
    if membership.kind in BY_HAND:
        return []
    owners = seen.owners.get(membership.group_id, ())
    others = [owner for owner in owners if owner.object_id != seen.move.subject]
    if membership.is_owner and not others:
        return [Obstacle("plan.obstacle.last_owner", {"group": membership.name})]
    return []


def _steps_a(seen: Seen) -> tuple[PlannedStep, ...]:
    return (
        *upn_steps(seen),
        entity_step(seen),
        aliases_kept_step(seen),
        groups_kept_step(seen),
    )


def _steps_b(seen: Seen) -> tuple[PlannedStep, ...]:
    """Return order B; what only a person can do comes last, so that it holds up nothing."""
    leaving = [leave_step(seen, membership) for membership in seen.memberships]
    return (
        hold_step(seen),
        *(step for step in leaving if step.route is not Route.HAND),
        aliases_step(seen),
        *upn_steps(seen),
        *old_address_steps(seen),
        entity_step(seen),
        *retention_steps(seen),
        *(step for step in leaving if step.route is Route.HAND),
    )
