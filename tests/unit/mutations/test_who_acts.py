"""Guests, second accounts and people who left: who may do what when it comes to it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutations.authority import NotEntitledError, NotInvolvedError, deciders_of
from mutations.case_finder import Retention
from mutations.clock import local_date
from mutations.identity import EntityCode
from mutations.intake import OwnTransferError
from mutations.jobs import CheckPreconditions
from mutations.life_cycle import State
from mutations.party import Party
from mutations.plan import Obstacle
from mutations.ports import OpenRequestExistsError
from mutations.register import Approver, Contact, Deputy, Entity, Register
from mutations.request import MutationRequest
from mutations.transitions import AlreadyDecidedError, DecidedByYouError
from mutations.use_cases.decide import MissingReasonError, OldCardError
from mutations.use_cases.entitled import NoLongerRequesterError
from mutations.use_cases.membership import NotAMemberError, OwnAccountError, same_human
from mutations.use_cases.propose import NoDeciderError
from mutations.use_cases.submit import OpenRequestElsewhereError
from tests.fakes.directory import account
from tests.unit.mutations.office import (
    ASKER,
    CHIEF,
    COLLEAGUE,
    HELPER,
    OTHER_HELPER,
    SECOND,
    SPARE,
    TWIN,
    Office,
    usual_register,
)
from tests.unit.mutations.strategies import TARGET, laws

NOT_MEMBERS: list[Any] = [
    pytest.param({"is_guest": True}, id="guest"),
    pytest.param({"is_enabled": False}, id="switched-off"),
    pytest.param(None, id="gone"),
]
PARTIES = pytest.mark.parametrize("party", [ASKER, COLLEAGUE], ids=["requester", "colleague"])


def expel(office: Office, person: Contact, change: dict[str, Any] | None) -> None:
    """Let somebody be no member of the organisation."""
    if change is None:
        del office.directory.accounts[person.object_id]
    else:
        office.directory.change(person.object_id, **change)


@pytest.mark.case("Z08")
@pytest.mark.parametrize("change", NOT_MEMBERS)
async def test_only_members_open_and_send_drafts(change: dict[str, Any] | None) -> None:
    office = Office.open()
    draft = await office.draft()
    expel(office, ASKER, change)

    for act in (office.use.open_draft(ASKER.object_id), office.send(draft)):
        with pytest.raises(NotAMemberError):
            await act
    assert office.store.contents.requests == {}


@pytest.mark.case("Z08")
@pytest.mark.parametrize("change", NOT_MEMBERS)
async def test_only_members_decide_confirm_and_withdraw(change: dict[str, Any] | None) -> None:
    office = Office.open()
    request = await office.ask()
    expel(office, CHIEF, change)
    with pytest.raises(NotAMemberError):
        await office.decide(CHIEF, request)
    await office.decide(SECOND, request, Retention.NOT_KEEP)
    expel(office, ASKER, change)
    before = office.now(request)
    with pytest.raises(NotAMemberError):
        await office.use.confirm(ASKER.object_id, request.id, card_round=1)
    with pytest.raises(NotAMemberError):
        await office.use.withdraw(ASKER.object_id, request.id)

    assert office.now(request) == before


@pytest.mark.case("Z08")
@pytest.mark.parametrize("change", NOT_MEMBERS)
async def test_only_members_of_the_service_desk_resume(change: dict[str, Any] | None) -> None:
    office = Office.open()
    request = await _stopped(office)
    expel(office, HELPER, change)

    with pytest.raises(NotAMemberError):
        await office.use.resume_work(HELPER.object_id, request.id)
    resumed = await office.use.resume_work(OTHER_HELPER.object_id, request.id)
    assert resumed.state is State.CARRYING_OUT


@pytest.mark.case("Z04", "Z05")
@PARTIES
async def test_second_account_of_a_party_is_not_asked_and_decides_nothing(party: Contact) -> None:
    office = Office.open()
    office.same_human(CHIEF, party)
    request = await office.ask()

    assert request.set_aside.second_accounts == (CHIEF.object_id,)
    assert office.told("decision_asked") == [SECOND.object_id]
    status = office.use.find.status(request)
    assert CHIEF.name not in {name for turn in status.turns for name in turn.names}
    with pytest.raises(NotInvolvedError):
        await office.decide(CHIEF, request)
    assert (await office.decide(SECOND, request)).decision is not None


@pytest.mark.case("Z04", "Z05")
@PARTIES
async def test_account_that_turns_out_to_be_a_second_one_is_refused_at_the_click(
    party: Contact,
) -> None:
    office = Office.open()
    request = await office.ask()
    office.same_human(CHIEF, party)  # the directory learns of it after the card went out

    with pytest.raises(OwnAccountError):
        await office.decide(CHIEF, request)
    assert office.now(request) == request

    await office.use.recheck(CheckPreconditions(request_id=request.id))
    assert set(deciders_of(office.now(request), office.register, on=_today(office))) == {
        SECOND.object_id
    }


@pytest.mark.case("Z04")
async def test_number_that_was_known_when_the_request_was_sent_still_counts() -> None:
    office = Office.open()
    office.directory.change(CHIEF.object_id, employee_id="")
    request = await office.ask()
    asker = office.directory.accounts.pop(ASKER.object_id)  # the first account is removed
    office.directory.change(CHIEF.object_id, employee_id=asker.employee_id)

    with pytest.raises(OwnAccountError):
        await office.decide(CHIEF, request)


@pytest.mark.case("Z04", "Z05", "Z07")
@PARTIES
async def test_second_account_has_no_deputies_either(party: Contact) -> None:
    deputy = Deputy(contact=SPARE, from_on=_today(Office.open()), until_on=_today(Office.open()))
    office = Office.open(
        usual_register(Approver(contact=CHIEF, deputies=(deputy,)), Approver(contact=SECOND))
    )
    office.same_human(CHIEF, party)
    request = await office.ask()

    with pytest.raises(NotInvolvedError):
        await office.decide(SPARE, request)
    assert set(deciders_of(request, office.register, on=_today(office))) == {SECOND.object_id}


@pytest.mark.parametrize("change", NOT_MEMBERS)
async def test_deputy_stands_in_for_somebody_who_is_away(change: dict[str, Any] | None) -> None:
    deputy = Deputy(contact=SPARE, from_on=_today(Office.open()), until_on=_today(Office.open()))
    office = Office.open(usual_register(Approver(contact=CHIEF, deputies=(deputy,))))
    expel(office, CHIEF, change)

    request = await office.ask()

    assert request.set_aside.outsiders == (CHIEF.object_id,)
    assert office.told("decision_asked") == [SPARE.object_id]
    assert (await office.decide(SPARE, request)).decision is not None


@pytest.mark.case("Z04")
async def test_nobody_is_left_when_every_approver_is_a_second_account_or_away() -> None:
    office = Office.open()
    office.same_human(CHIEF, ASKER)
    expel(office, SECOND, {"is_guest": True})

    with pytest.raises(NoDeciderError):
        await office.ask()
    assert office.store.contents.requests == {}


@pytest.mark.case("Z05")
async def test_own_move_is_not_asked_with_another_account() -> None:
    office = Office.open()
    office.same_human(COLLEAGUE, ASKER)

    with pytest.raises(OwnTransferError):
        await office.ask()


@pytest.mark.case("Z05")
async def test_own_changed_outcome_is_not_confirmed_either() -> None:
    office = Office.open()
    request = await office.ask()
    await office.decide(CHIEF, request, Retention.NOT_KEEP)
    office.same_human(COLLEAGUE, ASKER)

    with pytest.raises(OwnAccountError):
        await office.use.confirm(ASKER.object_id, request.id, card_round=1)
    assert (await office.use.withdraw(ASKER.object_id, request.id)).state is State.WITHDRAWN


async def test_who_left_the_register_withdraws_but_confirms_nothing() -> None:
    office = Office.open()
    request = await office.ask()
    await office.decide(CHIEF, request, Retention.NOT_KEEP)
    register = usual_register()
    emptied = {code: _asked_by(one) for code, one in register.entities.items()}
    office.change_register(_with_entities(register, emptied))

    with pytest.raises(NoLongerRequesterError):
        await office.use.confirm(ASKER.object_id, request.id, card_round=1)
    for stranger in (SPARE, TWIN, HELPER):
        with pytest.raises(NotInvolvedError):
            await office.use.withdraw(stranger.object_id, request.id)
    assert (await office.use.withdraw(ASKER.object_id, request.id)).state is State.WITHDRAWN


@pytest.mark.case("Z14")
async def test_service_desk_does_not_resume_an_order_of_its_own() -> None:
    register = usual_register(helpers=(COLLEAGUE, HELPER, OTHER_HELPER))
    office = Office.open(register)
    office.same_human(HELPER, ASKER)
    request = await _stopped(office)

    assert office.told("attention").count(HELPER.object_id) == 0
    with pytest.raises(NotInvolvedError):
        await office.use.resume_work(HELPER.object_id, request.id)
    with pytest.raises(NotEntitledError):
        await office.use.resume_work(COLLEAGUE.object_id, request.id)
    office.same_human(OTHER_HELPER, COLLEAGUE)
    with pytest.raises(OwnAccountError):
        await office.use.resume_work(OTHER_HELPER.object_id, request.id)
    assert office.now(request).state is State.ATTENTION
    assert office.rows("work.resumed") == []


@pytest.mark.case("Z06")
async def test_decision_that_fell_is_not_upheld_by_whoever_made_it() -> None:
    approvers = (Approver(contact=CHIEF), Approver(contact=SECOND))
    helpers = (CHIEF, HELPER, OTHER_HELPER)
    office = Office.open(usual_register(*approvers, helpers=helpers))
    request = await office.ask()
    await office.decide(CHIEF, request)
    office.change_register(usual_register(approvers[1], helpers=helpers))
    await office.use.begin_work(request.id)
    assert office.now(request).attention is not None
    office.same_human(HELPER, CHIEF)

    for helper in (CHIEF, HELPER):
        with pytest.raises(NotEntitledError):
            await office.use.resume_work(helper.object_id, request.id)
    assert office.now(request).upheld_by is None

    await office.use.resume_work(OTHER_HELPER.object_id, request.id)
    assert office.now(request).upheld_by == OTHER_HELPER.object_id


@pytest.mark.case("Z12")
async def test_exact_repeat_gets_the_stored_answer_however_far_the_request_has_come() -> None:
    office = Office.open()
    request = await office.ask()
    await office.decide(CHIEF, request)
    await office.use.begin_work(request.id)
    moved = office.now(request)

    assert moved.state is State.CARRYING_OUT
    assert await office.decide(CHIEF, request) == moved
    assert len(office.rows("request.decided")) == 1


@pytest.mark.case("Z12")
@pytest.mark.parametrize("retention", [Retention.NOT_KEEP, None])
async def test_other_choice_of_the_same_person_is_refused(retention: Retention | None) -> None:
    office = Office.open()
    request = await office.ask()
    decided = await office.decide(CHIEF, request)

    with pytest.raises(DecidedByYouError):
        await office.decide(CHIEF, request, retention, reason="Toch niet")
    with pytest.raises(AlreadyDecidedError) as late:
        await office.decide(SECOND, request, retention, reason="Toch niet")
    assert late.value.params == {"name": CHIEF.name}
    assert office.now(request) == decided


@pytest.mark.case("Z12")
async def test_other_reason_is_another_answer_and_another_round_an_old_card() -> None:
    office = Office.open()
    request = await office.ask()
    refused = await office.decide(CHIEF, request, None, reason="Eerst het dossier")

    assert await office.decide(CHIEF, request, None, reason=" Eerst het dossier ") == refused
    with pytest.raises(DecidedByYouError):
        await office.decide(CHIEF, request, None, reason="Iets anders")
    with pytest.raises(OldCardError):
        await office.decide(CHIEF, request, None, reason="Eerst het dossier", card_round=2)


async def test_refusal_without_a_reason_tells_strangers_nothing() -> None:
    office = Office.open()
    request = await office.ask()

    with pytest.raises(NotInvolvedError):
        await office.decide(SPARE, request, None)
    with pytest.raises(MissingReasonError):
        await office.decide(CHIEF, request, None)


async def test_number_of_an_open_request_is_for_those_involved() -> None:
    office = Office.open()
    register = usual_register()
    target = register.entities[TARGET]
    both = _with_entities(
        register, {**register.entities, target.code: _asked_by(target, ASKER, SPARE)}
    )
    office.change_register(both)
    first = await office.ask()
    draft = await office.draft()

    with pytest.raises(OpenRequestExistsError) as own:
        await office.send(draft)
    assert own.value.params == {"number": first.number}

    other = await office.use.open_draft(SPARE.object_id)
    filled = await office.use.fill_draft(
        other,
        **{name: getattr(draft, name) for name in ("colleague", "target", "effective_on")},
        status_changes=False,
        wish=Retention.KEEP,
    )
    party = Party(object_id=SPARE.object_id, name=SPARE.name)
    with pytest.raises(OpenRequestElsewhereError) as elsewhere:
        await office.use.submit(party, draft_id=filled.id, version=filled.version)
    assert elsewhere.value.params == {}


@laws
@given(
    numbers=st.lists(st.sampled_from(["", " ", "a1", " A1 ", "b2"]), max_size=3),
    own=st.sampled_from(["", " ", "a1", "A1", "b2", "c3"]),
)
def test_accounts_are_of_one_human_only_by_a_number_that_is_known(
    numbers: list[str], own: str
) -> None:
    plain = {number.strip().lower() for number in numbers} - {""}

    found = same_human(account(CHIEF, employee_id=own), numbers)

    assert found is (own.strip().lower() in plain)


async def _stopped(office: Office) -> MutationRequest:
    """Return a request whose work waits for the service desk."""
    request = await office.ask()
    await office.decide(CHIEF, request)
    office.planner.obstacles = (Obstacle("plan.obstacle.upn_taken", {}),)
    await office.use.begin_work(request.id)
    office.planner.obstacles = ()
    assert office.now(request).state is State.ATTENTION
    return request


def _today(office: Office) -> date:
    return local_date(office.clock.now())


def _asked_by(entity: Entity, *people: Contact) -> Entity:
    return replace(entity, requesters=people)


def _with_entities(register: Register, entities: Mapping[EntityCode, Entity]) -> Register:
    return replace(register, entities=entities)
