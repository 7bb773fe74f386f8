"""The failure list on orders A, B and C: the right end state, or not called done.

Each fault strikes once, at each operation of the order that it can strike at all.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

import pytest
from msgspec import Struct

from fulfilment.progress import Finished, NeedsPerson
from mutations.case_finder import Outcome
from mutations.register import OldAccount
from tests.fakes.tenant_faults import TRAITS, PlannedFault, TenantFault
from tests.fakes.tenant_records import Group, Mailbox, User, plain
from tests.unit.fulfilment.microsoft365.real_tenant import real_tenant
from tests.unit.fulfilment.microsoft365.work import JAN, NEW, OLD, REQUEST, SLOW, TARGET, Work

ORDERS = (Outcome.A, Outcome.B, Outcome.C)
SECONDS = 30.0
"""How long a fault lasts that takes time: longer than anything else takes to show."""

_F = TenantFault
_OF_GROUPS = frozenset(
    {
        *(_F.GROUP_DYNAMIC, _F.GROUP_SYNCED, _F.GROUP_MAIL_ENABLED, _F.GROUP_ROLE_ASSIGNABLE),
        _F.LAST_OWNER,
    }
)
_OF_LICENCES = frozenset({_F.NO_SEAT, _F.LICENCE_INHERITED})
_OF_CMDLETS = frozenset({_F.EXCHANGE_WARNING, _F.EXCHANGE_SYNCED, _F.HOLD_NOT_EFFECTIVE})
CANNOT_STRIKE: Mapping[Outcome, frozenset[TenantFault]] = {
    Outcome.A: _OF_GROUPS | _OF_LICENCES | _OF_CMDLETS | {_F.MISSING_AFTER_CREATE},
    Outcome.B: _OF_LICENCES | {_F.MISSING_AFTER_CREATE},
    Outcome.C: _OF_GROUPS | {_F.MISSING_AFTER_CREATE},
}
"""Faults of what an order does not do; nothing is created or restored by any of them."""

ONCE = [(fault, one) for one in ORDERS for fault in _F if fault not in CANNOT_STRIKE[one]]

FOR_A_PERSON = frozenset(
    {
        *(_F.DIRSYNC, _F.UPN_TAKEN_BY_DELETED, _F.NO_SEAT, _F.LICENCE_INHERITED),
        *(_F.GROUP_DYNAMIC, _F.GROUP_SYNCED, _F.GROUP_MAIL_ENABLED, _F.GROUP_ROLE_ASSIGNABLE),
        *(_F.EXCHANGE_SYNCED, _F.EXCHANGE_WARNING, _F.SYNC_OVERWRITES),
        _F.EXCHANGE_NOT_YET,  # of a mailbox that was there when the plan was made
    }
)
"""Faults that may end with a person; all others have to be survived without anybody."""

SOON = 2.0
"""When a synchronisation undoes a change: what comes after the last read no program sees."""


@dataclass(frozen=True)
class Came:
    """What became of one order with one fault in its way."""

    is_done: bool
    is_right: bool
    struck: int
    key: str


def is_right(outcome: Outcome, truth: Mapping[str, Struct]) -> bool:
    """Tell whether the tenant is as the rulebook says, as far as an order changes it."""
    user, mailbox = cast(User, truth[f"user {JAN}"]), cast(Mailbox, truth[f"mailbox {JAN}"])
    groups = sum(JAN in one.members | one.owners for one in _groups(truth))
    addresses = {plain(one) for one in mailbox.email_addresses}
    is_held = mailbox.litigation_hold_enabled and mailbox.litigation_hold_owner == REQUEST
    if outcome is Outcome.C:
        others = [
            one
            for one in truth.values()
            if isinstance(one, User) and one.employee_id == user.employee_id and one.id != JAN
        ]
        has_new = [(one.company_name, len(one.direct_licences)) for one in others] == [(TARGET, 1)]
        is_off = user.is_deleted and not user.account_enabled and mailbox.is_inactive_mailbox
        return has_new and is_off and is_held
    is_moved = user.user_principal_name == NEW and user.company_name == TARGET
    if outcome is Outcome.A:
        return is_moved and groups > 0 and not is_held and {NEW, OLD} < addresses
    return is_moved and groups == 0 and is_held and addresses == {NEW}


def _groups(truth: Mapping[str, Struct]) -> list[Group]:
    return [one for one in truth.values() if isinstance(one, Group)]


async def came_of(outcome: Outcome, fault: PlannedFault) -> Came:
    """Carry out an order with one fault in its way, planned after the order was."""
    async with real_tenant(lag=SLOW) as real:
        work = Work.on(real, old_account=OldAccount.DELETE)
        plan = await work.plan(outcome)
        real.fake.fail(fault)
        progress = await work.run_to_end(plan)
        work.settle()
        return Came(
            is_done=progress == Finished(),
            is_right=is_right(outcome, work.truth()),
            struck=len(real.fake.plan.struck),
            key=progress.key if isinstance(progress, NeedsPerson) else "",
        )


async def operations_of(outcome: Outcome) -> list[str]:
    """Return what an undisturbed order asks of the tenant after its plan, each once."""
    async with real_tenant(lag=SLOW) as real:
        work = Work.on(real, old_account=OldAccount.DELETE)
        plan = await work.plan(outcome)
        planned = len(real.asked)
        assert await work.run_to_end(plan) == Finished()
        assert is_right(outcome, work.truth())
        asked = [one.operation for one in real.asked[planned:]]
    return sorted({one for one in asked if one and "$batch" not in one})


def can_strike(fault: TenantFault, operation: str) -> bool:
    """Tell whether a fault can strike an operation at all."""
    return PlannedFault(fault=fault).fits(TRAITS[fault].stage, operation, "")


@pytest.mark.parametrize(("fault", "outcome"), ONCE)
async def test_whatever_goes_wrong_once_nothing_is_falsely_done(
    fault: TenantFault, outcome: Outcome
) -> None:
    came = await came_of(outcome, PlannedFault(fault=fault, seconds=1.0))

    assert came.struck == 1
    assert came.is_right or not came.is_done, came
    assert came.is_done or fault in FOR_A_PERSON, came


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.case("C02")
@pytest.mark.parametrize("outcome", ORDERS)
async def test_every_fault_at_every_operation(
    outcome: Outcome, tell: Callable[[str], None]
) -> None:
    tried, right, for_a_person, wrong = 0, 0, 0, []
    operations = await operations_of(outcome)
    for fault in TenantFault:
        is_possible = any(can_strike(fault, one) for one in operations)
        assert is_possible == (fault not in CANNOT_STRIKE[outcome]), fault
    for operation in operations:
        for fault in (one for one in TenantFault if can_strike(one, operation)):
            seconds = SOON if fault is _F.SYNC_OVERWRITES else SECONDS
            plan = PlannedFault(fault=fault, operation=operation, seconds=seconds)
            came = await came_of(outcome, plan)
            assert came.struck, f"{fault} never struck {operation}"
            tried += 1
            right += came.is_done and came.is_right
            for_a_person += not came.is_done
            if (came.is_done and not came.is_right) or not (came.is_done or fault in FOR_A_PERSON):
                wrong.append((operation, fault, came))
    tell(
        f"order {outcome} on the Microsoft 365 code: {tried - len(wrong)} of {tried} faults end "
        f"right or not done ({right} done, {for_a_person} for a person)"
    )
    assert wrong == []
