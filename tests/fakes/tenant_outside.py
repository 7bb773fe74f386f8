"""Who works outside the bot, on the fake tenant: WebIDM makes accounts, the supplier moves data.

The counterpart of `fulfilment/tenants/simulated/outside.py`: what people report as done is done
here in Entra and OneDrive, by others than the bot, so none of it is in the ledger of its calls.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final
from uuid import NAMESPACE_OID, uuid5

from msgspec.structs import replace

from fulfilment.steps.account_new import FindNewAccount
from fulfilment.steps.data_migration import MigrateData
from mutations.identity import EntityCode
from mutations.plan import PlannedStep
from mutations.register import Register
from tests.fakes.tenant_demo import ENTITLEMENTS_PROPERTY
from tests.fakes.tenant_records import User
from tests.fakes.tenant_side import FakeTenant

CIVIL_SERVANT: Final = "ambtenaar"
TEMPORARY: Final = "tijdelijk contract"


class TenantOutside:
    """Does what people say they did outside the bot; doing it twice is doing it once.

    Attributes:
        moves_part: Which part of the files the supplier really copies.
    """

    def __init__(self, tenant: FakeTenant, register: Register) -> None:
        self._state = tenant.state
        self._register = register
        self._acts: Mapping[str, Callable[[PlannedStep], None]] = {
            FindNewAccount.name: self._webidm,
            MigrateData.name: self._supplier,
        }
        self.moves_part = 1.0

    def done_by_hand(self, steps: Iterable[PlannedStep]) -> None:
        """Let the steps that are reported as done happen, where others than the bot do them."""
        for step in steps:
            if step.name in self._acts:
                self._acts[step.name](step)

    def _webidm(self, step: PlannedStep) -> None:
        """Make the new account: without licences, so without mailbox and without OneDrive."""
        state, target = self._state, EntityCode(str(step.args["target"]))
        old = state.users.true(str(step.args["subject"]))
        identity = new_account_id(step)
        if old is None or state.users.true(identity) is not None:
            return
        entity = self._register.entity(target)
        assert entity is not None
        assert entity.domains
        name = old.user_principal_name.partition("@")[0]
        account = User(
            id=identity,
            display_name=old.display_name,
            user_principal_name=self._free(name, entity.domains[0]),
            mail_nickname=name,
            employee_id=old.employee_id,
            employee_type=TEMPORARY if old.employee_type == CIVIL_SERVANT else CIVIL_SERVANT,
            company_name=target,
            on_premises_extension_attributes={ENTITLEMENTS_PROPERTY: target},
            on_premises_sync_enabled=old.on_premises_sync_enabled,
            created_date_time=state.now,
        )
        state.write(state.users, identity, account)

    def _supplier(self, step: PlannedStep) -> None:
        """Copy the files to the OneDrive of the new account; the old ones stay."""
        state = self._state
        old_id = str(step.args["subject"])
        old, source = state.users.true(old_id), state.drives.true(old_id)
        if old is None or source is None:
            return
        used = int(source.used * self.moves_part)
        for one in state.users.all_true().values():
            drive = state.drives.true(one.id)
            is_other = one.id != old_id and one.employee_id == old.employee_id
            if is_other and not one.is_deleted and drive is not None and drive.used < used:
                state.write(state.drives, one.id, replace(drive, used=used))

    def _free(self, name: str, domain: str) -> str:
        """Return the first address that nobody holds: with a number where the name is taken."""
        users = list(self._state.users.all_true().values())
        number, upn = 1, f"{name}@{domain}"
        while any(one.holds(upn) for one in users):
            number += 1
            upn = f"{name}{number}@{domain}"
        return upn


def new_account_id(step: PlannedStep) -> str:
    """Return the id of the account that WebIDM makes: the same however often it is made."""
    return str(uuid5(NAMESPACE_OID, f"webidm {step.args['subject']} {step.args['target']}"))
