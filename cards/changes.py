"""What changes on the accounts, from what to what, stacked so that it fits a phone."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from adaptive_cards.card import ElementT

from cards.parts import bullets, group, heading, shortened, small, text
from cards.words import enumeration
from mutations.case_finder import Outcome
from mutations.directory import Access, Footprint
from mutations.plan import PlannedStep
from mutations.request import StepResult
from texts.escaping import Safe, escape
from texts.translator import Texts

_VALUES_SHOWN: Final = 5
_DAYS: Final = re.compile(r"^(\d{1,4}) d$")


class Change(Protocol):
    """A planned step or the result of one: both have these in common."""

    @property
    def name(self) -> str:
        """Name of the step."""
        ...

    @property
    def title(self) -> str:
        """What is changed, where the label needs it."""
        ...

    @property
    def before(self) -> str:
        """Value before; one a line."""
        ...

    @property
    def after(self) -> str:
        """Value after; one a line."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    name: str
    title: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def plan_list(t: Texts, steps: Sequence[PlannedStep]) -> list[ElementT]:
    """Return what will change, or nothing when the plan is empty."""
    if not steps:
        return []
    return [heading(t("change.planned.title")), *planned_rows(t, steps)]


def planned_rows(t: Texts, steps: Sequence[PlannedStep]) -> list[ElementT]:
    """Return what will change, without a heading; steps of one name are taken together."""
    return _rows(t, steps, "change.planned")


def result_list(t: Texts, results: Sequence[StepResult]) -> list[ElementT]:
    """Return what was changed and read back (R10), or nothing when nothing was."""
    if not results:
        return []
    read = [one for one in results if one.verified_at is not None]
    return [
        heading(t("change.done.title")),
        *_rows(t, read, "change.done"),
        *_verified(t, read, everything=len(read) == len(results)),
        *_reported(t, [one for one in results if one.verified_at is None]),
    ]


def _verified(t: Texts, read: Sequence[StepResult], *, everything: bool) -> list[ElementT]:
    moments = [one.verified_at for one in read if one.verified_at is not None]
    if not moments:
        return []
    key = "change.done.verified" if everything else "change.done.verified_part"
    return [small(t(key, moment=max(moments)))]


def _reported(t: Texts, results: Sequence[StepResult]) -> list[ElementT]:
    """Return what rests on the word of a supplier alone, apart from what was read back."""
    if not results:
        return []
    supplier = results[0].reported_by
    return [
        heading(t("change.reported.title", supplier=supplier)),
        *_rows(t, results, "change.done"),
        small(t("change.reported.text", supplier=supplier)),
    ]


def access_list(t: Texts, outcome: Outcome, footprint: Footprint) -> list[ElementT]:
    """Return the groups and sites that the order leaves to their owners (R5, R6, R9)."""
    left = list(footprint.sites)
    if outcome in {Outcome.A, Outcome.C}:
        left = [*footprint.groups, *footprint.sites]
    if outcome not in {Outcome.A, Outcome.B, Outcome.C} or not left:
        return []
    lines = [_access(t, access) for access in left]
    return [
        group(
            [
                heading(t(f"access.{outcome}.title")),
                small(t(f"access.{outcome}.text")),
                bullets(shortened(t, lines)),
            ]
        )
    ]


def _access(t: Texts, access: Access) -> Safe:
    if not access.owners:
        return t("access.no_owner", name=access.name)
    return t("access.owners", name=access.name, owners=enumeration(t, access.owners, limit=4))


def _rows(t: Texts, changes: Iterable[Change], family: str) -> list[ElementT]:
    return [element for row in _merged(changes) for element in _row(t, row, family)]


def _merged(changes: Iterable[Change]) -> list[_Row]:
    """Take steps of one name together: one line for all groups that are left."""
    rows: dict[str, _Row] = {}
    for change in changes:
        before, after = tuple(change.before.splitlines()), tuple(change.after.splitlines())
        known = rows.get(change.name)
        rows[change.name] = _Row(
            name=change.name,
            title="" if known else change.title,
            before=(*known.before, *before) if known else before,
            after=(*known.after, *after) if known else after,
        )
    return list(rows.values())


def _row(t: Texts, row: _Row, family: str) -> list[ElementT]:
    label = step_label(t, row.name)
    if row.title and row.title not in (*row.before, *row.after):
        label = t("change.titled", label=label, title=row.title)
    lines = _lines(t, row, family)
    return [text(t("change.label", label=label)), bullets(lines)] if lines else []


def _lines(t: Texts, row: _Row, family: str) -> list[Safe]:
    before, after = _values(t, row.before), _values(t, row.after)
    if row.before == row.after:
        return [t(f"{family}.same", value=before)] if before else []
    if not before:
        return [t(f"{family}.new", value=after)]
    if not after:
        return [t(f"{family}.gone", value=before)]
    return [t(f"{family}.before", value=before), t(f"{family}.after", value=after)]


def _values(t: Texts, values: Sequence[str]) -> Safe:
    if not values:
        return Safe("")
    return enumeration(t, [readable(t, value) for value in values], limit=_VALUES_SHOWN)


def readable(t: Texts, value: str) -> Safe:
    """Write the unit of a number of days in full; a plan knows only its symbol."""
    days = _DAYS.match(value)
    return t.count("days", int(days.group(1))) if days else escape(value)


def step_label(t: Texts, name: str) -> Safe:
    """Return what a step is called, also for a step that the catalogue does not know."""
    key = f"step.{name}"
    return t(key) if t.has(key) else t("step.unknown")
