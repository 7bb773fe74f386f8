"""The status card of one request, for anyone involved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from adaptive_cards import types as ac
from adaptive_cards.card import ActionExecute, ElementT

from cards.buttons import DANGEROUS, MAIN, button, plan_button, request_data
from cards.changes import access_list, plan_list, result_list, step_label
from cards.checklist import checklist_buttons, tracked_checklist
from cards.conditions import conditions
from cards.consequences import consequences, outcome_of
from cards.decision_words import decided, decision_buttons
from cards.desk_buttons import desk_buttons
from cards.news import news
from cards.outcomes import referral
from cards.parts import (
    Card,
    box,
    bullets,
    card,
    facts,
    folded,
    heading,
    small,
    text,
    title,
    warning,
)
from cards.reasons import action_of, why_of
from cards.request_header import request_header
from cards.turns import turn_box
from cards.undo_words import stays
from cards.verbs import Verb
from cards.words import enumeration, request_words
from mutations.authority import Role
from mutations.case_finder import Outcome
from mutations.life_cycle import State
from mutations.preconditions import Duty
from mutations.register import Register
from mutations.request import MutationRequest
from mutations.status import Status, Task
from mutations.transitions import may_withdraw
from texts.escaping import Safe, escape
from texts.translator import Texts

_BEFORE_THE_ORDER: Final = frozenset({State.SUBMITTED, State.TO_CONFIRM})
# While another outcome waits to be confirmed, the plan and the list fit neither of the two.
_NO_ACCESS_LIST: Final = frozenset(
    {State.REJECTED, State.WITHDRAWN, State.EXPIRED, State.TO_CONFIRM}
)


@dataclass(frozen=True, slots=True)
class _View:
    """What every section of the card needs."""

    t: Texts
    status: Status
    roles: frozenset[Role]
    words: Mapping[str, object]

    @property
    def request(self) -> MutationRequest:
        return self.status.request

    def is_for(self, *roles: Role) -> bool:
        return not self.roles.isdisjoint(roles)


def request_card(
    t: Texts,
    register: Register,
    status: Status,
    *,
    roles: frozenset[Role],
    headline: str = "",
    withdrawing: bool = False,
) -> Card:
    """Return where a request is, whose turn it is, what comes next, and what the viewer can do.

    `roles` is what the viewer is to the request: it decides on the buttons. `headline` says why
    the card is sent, empty when it was asked for. `withdrawing` asks the requester whether it is
    meant.
    """
    view = _View(t, status, roles, request_words(t, register, status.request))
    request = status.request
    body: list[ElementT] = [
        _first_line(view, headline),
        request_header(t, request),
        text(_move(view)),
    ]
    if withdrawing and _may_withdraw(view):
        return card([*body, *_sure_to_withdraw(view)], _sure_buttons(view))
    if withdrawing:
        body.append(warning(t("withdraw.late")))
    body.append(turn_box(t, status, view.words, is_requester=view.is_for(Role.REQUESTER)))
    body += _sections(view, register)
    has_day = request.state is State.CHECKLIST
    return card(body, _buttons(view), has_own_elements=has_day)


def _first_line(view: _View, headline: str) -> ElementT:
    # A headline can be two sentences; as a title these would fill a phone.
    return heading(escape(headline)) if headline else title(view.t("request.title"))


def _move(view: _View) -> Safe:
    request = view.request
    stays = "stays" if request.source == request.target else "moves"
    return view.t(f"request.{stays}", **view.words)


def _sections(view: _View, register: Register) -> list[ElementT]:
    request = view.request
    if request.outcome is Outcome.D:
        return [*_checklist(view), *_decision(view), *_facts(view)]
    if request.state is State.REFERRED:
        words = {**view.words, "upn": request.subject_upn}
        route = referral(view.t, words, status_changes=request.status_changes, wish=request.wish)
        return [text(view.t(request.reason, **view.words)), *route]
    return [
        *_attention(view),
        *_undone(view, register),
        *_to_confirm(view),
        *news(view.t, request),
        *_preconditions(view),
        *_decision(view),
        *_facts(view),
        *_details(view),
    ]


def _checklist(view: _View) -> list[ElementT]:
    is_requester = view.is_for(Role.REQUESTER)
    return tracked_checklist(view.t, view.status, view.words, is_requester=is_requester)


def _attention(view: _View) -> list[ElementT]:
    attention = view.request.attention
    if attention is None:
        return []
    t = view.t
    words = {**view.words, **attention.params}
    items: list[ElementT] = [text(why_of(t, attention.key, words))]
    if attention.step:
        stopped = t("attention.stopped_at", step=step_label(t, attention.step))
        items.insert(0, heading(stopped))
    if view.is_for(Role.SERVICE_DESK):
        items.append(text(action_of(t, attention.key, words)))
    return [box(items, ac.ContainerStyle.ATTENTION)]


def _undone(view: _View, register: Register) -> list[ElementT]:
    t, order, until = view.t, view.request.undo, view.status.undo_until
    is_desk = view.is_for(Role.SERVICE_DESK)
    if order is None:
        return [small(t("undo.until", day=until))] if is_desk and until else []
    said = text(t("undo.said", name=order.by.name, moment=order.at, reason=order.reason))
    return [said, *(stays(t, register, view.request) if is_desk else [])]


def _to_confirm(view: _View) -> list[ElementT]:
    request, decision = view.request, view.request.decision
    if request.state is not State.TO_CONFIRM or decision is None or decision.retention is None:
        return []
    t = view.t
    outcome = outcome_of(decision.retention, status_changes=request.status_changes)
    return [
        box(
            [
                text(
                    t(
                        "confirm.differs",
                        **view.words,
                        asked=t(f"retention.{request.wish}"),
                        decided=t(f"retention.{decision.retention}"),
                    )
                ),
                heading(t("confirm.means", order=t(f"order.{outcome}"))),
                bullets(consequences(t, outcome, view.words)),
            ],
            ac.ContainerStyle.WARNING,
        )
    ]


def _preconditions(view: _View) -> list[ElementT]:
    if view.request.state not in _BEFORE_THE_ORDER:
        return []
    t, request = view.t, view.request
    names = [turn.names for turn in view.status.turns if turn.task is Task.DECIDE]
    deciders = enumeration(t, names[0]) if names and names[0] else t("turn.nobody_there")
    me = t("turn.you_there") if view.is_for(Role.REQUESTER) else escape(request.requester.name)
    return conditions(
        t,
        view.status.preconditions,
        words=view.words,
        duties={Duty.REQUESTER: me, Duty.SOURCE: deciders},
    )


def _decision(view: _View) -> list[ElementT]:
    if view.request.decision is None:
        return []
    return [heading(view.t("decision.heading")), *decided(view.t, view.request, view.words)]


def _facts(view: _View) -> list[ElementT]:
    t, request = view.t, view.request
    rows = [
        (t("fact.requester"), escape(request.requester.name)),
        (t("fact.wish"), t(f"retention.{request.wish}")),
        (t("fact.effective_on"), t.day(request.start_on or request.effective_on)),
    ]
    if request.state is not State.TO_CONFIRM:
        rows.insert(0, (t("fact.order"), t(f"order.{request.outcome}")))
    lead_time = request.terms.lead_times.get(request.outcome)
    if request.ready_on is not None and request.done_at is None:
        rows.append((t("fact.ready_on"), t.day(request.ready_on)))
    elif lead_time and request.state in _BEFORE_THE_ORDER:
        days = t.count("working_days", lead_time)
        rows.append((t("fact.lead_time"), t("fact.lead_time.value", days=days)))
    if request.done_at is not None:
        rows.append((t("fact.done_at"), t.moment(request.done_at)))
    if request.onedrive_ends_on is not None:
        rows.append((t("fact.onedrive_ends_on"), t.day(request.onedrive_ends_on)))
    return [facts(rows)]


def _details(view: _View) -> list[ElementT]:
    """Return the long lists folded away, but for what an order that is done has changed."""
    is_done = view.request.state is State.DONE
    changes, access = _changes(view), _access(view)
    shown, hidden = (changes, access) if is_done else ([], [*changes, *access])
    title = view.t.plain("button.access" if is_done else "button.details")
    return [*shown, *folded("details", title, hidden)]


def _changes(view: _View) -> list[ElementT]:
    request = view.request
    if request.state is State.DONE:
        return result_list(view.t, request.results)
    if request.is_open and request.plan is not None and request.state is not State.TO_CONFIRM:
        return plan_list(view.t, request.plan.steps)
    return []


def _access(view: _View) -> list[ElementT]:
    request = view.request
    if not view.is_for(Role.REQUESTER, Role.SUBJECT) or request.state in _NO_ACCESS_LIST:
        return []
    return access_list(view.t, request.outcome, request.footprint)


def _may_withdraw(view: _View) -> bool:
    return view.is_for(Role.REQUESTER) and may_withdraw(view.request)


def _sure_to_withdraw(view: _View) -> list[ElementT]:
    found = view.request.checklist
    is_begun = found is not None and found.is_begun
    return [
        heading(view.t("withdraw.sure", **view.words)),
        text(view.t("withdraw.means_begun" if is_begun else "withdraw.means")),
    ]


def _sure_buttons(view: _View) -> list[ActionExecute]:
    t, data = view.t, request_data(view.request)
    return [
        button(t, Verb.REQUEST_WITHDRAW_SURE, data, style=DANGEROUS),
        button(t, Verb.REQUEST_SHOW, data, title=t.plain("button.not_withdraw")),
    ]


def _buttons(view: _View) -> list[ActionExecute]:
    t, request = view.t, view.request
    data = request_data(request)
    found: list[ActionExecute] = []
    decision = request.decision
    if request.state is State.TO_CONFIRM and decision and view.is_for(Role.REQUESTER):
        words = t.plain(f"button.confirm.{decision.retention}")
        found.append(button(t, Verb.OUTCOME_CONFIRM, data, title=words, style=MAIN))
    if request.state is State.SUBMITTED and decision is None and view.is_for(Role.DECIDER):
        found += decision_buttons(t, request)
    if view.is_for(Role.SERVICE_DESK):
        found += desk_buttons(t, view.status)
    if view.is_for(Role.REQUESTER):
        found += checklist_buttons(t, request)
    if request.is_open:
        found.append(button(t, Verb.REQUEST_SHOW, data, title=t.plain("button.refresh")))
    if view.is_for(Role.REQUESTER, Role.SERVICE_DESK):
        found += plan_button(t, request)
    if _may_withdraw(view):
        found.append(button(t, Verb.REQUEST_WITHDRAW, data))
    return found
