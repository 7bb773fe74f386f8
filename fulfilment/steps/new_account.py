"""Which account is the new one of order C: the number of the human, never a name (R9)."""

from typing import Final

from fulfilment.steps.step import StepContext, text
from fulfilment.tenant import Account, PermanentTenantError
from mutations.identity import EntityCode, ObjectId

NEW_ACCOUNT: Final = "account.new"
"""The step that finds the new account; what it was verified with pins the object id."""

DELETED: Final = "account.deactivate"
"""The step that moves the old account to the recycle bin, where the contract asks for that."""


async def candidates(
    context: StepContext, employee_id: str, target: EntityCode
) -> tuple[Account, ...]:
    """Return the other enabled accounts of the same human that reach the new entity."""
    found = await context.tenant.accounts_of(employee_id)
    return tuple(
        one
        for one in found
        if one.object_id != context.subject
        and one.enabled
        and target in {one.entity, *one.entitlements}
    )


def pinned_id(context: StepContext) -> ObjectId | None:
    """Return the object id of the new account; None as long as it was not verified."""
    state = context.verified(NEW_ACCOUNT)
    return None if state is None else ObjectId(text(state, "account"))


async def new_account(context: StepContext) -> Account | None:
    """Return the new account; None as long as it was not verified.

    Raises:
        PermanentTenantError: It was there and is gone.
    """
    pinned = pinned_id(context)
    if pinned is None:
        return None
    account = await context.tenant.account(pinned)
    if account is None:
        raise PermanentTenantError("tenant.new_account_missing", {})
    return account


async def required_new_account(context: StepContext) -> Account:
    """Return the new account; asked for by steps that come after it was verified.

    Raises:
        PermanentTenantError: There is none.
    """
    account = await new_account(context)
    if account is None:
        raise PermanentTenantError("tenant.new_account_missing", {})
    return account


def is_deleted_by_order(context: StepContext) -> bool:
    """Tell whether this order moved the old account to the recycle bin, and that was read back."""
    return context.verified(DELETED) is not None
