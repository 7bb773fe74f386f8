"""Every card in every state that looks different: what the golden files hold."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from cards.attention_card import attention_card
from cards.buttons import Data
from cards.candidates_card import candidates_card
from cards.colleague_card import colleague_card
from cards.decision_card import DecisionMode, decision_card
from cards.discarded_card import discarded_card
from cards.form_card import form_card
from cards.hand_card import hand_card
from cards.help_card import help_card
from cards.list_card import list_card
from cards.parts import Card
from cards.plan_card import plan_card
from cards.problem_card import problem_card, problem_text
from cards.question_card import question_card
from cards.request_card import request_card
from cards.summary_card import summary_card
from cards.superseded_card import superseded_card
from cards.undo_card import undo_card
from cards.verbs import Verb
from mutations.authority import Role
from mutations.case_finder import Outcome, Retention
from mutations.checklist import Checklist, Item, Line
from mutations.draft import Draft, Question
from mutations.dry_run import DryRun, differences
from mutations.hand_work import Done, HandedOver, asked, reported, taken
from mutations.life_cycle import State
from mutations.losses import AskedAnew, Losses, LostGroup
from mutations.party import Party
from mutations.plan import Plan
from mutations.request import Attention, MutationRequest
from tests import samples as s
from texts.translator import Texts, load

T: Final = load("nl")

ORDERS: Final = (Outcome.A, Outcome.B, Outcome.C)
ORDER_STATES: Final = tuple(
    state for state in State if state not in {State.REFERRED, State.CHECKLIST, State.SELF_SERVICE}
)
_REQUESTER: Final = frozenset({Role.REQUESTER})

Gallery = Iterator[tuple[str, Card]]


def gallery(t: Texts = T) -> dict[str, Card]:
    """Return every card by the name of its golden file."""
    rooms: tuple[Callable[[Texts], Gallery], ...] = (
        _before_sending,
        _summaries,
        _requests,
        _roles,
        _decisions,
        _others,
        _plans,
        _problems,
    )
    return {name: card for room in rooms for name, card in room(t)}


def _before_sending(t: Texts) -> Gallery:
    yield "help-requester", help_card(t, s.REGISTER, may_request=True, greeting="Marleen")
    yield "help-other", help_card(t, s.REGISTER, may_request=False)
    practice = help_card(t, s.REGISTER, may_request=True, simulated=True)
    yield "help-simulated", practice
    lost = help_card(t, s.REGISTER, may_request=True, greeting=t("help.not_understood"))
    yield "help-not-understood", lost
    yield "form-empty", _form(t, s.EMPTY_DRAFT)
    yield "form-filled", _form(t, s.FULL_DRAFT)
    problem = problem_text(t, "error.date.past", {"day": s.TODAY})
    yield "form-problem", _form(t, s.FULL_DRAFT, {Question.EFFECTIVE_ON: problem})
    for question in Question:
        draft = s.FULL_DRAFT.without(question)
        yield f"question-{question.replace('_', '-')}", _question(t, draft, question)
    unclear = problem_text(t, "error.answer.unclear", {})
    draft = s.FULL_DRAFT.without(Question.WISH)
    yield "question-problem", _question(t, draft, Question.WISH, unclear)
    for name, count in (("two", 2), ("many", len(s.CANDIDATES))):
        candidates = s.CANDIDATES[:count]
        draft = replace(s.EMPTY_DRAFT, candidates=candidates)
        yield f"candidates-{name}", candidates_card(t, s.REGISTER, draft)
    yield "discarded", discarded_card(t)


def _form(t: Texts, draft: Draft, problems: Mapping[Question, str] | None = None) -> Card:
    return form_card(
        t, s.REGISTER, draft, entities=s.ENTITIES, today=s.TODAY, problems=problems or {}
    )


def _question(t: Texts, draft: Draft, question: Question, problem: str = "") -> Card:
    return question_card(
        t, s.REGISTER, draft, question=question, entities=s.ENTITIES, problem=problem
    )


def _summaries(t: Texts) -> Gallery:
    for outcome in Outcome:
        made = s.proposal(outcome)
        yield f"summary-{outcome}", summary_card(t, s.REGISTER, made, now=s.NOW)
    missing = s.proposal(Outcome.A, entitled=False)
    yield "summary-A-missing", summary_card(t, s.REGISTER, missing, now=s.NOW)
    blocked = s.proposal(Outcome.A, plan=s.BLOCKED)
    yield "summary-A-obstacle", summary_card(t, s.REGISTER, blocked, now=s.NOW)
    at_once = replace(s.proposal(Outcome.A), start_on=s.TODAY)
    yield "summary-A-today", summary_card(t, s.REGISTER, at_once, now=s.NOW)


def _requests(t: Texts) -> Gallery:
    for outcome in ORDERS:
        for state in ORDER_STATES:
            name = f"request-{outcome}-{state.replace('_', '-')}"
            yield name, _request(t, s.in_state(state, outcome))
    for outcome in (Outcome.D, Outcome.P):
        yield f"request-{outcome}", _request(t, s.submitted(outcome))
    decided = s.in_state(State.TO_CONFIRM, Outcome.C)
    yield (
        "request-C-became-D",
        _request(
            t,
            replace(
                decided,
                state=State.CHECKLIST,
                outcome=Outcome.D,
                checklist=Checklist(status_before="ambtenaar"),
            ),
        ),
    )
    yield from _checklists(t)
    waiting = replace(s.submitted(), checks=s.checks(entitled=False, free=0))
    yield "request-A-nothing-holds", _request(t, waiting)
    agreed = replace(waiting, decision=s.decision(Retention.KEEP), agreed=Retention.KEEP)
    yield "request-A-decided-waiting", _request(t, agreed)
    yield (
        "request-withdrawing",
        request_card(t, s.REGISTER, s.status(s.submitted()), roles=_REQUESTER, withdrawing=True),
    )
    yield (
        "request-withdrawing-late",
        request_card(
            t, s.REGISTER, s.status(s.in_state(State.DONE)), roles=_REQUESTER, withdrawing=True
        ),
    )
    yield (
        "request-headline",
        request_card(
            t,
            s.REGISTER,
            s.status(s.in_state(State.SCHEDULED)),
            roles=_REQUESTER,
            headline=t("message.ordered", number="M-2026-00042"),
        ),
    )
    stays = replace(s.submitted(Outcome.C), target=s.SOURCE)
    yield "request-C-stays", _request(t, stays)


def _request(t: Texts, request: MutationRequest, role: Role = Role.REQUESTER) -> Card:
    return request_card(t, s.REGISTER, s.status(request), roles=frozenset({role}))


def _checklists(t: Texts) -> Gallery:
    sent = s.submitted(Outcome.D)
    first, second, third = s.CHECKED_OFF.lines
    unsaid = Line(item=Item.ACTIVATE)
    unseen = replace(second, seen_at=None)
    stages = {
        "deactivated": (replace(first, seen_at=s.NOW), Line(item=Item.WEBIDM), unsaid),
        "changed": (first, unseen, unsaid),
        "all-said": (first, second, replace(third, seen_at=None)),
        "unreadable": (first, replace(unseen, is_readable=False), unsaid),
    }
    for name, lines in stages.items():
        before = "" if name == "unreadable" else "ambtenaar"
        now = replace(sent, checklist=Checklist(status_before=before, lines=lines))
        yield f"checklist-{name}", _request(t, now)
    half = Checklist(status_before="", lines=(first, unseen, unsaid))
    yield "checklist-status-unread", _request(t, replace(sent, checklist=half))
    yield "checklist-done", _request(t, s.in_state(State.SELF_SERVICE, Outcome.D))
    gave_up = Checklist(status_before="", lines=(first, unseen, replace(third, seen_at=None)))
    closed = replace(s.in_state(State.SELF_SERVICE, Outcome.D), checklist=gave_up)
    yield "checklist-done-unseen", _request(t, closed)
    old = replace(s.in_state(State.SELF_SERVICE, Outcome.D), checklist=None)
    yield "checklist-untracked", _request(t, old)
    begun = replace(sent, checklist=half)
    for state in (State.WITHDRAWN, State.EXPIRED):
        yield f"checklist-{state}", _request(t, replace(begun, state=state))
    status = s.status(begun)
    problem = problem_text(t, "error.checklist.day", {"first": s.TODAY, "last": s.TOMORROW})
    card = request_card(t, s.REGISTER, status, roles=_REQUESTER, headline=problem)
    yield "checklist-problem", card
    asked = request_card(t, s.REGISTER, status, roles=_REQUESTER, withdrawing=True)
    yield "checklist-withdrawing", asked
    for state in (State.CHECKLIST, State.WITHDRAWN):
        name = f"colleague-D-{state}"
        yield name, colleague_card(t, s.REGISTER, s.status(replace(begun, state=state)))


def _roles(t: Texts) -> Gallery:
    for role in (Role.SUBJECT, Role.DECIDER, Role.SERVICE_DESK):
        name = role.replace("_", "-")
        for state in (State.SUBMITTED, State.ATTENTION, State.DONE):
            yield f"request-{name}-{state}", _request(t, s.in_state(state), role)


def _decisions(t: Texts) -> Gallery:
    for outcome in ORDERS:
        status = s.status(s.submitted(outcome))
        for mode in DecisionMode:
            name = f"decision-{outcome}-{mode.replace('_', '-')}"
            yield name, decision_card(t, s.REGISTER, status, mode=mode, now=s.NOW)
    problem = problem_text(t, "error.reason.missing", {})
    yield (
        "decision-refuse-problem",
        decision_card(
            t,
            s.REGISTER,
            s.status(s.submitted()),
            mode=DecisionMode.REFUSE,
            problem=problem,
            now=s.NOW,
        ),
    )
    lost = LostGroup(id="x", name="Waterbeheer")
    more = Losses(groups=(lost,), addresses=("jan.nieuw@water.example",), mailbox="guid-2")
    anew = replace(s.submitted(Outcome.B), round=2, anew=AskedAnew(more=more, at=s.NOW))
    for mode in (DecisionMode.ASK, DecisionMode.NOT_KEEP):
        card = decision_card(t, s.REGISTER, s.status(anew), mode=mode, now=s.NOW)
        yield f"decision-B-anew-{mode.replace('_', '-')}", card
    yield "request-B-anew", _request(t, anew)
    finals = {
        "kept": s.in_state(State.DONE),
        "not-kept": s.in_state(State.TO_CONFIRM),
        "refused": s.in_state(State.REJECTED),
        "withdrawn": s.in_state(State.WITHDRAWN),
    }
    for name, request in finals.items():
        status = s.status(request)
        yield f"decision-final-{name}", decision_card(t, s.REGISTER, status, now=s.NOW)


def _others(t: Texts) -> Gallery:
    for outcome in ORDERS:
        for state in (State.SCHEDULED, State.CARRYING_OUT, State.DONE, State.WITHDRAWN):
            name = f"colleague-{outcome}-{state.replace('_', '-')}"
            status = s.status(s.in_state(state, outcome))
            yield name, colleague_card(t, s.REGISTER, status)
    stopped = s.in_state(State.ATTENTION)
    before = Attention(step="", key="plan.obstacle.entitlement_gone", params={}, since=s.NOW)
    strange = Attention(step="other.step", key="other.key", params={"x": 1}, since=s.NOW)
    attentions = {
        "step": stopped,
        "before-start": replace(stopped, attention=before),
        "unknown": replace(stopped, attention=strange),
        "solved": s.in_state(State.CARRYING_OUT),
    }
    for name, request in attentions.items():
        yield f"attention-{name}", attention_card(t, s.REGISTER, s.status(request))
    yield from _hands(t)
    yield from _handed(t)
    yield "undo", undo_card(t, s.REGISTER, s.status(s.in_state(State.ATTENTION, Outcome.B)))
    for outcome in ORDERS:
        done = s.in_state(State.DONE, outcome)
        yield f"undo-done-{outcome}", undo_card(t, s.REGISTER, s.status(done))
        undone = replace(done, state=State.UNDONE, undo=s.UNDO)
        yield f"request-service-desk-undone-{outcome}", _request(t, undone, Role.SERVICE_DESK)
    deleting = replace(s.in_state(State.ATTENTION, Outcome.C), plan=s.BY_PROGRAM)
    yield "undo-deleted", undo_card(t, s.REGISTER, s.status(deleting))
    problem = problem_text(t, "error.undo.reason", {})
    by_hand = replace(s.in_state(State.ATTENTION, Outcome.B), plan=s.BY_HAND)
    yield (
        "undo-by-hand-problem",
        undo_card(t, s.REGISTER, s.status(by_hand), problem=problem),
    )
    several = [s.status(s.in_state(state)) for state in ORDER_STATES]
    for waiting in (False, True):
        name = "waiting" if waiting else "mine"
        yield f"list-{name}", list_card(t, s.REGISTER, several, waiting=waiting)
        yield f"list-{name}-one", list_card(t, s.REGISTER, several[:1], waiting=waiting)
        yield f"list-{name}-empty", list_card(t, s.REGISTER, [], waiting=waiting)
    yield "list-many", list_card(t, s.REGISTER, several * 4, waiting=False)
    yield "superseded", superseded_card(t, s.status(s.in_state(State.CARRYING_OUT)))


def _hands(t: Texts) -> Gallery:
    request = replace(s.in_state(State.CARRYING_OUT, Outcome.B), plan=s.BY_HAND)
    by = Party(object_id=s.SOFIE.object_id, name=s.SOFIE.name)
    for position, step in enumerate(s.BY_HAND.steps):
        tasks = asked((), range(position, len(s.BY_HAND.steps)), at=s.NOW, within=2)
        status = s.status(replace(request, tasks=tasks))
        name = "-".join((step.name, *map(str, step.args.values()))).replace("_", "-")
        yield f"hand-{name.replace('.', '-')}", hand_card(t, s.REGISTER, status)
    taken_by = taken(asked((), (4,), at=s.NOW, within=2), 4, by)
    status = s.status(replace(request, tasks=taken_by))
    problem = problem_text(t, "error.task.words", {})
    yield "hand-taken-problem", hand_card(t, s.REGISTER, status, problem=problem)
    asks = {
        "old": s.OLD_UPN,
        "new": s.NEW_UPN,
        "drive": "https://tenant-my.sharepoint.example/personal/jan_peeters",
        "size": "8400 MB",
    }
    migration = asked((), (4,), at=s.NOW, within=2, asks={4: asks})
    order_c = replace(s.in_state(State.CARRYING_OUT, Outcome.C), tasks=migration)
    yield "hand-data-migration-asks", hand_card(t, s.REGISTER, s.status(order_c))
    yield "request-C-by-hand", _request(t, order_c)
    done = reported(taken_by, 4, Done(by=by, at=s.NOW, evidence="ticket 12345"))
    status = s.status(replace(request, tasks=done))
    yield "hand-none", hand_card(t, s.REGISTER, status)
    yield "request-B-by-hand", _request(t, replace(request, tasks=taken_by))


def _handed(t: Texts) -> Gallery:
    """Each step that a person takes over from the bot; the register's record is no such step."""
    by = Party(object_id=s.SOFIE.object_id, name=s.SOFIE.name)
    for position, step in enumerate(s.BY_PROGRAM.steps):
        request = replace(
            s.in_state(State.CARRYING_OUT, Outcome.B),
            plan=s.BY_PROGRAM,
            tasks=asked((), (position,), at=s.NOW, within=2),
            handed=(HandedOver(position=position, by=by, at=s.NOW),),
        )
        name = step.name.replace(".", "-").replace("_", "-")
        yield f"hand-over-{name}", hand_card(t, s.REGISTER, s.status(request))


