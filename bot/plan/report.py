"""A plan for people at a terminal: every step in full, in Dutch."""

from collections.abc import Iterable, Iterator

from cards.plan_words import PlanWords
from cards.reasons import action_of, why_of
from cards.words import request_words
from fulfilment.tenants.microsoft365.step_calls import calls_of
from mutations.dry_run import DryRun
from mutations.register import Register
from texts.escaping import Safe, unmarked
from texts.translator import Texts


def report_of(t: Texts, register: Register, run: DryRun) -> str:
    """Return the plan as text without markup; the last line ends with a newline."""
    lines = _lines(PlanWords(t, register, run), request_words(t, register, run.request))
    return "".join(f"{unmarked(Safe(line))}\n" for line in lines)


def _lines(said: PlanWords, words: dict[str, object]) -> Iterator[str]:
    t, request = said.t, said.run.request
    yield t("plan.of", number=request.number)
    yield t("plan.made", moment=said.run.at)
    yield t("plan.state", state=t(f"state.{request.state}"))
    yield t("request.stays" if request.source == request.target else "request.moves", **words)
    yield t("plan.order", order=t(f"order.{request.outcome}"))
    if not request.is_open:
        yield t("plan.ended")
    yield from _section(t("plan.obstacles"), _obstacles(said, words))
    yield from _section(t("plan.steps"), _steps(said), none=t("plan.none"))
    yield from _section(t("plan.hands"), _hands(said, words), none=t("plan.hands.none"))
    entries = [t("plan.entry", text=line) for line in said.differences()]
    yield from _section(t("plan.differences"), entries)


def _section(title: Safe, lines: Iterable[str], *, none: Safe | None = None) -> Iterator[str]:
    found = list(lines) or ([none] if none is not None else [])
    if found:
        yield from ("", title, *found)


def _obstacles(said: PlanWords, words: dict[str, object]) -> Iterator[str]:
    t = said.t
    for one in said.run.plan.obstacles:
        known = {**words, **one.params}
        yield t("plan.entry", text=why_of(t, one.key, known))
        yield _deeper(t("plan.to_do", action=action_of(t, one.key, known)))


def _steps(said: PlanWords) -> Iterator[str]:
    t = said.t
    for number, step in enumerate(said.run.plan.steps, 1):
        yield t("plan.numbered", n=number, text=said.label(step))
        yield _deeper(t("plan.now", value=said.values(step.before)))
        yield _deeper(t("plan.then", value=said.values(step.after)))
        yield _deeper(t("plan.way", route=said.route(step)))
        kind = said.kind(step)
        if kind is not None:
            yield _deeper(kind)
        yield _deeper(said.check(step))
        yield _deeper(said.undo(step))
        asked = calls_of(step)
        numbers = {"calls": len(asked.reads) + len(asked.writes), "changes": len(asked.writes)}
        yield _deeper(t("plan.needs", permissions=t.join(asked.permissions), **numbers))


def _hands(said: PlanWords, words: dict[str, object]) -> Iterator[str]:
    t = said.t
    for number, step in said.run.by_hand:
        yield t("plan.numbered", n=number, text=said.deadline(step))
        instruction = said.instruction(step, words)
        if instruction is not None:
            yield _deeper(t("plan.instruction", text=instruction))


def _deeper(line: str) -> str:
    return f"   {line}"
