"""The card that asks an approver of the source entity to decide about the data (R12)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from adaptive_cards.card import ActionExecute, ElementT, InputText

from cards.buttons import DANGEROUS, button, request_data
from cards.consequences import both_choices, outcome_of
from cards.decision_words import REASON_LENGTH, decided, decision_buttons
from cards.news import news
from cards.parts import Card, bullets, card, facts, small, text, title, warning
from cards.request_header import request_header
from cards.turns import what_follows
from cards.verbs import Verb
from cards.words import enumeration, request_words
from mutations.case_finder import Outcome, Retention
from mutations.clock import local_date
from mutations.life_cycle import State
from mutations.register import Register
from mutations.request import MutationRequest
from mutations.status import Status
from texts.escaping import Safe, escape
from texts.translator import Texts


class DecisionMode(StrEnum):
    """Which of its three faces the card shows."""

    ASK = "ask"
    NOT_KEEP = "not_keep"  # the second confirmation
    REFUSE = "refuse"  # the reason


@dataclass(frozen=True, slots=True)
class _View:
    t: Texts
    status: Status
    words: Mapping[str, object]
    today: date

    @property
    def request(self) -> MutationRequest:
        return self.status.request


def decision_card(
    t: Texts,
    register: Register,
    status: Status,
    *,
    mode: DecisionMode = DecisionMode.ASK,
    problem: str = "",
    now: datetime,
) -> Card:
    """Return the question to an approver, or what was decided once there is nothing to decide.

    `mode` plays no part once the request is decided or has ended; `problem` says in words what
    was wrong with the last press; the end of the OneDrive data is counted from `now`.
    """
    request = status.request
    words = request_words(t, register, request)
    view = _View(t, status, words, local_date(now))
    if request.decision is not None or request.state is not State.SUBMITTED:
        return card(_final(view, problem))
    faces = {
        DecisionMode.ASK: _ask,
        DecisionMode.NOT_KEEP: _not_keep,
        DecisionMode.REFUSE: _refuse,
    }
    body, actions = faces[mode](view, problem)
    return card(body, actions)


def _final(view: _View, problem: str) -> list[ElementT]:
    t, request = view.t, view.request
    made = request.decision is not None
    body: list[ElementT] = [
        title(t("decision.final.title" if made else "decision.ended.title")),
        request_header(t, request),
        *_problem(problem),
        text(t("decision.about", **view.words)),
    ]
    body += decided(t, request, view.words)
    if not made:
        body.append(text(t("decision.ended.text")))
    if not request.is_open:
        body.append(small(what_follows(t, view.status, view.words)))
    return body


def _ask(view: _View, problem: str) -> tuple[list[ElementT], list[ActionExecute]]:
    t, request = view.t, view.request
    body: list[ElementT] = [
        title(t("decision.ask.title")),
        request_header(t, request),
        text(t("decision.ask.text", **view.words)),
        *_problem(problem),
        *news(t, request),
        facts(
            [
                (t("fact.colleague"), escape(request.subject.name)),
                (t("fact.source"), t("fact.value", value=view.words["source"])),
                (t("fact.target"), t("fact.value", value=view.words["target"])),
                (t("fact.effective_on"), t.day(request.effective_on)),
                (t("fact.requester"), escape(request.requester.name)),
                (t("fact.wish"), t(f"retention.{request.wish}")),
            ]
        ),
        both_choices(t, view.words, status_changes=request.status_changes),
        small(t("choice.together")),
        small(t("decision.ask.first")),
    ]
    return body, decision_buttons(t, request)


def _not_keep(view: _View, problem: str) -> tuple[list[ElementT], list[ActionExecute]]:
    t, data = view.t, request_data(view.request)
    body: list[ElementT] = [
        title(t("decision.not_keep.title")),
        request_header(t, view.request),
        text(t("decision.not_keep.text", **view.words)),
        *_problem(problem),
        *news(t, view.request),
        bullets(_lost(view)),
        small(t("decision.not_keep.undo")),
    ]
    return body, [
        button(t, Verb.DECISION_NOT_KEEP_SURE, data, style=DANGEROUS),
        button(t, Verb.DECISION_BACK, data),
    ]


def _refuse(view: _View, problem: str) -> tuple[list[ElementT], list[ActionExecute]]:
    t, data = view.t, request_data(view.request)
    body: list[ElementT] = [
        title(t("decision.refuse.title")),
        request_header(t, view.request),
        text(t("decision.refuse.text", **view.words)),
        *_problem(problem),
        InputText(
            id="reason",
            label=t.plain("decision.refuse.label"),
            placeholder=t.plain("decision.refuse.placeholder"),
            is_multiline=True,
            is_required=True,
            error_message=t.plain("decision.refuse.required"),
            max_length=REASON_LENGTH,
        ),
    ]
    return body, [
        button(t, Verb.DECISION_REFUSE_SURE, data, style=DANGEROUS, with_inputs=True),
        button(t, Verb.DECISION_BACK, data),
    ]


def _problem(problem: str) -> list[ElementT]:
    return [warning(escape(problem))] if problem else []


def _lost(view: _View) -> list[Safe]:
    """Name what becomes unrecoverable, and from which day."""
    t, request = view.t, view.request
    starts_on = max(request.effective_on, view.today)
    if outcome_of(Retention.NOT_KEEP, status_changes=request.status_changes) is Outcome.D:
        gone_on = starts_on + timedelta(days=request.terms.recycle_bin_days)
        return [t("lost.D.data", **{**view.words, "day": gone_on}), t("lost.D.orders")]
    gone_on = starts_on + timedelta(days=request.terms.onedrive_days)
    return [
        t("lost.B.onedrive", **{**view.words, "day": gone_on}),
        _lost_groups(view),
        _lost_aliases(view),
        t("lost.B.mailbox", **view.words),
    ]


def _lost_groups(view: _View) -> Safe:
    groups = [group.name for group in view.request.footprint.groups]
    if not groups:
        return view.t("lost.B.no_groups", **view.words)
    return view.t("lost.B.groups", **view.words, groups=enumeration(view.t, groups))


def _lost_aliases(view: _View) -> Safe:
    plan = view.request.plan
    steps = plan.steps if plan else ()
    names = [
        line
        for step in steps
        if step.name == "mailbox.aliases"
        for line in step.before.splitlines()
    ]
    if not names:
        return view.t("lost.B.aliases", **view.words)
    return view.t("lost.B.aliases_named", aliases=enumeration(view.t, names), **view.words)
