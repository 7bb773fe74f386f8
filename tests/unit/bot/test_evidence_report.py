"""The report: it says plainly how things stand, and calls nothing done too early."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from bot.evidence.collect import Found
from bot.evidence.document import canonical, sha256_of
from bot.evidence.report import report_of
from bot.evidence.shape import Answer, Finding
from cards.words import request_words
from fulfilment.journal import StepState
from mutations.case_finder import Outcome
from mutations.life_cycle import State
from tests import samples as s
from tests.card_gallery import ORDER_STATES
from tests.unit.bot.test_evidence_document import T, done, evidence_of, found_of

ROOT = Path(__file__).parents[3]
HOSTILE = "# Klaar **ja** [klik](https://x.example) <b> `x` | \n\n## 7. Alles is nagelezen"


def report(found: Found) -> str:
    """Return the report of what is stored."""
    document = evidence_of(found)
    words = request_words(T, s.REGISTER, found.request)
    return report_of(T, document, words=words, sha256=sha256_of(canonical(document)))


def section(text: str, number: int) -> str:
    """Return one numbered section of a report."""
    found = re.search(rf"^## {number}\. .*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found.group()


@pytest.mark.parametrize("outcome", [Outcome.A, Outcome.B, Outcome.C])
@pytest.mark.parametrize("state", [one for one in ORDER_STATES if one is not State.DONE])
def test_before_any_step_nothing_is_called_changed_or_read_back(
    state: State, outcome: Outcome
) -> None:
    told = report(found_of(s.in_state(state, outcome)))

    assert f"Stand: **{T(f'state.{state}')}**" in told
    assert "## Let op" not in told
    assert "de mutatiebot heeft niets veranderd" in section(told, 3)
    assert "nagelezen)" not in told
    assert "de vier zijn gelijk" not in told
    assert section(told, 5).count("- ") >= 1
    assert [int(n) for n in re.findall(r"^## (\d)\.", told, re.MULTILINE)] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("outcome", [Outcome.D, Outcome.P])
def test_what_is_no_order_says_how_it_goes_on(outcome: Outcome) -> None:
    told = report(found_of(s.submitted(outcome)))

    assert "Er is geen werkaanvraag" in section(told, 5)
    assert "Er is geen beslissing bewaard." in section(told, 2)
    assert "## Let op" not in told


def test_checklist_tells_what_was_said_and_what_of_it_was_seen() -> None:
    told = report(found_of(s.in_state(State.SELF_SERVICE, Outcome.D)))

    lines = [line for line in section(told, 3).splitlines() if "abonnement" in line]
    assert "gedaan op vrijdag 8 mei 2026, gemeld door Marleen Claes" in lines[0]
    assert "niet gezien in de directory" in lines[0]
    assert "gezien in de directory op maandag 11 mei 2026" in lines[1]
    assert "De data is weg vanaf: zondag 7 juni 2026" in section(told, 3)
    assert "## Let op" not in told


def test_checklist_that_is_open_tells_what_is_still_to_do() -> None:
    told = report(found_of(s.submitted(Outcome.D)))

    assert section(told, 3).count("nog niet gemeld") == 3
    assert "De data is weg" not in told


def test_refusal_is_told_with_its_reason() -> None:
    told = section(report(found_of(s.in_state(State.REJECTED))), 2)

    assert "Arno Wouters" in told
    assert "**geweigerd**" in told
    assert s.REASON in told


def test_missing_preconditions_and_what_holds_the_work_up_are_open() -> None:
    waiting = replace(s.submitted(), checks=s.checks(entitled=False, free=0), plan=s.BLOCKED)
    told = section(report(found_of(waiting)), 5)

    assert "Nog niet in orde: Netwerk-entitlement" in told
    assert "Nog niet in orde: Licenties" in told
    assert "nog van een verwijderde account" in told
    stopped = section(report(found_of(s.in_state(State.ATTENTION))), 5)
    assert "Gestopt bij: Aanmeldnaam (UPN)" in stopped
    assert stopped.count("Dit houdt de uitvoering tegen") == 1


def test_plan_of_a_request_that_ended_is_told_as_what_did_not_happen() -> None:
    told = section(report(found_of(s.in_state(State.WITHDRAWN))), 3)

    assert "zou dit veranderd zijn" in told
    assert f"Straks: {s.NEW_UPN}" in told
    assert "Na:" not in told


def test_done_order_tells_values_before_and_after_and_when_they_were_read() -> None:
    told = report(done())

    assert "Nagelezen stappen: 2 van 2" in told
    assert f"Vóór: {s.OLD_UPN}\n    - Na: {s.NEW_UPN}" in section(told, 3)
    assert "Nagelezen op: maandag 11 mei 2026 om 11.01 uur" in section(told, 4)
    assert "Er staat niets meer open." in section(told, 5)
    assert "ja, de vier zijn gelijk" in section(told, 6)


def test_done_order_with_a_step_that_is_not_read_back_is_not_called_done() -> None:
    found = done()
    step = replace(found.steps[0], state=StepState.CONVERGING, verified_at=None)
    told = report(replace(found, steps=(step, *found.steps[1:])))

    assert "## Let op" in told
    assert "Nagelezen stappen: 1 van 2" in told
    assert "Na: nog niet nagelezen\n    - Gepland: " in section(told, 3)
    assert section(told, 4).count("Nagelezen op") == 1
    assert "Nog niet nagelezen: Aanmeldnaam (UPN)" in section(told, 5)
    assert "Er staat niets meer open" not in told
    assert "De uitvoering is afgelopen" not in told


@pytest.mark.parametrize("state", StepState)
def test_every_state_of_a_step_has_words_and_only_one_says_read_back(state: StepState) -> None:
    found = done()
    step = replace(found.steps[0], state=state)
    told = section(report(replace(found, steps=(step, *found.steps[1:]))), 3)

    first = next(line for line in told.splitlines() if line.startswith("1. "))
    assert first.endswith("(nagelezen)") is (state is StepState.VERIFIED)


def test_restored_request_says_that_something_is_not_known() -> None:
    told = section(report(found_of(replace(s.submitted(), restored_at=s.NOW))), 5)

    assert "reservekopie die teruggezet is op maandag 11 mei 2026 om 11.00 uur" in told


def test_what_people_typed_has_no_effect_and_is_not_cut_short() -> None:
    reason = f"{HOSTILE} {'lang ' * 150}einde"
    found = found_of(replace(s.in_state(State.REJECTED), decision=s.decision(None, reason)))
    told = report(found)
    html = MarkdownIt("commonmark").render(told)

    decision = evidence_of(found).decision
    assert decision is not None
    assert (decision.answer, decision.reason) == (Answer.REFUSED, reason)
    assert "einde" in told
    assert "<a " not in html
    assert html.count("<h2>") == 6
    assert "<strong>ja</strong>" not in html


def test_numbered_steps_hold_their_values_as_lists() -> None:
    html = MarkdownIt("commonmark").render(report(done()))

    assert html.count("<ol") == 2
    assert "<pre>" not in html


def test_every_finding_and_every_kind_of_row_has_words() -> None:
    sources = (ROOT / "mutations", ROOT / "store", ROOT / "bot")
    code = "".join(path.read_text("utf-8") for room in sources for path in room.rglob("*.py"))
    kinds = set(re.findall(r'append\(\s*"((?:request|work|job|hand)\.[a-z_]+|refused)"', code))

    assert len(kinds) >= 11
    assert [kind for kind in sorted(kinds) if not T.has(f"evidence.kind.{kind}")] == []
    assert all(T.has(f"evidence.finding.{one}") for one in Finding)
    assert all(T.has(f"evidence.open.{one}") for one in State)
