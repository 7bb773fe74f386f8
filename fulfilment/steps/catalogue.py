"""All steps by name: how a planned step becomes one that runs, and a state becomes readable."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from fulfilment.steps.account_block import BlockAccount
from fulfilment.steps.account_deactivate import DeleteOldAccount
from fulfilment.steps.account_entity import MoveToEntity
from fulfilment.steps.account_licence import LicenseNewAccount
from fulfilment.steps.account_new import FindNewAccount
from fulfilment.steps.account_upn import AdaptUpn
from fulfilment.steps.data_migration import MigrateData
from fulfilment.steps.groups_kept import KeepGroups
from fulfilment.steps.groups_leave import LeaveGroup
from fulfilment.steps.mailbox_aliases import RemoveAliases
from fulfilment.steps.mailbox_aliases_kept import KeepAliases
from fulfilment.steps.mailbox_litigation_hold import HoldMailbox
from fulfilment.steps.mailbox_old_address import RemoveOldAddress
from fulfilment.steps.onedrive_retention_record import RecordRetention
from fulfilment.steps.step import State, Step, StepContext
from mutations.plan import PlannedStep

_TYPES: Final[tuple[type[Step], ...]] = (
    AdaptUpn,
    MoveToEntity,
    HoldMailbox,
    RemoveAliases,
    RemoveOldAddress,
    KeepAliases,
    LeaveGroup,
    KeepGroups,
    RecordRetention,
    FindNewAccount,
    LicenseNewAccount,
    BlockAccount,
    MigrateData,
    DeleteOldAccount,
)

STEP_TYPES: Final[Mapping[str, type[Step]]] = MappingProxyType({one.name: one for one in _TYPES})


def step_of(planned: PlannedStep, context: StepContext) -> Step:
    """Return the step that carries out `planned`."""
    return STEP_TYPES[planned.name](context, planned.args)


def readable(name: str, state: State | None) -> str:
    """Return a journalled state of the step `name` as a person reads it."""
    return "" if state is None else STEP_TYPES[name].readable(state)
