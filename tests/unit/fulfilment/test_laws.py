"""Laws that hold for every account: a plan tells the truth, and doing it twice changes nothing."""

import asyncio

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fulfilment.progress import Finished
from fulfilment.tenants.simulated.seed import DemoGroup, DemoPerson, DemoSite, DemoWorld
from mutations.case_finder import Outcome
from mutations.plan import Plan
from tests.unit.fulfilment.stage import (
    COLLEAGUE,
    NEW,
    OLD,
    REQUEST,
    SOURCE,
    TARGET,
    Stage,
    entity,
    register,
)

laws = settings(
    max_examples=60,
    deadline=None,  # the machine may be shared: slowness is no broken law
    suppress_health_check=[HealthCheck.too_slow],
)

locals_ = st.from_regex(r"[a-z]{2,8}(\.[a-z]{2,8})?", fullmatch=True)
addresses = st.builds("{}@{}".format, locals_, st.sampled_from([OLD, NEW]))
orders = st.sampled_from([Outcome.A, Outcome.B])
names = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1
)


@st.composite
def worlds(draw: st.DrawFn) -> DemoWorld:
    """A world in which person 4 has an account as there may be one."""
    upn = draw(addresses)
    aliases = draw(st.sets(addresses, max_size=4)) - {upn}
    mover = DemoPerson(
        number=4,
        name=draw(names),
        upn=upn,
        entity=SOURCE,
        entitled=(TARGET,),
        aliases=tuple(sorted(aliases)),
        drive_mb=draw(st.integers(0, 10_000)),
    )
    groups = [
        DemoGroup(
            number=number,
            name=name,
            owners=draw(st.sampled_from([(2,), (2, 4)])),
            members=draw(st.sampled_from([(), (4,)])),
        )
        for number, name in enumerate(draw(st.lists(names, max_size=4)))
    ]
    sites = [DemoSite(number=1, name=draw(names), owners=(2,), members=(4,))]
    return DemoWorld(person=(mover, COLLEAGUE), group=tuple(groups), site=tuple(sites))


def shown(plan: Plan) -> list[tuple[str, str, str]]:
    return [(step.name, step.before, step.after) for step in plan.steps]


@laws
@given(world=worlds(), outcome=orders, domains=st.sampled_from([(NEW,), (NEW, OLD), (OLD,)]))
def test_what_the_plan_says_is_what_is_there_afterwards(
    world: DemoWorld, outcome: Outcome, domains: tuple[str, ...]
) -> None:
    async def law() -> None:
        known = register(entity(SOURCE, OLD), entity(TARGET, "", domains=domains))
        stage = await Stage.of(world, known=known)

        plan = await stage.planner.plan(stage.move(outcome))
        assert plan.obstacles == ()
        assert await stage.effects() == []

        assert await stage.run(plan) == Finished()
        report = await stage.engine().report(REQUEST)
        assert [(line.name, line.before, line.after) for line in report.lines] == shown(plan)

        effects = await stage.effects()
        second = await stage.planner.plan(stage.move(outcome))
        on_tenant = [step for step in second.steps if step.name != "onedrive.retention_record"]
        assert second.obstacles == ()
        assert all(step.before == step.after for step in on_tenant)
        assert await stage.engine().advance(REQUEST, plan) == Finished()
        assert await stage.effects() == effects

    asyncio.run(law())


@laws
@given(world=worlds())
def test_a_loses_no_address_and_no_access(world: DemoWorld) -> None:
    async def law() -> None:
        stage = await Stage.of(world)
        before = await stage.seen()

        await stage.carry_out(Outcome.A)

        after = await stage.seen()
        assert before.mailbox.addresses <= after.mailbox.addresses
        assert (after.groups, after.sites) == (before.groups, before.sites)

    asyncio.run(law())


@laws
@given(world=worlds())
def test_b_leaves_one_address_no_group_and_a_hold(world: DemoWorld) -> None:
    async def law() -> None:
        stage = await Stage.of(world)

        await stage.carry_out(Outcome.B)

        after = await stage.seen()
        assert after.mailbox.addresses == {after.account.upn}
        assert after.groups == ()
        assert after.mailbox.litigation_hold

    asyncio.run(law())
