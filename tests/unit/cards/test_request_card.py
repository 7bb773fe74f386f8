"""The status card: what each person sees and can do in each state."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

import pytest

from cards.request_card import request_card
from cards.verbs import Verb
from mutations.authority import Role
from mutations.case_finder import Outcome, Retention
from mutations.life_cycle import ENDS, State
from mutations.request import MutationRequest
from tests import samples as s
from tests.card_gallery import ORDER_STATES, T
from tests.unit.cards.walk import all_text, buttons, rich_texts

DECIDE = {Verb.DECISION_KEEP, Verb.DECISION_NOT_KEEP, Verb.DECISION_REFUSE}


def show(request: MutationRequest, *roles: Role, withdrawing: bool = False) -> dict[str, object]:
    return request_card(
        T, s.REGISTER, s.status(request), roles=frozenset(roles), withdrawing=withdrawing
    )


def verbs(request: MutationRequest, *roles: Role) -> Collection[str]:
    return set(buttons(show(request, *roles))) - {Verb.REQUEST_SHOW}


@pytest.mark.parametrize("state", ORDER_STATES)
def test_requester_withdraws_until_the_work_begins(state: State) -> None:
    can = state in {State.SUBMITTED, State.TO_CONFIRM, State.SCHEDULED}

    assert (Verb.REQUEST_WITHDRAW in verbs(s.in_state(state), Role.REQUESTER)) == can


@pytest.mark.parametrize("state", ORDER_STATES)
def test_colleague_has_nothing_to_press_that_acts(state: State) -> None:
    assert verbs(s.in_state(state), Role.SUBJECT) == set()


@pytest.mark.parametrize("state", ORDER_STATES)
def test_deciders_decide_only_while_it_is_asked(state: State) -> None:
    expected = DECIDE if state is State.SUBMITTED else set()

    assert verbs(s.in_state(state), Role.DECIDER) == expected


def test_deciders_do_not_decide_twice() -> None:
    request = replace(s.submitted(), decision=s.decision(Retention.KEEP), agreed=Retention.KEEP)

    assert verbs(request, Role.DECIDER) == set()


@pytest.mark.parametrize("state", ORDER_STATES)
def test_service_desk_has_three_ways_out_of_what_stopped_and_one_back(state: State) -> None:
    ways = {Verb.WORK_RESUME, Verb.HAND_OVER, Verb.UNDO_ASK}
    back = {Verb.UNDO_ASK} if state is State.DONE else set()  # not long ago
    expected = ways if state is State.ATTENTION else back

    assert set(verbs(s.in_state(state), Role.SERVICE_DESK)) - {Verb.PLAN_SHOW} == expected


@pytest.mark.parametrize("outcome", [Outcome.A, Outcome.B, Outcome.C])
@pytest.mark.parametrize("state", ORDER_STATES)
def test_who_asked_and_who_carries_out_see_the_plan_of_what_a_program_does(
    state: State, outcome: Outcome
) -> None:
    request = s.in_state(state, outcome)
    seen_by = {role for role in Role if Verb.PLAN_SHOW in verbs(request, role)}
    planned = state not in ENDS and outcome is not Outcome.C

    assert seen_by == ({Role.REQUESTER, Role.SERVICE_DESK} if planned else set())


@pytest.mark.parametrize("state", sorted(ENDS))
def test_an_ended_request_has_no_buttons(state: State) -> None:
    outcomes = {State.REFERRED: Outcome.P, State.SELF_SERVICE: Outcome.D}
    request = s.in_state(state, outcomes.get(state, Outcome.A))

    # The service desk can take back what was done not long ago, until the term is over.
    everybody = set(Role) - ({Role.SERVICE_DESK} if state is State.DONE else set())
    assert buttons(show(request, *everybody)) == {}
    over = request_card(
        T, s.REGISTER, s.status(request, s.NOW + timedelta(days=30)), roles=frozenset(Role)
    )
    assert buttons(over) == {}


def test_withdrawing_asks_first_and_offers_the_way_back() -> None:
    card = show(s.submitted(), Role.REQUESTER, withdrawing=True)

    assert set(buttons(card)) == {Verb.REQUEST_WITHDRAW_SURE, Verb.REQUEST_SHOW}
    assert buttons(card)[Verb.REQUEST_WITHDRAW_SURE]["style"] == "destructive"


@pytest.mark.parametrize("role", [Role.SUBJECT, Role.DECIDER, Role.SERVICE_DESK])
def test_only_the_requester_is_asked_about_withdrawing(role: Role) -> None:
    card = show(s.submitted(), role, withdrawing=True)

    assert Verb.REQUEST_WITHDRAW_SURE not in buttons(card)


def test_other_outcome_names_both_wishes_and_what_it_means() -> None:
    card = show(s.in_state(State.TO_CONFIRM), Role.REQUESTER)

    text = all_text(card)
    assert "U vroeg: behouden. Agentschap Wegen en Water besliste: **niet behouden**" in text
    assert "Dat wordt: Entiteitswissel zonder behoud van data" in text
    assert buttons(card)[Verb.OUTCOME_CONFIRM]["title"] == "Akkoord met niet behouden"


def test_the_reader_sees_whose_turn_it_is_since_when_and_what_comes_next() -> None:
    text = all_text(show(s.submitted(), Role.REQUESTER))

    assert "**Arno Wouters en Britt Jacobs**: beslissen of mailbox en OneDrive" in text
    assert "Aan zet sinds donderdag 7 mei 2026 (2 werkdagen)." in text
    assert "Daarna: zodra alles in orde is, wordt het werk ingepland." in text


def test_the_requester_reads_you_and_others_read_the_name() -> None:
    request = replace(s.submitted(), checks=s.checks(entitled=False))

    assert "**U**: in WebIDM" in all_text(show(request, Role.REQUESTER))
    assert "**Marleen Claes**: in WebIDM" in all_text(show(request, Role.DECIDER))


def test_done_shows_what_was_read_back_and_the_end_of_onedrive() -> None:
    text = all_text(show(s.in_state(State.DONE, Outcome.B), Role.REQUESTER))

    assert f"Was: {s.OLD_UPN}" in text
    assert f"Nu: {s.NEW_UPN}" in text
    assert "Verwijderd: Projectgroep Dijken, Werkgroep Veiligheid en Lezersclub" in text
    assert "Toegevoegd: 30 dagen" in text
    assert "Elke wijziging is nagelezen" in text
    assert "woensdag 10 juni 2026" in text


def test_terms_are_those_the_request_was_made_under() -> None:
    request = s.in_state(State.TO_CONFIRM)
    request = replace(request, terms=replace(request.terms, onedrive_days=45))

    assert "blijven nog 45 dagen" in all_text(show(request, Role.REQUESTER))


def test_order_a_lists_groups_and_sites_with_their_owners_and_order_b_only_sites() -> None:
    kept = all_text(show(s.in_state(State.SCHEDULED, Outcome.A), Role.REQUESTER))
    lost = all_text(show(s.in_state(State.SCHEDULED, Outcome.B), Role.REQUESTER))

    assert "Projectgroep Dijken (eigenaar: Els Claes en Bert Smits)" in kept
    assert "Lezersclub (geen eigenaar bekend)" in kept
    assert "Intranet Water (eigenaar: Britt Jacobs)" in kept
    assert "Intranet Water (eigenaar: Britt Jacobs)" in lost
    assert "Projectgroep Dijken (eigenaar" not in lost


def test_groups_and_sites_are_not_shown_to_those_they_do_not_concern() -> None:
    card = show(s.in_state(State.SCHEDULED, Outcome.A), Role.DECIDER)

    assert "eigenaar" not in all_text(card)


def test_long_lists_are_counted_instead_of_shown() -> None:
    request = s.in_state(State.SCHEDULED, Outcome.A)
    group = request.footprint.groups[0]
    groups = tuple(replace(group, name=f"Groep {number}") for number in range(40))
    request = replace(request, footprint=replace(request.footprint, groups=groups))

    texts = rich_texts(show(request, Role.REQUESTER))

    assert "\u2022 en nog 35" in texts
    assert not any("Groep 20" in text for text in texts)


def test_attention_says_why_to_all_and_what_to_do_to_the_service_desk() -> None:
    request = s.in_state(State.ATTENTION)

    assert "is nog van een verwijderde account" in all_text(show(request, Role.REQUESTER))
    assert "Verwijder die account" not in all_text(show(request, Role.REQUESTER))
    assert "Verwijder die account" in all_text(show(request, Role.SERVICE_DESK))


def test_self_service_is_the_two_orders_in_sequence() -> None:
    texts = rich_texts(show(s.submitted(Outcome.D), Role.REQUESTER))

    steps = [text for text in texts if text.startswith("**") and text[2].isdigit()]
    assert [step.split(" ")[0] for step in steps] == ["**1.**", "**2.**", "**3.**"]
    assert "Deactivatie" in steps[0]
    assert "WebIDM" in steps[1]
    assert "Activatie" in steps[2]


def test_referral_has_the_reason_and_a_summary_to_copy() -> None:
    text = all_text(show(s.submitted(Outcome.P), Role.REQUESTER))

    assert "verlopen via een project" in text
    assert f"Collega: Jan Peeters ({s.OLD_UPN})" in text
    assert "Karel Maes, Service Delivery Manager van Werkplekleverancier" in text
