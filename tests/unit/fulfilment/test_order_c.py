"""Order C: the end state by the rulebook, and that nothing happens that nobody reported (R9)."""

import pytest
from msgspec import structs

from fulfilment.entry_run import Pace
from fulfilment.journal import StepState
from fulfilment.progress import Again, Finished, NeedsPerson, WaitsForHands
from fulfilment.tenants.simulated.seed import DemoPerson, demo_person_id
from mutations.plan import Obstacle, Route, Undo
from mutations.register import OldAccount
from tests.unit.fulfilment.order_c import EMPLOYEE, HELPER, JAN, OLD_ID, WORDS, OrderC
from tests.unit.fulfilment.stage import MOVER, NEW, OLD, REQUEST, SOURCE, TARGET

SIZE = 8400 * 1024 * 1024
SECOND = DemoPerson(
    number=8,
    name="Jan Peeters",
    upn=f"jan.peeters.beheer@{NEW}",
    entity=TARGET,
    employee_id=EMPLOYEE,
)
STEPS = [
    ("mailbox.litigation_hold", Route.EXCHANGE, Undo.BACK),
    ("account.new", Route.HAND, Undo.HAND),
    ("account.licence", Route.GRAPH, Undo.HAND),
    ("account.block", Route.GRAPH, Undo.BACK),
    ("data.migration", Route.HAND, Undo.NEVER),
    ("account.entity", Route.GRAPH, Undo.HAND),
]
DELETE = ("account.deactivate", Route.GRAPH, Undo.BACK)


@pytest.mark.parametrize(
    ("old_account", "steps"),
    [(OldAccount.DISABLE, STEPS), (OldAccount.DELETE, [*STEPS, DELETE])],
)
async def test_plan_names_its_steps_with_route_and_undo(
    old_account: OldAccount, steps: list[tuple[str, Route, Undo]]
) -> None:
    order = await OrderC.of(old_account=old_account)

    assert order.plan.obstacles == ()
    assert [(one.name, one.route, one.undo) for one in order.plan.steps] == steps


async def test_accounts_are_as_the_rulebook_says() -> None:
    order = await OrderC.of()
    before = await order.stage.seen()

    assert await order.run_to_end() == Finished()

    old, new = await order.stage.seen(), await order.new()
    assert new is not None
    assert (before.account.enabled, old.account.enabled) == (True, False)  # R9: deactivated
    assert old.account.entity == SOURCE
    assert old.account.upn == MOVER.upn
    assert (old.mailbox.guid, old.mailbox.addresses) == (
        before.mailbox.guid,
        before.mailbox.addresses,
    )
    assert (old.mailbox.litigation_hold, old.mailbox.hold_owner) == (True, REQUEST)
    assert old.drive == before.drive  # the source of the migration stays
    assert (old.groups, old.sites) == (before.groups, before.sites)
    assert new.enabled  # R9: a new account
    assert (new.entity, new.upn) == (TARGET, f"jan.peeters@{NEW}")
    assert new.profile == before.account.profile
    assert new.status != before.account.status
    fresh = await order.stage.seen(new.object_id)
    assert fresh.mailbox.guid != old.mailbox.guid
    assert fresh.drive is not None
    assert fresh.drive.size_bytes == SIZE  # R9: migrated by the supplier
    assert await order.stage.effects() == [
        "set_litigation_hold",
        "give_profile",
        "set_sign_in",
        "simulated_supplier",
    ]


async def test_hold_is_verified_before_anything_else() -> None:
    order = await OrderC.of()
    await order.run_to_end()

    hold, *others = await order.stage.objects.ledger()

    verified_at = (await order.stage.journal.load(REQUEST))[0].verified_at
    assert hold.operation == "set_litigation_hold"
    assert verified_at is not None
    assert all(row.at >= verified_at for row in others)


async def test_nothing_but_the_hold_happens_before_the_new_account_is_there() -> None:
    order = await OrderC.of()

    assert await order.run() == WaitsForHands((order.position("account.new"),))

    assert await order.stage.effects() == ["set_litigation_hold"]
    states = [one.state for one in await order.stage.journal.load(REQUEST)]
    assert states[:3] == [StepState.VERIFIED, StepState.WAITING, StepState.PENDING]


