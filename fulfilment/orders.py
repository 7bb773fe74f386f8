"""Which steps an order is made of, in which order, and what stands in its way; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fulfilment.steps.account_entity import MoveToEntity
from fulfilment.steps.account_upn import AdaptUpn
from fulfilment.steps.groups_kept import KeepGroups
from fulfilment.steps.groups_leave import LeaveGroup
from fulfilment.steps.mailbox_aliases import RemoveAliases
from fulfilment.steps.mailbox_aliases_kept import KeepAliases
from fulfilment.steps.mailbox_litigation_hold import HoldMailbox
from fulfilment.steps.mailbox_old_address import RemoveOldAddress
from fulfilment.steps.onedrive_retention_record import RecordRetention
from fulfilment.steps.step import State, Step
from fulfilment.tenant import (
    Account,
    Drive,
    GroupKind,
    Holder,
    Mailbox,
    Membership,
    SiteAccess,
    domain_of,
)
from mutations.case_finder import Outcome
from mutations.identity import Upn
from mutations.plan import Move, Obstacle, PlannedStep
from mutations.register import Entity

AUTOMATIC: Final = frozenset({Outcome.A, Outcome.B})
"""Orders that are carried out without a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was read of the colleague, and the two entities.

    Attributes:
        new_upn: UPN in the domain of the new entity; None when the present one fits (R2).
        holder: Who holds `new_upn` now, in whichever form.
        has_domain: Whether the tenant may use the domain of `new_upn`.
        onedrive_days: Days that OneDrive data stays after order B (R8).
    """

    move: Move
    source_name: str
    target_name: str
    account: Account
    mailbox: Mailbox
    memberships: Sequence[Membership]
    sites: Sequence[SiteAccess]
    drive: Drive | None
    new_upn: Upn | None
    holder: Holder | None
    has_domain: bool
    onedrive_days: int


def new_upn_of(upn: Upn, target: Entity) -> Upn | None:
    """Return the UPN to give, or None when the present one fits the new entity (R2)."""
    if not target.domains or domain_of(upn) in target.domains:
        return None
    return Upn(f"{upn.rpartition('@')[0]}@{target.domains[0]}")


def obstacles_of(seen: Seen) -> tuple[Obstacle, ...]:
    """Return everything that stands in the way, so that a person can solve it in one go."""
    found = [*_entity_obstacles(seen), *_upn_obstacles(seen)]
    if seen.move.outcome is Outcome.B:
        for membership in seen.memberships:
            found += _group_obstacles(seen, membership)
    return tuple(found)


def steps_of(seen: Seen) -> tuple[PlannedStep, ...]:
    """Return the steps of order A or B in the sequence in which they are carried out."""
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
    if membership.kind is not GroupKind.CLOUD:
        params = {"group": membership.name, "kind": membership.kind.value}
        return [Obstacle("plan.obstacle.group_kind", params)]
    others = [owner for owner in membership.owners if owner.object_id != seen.move.subject]
    if membership.is_owner and not others:
        return [Obstacle("plan.obstacle.last_owner", {"group": membership.name})]
    return []


def _steps_a(seen: Seen) -> tuple[PlannedStep, ...]:
    return (
        *_upn_steps(seen),
        _entity_step(seen),
        _aliases_kept_step(seen),
        _groups_kept_step(seen),
    )


def _steps_b(seen: Seen) -> tuple[PlannedStep, ...]:
    return (
        _hold_step(seen),
        *(_leave_step(seen, membership) for membership in seen.memberships),
        _aliases_step(seen),
        *_upn_steps(seen),
        *_old_address_steps(seen),
        _entity_step(seen),
        *_retention_steps(seen),
    )


def _upn_steps(seen: Seen) -> tuple[PlannedStep, ...]:
    if seen.new_upn is None:
        return ()
    step = _planned(
        AdaptUpn,
        seen,
        before={"upn": seen.account.upn},
        after={"upn": seen.new_upn},
        args={"upn": seen.new_upn},
    )
    return (step,)


def _entity_step(seen: Seen) -> PlannedStep:
    names = {seen.move.source: seen.source_name, seen.move.target: seen.target_name}
    entity = seen.account.entity
    return _planned(
        MoveToEntity,
        seen,
        before={"name": names.get(entity, entity) if entity else ""},
        after={"name": seen.target_name},
        args={
            "source": seen.move.source,
            "source_name": seen.source_name,
            "target": seen.move.target,
            "target_name": seen.target_name,
        },
    )


def _hold_step(seen: Seen) -> PlannedStep:
    return _planned(
        HoldMailbox,
        seen,
        before={"hold": seen.mailbox.litigation_hold},
        after={"hold": True},
        args={"mailbox": seen.mailbox.guid},
    )


def _aliases_step(seen: Seen) -> PlannedStep:
    return _planned(
        RemoveAliases,
        seen,
        before={"aliases": seen.mailbox.aliases},
        after={"aliases": ()},
        args={"mailbox": seen.mailbox.guid},
    )


def _old_address_steps(seen: Seen) -> tuple[PlannedStep, ...]:
    if seen.new_upn is None:
        return ()
    old = seen.mailbox.primary
    step = _planned(
        RemoveOldAddress,
        seen,
        before={"address": old, "present": True},
        after={"address": old, "present": False},
        args={"mailbox": seen.mailbox.guid, "address": old},
    )
    return (step,)


def _aliases_kept_step(seen: Seen) -> PlannedStep:
    addresses = seen.mailbox.addresses
    new = {seen.new_upn} if seen.new_upn else set()
    return _planned(
        KeepAliases,
        seen,
        before={"addresses": tuple(addresses)},
        after={"addresses": tuple(addresses | new)},
        args={"mailbox": seen.mailbox.guid},
    )


def _leave_step(seen: Seen, membership: Membership) -> PlannedStep:
    return _planned(
        LeaveGroup,
        seen,
        target=membership.group_id,
        title=membership.name,
        before={
            "group": membership.name,
            "member": membership.is_member,
            "owner": membership.is_owner,
        },
        after={"group": membership.name, "member": False, "owner": False},
        args={"group": membership.group_id, "title": membership.name},
    )


def _groups_kept_step(seen: Seen) -> PlannedStep:
    state = {
        "groups": {one.group_id: {"name": one.name} for one in seen.memberships},
        "sites": {one.site_id: {"name": one.name} for one in seen.sites},
    }
    return _planned(KeepGroups, seen, before=state, after=state, args={})


def _retention_steps(seen: Seen) -> tuple[PlannedStep, ...]:
    if seen.drive is None:
        return ()
    days = seen.onedrive_days
    step = _planned(
        RecordRetention, seen, before={"days": 0}, after={"days": days}, args={"days": days}
    )
    return (step,)


def _planned(  # noqa: PLR0913  # one line of a plan; all but the first two go by name
    step: type[Step],
    seen: Seen,
    *,
    before: State,
    after: State,
    args: Mapping[str, object],
    target: str = "",
    title: str = "",
) -> PlannedStep:
    return PlannedStep(
        name=step.name,
        target=target or seen.move.subject,
        title=title,
        before=step.readable(before),
        after=step.readable(after),
        args={"subject": seen.move.subject, **args},
    )
