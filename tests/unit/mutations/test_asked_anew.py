"""A plan that takes more than was decided on goes back to the source entity, and no other does."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutations.approval import is_as_approved, more_than_shown, shown_digest
from mutations.case_finder import Outcome, Retention
from mutations.directory import Access, Footprint
from mutations.errors import DomainError
from mutations.jobs import ExpireRequest
from mutations.life_cycle import IllegalTransitionError, State
from mutations.losses import Losses, LostGroup, beyond, losses_of, losses_shown
from mutations.plan import Obstacle, Plan, PlannedStep
from mutations.transitions import UnapprovedWorkError, ask_anew, start
from tests.unit.mutations.office import ASKER, CHIEF, HELPER, SECOND, Office
from tests.unit.mutations.strategies import laws

NAMES = ("Dijken", "Lezersclub", "Water", "Wegen")
ADDRESSES = ("a@water.example", "b@water.example", "c@water.example")
MAILBOXES = ("guid-1", "guid-2")


def plan_b(groups: frozenset[str], addresses: frozenset[str], mailbox: str) -> Plan:
    """Return a plan of order B."""

    hold = PlannedStep(name="mailbox.litigation_hold", target="t", args={"mailbox": mailbox})
    leaving = [
        replace(hold, name="groups.leave", target=f"id-{one}", title=one) for one in sorted(groups)
    ]
    aliases = replace(hold, name="mailbox.aliases", before="\n".join(sorted(addresses)))
    return Plan(steps=(hold, *leaving, aliases))


plans = st.builds(
    plan_b,
    st.frozensets(st.sampled_from(NAMES)),
    st.frozensets(st.sampled_from(ADDRESSES)),
    st.sampled_from(MAILBOXES),
)
SHOWN = plan_b(frozenset(NAMES[:2]), frozenset(ADDRESSES[:1]), MAILBOXES[0])
MORE = plan_b(frozenset(NAMES[:3]), frozenset(ADDRESSES[:1]), MAILBOXES[0])


@laws
@given(shown=plans, now=plans)
def test_something_is_more_exactly_when_it_was_not_among_what_was_shown(
    shown: Plan, now: Plan
) -> None:
    before, after = losses_shown(shown, Footprint()), losses_of(now)
    more = beyond(after, before)

    assert set(more.groups) == set(after.groups) - set(before.groups)
    assert set(more.addresses) == set(after.addresses) - set(before.addresses)
    assert bool(more.mailbox) == (before.mailbox != after.mailbox)
    assert beyond(before, before).is_nothing


@laws
@given(shown=plans, now=plans)
def test_less_is_always_covered(shown: Plan, now: Plan) -> None:
    before, after = losses_of(shown), losses_of(now)
    both = Losses(
        groups=tuple(set(before.groups) & set(after.groups)),
        addresses=tuple(set(before.addresses) & set(after.addresses)),
        mailbox=before.mailbox,
    )

    assert beyond(both, before).is_nothing


def test_a_name_that_was_shown_covers_one_group_of_that_name() -> None:
    footprint = Footprint(
        groups=(Access(name="Water", owners=()), Access(name="Dijken", owners=()))
    )
    shown = losses_shown(None, footprint)
    twins = tuple(LostGroup(id=one, name="Water") for one in ("1", "2"))

    assert beyond(Losses(groups=twins[:1]), shown).is_nothing
    assert beyond(Losses(groups=twins), shown).groups == twins[1:]


def test_addresses_of_a_plan_that_keeps_were_there_to_see() -> None:
    kept = PlannedStep(
        name="mailbox.aliases_kept",
        target="t",
        before="A@water.example\nold@water.example",
        args={"mailbox": "guid-1"},
    )
    shown = losses_shown(Plan(steps=(kept,)), Footprint())
    now = Losses(addresses=("a@water.example", "new@water.example"), mailbox="guid-1")

    assert beyond(now, shown) == Losses(addresses=("new@water.example",))


async def _ordered(days: int = 0) -> Office:
    office = Office.open()
    office.planner.become(SHOWN)
    request = await office.ask(Retention.NOT_KEEP, days=days)
    await office.decide(CHIEF, request, Retention.NOT_KEEP)
    office.planner.become(MORE)
    return office


@laws
@given(now=plans)
async def test_work_starts_on_the_decision_exactly_when_nothing_more_goes(now: Plan) -> None:
    office = await _ordered()
    [request] = office.store.contents.requests.values()
    at = office.clock.now()
    if more_than_shown(request, now).is_nothing:
        assert start(request, now, at=at).state is State.CARRYING_OUT
        with pytest.raises(IllegalTransitionError):
            ask_anew(request, now, Footprint(), at=at)
        return
    with pytest.raises(UnapprovedWorkError):
        start(request, now, at=at)
    asked = ask_anew(request, now, Footprint(), at=at)
    assert (asked.state, asked.round, asked.decision) == (State.SUBMITTED, 2, None)
    assert (asked.agreed, asked.ordered_at, asked.start_on, asked.approved) == (None,) * 3 + ("",)
    assert not is_as_approved(asked)


async def test_audit_of_the_decision_has_the_fingerprint_of_what_was_shown() -> None:
    office = await _ordered()
    [request] = office.store.contents.requests.values()
    [row] = office.rows("request.decided")
    assert request.shown is not None
    wider = replace(request.shown, groups=losses_of(MORE).groups)

    assert row.params["shown"] == shown_digest(request)
    assert shown_digest(replace(request, shown=wider)) != row.params["shown"]


async def test_source_entity_decides_anew_and_the_work_goes_on_with_that() -> None:
    office = await _ordered()
    [request] = office.store.contents.requests.values()

    assert await office.use.begin_work(request.id) is None
    asked = office.now(request)
    assert (asked.state, asked.round) == (State.SUBMITTED, 2)
    assert asked.anew is not None
    assert [one.name for one in asked.anew.more.groups] == ["Water"]
    assert office.told("decision_asked").count(CHIEF.object_id) == 2
    assert office.told("asked_anew") == [ASKER.object_id]
    [row] = office.rows("request.asked_anew")
    assert row.params["groups"] == ["id-Water"]
    assert office.rows("work.started") == []

    with pytest.raises(DomainError):  # a card of the first round
        await office.decide(SECOND, asked, Retention.NOT_KEEP)
    await office.decide(SECOND, asked, Retention.NOT_KEEP, card_round=2)
    assert office.now(request).state is State.SCHEDULED
    begun = await office.use.begin_work(request.id)
    assert begun is not None
    assert begun.state is State.CARRYING_OUT


async def test_an_accepted_outcome_is_not_asked_about_again_when_it_is_decided_again() -> None:
    office = Office.open()
    office.planner.become(SHOWN)
    request = await office.ask(Retention.KEEP)
    await office.decide(CHIEF, request, Retention.NOT_KEEP)
    await office.use.confirm(ASKER.object_id, request.id, card_round=1)
    office.planner.become(MORE)
    await office.use.begin_work(request.id)
    asked = office.now(request)
    assert (asked.wish, asked.outcome) == (Retention.NOT_KEEP, Outcome.B)

    await office.decide(CHIEF, request, Retention.KEEP, card_round=2)
    assert office.now(request).state is State.TO_CONFIRM
    kept = await office.use.confirm(ASKER.object_id, request.id, card_round=2)
    assert (kept.state, kept.outcome) == (State.SCHEDULED, Outcome.A)


async def test_order_that_stopped_before_its_start_is_asked_anew_once_it_can_be_made() -> None:
    office = await _ordered()
    [request] = office.store.contents.requests.values()
    office.planner.obstacles = (Obstacle("plan.obstacle.upn_taken", {}),)
    await office.use.begin_work(request.id)
    assert office.now(request).state is State.ATTENTION
    office.planner.obstacles = ()

    await office.use.resume_work(HELPER.object_id, request.id)
    await office.use.begin_work(request.id)

    assert (office.now(request).state, office.now(request).round) == (State.SUBMITTED, 2)


async def test_new_round_gets_the_whole_time_to_decide() -> None:
    office = await _ordered()
    [request] = office.store.contents.requests.values()
    office.clock.advance(days=25)
    await office.use.begin_work(request.id)
    expiry = ExpireRequest(request_id=request.id)
    office.clock.advance(days=10)

    await office.use.expire(expiry)
    assert office.now(request).state is State.SUBMITTED
    office.clock.advance(days=30)
    await office.use.expire(expiry)
    assert office.now(request).state is State.EXPIRED