def _plans(t: Texts) -> Gallery:
    plan_b = s.PLANS[Outcome.B]
    request = s.in_state(State.SCHEDULED, Outcome.B)
    upn, *others = plan_b.steps
    changed = replace(s.BY_HAND.steps[0], target="y", args={"kind": "cloud"})
    other = Plan(steps=(*others, changed, replace(s.BY_HAND.steps[4], after="jan@ruimte.example")))
    going_on = replace(
        s.in_state(State.CARRYING_OUT, Outcome.B),
        plan=s.BY_HAND,
        tasks=asked((), (0,), at=s.NOW, within=2),
    )
    plans: dict[str, tuple[MutationRequest, Plan]] = {
        "A": (s.submitted(), s.PLANS[Outcome.A]),
        "A-obstacle": (s.submitted(), s.BLOCKED),
        "B": (request, plan_b),
        "B-different": (replace(request, plan=Plan(steps=(upn, *others))), other),
        "B-by-hand": (going_on, s.BY_HAND),
        "B-done": (s.in_state(State.DONE, Outcome.B), plan_b),
        "C": (s.in_state(State.SCHEDULED, Outcome.C), s.PLANS[Outcome.C]),
    }
    for name, (about, plan) in plans.items():
        kept = differences(about.plan, plan) if about.plan else None
        run = DryRun(request=about, plan=plan, at=s.NOW, differences=kept, hand_days=2)
        yield f"plan-{name}", plan_card(t, s.REGISTER, run)
    unkept = DryRun(request=request, plan=plan_b, at=s.NOW, differences=None, hand_days=2)
    yield "plan-B-unkept", plan_card(t, s.REGISTER, unkept)


