"""One line of a plan each: what changes, from what to what, and by which way; pure."""

from collections.abc import Mapping
from typing import Final

from fulfilment.seen import Seen
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
from fulfilment.tenant import GroupKind, Membership
from mutations.plan import PlannedStep, Route, Undo

BY_HAND: Final = frozenset(
    {GroupKind.DYNAMIC, GroupKind.SYNCED, GroupKind.ROLE, GroupKind.LICENSING}
)
"""Groups whose members no program should change: each has its reason in `GroupKind`."""

_BY_EXCHANGE: Final = frozenset({GroupKind.DISTRIBUTION, GroupKind.MAIL_SECURITY})


def upn_steps(seen: Seen) -> tuple[PlannedStep, ...]:
    """Adapt the UPN to the domain of the new entity, where it does not fit (R2)."""
    if seen.new_upn is None:
        return ()
    step = _planned(
        AdaptUpn,
        seen,
        before={"upn": seen.account.upn},
        after={"upn": seen.new_upn},
        args={"upn": seen.new_upn},
        route=_unless_synced(seen),
    )
    return (step,)


def entity_step(seen: Seen) -> PlannedStep:
    """Bring the account under the new entity."""
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
        route=_unless_synced(seen),
    )


def hold_step(seen: Seen) -> PlannedStep:
    """Put the mailbox in litigation hold (R7)."""
    return _planned(
        HoldMailbox,
        seen,
        before={"hold": seen.mailbox.litigation_hold},
        after={"hold": True},
        args={"mailbox": seen.mailbox.guid},
    )


def aliases_step(seen: Seen) -> PlannedStep:
    """Remove the secondary addresses (R3)."""
    return _planned(
        RemoveAliases,
        seen,
        before={"aliases": seen.mailbox.aliases},
        after={"aliases": ()},
        args={"mailbox": seen.mailbox.guid},
        route=_unless_synced(seen),
    )


def old_address_steps(seen: Seen) -> tuple[PlannedStep, ...]:
    """Remove the old address, which a new UPN leaves behind as an alias (R3)."""
    if seen.new_upn is None:
        return ()
    old = seen.mailbox.primary
    step = _planned(
        RemoveOldAddress,
        seen,
        before={"address": old, "present": True},
        after={"address": old, "present": False},
        args={"mailbox": seen.mailbox.guid, "address": old},
        route=_unless_synced(seen),
    )
    return (step,)


def aliases_kept_step(seen: Seen) -> PlannedStep:
    """See that every address still reaches the mailbox (R3)."""
    addresses = seen.mailbox.addresses
    new = {seen.new_upn} if seen.new_upn else set()
    return _planned(
        KeepAliases,
        seen,
        before={"addresses": tuple(addresses)},
        after={"addresses": tuple(addresses | new)},
        args={"mailbox": seen.mailbox.guid},
    )


def leave_step(seen: Seen, membership: Membership) -> PlannedStep:
    """End the access to one group, by the way that its kind allows (R6)."""
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
        args={
            "group": membership.group_id,
            "title": membership.name,
            "kind": membership.kind.value,
        },
        route=_route_out(membership.kind),
    )


def groups_kept_step(seen: Seen) -> PlannedStep:
    """See that the access to groups and sites was left alone (R5)."""
    state = {
        "groups": {one.group_id: {"name": one.name} for one in seen.memberships},
        "sites": {one.site_id: {"name": one.name} for one in seen.sites},
    }
    return _planned(KeepGroups, seen, before=state, after=state, args={})


def retention_steps(seen: Seen) -> tuple[PlannedStep, ...]:
    """Keep the record of the days that the OneDrive data stays (R8)."""
    if seen.drive is None:
        return ()
    days = seen.move.onedrive_days
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
    route: Route | None = None,
) -> PlannedStep:
    return PlannedStep(
        name=step.name,
        target=target or seen.move.subject,
        title=title,
        before=step.readable(before),
        after=step.readable(after),
        args={"subject": seen.move.subject, **args},
        route=route or step.route,
        undo=Undo.HAND if route is Route.HAND else step.undo,
    )


def _unless_synced(seen: Seen) -> Route | None:
    """Return by hand for what changes in the Active Directory only; None is the usual way."""
    return Route.HAND if seen.account.is_synced else None


def _route_out(kind: GroupKind) -> Route | None:
    if kind in BY_HAND:
        return Route.HAND
    return Route.EXCHANGE if kind in _BY_EXCHANGE else None
