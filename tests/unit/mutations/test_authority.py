"""Who may see and who may act, for every register and every request."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mutations.authority import (
    NotEntitledError,
    NotInvolvedError,
    Role,
    deciders_of,
    require,
    roles,
    service_desk_of,
    viewer,
)
from mutations.case_finder import Outcome
from mutations.identity import ObjectId
from mutations.life_cycle import State
from mutations.register import Approver, Contact, Deputy, Register
from mutations.request import MutationRequest, SetAside
from tests.unit.mutations.journeys import reachable, submitted
from tests.unit.mutations.strategies import (
    PEOPLE,
    SOURCE,
    STRANGER,
    TARGET,
    days,
    entity_of,
    laws,
    near,
    people,
    register_of,
    registers,
)

everybody = st.sampled_from([*PEOPLE, STRANGER])
OF_CASE_D = (State.CHECKLIST, State.SELF_SERVICE, State.WITHDRAWN, State.EXPIRED)
FIRST_DAY, LAST_DAY = date(2026, 7, 1), date(2026, 7, 31)


def parties(request: MutationRequest) -> set[ObjectId]:
    return {request.requester.object_id, request.subject.object_id}


def named_for_source(register: Register, request: MutationRequest) -> set[ObjectId]:
    """Everybody who may decide on any day at all: deputies of the parties never do."""
    entity = register.entity(request.source) if request.source else None
    approvers = [
        one
        for one in (entity.approvers if entity else ())
        if one.contact.object_id not in parties(request)
    ]
    found = [one.contact for one in approvers]
    found += [deputy.contact for one in approvers for deputy in one.deputies]
    return {contact.object_id for contact in found}


def was_asked(request: MutationRequest) -> bool:
    """A referred request and one that is case D from the start ask nobody anything."""
    return request.outcome.value not in {"P", "D"} or request.decision is not None


@pytest.mark.case("Z04", "Z05")
@laws
@given(request=reachable(), register=registers, on=days)
def test_requester_and_colleague_are_never_among_the_deciders(
    request: MutationRequest, register: Register, on: date
) -> None:
    found = deciders_of(request, register, on=on)

    assert not parties(request) & set(found)
    assert set(found) <= named_for_source(register, request)
    for person in parties(request):
        assert Role.DECIDER not in roles(request, viewer(person, register, on=on))


@laws
@given(request=submitted(), on=days)
def test_requester_and_colleague_do_not_decide_when_the_register_names_them_only(
    request: MutationRequest, on: date
) -> None:
    first, second = (
        Contact(object_id=one.object_id, name=one.name, upn=request.subject_upn)
        for one in (request.requester, request.subject)
    )
    deputy = Deputy(contact=second, from_on=on, until_on=on)
    approvers = (Approver(contact=first, deputies=(deputy,)), Approver(contact=second))
    register = register_of(entity_of(SOURCE, approvers=approvers))

    assert deciders_of(request, register, on=on) == {}


@pytest.mark.case("Z04", "Z05", "Z07")
@laws
@given(request=submitted(), is_requester=st.booleans(), also_for_another=st.booleans())
def test_requester_and_colleague_do_not_decide_through_their_deputy(
    request: MutationRequest, *, is_requester: bool, also_for_another: bool
) -> None:
    who = request.requester if is_requester else request.subject
    approver = next(one for one in PEOPLE if one.object_id == who.object_id)
    deputy = Deputy(contact=STRANGER, from_on=FIRST_DAY, until_on=LAST_DAY)
    other = Approver(
        contact=contact_apart_from(request), deputies=(deputy,) if also_for_another else ()
    )
    approvers = (Approver(contact=approver, deputies=(deputy,)), other)
    register = register_of(entity_of(SOURCE, approvers=approvers))

    found = set(deciders_of(request, register, on=FIRST_DAY))

    # Whoever also stands in for somebody else decides in that person's place.
    expected = {other.contact.object_id, *([STRANGER.object_id] if also_for_another else [])}
    assert found == expected


@pytest.mark.case("Z07")
@laws
@given(request=reachable(), on=st.one_of(near(FIRST_DAY), near(LAST_DAY), days))
def test_deputy_decides_exactly_from_the_first_to_the_last_day(
    request: MutationRequest, on: date
) -> None:
    request = replace(request, source=SOURCE)
    deputy = Deputy(contact=STRANGER, from_on=FIRST_DAY, until_on=LAST_DAY)
    approver = Approver(contact=contact_apart_from(request), deputies=(deputy,))
    register = register_of(entity_of(SOURCE, approvers=(approver,)))

    inside = on in {FIRST_DAY + timedelta(days=n) for n in range(31)}

    assert (STRANGER.object_id in deciders_of(request, register, on=on)) is inside
    found = roles(request, viewer(STRANGER.object_id, register, on=on))
    assert found == ({Role.DECIDER} if inside and was_asked(request) else set())


@pytest.mark.case("Z07")
@laws
@given(request=submitted(), on=near(FIRST_DAY), is_requester=st.booleans())
def test_deputies_of_deputies_decide_nothing_and_a_circle_ends(
    request: MutationRequest, on: date, *, is_requester: bool
) -> None:
    first, second, third = [one for one in PEOPLE if one.object_id not in parties(request)][:3]

    def deputy(contact: Contact) -> Deputy:
        return Deputy(contact=contact, from_on=FIRST_DAY, until_on=LAST_DAY)

    chain = register_of(
        entity_of(SOURCE, approvers=(Approver(contact=first, deputies=(deputy(second),)),))
    )
    inside = {second.object_id} if on >= FIRST_DAY else set()
    assert set(deciders_of(request, chain, on=on)) == {first.object_id} | inside
    assert roles(request, viewer(third.object_id, chain, on=on)) == frozenset()

    who = request.requester if is_requester else request.subject
    party = next(one for one in PEOPLE if one.object_id == who.object_id)
    circle = (
        Approver(contact=first, deputies=(deputy(party),)),
        Approver(contact=party, deputies=(deputy(first), deputy(third))),
    )
    found = deciders_of(request, register_of(entity_of(SOURCE, approvers=circle)), on=on)
    assert set(found) == {first.object_id}  # in person, and nobody through the party


@pytest.mark.case("Z04", "Z05", "Z07")
@laws
@given(request=submitted(), register=registers, on=days, data=st.data())
def test_who_is_set_aside_neither_decides_nor_helps(
    request: MutationRequest, register: Register, on: date, data: st.DataObject
) -> None:
    some = st.lists(people.map(lambda one: one.object_id), max_size=3).map(tuple)
    aside = SetAside(second_accounts=data.draw(some), outsiders=data.draw(some))
    before = deciders_of(request, register, on=on)
    request = replace(request, set_aside=aside)

    found = deciders_of(request, register, on=on)

    apart = {*aside.second_accounts, *aside.outsiders}
    assert set(found) <= set(before) - apart
    assert not apart & {one.object_id for one in service_desk_of(request, register)}
    entity = register.entities[SOURCE]
    for person in set(before) - set(found) - apart:  # decided through a second account only
        assert all(
            person != one.contact.object_id
            and (
                one.contact.object_id in aside.second_accounts
                or one.contact.object_id in parties(request)
                or person not in {deputy.contact.object_id for deputy in one.deputies}
                or not any(
                    deputy.stands_in(on)
                    for deputy in one.deputies
                    if deputy.contact.object_id == person
                )
            )
            for one in entity.approvers
        )


def contact_apart_from(request: MutationRequest) -> Contact:
    return next(one for one in PEOPLE if one.object_id not in parties(request))


@laws
@given(request=reachable(), register=registers, person=everybody, on=days)
def test_nobody_uninvolved_sees_or_does_anything(
    request: MutationRequest, register: Register, person: Contact, on: date
) -> None:
    desk = {contact.object_id for contact in register.service_desk}
    asked = named_for_source(register, request) if was_asked(request) else set()
    involved = parties(request) | asked | desk
    looks = viewer(person.object_id, register, on=on)

    if person.object_id not in involved:
        assert roles(request, looks) == frozenset()
        for role in Role:
            with pytest.raises(NotInvolvedError):
                require(request, looks, role)


@laws
@given(request=reachable(), register=registers, person=everybody, on=days)
def test_hidden_request_looks_the_same_as_one_that_does_not_exist(
    request: MutationRequest, register: Register, person: Contact, on: date
) -> None:
    looks = viewer(person.object_id, register, on=on)
    for role in Role:
        with pytest.raises(NotInvolvedError) as missing:
            require(None, looks, role)
        if not roles(request, looks):
            with pytest.raises(NotInvolvedError) as hidden:
                require(request, looks, role)
            assert hidden.value.args == missing.value.args


@laws
@given(request=reachable(), register=registers, person=everybody, on=days)
def test_requiring_a_role_gives_the_request_to_those_who_have_it_only(
    request: MutationRequest, register: Register, person: Contact, on: date
) -> None:
    looks = viewer(person.object_id, register, on=on)
    held = roles(request, looks)

    for role in Role:
        if role in held:
            assert require(request, looks, role) is request
        elif held:
            with pytest.raises(NotEntitledError):
                require(request, looks, role)


@laws
@given(request=reachable(), register=registers, person=everybody, on=days)
def test_role_of_a_decider_and_list_of_deciders_agree(
    request: MutationRequest, register: Register, person: Contact, on: date
) -> None:
    found = deciders_of(request, register, on=on)
    held = roles(request, viewer(person.object_id, register, on=on))

    assert (Role.DECIDER in held) is (person.object_id in found and was_asked(request))
    assert not (Role.DECIDER in held and held & {Role.REQUESTER, Role.SUBJECT})


@pytest.mark.parametrize("state", State)
@settings(laws, max_examples=12)
@given(data=st.data(), person=people)
def test_service_desk_sees_a_request_from_the_order_to_the_end_of_the_work(
    data: st.DataObject, state: State, person: Contact
) -> None:
    request = data.draw(reachable([state]))
    register = register_of(entity_of(SOURCE), service_desk=(person,))

    held = roles(request, viewer(person.object_id, register, on=FIRST_DAY))

    at_work = request.state.value in {
        "scheduled",
        "carrying_out",
        "attention",
        "undoing",
        "undone",
        "done",
    }
    # Nobody helps an order of their own.
    assert (Role.SERVICE_DESK in held) is (at_work and person.object_id not in parties(request))


@laws
@given(request=reachable(), on=days)
def test_approvers_and_requesters_of_other_entities_are_not_involved(
    request: MutationRequest, on: date
) -> None:
    approver = Approver(contact=STRANGER)
    target = entity_of(TARGET, approvers=(approver,), requesters=(STRANGER,))
    source = entity_of(SOURCE, requesters=(STRANGER,))
    register = register_of(source, target)

    assert roles(request, viewer(STRANGER.object_id, register, on=on)) == frozenset()


@laws
@given(
    request=reachable([State.REFERRED, *OF_CASE_D]).filter(
        lambda request: request.outcome in {Outcome.P, Outcome.D}
    ),
    on=days,
)
def test_source_entity_that_was_never_asked_sees_nothing(
    request: MutationRequest, on: date
) -> None:
    request = replace(request, source=SOURCE)
    register = register_of(entity_of(SOURCE, approvers=(Approver(contact=STRANGER),)))

    held = roles(request, viewer(STRANGER.object_id, register, on=on))

    assert held == ({Role.DECIDER} if request.decision else set())


@pytest.mark.case("Z06")
@laws
@given(request=reachable([State.SUBMITTED]), register=registers, on=days)
def test_who_leaves_the_register_decides_no_more(
    request: MutationRequest, register: Register, on: date
) -> None:
    emptied = register_of(entity_of(SOURCE))

    for person in deciders_of(request, register, on=on):
        with pytest.raises(NotInvolvedError):
            require(request, viewer(person, emptied, on=on), Role.DECIDER)


@laws
@given(request=reachable(), register=registers, on=days)
def test_source_entity_that_the_register_does_not_know_has_no_deciders(
    request: MutationRequest, register: Register, on: date
) -> None:
    assert deciders_of(replace(request, source=None), register, on=on) == {}
    assert deciders_of(request, register_of(), on=on) == {}
