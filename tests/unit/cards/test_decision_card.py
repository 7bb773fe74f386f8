"""The card on which the source entity decides."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from cards.decision_card import DecisionMode, decision_card
from cards.verbs import Verb
from mutations.case_finder import Outcome, Retention
from mutations.directory import Footprint
from mutations.life_cycle import State
from mutations.request import MutationRequest
from tests import samples as s
from tests.card_gallery import ORDER_STATES, T
from tests.unit.cards.walk import all_text, buttons, of_type


def show(
    request: MutationRequest, mode: DecisionMode = DecisionMode.ASK, problem: str = ""
) -> dict[str, object]:
    return decision_card(T, s.REGISTER, s.status(request), mode=mode, problem=problem, now=s.NOW)


def test_keeping_is_one_click_and_the_others_ask_again() -> None:
    assert set(buttons(show(s.submitted()))) == {
        Verb.DECISION_KEEP,
        Verb.DECISION_NOT_KEEP,
        Verb.DECISION_REFUSE,
    }
    not_keep = buttons(show(s.submitted(), DecisionMode.NOT_KEEP))
    assert set(not_keep) == {Verb.DECISION_NOT_KEEP_SURE, Verb.DECISION_BACK}
    assert not_keep[Verb.DECISION_NOT_KEEP_SURE]["style"] == "destructive"
    refuse = buttons(show(s.submitted(), DecisionMode.REFUSE))
    assert set(refuse) == {Verb.DECISION_REFUSE_SURE, Verb.DECISION_BACK}


def test_one_without_the_other_is_explained() -> None:
    assert "Alleen de mailbox of alleen OneDrive kan niet" in all_text(show(s.submitted()))


def test_not_keeping_names_what_is_lost_and_from_which_day() -> None:
    text = all_text(show(s.submitted(Outcome.B), DecisionMode.NOT_KEEP))

    assert "ten vroegste vanaf **donderdag 11 juni 2026**" in text
    assert "Projectgroep Dijken, Werkgroep Veiligheid en Lezersclub" in text
    assert "jpeeters@wegenwater.vlaanderen.example" in text
    assert "litigation hold" in text
    assert "Alleen Agentschap Wegen en Water kan later aan Karel Maes" in text


def test_the_day_counts_from_today_when_the_start_has_gone_by() -> None:
    request = replace(s.submitted(Outcome.B), effective_on=s.TODAY - timedelta(days=9))

    text = all_text(show(request, DecisionMode.NOT_KEEP))

    assert T.day(date(2026, 6, 10)) in text


def test_not_keeping_with_another_status_leads_to_the_recycle_bin() -> None:
    text = all_text(show(s.submitted(Outcome.C), DecisionMode.NOT_KEEP))

    assert "in de prullenbak" in text
    assert "litigation hold" not in text


def test_without_known_groups_and_aliases_the_loss_is_named_in_general() -> None:
    request = replace(s.submitted(Outcome.B), footprint=Footprint(), plan=None)

    text = all_text(show(request, DecisionMode.NOT_KEEP))

    assert "alle O365-groepen" in text
    assert "alle extra adressen" in text


def test_refusing_needs_a_reason() -> None:
    (reason,) = of_type(show(s.submitted(), DecisionMode.REFUSE), "Input.Text")

    assert reason["id"] == "reason"
    assert reason["isRequired"] is True
    assert reason["maxLength"] == 1000


@pytest.mark.parametrize("mode", DecisionMode)
@pytest.mark.parametrize(
    "state", [state for state in ORDER_STATES if state is not State.SUBMITTED]
)
def test_after_the_decision_or_the_end_the_card_is_final(state: State, mode: DecisionMode) -> None:
    card = show(s.in_state(state), mode)

    assert buttons(card) == {}
    assert of_type(card, "Input.Text") == []


@pytest.mark.parametrize("mode", DecisionMode)
def test_a_decided_request_that_still_waits_is_final_too(mode: DecisionMode) -> None:
    decided = replace(s.submitted(), decision=s.decision(Retention.KEEP), agreed=Retention.KEEP)

    card = show(decided, mode)

    assert buttons(card) == {}
    assert "**Arno Wouters** koos op vrijdag 8 mei 2026 om 11.00 uur: **behouden**." in all_text(
        card
    )


def test_a_refusal_shows_its_reason() -> None:
    text = all_text(show(s.in_state(State.REJECTED)))

    assert "**Arno Wouters** weigerde de mutatie" in text
    assert s.REASON in text


@pytest.mark.parametrize("mode", DecisionMode)
@pytest.mark.parametrize("request_", [s.submitted(), s.in_state(State.REJECTED)])
def test_a_problem_is_shown_on_every_face(mode: DecisionMode, request_: MutationRequest) -> None:
    assert "Er is iets mis" in all_text(show(request_, mode, "Er is iets mis"))
