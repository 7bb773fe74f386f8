"""What each step asks of Microsoft 365, for the plan: which calls, and with which permissions.

Calls that several steps make at the same moment are sent once; so an order takes fewer than the
sum of its steps.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from fulfilment.tenants.microsoft365.groups import BY_EXCHANGE
from fulfilment.tenants.microsoft365.operations import OPERATIONS
from fulfilment.tenants.microsoft365.permissions import EXCHANGE_NEEDED
from mutations.plan import PlannedStep, Route

_MAILBOX: Final = ("Get-Mailbox",)
_CHANGE_MAILBOX: Final = ("Set-Mailbox",)
_FREE_NAME: Final = ("user.by_address", "deleted_user.by_address", "domains.list")
_GROUPS: Final = ("user.groups", "user.owned_groups")
_LEAVE: Final = ("group.remove_owner", "group.remove_member")
_LEAVE_BY_EXCHANGE: Final = ("Remove-DistributionGroupMember",)


@dataclass(frozen=True, slots=True)
class StepCalls:
    """The calls of one step, by the name of the operation or the cmdlet.

    Attributes:
        reads: To look before and after.
        writes: To make the change, as far as it is not there already.
    """

    reads: tuple[str, ...]
    writes: tuple[str, ...] = ()

    @property
    def permissions(self) -> tuple[str, ...]:
        """Least application permissions that they need, in alphabetical order."""
        needed = {permission for name in (*self.reads, *self.writes) for permission in _of(name)}
        return tuple(sorted(needed))


_CALLS: Final[Mapping[str, StepCalls]] = MappingProxyType(
    {
        "account.upn": StepCalls(("user.read", *_FREE_NAME, *_MAILBOX), ("user.rename",)),
        "account.entity": StepCalls(("user.read",), ("user.attribute",)),
        "account.new": StepCalls(("user.by_employee_id", "user.read")),
        "account.licence": StepCalls(
            ("user.read", *_MAILBOX), ("user.usage_location", "user.assign_licences")
        ),
        "account.block": StepCalls(("user.read",), ("user.revoke_sessions", "user.sign_in")),
        "account.deactivate": StepCalls(
            ("user.read", "deleted_user.read", *_MAILBOX), ("user.delete",)
        ),
        "data.migration": StepCalls(("user.read", "user.drive")),
        "groups.kept": StepCalls((*_GROUPS, "group.drive")),
        "groups.leave": StepCalls((*_GROUPS, "group.read"), _LEAVE),
        "mailbox.aliases": StepCalls(("user.read", *_MAILBOX), _CHANGE_MAILBOX),
        "mailbox.aliases_kept": StepCalls(_MAILBOX),
        "mailbox.litigation_hold": StepCalls(_MAILBOX, _CHANGE_MAILBOX),
        "mailbox.old_address": StepCalls(("user.read", *_MAILBOX), _CHANGE_MAILBOX),
        "onedrive.retention_record": StepCalls(("user.drive",)),
    }
)
_WRITTEN_BY_US: Final = frozenset({Route.GRAPH, Route.EXCHANGE})


def calls_of(step: PlannedStep) -> StepCalls:
    """Return what a planned step asks of the tenant; what others do is only read."""
    known = _CALLS[step.name]
    if step.route not in _WRITTEN_BY_US:
        return StepCalls(known.reads)
    if step.args.get("kind") in {kind.value for kind in BY_EXCHANGE}:
        return StepCalls(known.reads, _LEAVE_BY_EXCHANGE)
    return known


def _of(name: str) -> frozenset[str]:
    operation = OPERATIONS.get(name)
    return EXCHANGE_NEEDED if operation is None else frozenset({operation.permission})
