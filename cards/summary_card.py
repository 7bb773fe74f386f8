"""What a complete draft would lead to, before it is sent."""

from collections.abc import Mapping
from datetime import date, datetime

from adaptive_cards import types as ac
from adaptive_cards.card import ActionExecute, ElementT

from cards.buttons import DANGEROUS, MAIN, button, draft_data
from cards.changes import access_list, plan_list
from cards.conditions import conditions, conditions_of
from cards.consequences import consequences
from cards.outcomes import checklist, referral
from cards.parts import Card, box, bullets, card, facts, heading, small, text, title
from cards.reasons import why_of
from cards.verbs import Verb
from cards.words import contract_words, entity_name, enumeration
from mutations.case_finder import Outcome
from mutations.clock import local_date
from mutations.preconditions import Duty
from mutations.proposal import Proposal
from mutations.register import Register
from texts.escaping import Safe
from texts.translator import Texts

Words = Mapping[str, object]


def summary_card(t: Texts, register: Register, proposal: Proposal, *, now: datetime) -> Card:
    """Return the summary that the requester accepts, changes or throws away.

    `now` is this moment, aware: what could start today is said so.
    """
    words = _words(t, register, proposal)
    outcome = proposal.finding.outcome
    body: list[ElementT] = [
        title(t(f"summary.heading.{outcome}")),
        text(t("summary.nothing_sent")),
        text(t("summary.person", **words)),
        facts(_facts(t, proposal, words)),
        heading(_order_heading(t, outcome)),
        text(t(proposal.finding.reason, **words)),
    ]
    if outcome is Outcome.D:
        body += checklist(t, words)
    elif outcome is Outcome.P:
        body += referral(t, words, status_changes=proposal.status_changes, wish=proposal.wish)
    else:
        body += _order(t, proposal, words, local_date(now))
    return card(body, _buttons(t, proposal))


def _words(t: Texts, register: Register, proposal: Proposal) -> Words:
    lead_time = register.contract.lead_times.get(proposal.finding.outcome)
    return {
        **contract_words(register),
        "colleague": proposal.colleague.name,
        "upn": proposal.colleague.upn,
        "source": entity_name(t, register, proposal.source),
        "target": entity_name(t, register, proposal.target),
        "deciders": enumeration(t, proposal.deciders) or t("turn.nobody_there"),
        "day": proposal.effective_on,
        "start": proposal.start_on,
        "ready": proposal.ready_on,
        "lead_time": t.count("working_days", lead_time) if lead_time else "",
    }


def _facts(t: Texts, proposal: Proposal, words: Words) -> list[tuple[Safe, Safe]]:
    status = "yes" if proposal.status_changes else "no"
    return [
        (t("fact.source"), t("fact.value", value=words["source"])),
        (t("fact.target"), t("fact.value", value=words["target"])),
        (t("fact.effective_on"), t.day(proposal.effective_on)),
        (t("fact.status_changes"), t(f"fact.status.{status}")),
        (t("fact.wish"), t(f"retention.{proposal.wish}")),
    ]


def _order_heading(t: Texts, outcome: Outcome) -> Safe:
    if outcome in {Outcome.D, Outcome.P}:
        return t("summary.why")
    return t("summary.order", order=t(f"order.{outcome}"))


def _order(t: Texts, proposal: Proposal, words: Words, today: date) -> list[ElementT]:
    items: list[ElementT] = []
    if proposal.plan is not None:
        items += _obstacles(t, proposal, words)
    items += [heading(t("summary.when")), *_when(t, proposal, words, today)]
    items += [
        heading(t(f"summary.data.{proposal.wish}")),
        bullets(consequences(t, proposal.finding.outcome, words)),
    ]
    if proposal.onedrive_ends_on is not None:
        items.append(text(t("onedrive.ends.planned", day=proposal.onedrive_ends_on)))
    duties = {
        Duty.REQUESTER: t("turn.you_there"),
        Duty.SOURCE: t("fact.value", value=words["deciders"]),
    }
    items += conditions(t, conditions_of(proposal), words=words, duties=duties)
    if proposal.plan is not None:
        items += plan_list(t, proposal.plan.steps)
    items += access_list(t, proposal.finding.outcome, proposal.footprint)
    return items


def _when(t: Texts, proposal: Proposal, words: Words, today: date) -> list[ElementT]:
    if proposal.ready_on is None:
        return []
    start = "today" if proposal.start_on <= today else "later"
    return [
        text(t(f"summary.start.{start}", **words)),
        small(t("summary.clock")),
    ]


def _obstacles(t: Texts, proposal: Proposal, words: Words) -> list[ElementT]:
    obstacles = proposal.plan.obstacles if proposal.plan else ()
    if not obstacles:
        return []
    shown = [text(why_of(t, one.key, {**words, **one.params})) for one in obstacles]
    later = small(t("summary.obstacles_later"))
    return [box([heading(t("summary.obstacles")), *shown, later], ac.ContainerStyle.WARNING)]


def _buttons(t: Texts, proposal: Proposal) -> list[ActionExecute]:
    draft, outcome = proposal.draft, proposal.finding.outcome
    words = t.plain(f"button.submit.{outcome}")
    version = draft_data(draft, version=draft.version)
    return [
        button(t, Verb.DRAFT_SUBMIT, version, title=words, style=MAIN),
        button(t, Verb.DRAFT_EDIT, draft_data(draft)),
        button(t, Verb.DRAFT_DISCARD, draft_data(draft), style=DANGEROUS),
    ]