async def test_a_new_account_that_nobody_made_is_not_believed() -> None:
    order = await OrderC.of(pace=Pace(hand_poll_s=60.0, hand_deadline_s=600.0))
    order.does_outside = False
    await order.run()
    order.report(order.position("account.new"))

    progress = await order.run()

    assert progress == NeedsPerson("account.new", "attention.hand_not_seen", {"minutes": 10})
    assert await order.stage.effects() == ["set_litigation_hold"]


async def test_files_that_are_there_count_only_with_a_report() -> None:
    order = await OrderC.of()
    await order.run()
    order.report(order.position("account.new"))
    await order.run()
    await order.outside.done_by_hand([order.plan.steps[order.position("data.migration")]])
    order.stage.settle()

    progress = await order.run()

    new = await order.new()
    assert new is not None
    assert progress == WaitsForHands(
        (order.position("data.migration"),),
        {
            order.position("data.migration"): {
                "old": f"jan.peeters@{OLD}",
                "new": new.upn,
                "drive": "https://tenant-my.sharepoint.example/personal/"
                "jan_peeters_wegenwater_vlaanderen_example",
                "size": "8400 MB",
            }
        },
    )
    order.report(order.position("data.migration"))
    assert await order.run() == Finished()
    after = await order.after("data.migration")
    assert (after["reported_by"], after["evidence"]) == (HELPER, WORDS)
    assert after["size_bytes"] == SIZE


async def test_a_report_without_the_files_calls_a_person_and_deletes_nothing() -> None:
    order = await OrderC.of(
        old_account=OldAccount.DELETE, pace=Pace(hand_poll_s=60.0, hand_deadline_s=600.0)
    )
    await order.run()
    order.report(order.position("account.new"))
    await order.run()
    order.does_outside = False
    order.report(order.position("data.migration"))

    progress = await order.run()

    assert progress == NeedsPerson("data.migration", "attention.hand_not_seen", {"minutes": 10})
    assert "delete_account" not in await order.stage.effects()


async def test_second_account_from_before_the_order_counts_only_when_it_is_reported() -> None:
    order = await OrderC.of(SECOND)
    order.does_outside = False

    assert await order.run() == WaitsForHands((order.position("account.new"),))

    order.report(order.position("account.new"))
    await order.run()
    assert (await order.after("account.new"))["account"] == demo_person_id(SECOND.number)


async def test_more_than_one_candidate_is_for_a_person() -> None:
    order = await OrderC.of(SECOND)
    await order.run()
    order.report(order.position("account.new"))

    progress = await order.run()

    assert progress == NeedsPerson("account.new", "tenant.new_account_ambiguous", {"count": 2})
    assert await order.stage.effects() == ["set_litigation_hold"]


@pytest.mark.parametrize(
    "other",
    [
        structs.replace(SECOND, employee_id="700099"),
        structs.replace(SECOND, employee_id=""),
        structs.replace(SECOND, entity="OVO000103"),
        structs.replace(SECOND, is_deleted=True),
    ],
    ids=["another human", "no number", "another entity", "deleted"],
)
async def test_who_is_no_candidate_is_never_taken_for_the_new_account(other: DemoPerson) -> None:
    order = await OrderC.of(other)
    order.does_outside = False
    await order.run()
    order.report(order.position("account.new"))
    await order.stage.engine().advance(REQUEST, order.plan, order.reports)

    assert await order.after("account.new") == {}


async def test_account_that_is_only_entitled_is_brought_under_the_new_entity() -> None:
    entitled = structs.replace(SECOND, entity=SOURCE, entitled=(TARGET,))
    order = await OrderC.of(entitled)
    order.does_outside = False
    await order.run()
    order.report(order.position("account.new"))
    order.does_outside = True
    await order.stage.engine().advance(REQUEST, order.plan, order.reports)
    order.does_outside = False
    await order.run()
    order.report(order.position("data.migration"))
    await order.outside.done_by_hand([order.plan.steps[order.position("data.migration")]])

    assert await order.run() == Finished()

    new = await order.new()
    assert new is not None
    assert (new.object_id, new.entity) == (demo_person_id(SECOND.number), TARGET)


