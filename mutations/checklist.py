"""The checklist of case D: what the customer does itself, in sequence, and what showed of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from mutations.errors import DomainError
from mutations.party import Party


class Item(StrEnum):
    """The two free orders and the change between them, in the sequence of the page."""

    DEACTIVATE = "deactivate"
    WEBIDM = "webidm"
    ACTIVATE = "activate"


class NotNextError(DomainError):
    """Something earlier on the checklist comes first, or something later was done already."""

    message_key = "error.checklist.sequence"


class WrongDayError(DomainError):
    """The day lies in the future, or before what comes earlier on the checklist."""

    message_key = "error.checklist.day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Who said when (UTC) that something was done, and on which day in Brussels it was."""

    by: Party
    at: datetime
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing to do.

    Attributes:
        said: None while it is still to do.
        seen_at: When the directory first showed it; None while it never did.
        is_readable: False when the directory has nothing to see it by.
    """

    item: Item
    said: Said | None = None
    seen_at: datetime | None = None
    is_readable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """All that is to be done in case D.

    Attributes:
        lines: One per item, in their sequence; what is said is said from the first on.
        status_before: Administrative status when the checklist was made; empty when the
            directory did not show it, so that its change cannot be read either.
    """

    status_before: str
    lines: tuple[Line, ...] = tuple(Line(item=item) for item in Item)

    def line(self, item: Item) -> Line:
        """Return one line."""
        return next(line for line in self.lines if line.item is item)

    @property
    def next(self) -> Line | None:
        """Return what is to be done now; None once everything was said."""
        return next((line for line in self.lines if line.said is None), None)

    @property
    def last(self) -> Line | None:
        """Return what was said last in the sequence; None at the beginning."""
        return next((line for line in reversed(self.lines) if line.said is not None), None)

    @property
    def is_begun(self) -> bool:
        """Tell whether anything was said to be done."""
        return self.last is not None

    @property
    def is_complete(self) -> bool:
        """Tell whether everything was said to be done."""
        return self.next is None

    @property
    def is_seen(self) -> bool:
        """Tell whether the directory showed all that can still be seen and that it can show.

        The deactivation is no part of it: after the activation nothing shows it any more.
        """
        return all(
            line.seen_at is not None or not line.is_readable
            for line in self.lines
            if line.item is not Item.DEACTIVATE
        )


def ticked(checklist: Checklist, item: Item, said: Said, *, since: date, today: date) -> Checklist:
    """Record that something was done; a second time it is as the first time.

    `since` is the first day that can be named for the first item.

    Raises:
        NotNextError: Something else comes first.
        WrongDayError: The day is later than today or earlier than that of the item before.
    """
    line = checklist.line(item)
    if line.said is not None:
        return checklist
    if line != checklist.next:
        raise NotNextError
    first = first_day(checklist, since=since)
    if not first <= said.on <= today:
        raise WrongDayError(first=first, last=today)
    return _with(checklist, replace(line, said=said))


def first_day(checklist: Checklist, *, since: date) -> date:
    """Return the first day on which the next item can have been done."""
    last = checklist.last
    return last.said.on if last is not None and last.said is not None else since


def taken_back(checklist: Checklist, item: Item) -> Checklist:
    """Forget that something was said to be done, and what showed of it; twice is once.

    Raises:
        NotNextError: Something later was done already.
    """
    line = checklist.line(item)
    if line.said is None:
        return checklist
    if line != checklist.last:
        raise NotNextError
    return _with(checklist, Line(item=item))


def looked(checklist: Checklist, signs: Mapping[Item, bool | None], *, at: datetime) -> Checklist:
    """Record what the directory shows; None is what it has nothing to see by.

    What was seen once stays seen. What was not said yet is not looked for, but for the
    deactivation: later on it shows no more.
    """
    after = checklist
    for line in checklist.lines:
        if line.seen_at is not None or not _is_looked_for(checklist, line):
            continue
        sign = signs[line.item]
        seen_at = at if sign else None
        after = _with(after, replace(line, seen_at=seen_at, is_readable=sign is not None))
    return after


def _is_looked_for(checklist: Checklist, line: Line) -> bool:
    if line.item is Item.DEACTIVATE:
        return checklist.line(Item.ACTIVATE).said is None
    return line.said is not None


def _with(checklist: Checklist, line: Line) -> Checklist:
    lines = tuple(line if one.item is line.item else one for one in checklist.lines)
    return replace(checklist, lines=lines)
