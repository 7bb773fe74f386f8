"""The preconditions on a card: what holds, who must do what, how and when it is known (R14)."""

from collections.abc import Mapping, Sequence

from adaptive_cards import types as ac
from adaptive_cards.card import ElementT

from cards.parts import bullets, group, heading, small, text
from mutations.clock import local_date
from mutations.preconditions import Duty, Kind, Precondition
from mutations.proposal import Proposal
from mutations.request import PoolNumbers
from texts.escaping import Safe
from texts.translator import Texts


def conditions_of(proposal: Proposal) -> tuple[Precondition, ...]:
    """Return the preconditions of what is not sent yet; the source entity is not asked yet."""
    checks = proposal.checks
    if checks is None:
        return ()
    entitlement, licences = checks.entitlement, checks.licences
    return (
        Precondition(
            kind=Kind.ENTITLEMENT,
            duty=Duty.REQUESTER,
            holds=entitlement.holds,
            since=None,
            checked_at=entitlement.checked_at,
            how="directory",
        ),
        Precondition(
            kind=Kind.CONSULTATION,
            duty=Duty.SOURCE,
            holds=None,
            since=None,
            checked_at=None,
            how="later",
        ),
        Precondition(
            kind=Kind.LICENCES,
            duty=Duty.REQUESTER,
            holds=licences.holds,
            since=None,
            checked_at=licences.checked_at,
            how="pools",
            pools=licences.pools,
        ),
    )


def conditions(
    t: Texts,
    preconditions: Sequence[Precondition],
    *,
    words: Mapping[str, object],
    duties: Mapping[Duty, Safe],
) -> list[ElementT]:
    """Return the list of preconditions, or nothing where no order is placed.

    `duties` says in words who has the duty.
    """
    if not preconditions:
        return []
    shown = [_condition(t, one, {**words, "who": duties[one.duty]}) for one in preconditions]
    return [heading(t("precondition.title")), *shown]


def _condition(t: Texts, condition: Precondition, words: Mapping[str, object]) -> ElementT:
    state = {True: "holds", False: "missing", None: "unknown"}[condition.holds]
    color = ac.Colors.GOOD if condition.holds else ac.Colors.WARNING
    label = t(f"precondition.{condition.kind}.label", **words)
    items: list[ElementT] = [
        text(t("precondition.line", label=label, state=t(f"precondition.{state}")), color=color)
    ]
    if condition.pools:
        items.append(bullets(_pool(t, pool) for pool in condition.pools))
    if not condition.holds:
        items.append(text(_todo(t, condition, words)))
    items.append(small(_known(t, condition)))
    return group(items)


def _todo(t: Texts, condition: Precondition, words: Mapping[str, object]) -> Safe:
    if condition.kind is Kind.CONSULTATION and condition.duty is Duty.REQUESTER:
        return t("precondition.consultation.confirm", **words)
    return t(f"precondition.{condition.kind}.todo", **words)


def _known(t: Texts, condition: Precondition) -> Safe:
    how = t(f"precondition.how.{condition.how}", checked=condition.checked_at or "")
    if condition.since is None or condition.kind is Kind.CONSULTATION:
        return how
    state = "holds" if condition.holds else "missing"
    return Safe(f"{t(f'precondition.since.{state}', since=local_date(condition.since))} {how}")


def _pool(t: Texts, pool: PoolNumbers) -> Safe:
    return t(
        "precondition.pool",
        pool=pool.pool,
        free=max(pool.free, 0),
        total=pool.total,
        in_use=pool.in_use,
        reserved=pool.reserved,
    )
