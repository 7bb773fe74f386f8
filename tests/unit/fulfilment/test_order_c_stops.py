"""An order C that is killed at any moment goes on afterwards, and each change happens once."""

import pytest

from fulfilment.progress import Finished
from mutations.register import OldAccount
from tests.unit.fulfilment.order_c import WORDS, OrderC
from tests.unit.fulfilment.stage import TARGET
from tests.unit.fulfilment.test_stops import Fuse, Fused, Killed

EFFECTS = ["set_litigation_hold", "give_profile", "set_sign_in", "simulated_supplier"]


async def run_until_killed(order: OrderC, moment: int) -> bool:
    """Run with a fuse; tell whether it burnt before the end."""
    fuse, stage = Fuse(moment), order.stage
    engine = stage.engine(tenant=Fused(stage.tenant, fuse), journal=Fused(stage.journal, fuse))
    try:
        await order.run_to_end(engine)
    except Killed:
        return True
    return False


@pytest.mark.parametrize(
    ("old_account", "effects"),
    [(OldAccount.DISABLE, EFFECTS), (OldAccount.DELETE, [*EFFECTS, "delete_account"])],
)
@pytest.mark.case("C02", "I05")
async def test_killed_at_every_moment_each_change_happens_once(
    old_account: OldAccount, effects: list[str]
) -> None:
    moment = 0
    killed = True
    while killed:
        moment += 1
        order = await OrderC.of(old_account=old_account)
        killed = await run_until_killed(order, moment)

        assert await order.run_to_end() == Finished(), moment
        assert await order.stage.effects() == effects, moment
        new = await order.new()
        assert new is not None, moment
        assert (new.entity, new.profile, new.enabled) == (TARGET, "Kenniswerker", True), moment
        assert (await order.after("account.new"))["account"] == new.object_id, moment
        assert (await order.after("data.migration"))["evidence"] == WORDS, moment
    assert moment > 100


async def test_killed_again_and_again_it_still_gets_there() -> None:
    order = await OrderC.of(old_account=OldAccount.DELETE)
    kills = 0
    while await run_until_killed(order, 10 + kills // 2):
        kills += 1
        order.stage.clock.advance(seconds=0.3)
        assert kills < 1000

    assert kills > 10
    assert await order.stage.effects() == [*EFFECTS, "delete_account"]


@pytest.mark.parametrize(
    "faults",
    [
        "give_profile=lost_reply, set_sign_in=lost_reply, delete_account=lost_reply",
        "accounts_of=transient, account=transient*2, drive=transient, set_sign_in=transient",
        "give_profile=late:20, set_sign_in=late:20, delete_account=late:20",
    ],
    ids=["lost reply", "passing", "late"],
)
@pytest.mark.case("C02")
async def test_faults_of_the_tenant_repeat_nothing(faults: str) -> None:
    order = await OrderC.of(old_account=OldAccount.DELETE, faults=faults)

    assert await order.run_to_end() == Finished()

    assert await order.stage.effects() == [*EFFECTS, "delete_account"]
