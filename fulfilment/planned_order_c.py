"""The lines of a plan of order C: an old account, a new one, and the data in between (R9)."""

from collections.abc import Mapping
from dataclasses import replace

from fulfilment.planned_steps import hold_step
from fulfilment.seen import Seen
from fulfilment.steps.account_block import BlockAccount
from fulfilment.steps.account_deactivate import DeleteOldAccount
from fulfilment.steps.account_entity import NEW, MoveToEntity
from fulfilment.steps.account_licence import LicenseNewAccount
from fulfilment.steps.account_new import FindNewAccount
from fulfilment.steps.data_migration import MigrateData
from fulfilment.steps.step import Step
from mutations.plan import Obstacle, PlannedStep, Route, Undo
from mutations.register import OldAccount


def order_c_obstacles(seen: Seen) -> list[Obstacle]:
    """Return what keeps the new account from being found, if anything does."""
    if seen.account.employee_id:
        return []
    return [Obstacle("plan.obstacle.employee_id_missing", {"upn": seen.account.upn})]


def order_c_steps(seen: Seen, old_account: OldAccount) -> tuple[PlannedStep, ...]:
    """Return order C; deleting, where that is agreed, comes last."""
    return (
        hold_step(seen),
        _new(seen),
        _step(LicenseNewAccount, seen, after=seen.account.profile, profile=seen.account.profile),
        _step(BlockAccount, seen, before=seen.account.upn, in_directory=True),
        _step(MigrateData, seen, before=seen.account.upn, after=seen.target_name),
        *_entity(seen),
        *_delete(seen, old_account),
    )


def _new(seen: Seen) -> PlannedStep:
    return _step(
        FindNewAccount,
        seen,
        after=seen.target_name,
        employee_id=seen.account.employee_id,
        target=seen.move.target,
    )


def _entity(seen: Seen) -> tuple[PlannedStep, ...]:
    move = seen.move
    if move.source == move.target:
        return ()
    args = {
        "account": NEW,
        "source": move.source,
        "source_name": seen.source_name,
        "target": move.target,
        "target_name": seen.target_name,
    }
    step = _step(MoveToEntity, seen, after=seen.target_name, in_directory=True, **args)
    return (replace(step, undo=Undo.HAND),)  # where the new account was before is not known


def _delete(seen: Seen, old_account: OldAccount) -> tuple[PlannedStep, ...]:
    if old_account is OldAccount.DISABLE:
        return ()
    mailbox = seen.mailbox.guid
    step = _step(
        DeleteOldAccount, seen, before=seen.account.upn, in_directory=True, mailbox=mailbox
    )
    return (step,)


def _step(  # one line of a plan; all but the first two go by name
    step: type[Step],
    seen: Seen,
    *,
    before: str = "",
    after: str = "",
    in_directory: bool = False,
    **args: str,
) -> PlannedStep:
    """Plan a step.

    Args:
        step: Its kind.
        seen: What was read of the old account; a new one will be synced when the old one is.
        before: Value now.
        after: Value when done.
        in_directory: Whether it changes what the Active Directory owns of a synced account.
        args: What it needs to run.
    """
    by_hand = in_directory and seen.account.is_synced
    values: Mapping[str, object] = {"subject": seen.move.subject, **args}
    return PlannedStep(
        name=step.name,
        target=seen.move.subject,
        before=before,
        after=after,
        args=values,
        route=Route.HAND if by_hand else step.route,
        undo=Undo.HAND if by_hand else step.undo,
    )
