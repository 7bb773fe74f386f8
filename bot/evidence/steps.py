"""What the step journal proves of each step, beside what the plan said of it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from bot.evidence.shape import StepProof
from fulfilment.journal import Entry, StepState, request_ids
from fulfilment.steps.catalogue import STEP_TYPES, readable
from mutations.hand_work import HandTask, Tasks
from mutations.plan import Plan, PlannedStep


def proofs_of(plan: Plan | None, entries: Sequence[Entry], tasks: Tasks) -> tuple[StepProof, ...]:
    """Return one proof per journalled step, beside the planned step of that name and target.

    `tasks` tell what people said of steps that they did by hand.
    """
    planned = plan.steps if plan else ()
    by_hand = {task.position: task for task in tasks}
    return tuple(
        _proof(entry, _planned(planned, entry), by_hand.get(entry.position)) for entry in entries
    )


def _planned(steps: Sequence[PlannedStep], entry: Entry) -> PlannedStep | None:
    if entry.position >= len(steps):
        return None
    step = steps[entry.position]
    return step if (step.name, step.target) == (entry.name, entry.target) else None


def _proof(entry: Entry, planned: PlannedStep | None, by_hand: HandTask | None) -> StepProof:
    is_verified = (
        entry.state is StepState.VERIFIED
        and entry.verified_at is not None
        and entry.after is not None
    )
    # While reads do not agree, the journal still holds what an earlier read saw.
    after = entry.after if is_verified else None
    return StepProof(
        position=entry.position,
        name=entry.name,
        title=planned.title if planned else str((entry.before or {}).get("group", "")),
        target=entry.target,
        state=entry.state,
        is_verified=is_verified,
        before=entry.before,
        before_text=_text(entry.name, entry.before),
        after=after,
        after_text=_text(entry.name, after),
        planned_before=planned.before if planned else None,
        planned_after=planned.after if planned else None,
        attempts=entry.attempts,
        intent_at=_utc(entry.intent_at),
        written_at=_utc(entry.written_at),
        verified_at=_utc(entry.verified_at),
        request_ids=request_ids(entry.detail),
        by_hand=by_hand,
    )


def _text(name: str, state: Mapping[str, object] | None) -> str:
    return readable(name, state) if name in STEP_TYPES else ""


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)
