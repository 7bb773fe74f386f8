"""The part of the report about the checklist of case D: what was said, and what showed of it."""

from collections.abc import Iterator

from bot.evidence.lines import fact, facts, shown, title
from bot.evidence.shape import ChecklistLine
from bot.evidence.view import View
from texts.escaping import Safe


def listed(view: View) -> Iterator[str]:
    """Yield each item with who said when that it was done; nothing where there is no checklist."""
    t, found = view.t, view.evidence.checklist
    if found is None:
        return
    yield from title(t("evidence.checklist.title"))
    for line in found.lines:
        yield fact(t, t(f"evidence.checklist.step.{line.item}"), _told(view, line))
    yield from facts(t, [("evidence.checklist.data_ends", found.data_ends_on)])


def _told(view: View, line: ChecklistLine) -> Safe:
    t = view.t
    if line.said_by is None or line.said_at is None:
        return t.join([t("evidence.checklist.todo"), *_seen(view, line, is_said=False)])
    said = t(
        "evidence.checklist.said",
        day=line.done_on or "",
        name=shown(line.said_by.name),
        moment=line.said_at,
    )
    return t.join([said, *_seen(view, line, is_said=True)])


def _seen(view: View, line: ChecklistLine, *, is_said: bool) -> list[Safe]:
    if line.seen_at is not None:
        return [view.t("evidence.checklist.seen", moment=line.seen_at)]
    if not is_said:
        return []
    return [view.t(f"evidence.checklist.{'unseen' if line.is_readable else 'unreadable'}")]