PROBLEM_PARAMS: Final[Mapping[str, object]] = {
    "name": "Arno Wouters",
    "number": "M-2026-00042",
    "text": "Jan Pieters",
    "entity": "Agentschap Wegen en Water",
    "day": s.TOMORROW,
    "first": s.TODAY,
    "last": s.TOMORROW,
    "next": s.TOMORROW,
    "names": ("Marleen Claes", "Rik Goossens"),
    "why": "holiday.ascension",
    "command": "annuleer",
    "other": "M-2026-00043",
    "limit": 1000,
    "correlation_id": "4f1c2d",
}


_INTERRUPTED = ("error.outage.", "error.overload.")
_PRESS: tuple[Verb, Data] = (Verb.DECISION_KEEP, {"request": "a" * 32, "round": 1})


def problem_keys(t: Texts = T) -> list[str]:
    """Return the keys of all problems in the catalogue."""
    return sorted(
        key.removesuffix(".title")
        for key in t.catalogue
        if key.startswith("error.") and key.endswith(".title")
    )


def _problems(t: Texts) -> Gallery:
    for key in problem_keys(t):
        if key.startswith(_INTERRUPTED):
            card = problem_card(t, key, {}, again=_PRESS if key.endswith(".press") else None)
        else:
            card = problem_card(t, key, PROBLEM_PARAMS, action=(Verb.HELP, Verb.LIST_MINE))
        yield f"problem-{key.removeprefix('error.').replace('.', '-').replace('_', '-')}", card
