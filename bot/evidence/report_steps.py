"""The sections about the steps: what was changed, and when and how that was checked."""

from collections.abc import Iterator

from bot.evidence.lines import deeper, fact, facts, heading, shown, values
from bot.evidence.shape import StepProof
from bot.evidence.view import View
from fulfilment.journal import StepState
from mutations.handover import Asks
from mutations.life_cycle import ENDS, State


def changed(view: View) -> Iterator[str]:
    """Yield each step with its values before and after; no value after that was not read back."""
    t, evidence = view.t, view.evidence
    yield from heading(t("evidence.section.changed"))
    for step in evidence.steps:
        n, label = step.position + 1, view.label(step)
        yield str(t("evidence.changed.step", n=n, label=label, state=_state(view, step)))
        yield from deeper(_values(view, step))
    if not evidence.steps:
        is_done = evidence.request.state is State.DONE
        yield str(t("evidence.changed.no_journal" if is_done else "evidence.changed.nothing"))
        if evidence.checklist is None:
            yield from _planned(view)


def checked(view: View) -> Iterator[str]:
    """Yield when each step was begun, taken and read back."""
    t, steps = view.t, view.evidence.steps
    yield from heading(t("evidence.section.checked"))
    if not steps:
        yield str(t("evidence.changed.no_journal"))
        return
    yield from (str(t("evidence.checked.how")), "")
    for step in steps:
        n, label = step.position + 1, view.label(step)
        yield str(t("evidence.changed.step", n=n, label=label, state=_state(view, step)))
        yield from deeper(_times(view, step))


def _state(view: View, step: StepProof) -> str:
    if step.state is StepState.PENDING and step.intent_at is not None:
        return view.t("evidence.step.pending_again")
    if step.state is StepState.VERIFIED and not step.is_verified:
        return view.t("evidence.changed.not_read")
    return view.t(f"evidence.step.{step.state}")


def _values(view: View, step: StepProof) -> Iterator[str]:
    t = view.t
    before = t("evidence.unknown") if step.before is None else values(t, step.before_text)
    yield fact(t, t("evidence.changed.before"), before)
    if step.is_verified:
        yield fact(t, t("evidence.changed.after"), values(t, step.after_text))
        return
    yield fact(t, t("evidence.changed.after"), t("evidence.changed.not_read"))
    if step.planned_after is not None:
        yield fact(t, t("evidence.changed.planned"), values(t, step.planned_after))


def _planned(view: View) -> Iterator[str]:
    """Yield the plan of work that has not begun.

    While another outcome waits to be confirmed, the plan fits neither of the two.
    """
    t, state, plan = view.t, view.evidence.request.state, view.evidence.plan
    if state in {State.TO_CONFIRM, State.DONE}:
        return
    if plan is None or not plan.steps:
        yield str(t("evidence.changed.no_plan"))
        return
    ended = t("evidence.changed.planned_ended")
    yield from ("", str(ended if state in ENDS else t("evidence.changed.planned_open")), "")
    for n, step in enumerate(plan.steps, 1):
        yield f"{n}. **{view.label(step)}**"
        before, after = values(t, step.before), values(t, step.after)
        yield from deeper(
            facts(
                t,
                [
                    ("evidence.changed.value.before", before),
                    ("evidence.changed.value.after", after),
                ],
            )
        )


def _times(view: View, step: StepProof) -> Iterator[str]:
    t = view.t
    yield from facts(
        t,
        [
            ("evidence.checked.intent_at", step.intent_at),
            ("evidence.checked.written_at", step.written_at),
            ("evidence.checked.verified_at", step.verified_at if step.is_verified else None),
        ],
    )
    if step.handed_over is not None:
        by, at = step.handed_over.by.name, step.handed_over.at
        said = t("evidence.checked.handed_over_by", name=by, moment=at)
        yield fact(t, t("evidence.checked.handed_over"), said)
    if step.by_hand is not None and step.by_hand.done is not None:
        done = step.by_hand.done
        words = t(
            "evidence.checked.by_hand_words",
            name=done.by.name,
            moment=done.at,
            words=shown(done.evidence),
        )
        yield fact(t, t("evidence.checked.by_hand"), words)
    yield from _told(view, step)
    if step.attempts:
        yield fact(t, t("evidence.checked.attempts"), shown(str(step.attempts)))
    if step.request_ids:
        ids = t.join([shown(one) for one in step.request_ids])
        yield fact(t, t("evidence.checked.microsoft"), ids)


def _told(view: View, step: StepProof) -> Iterator[str]:
    """Yield the word of the supplier for a step that it did, beside what was read of it."""
    t, handover = view.t, view.evidence.handover
    if handover is None or handover.told_at is None or handover.asks is not Asks.ORDER:
        return
    words = {one.position: one.after for one in handover.reported}
    if step.position in words:
        told = t(
            "evidence.checked.told_words",
            moment=handover.told_at,
            words=values(t, words[step.position]),
        )
        yield fact(t, t("evidence.checked.told"), told)