async def test_without_employee_number_it_does_not_start() -> None:
    order = await OrderC.of(mover=MOVER)

    obstacle = Obstacle("plan.obstacle.employee_id_missing", {"upn": MOVER.upn})
    assert order.plan.obstacles == (obstacle,)
    assert await order.run() == NeedsPerson("plan", obstacle.key, obstacle.params)
    assert await order.stage.effects() == []


async def test_status_alone_needs_no_step_for_the_entity() -> None:
    order = await OrderC.of(target=SOURCE)

    assert "account.entity" not in {one.name for one in order.plan.steps}
    assert await order.run_to_end() == Finished()
    new = await order.new()
    assert new is not None
    assert (new.entity, new.upn) == (SOURCE, f"jan.peeters2@{OLD}")  # the old name stays taken


async def test_accounts_of_the_active_directory_are_not_written_to() -> None:
    order = await OrderC.of(
        mover=structs.replace(JAN, is_synced=True), old_account=OldAccount.DELETE
    )

    by_hand = {one.name for one in order.plan.steps if one.route is Route.HAND}

    assert by_hand == {
        "account.new",
        "account.block",
        "data.migration",
        "account.entity",
        "account.deactivate",
    }
    await order.run_to_end()
    forbidden = {"set_sign_in", "move_to_entity", "delete_account"}
    assert forbidden.isdisjoint(await order.stage.effects())


async def test_delete_comes_last_and_never_purges() -> None:
    order = await OrderC.of(old_account=OldAccount.DELETE)

    assert await order.run_to_end() == Finished()

    effects = await order.stage.effects()
    assert effects[-1] == "delete_account"
    migrated = (await order.stage.journal.load(REQUEST))[order.position("data.migration")]
    deleted = list(await order.stage.objects.ledger())[-1]
    assert migrated.verified_at is not None
    assert deleted.at >= migrated.verified_at
    await order.stage.tenant.restore_account(OLD_ID)
    order.stage.settle()
    old = await order.stage.seen()
    assert old.mailbox.litigation_hold
    assert old.drive is not None
    assert old.drive.size_bytes == SIZE


async def test_taken_back_the_old_account_is_as_it_was_and_the_new_one_is_left_to_people() -> None:
    order = await OrderC.of(old_account=OldAccount.DELETE)
    before = await order.stage.seen()
    await order.run_to_end()
    new = await order.new()

    engine = order.stage.engine()
    progress = await engine.take_back(REQUEST, order.plan)
    while isinstance(progress, Again):
        order.stage.clock.advance(seconds=progress.after_s)
        progress = await engine.take_back(REQUEST, order.plan)

    assert progress == Finished()
    assert await order.stage.seen() == before
    assert await order.new() == new


async def test_nothing_is_deleted_without_the_hold() -> None:
    order = await OrderC.of(old_account=OldAccount.DELETE)
    await order.run()
    order.report(order.position("account.new"))
    await order.run()
    await order.stage.tenant.release_litigation_hold(OLD_ID)
    order.report(order.position("data.migration"))

    progress = await order.run()

    assert progress == NeedsPerson("account.deactivate", "tenant.hold_missing", {})
    assert "delete_account" not in await order.stage.effects()


async def test_taken_back_the_old_account_comes_out_of_the_recycle_bin_and_the_new_one_stays() -> (
    None
):
    order = await OrderC.of(old_account=OldAccount.DELETE)
    before = await order.stage.seen()
    assert await order.run_to_end() == Finished()
    done = len(await order.stage.effects())

    engine = order.stage.engine()
    progress = await engine.take_back(REQUEST, order.plan)
    while isinstance(progress, Again):
        order.stage.clock.advance(seconds=progress.after_s)
        progress = await engine.take_back(REQUEST, order.plan)

    assert progress == Finished()
    undone = (await order.stage.effects())[done:]
    assert undone == ["restore_account", "set_sign_in", "release_litigation_hold"]
    new = await order.new()
    assert new is not None
    assert new.enabled
    after = await order.stage.seen()
    assert after.account == before.account
    assert after.mailbox == before.mailbox
