"""What order B takes away, as the source entity was shown it, and what a later plan takes more.

Not keeping the data is decided on what the accounts showed then. Something less or equal at the
start is covered by that decision; one group, address or mailbox more is not.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mutations.directory import Footprint
from mutations.plan import Plan, PlannedStep

_GROUP: Final = "groups.leave"
_ADDRESSES: Final = ("mailbox.aliases", "mailbox.old_address")
_ADDRESSES_KEPT: Final = "mailbox.aliases_kept"  # of a plan that keeps: each of them would go


@dataclass(frozen=True, slots=True, kw_only=True)
class LostGroup:
    """A group that the access to ends; `id` is empty where only the name was known."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """What goes, or what of it is more than was shown.

    The OneDrive is the colleague's own and has no name in a plan: the account stands for it.

    Attributes:
        addresses: Secondary addresses and the old one.
        mailbox: GUID of the mailbox concerned; empty where there is none.
    """

    groups: tuple[LostGroup, ...] = ()
    addresses: tuple[str, ...] = ()
    mailbox: str = ""

    @property
    def is_nothing(self) -> bool:
        """Tell whether nothing goes."""
        return not (self.groups or self.addresses or self.mailbox)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedAnew:
    """Why and when a decision was asked again: what would go beyond what was shown before."""

    more: Losses
    at: datetime


def losses_of(plan: Plan) -> Losses:
    """Return what the steps of order B take away."""
    return Losses(
        groups=_groups(plan.steps),
        addresses=_lines(step for step in plan.steps if step.name in _ADDRESSES),
        mailbox=_mailbox(plan.steps),
    )


def losses_shown(plan: Plan | None, footprint: Footprint) -> Losses:
    """Return what a decider is shown: by the plan of B, or by a plan of A and the footprint.

    A plan of A names no group that is left; the footprint names all, without their ids.
    """
    steps = plan.steps if plan else ()
    named = tuple(LostGroup(id="", name=one.name) for one in footprint.groups)
    addresses = (step for step in steps if step.name in (*_ADDRESSES, _ADDRESSES_KEPT))
    return Losses(
        groups=_groups(steps) or named, addresses=_lines(addresses), mailbox=_mailbox(steps)
    )


def beyond(now: Losses, shown: Losses) -> Losses:
    """Return what of `now` was not shown; empty when it is the same or less."""
    ids = {one.id for one in shown.groups if one.id}
    names = [one.name for one in shown.groups if not one.id]
    groups = []
    for group in now.groups:
        if group.id in ids:
            continue
        if group.name in names:  # each name that was shown stands for one group
            names.remove(group.name)
        else:
            groups.append(group)
    known = {address.casefold() for address in shown.addresses}
    return Losses(
        groups=tuple(groups),
        addresses=tuple(one for one in now.addresses if one.casefold() not in known),
        mailbox="" if now.mailbox == shown.mailbox else now.mailbox,
    )


def _groups(steps: Iterable[PlannedStep]) -> tuple[LostGroup, ...]:
    found = (step for step in steps if step.name == _GROUP)
    return tuple(LostGroup(id=step.target, name=step.title) for step in found)


def _lines(steps: Iterable[PlannedStep]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for step in steps for line in step.before.splitlines()))


def _mailbox(steps: Iterable[PlannedStep]) -> str:
    found = (str(step.args["mailbox"]) for step in steps if "mailbox" in step.args)
    return next(found, "")
