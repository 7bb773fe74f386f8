"""Order C on the real tenant's code, over HTTP, with WebIDM and the supplier of the fake (R9)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

import pytest
from msgspec import Struct
from msgspec.structs import replace

from fulfilment.entry_run import Pace
from fulfilment.progress import Finished, NeedsPerson, WaitsForHands
from fulfilment.tenants.microsoft365.call import Verb
from fulfilment.tenants.microsoft365.operations import OPERATIONS
from mutations.case_finder import Outcome
from mutations.identity import ObjectId
from mutations.plan import Plan
from mutations.register import OldAccount
from tests.fakes.tenant_demo import PROFILE_SKUS, change_user
from tests.fakes.tenant_dual_write import drive_url
from tests.fakes.tenant_outside import TEMPORARY, new_account_id
from tests.fakes.tenant_records import Drive, Licence, Mailbox, User, proxies
from tests.fakes.tenant_state import Lag
from tests.unit.fulfilment.microsoft365.real_tenant import real_tenant
from tests.unit.fulfilment.microsoft365.work import (
    HELPER,
    JAN,
    NEW,
    REQUEST,
    SLOW,
    TARGET,
    WORDS,
    Work,
)

SIZE = 8400 * 1024 * 1024
IMPATIENT = Pace(poll_s=5.0, settle_s=60.0, hand_poll_s=60.0, hand_deadline_s=600.0)
LAGS = pytest.mark.parametrize("lag", [None, SLOW], ids=["at once", "late and flipping"])
HOLD, DELETE = "Set-Mailbox", "DELETE /users/{user-id}"
WRITES = [
    HOLD,
    "PATCH /users/{user-id}",  # where the new account is used: no licence goes without it
    "POST /users/{user-id}/assignLicense",
    "POST /users/{user-id}/revokeSignInSessions",
    "PATCH /users/{user-id}",  # the old account is blocked
]


def new_id(plan: Plan) -> ObjectId:
    """Return the id of the account that WebIDM makes for this plan."""
    return ObjectId(new_account_id(plan.steps[_position(plan, "account.new")]))


def _position(plan: Plan, name: str) -> int:
    return [step.name for step in plan.steps].index(name)


def rulebook(
    before: Mapping[str, Struct], after: Mapping[str, Struct], plan: Plan
) -> dict[str, Struct]:
    """Return the whole tenant as order C must leave it; only moments are taken from `after`."""
    fresh, old = new_id(plan), cast(User, before[f"user {JAN}"])
    seen = cast(User, after[f"user {JAN}"])
    held = cast(Mailbox, after[f"mailbox {JAN}"]).litigation_hold_date
    assert isinstance(held, datetime)
    assert seen.sign_in_sessions_valid_from_date_time > old.sign_in_sessions_valid_from_date_time
    blocked = replace(
        old,
        account_enabled=False,
        sign_in_sessions_valid_from_date_time=seen.sign_in_sessions_valid_from_date_time,
    )
    mailbox = replace(
        cast(Mailbox, before[f"mailbox {JAN}"]),
        litigation_hold_enabled=True,
        litigation_hold_date=held,
        litigation_hold_owner=REQUEST,
        retention_comment=f"mutatiebot {REQUEST}",
    )
    account = User(
        id=fresh,
        display_name=old.display_name,
        user_principal_name=NEW,
        mail_nickname="jan.peeters",
        mail=NEW,
        proxy_addresses=proxies(NEW, ()),
        employee_id=old.employee_id,
        employee_type=TEMPORARY,
        company_name=TARGET,
        usage_location="BE",
        on_premises_extension_attributes={"extensionAttribute1": TARGET},
        direct_licences=(Licence(sku_id=PROFILE_SKUS["Kenniswerker"]),),
        created_date_time=cast(User, after[f"user {fresh}"]).created_date_time,
    )
    own = Mailbox(
        external_directory_object_id=fresh,
        exchange_guid=cast(Mailbox, after[f"mailbox {fresh}"]).exchange_guid,
        display_name=old.display_name,
        user_principal_name=NEW,
        primary_smtp_address=NEW,
        email_addresses=proxies(NEW, ()),
    )
    files = Drive(id=f"b!{fresh}", web_url=drive_url(NEW), used=SIZE)
    changed: dict[str, Struct] = {f"user {JAN}": blocked, f"mailbox {JAN}": mailbox}
    made: dict[str, Struct] = {
        f"user {fresh}": account,
        f"mailbox {fresh}": own,
        f"drive {fresh}": files,
    }
    return {**before, **changed, **made}


def in_bin(whole: Mapping[str, Struct], after: Mapping[str, Struct]) -> dict[str, Struct]:
    """Return the same tenant with the old account in the recycle bin, its mailbox inactive."""
    user, mailbox = cast(User, whole[f"user {JAN}"]), cast(Mailbox, whole[f"mailbox {JAN}"])
    deleted = replace(
        user,
        deleted_date_time=cast(User, after[f"user {JAN}"]).deleted_date_time,
        user_principal_name=JAN.replace("-", "") + user.user_principal_name,
    )
    changes: dict[str, Struct] = {
        f"user {JAN}": deleted,
        f"mailbox {JAN}": replace(mailbox, is_inactive_mailbox=True),
    }
    return {**whole, **changes}


@LAGS
async def test_order_c_leaves_what_the_rulebook_says(lag: Lag | None) -> None:
    async with real_tenant(lag=lag) as real:
        work = Work.on(real)
        before = work.truth()
        plan = await work.plan(Outcome.C)
        assert plan.obstacles == ()
        assert real.writes == []  # a plan is a dry run

        assert await work.run_to_end(plan) == Finished()

        after = work.truth()
        assert after == rulebook(before, after, plan)
        assert real.writes == WRITES
        fresh = await work.seen(new_id(plan))
        assert (fresh.account.entity, fresh.account.profile) == (TARGET, "Kenniswerker")
        assert (await work.after(plan, "account.new"))["account"] == new_id(plan)
        migrated = await work.after(plan, "data.migration")
        assert (migrated["size_bytes"], migrated["evidence"]) == (SIZE, WORDS)
        assert migrated["reported_by"] == HELPER


@LAGS
async def test_deleting_comes_last_and_never_purges(lag: Lag | None) -> None:
    async with real_tenant(lag=lag) as real:
        work = Work.on(real, old_account=OldAccount.DELETE)
        before = work.truth()
        plan = await work.plan(Outcome.C)

        assert await work.run_to_end(plan) == Finished()

        after = work.truth()
        assert after == in_bin(rulebook(before, after, plan), after)
        assert cast(User, after[f"user {JAN}"]).is_deleted
        assert real.writes == [*WRITES, DELETE]


@pytest.mark.parametrize("old_account", OldAccount)
async def test_taken_back_the_old_account_is_as_it_was(old_account: OldAccount) -> None:
    async with real_tenant(lag=SLOW) as real:
        work = Work.on(real, old_account=old_account)
        before, seen = work.truth(), await work.seen()
        plan = await work.plan(Outcome.C)
        assert await work.run_to_end(plan) == Finished()
        made = work.truth()

        assert await work.take_back(plan) == Finished()

        after = work.truth()
        assert await work.seen() == seen
        ended = cast(User, made[f"user {JAN}"]).sign_in_sessions_valid_from_date_time
        old = replace(
            cast(User, before[f"user {JAN}"]), sign_in_sessions_valid_from_date_time=ended
        )
        assert after == {**made, **before, f"user {JAN}": old}  # the new account is people's


async def test_nothing_but_the_hold_happens_before_the_new_account_is_there() -> None:
    async with real_tenant(lag=SLOW) as real:
        work = Work.on(real, old_account=OldAccount.DELETE, pace=IMPATIENT)
        work.outside = None
        plan = await work.plan(Outcome.C)
        position = _position(plan, "account.new")

        assert await work.run(plan) == WaitsForHands((position,))
        work.report(position)
        progress = await work.run(plan)

        assert progress == NeedsPerson("account.new", "attention.hand_not_seen", {"minutes": 10})
        assert real.writes == [HOLD]


async def test_files_that_are_missing_keep_the_old_account_out_of_the_bin() -> None:
    async with real_tenant(lag=SLOW) as real:
        work = Work.on(real, old_account=OldAccount.DELETE, pace=IMPATIENT)
        assert work.outside is not None
        work.outside.moves_part = 0.99
        plan = await work.plan(Outcome.C)

        progress = await work.run_to_end(plan)

        key = "attention.hand_not_seen"
        assert progress == NeedsPerson("data.migration", key, {"minutes": 10})
        assert DELETE not in real.writes
        assert await work.after(plan, "data.migration") == {}


async def test_without_the_hold_the_old_account_is_not_deleted() -> None:
    async with real_tenant() as real:
        work = Work.on(real, old_account=OldAccount.DELETE)
        plan = await work.plan(Outcome.C)
        await work.run(plan)
        work.report(_position(plan, "account.new"))
        await work.run(plan)
        await real.tenant.release_litigation_hold(JAN)
        work.report(_position(plan, "data.migration"))

        progress = await work.run(plan)

        assert progress == NeedsPerson("account.deactivate", "tenant.hold_missing", {})
        assert DELETE not in real.writes


async def test_accounts_of_the_active_directory_are_not_written_to() -> None:
    async with real_tenant() as real:
        change_user(real.fake, 4, on_premises_sync_enabled=True)
        work = Work.on(real, old_account=OldAccount.DELETE, pace=IMPATIENT)
        plan = await work.plan(Outcome.C)

        await work.run_to_end(plan)  # nobody blocks the account in the Active Directory here

        bodies = [cast(dict[str, Any], one.body) for one in real.fake.writes if one.body]
        assert real.writes == [HOLD, *WRITES[1:3]]
        assert {"usageLocation": "BE"} in bodies


def test_no_operation_of_the_program_deletes_for_good() -> None:
    for operation in OPERATIONS.values():
        is_of_bin = operation.path.startswith("/directory/deletedItems")
        assert not (is_of_bin and operation.verb is Verb.DELETE), operation.name


async def test_new_account_that_is_gone_is_waited_for_and_then_a_person_is_called() -> None:
    async with real_tenant(lag=SLOW) as real:
        work = Work.on(real, old_account=OldAccount.DELETE, pace=IMPATIENT)
        plan = await work.plan(Outcome.C)
        await work.run(plan)
        work.report(_position(plan, "account.new"))
        await work.run(plan)
        work.settle()
        real.fake.state.write(real.fake.state.users, new_id(plan), None)
        work.settle()
        work.report(_position(plan, "data.migration"))
        work.outside, begun = None, real.rig.clock.now()

        progress = await work.run(plan)

        assert isinstance(progress, NeedsPerson)
        assert progress.key == "tenant.new_account_missing"
        waited_s = (real.rig.clock.now() - begun).total_seconds()
        assert IMPATIENT.deadline_s <= waited_s < 2 * IMPATIENT.deadline_s
        assert DELETE not in real.writes
