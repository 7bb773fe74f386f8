"""The small pieces that all cards are built from; only they know adaptive-cards-py."""

from collections.abc import Iterable, Sequence
from typing import Final

from adaptive_cards import types as ac
from adaptive_cards.card import (
    ActionExecute,
    ActionSet,
    ActionToggleVisibility,
    AdaptiveCard,
    Column,
    ColumnSet,
    Container,
    ElementT,
    Fact,
    FactSet,
    TargetElement,
    TextBlock,
)

from texts.escaping import Plain, Safe
from texts.translator import Texts

Card = dict[str, object]
"""An Adaptive Card as a JSON object."""

CARD_VERSION: Final = "1.5"
LIST_LIMIT: Final = 8
"""Longest list on a card; the rest is counted."""


def card(
    body: Sequence[ElementT],
    actions: Sequence[ActionExecute] = (),
    *,
    has_own_elements: bool = False,
) -> Card:
    """Return the finished card as a JSON object.

    `has_own_elements` keeps the fields that a subclass of ours adds; it doubles the cost.
    """
    builder = AdaptiveCard.new().version(CARD_VERSION)
    builder.add_items(body)
    if actions:
        builder.add_actions(actions)
    return builder.create().model_dump(
        mode="json", by_alias=True, exclude_none=True, serialize_as_any=has_own_elements
    )


def title(words: Safe) -> TextBlock:
    """Return the first line of a card: what this is, or what is asked."""
    return TextBlock(
        text=words,
        wrap=True,
        size=ac.FontSize.LARGE,
        weight=ac.FontWeight.BOLDER,
        style=ac.TextBlockStyle.HEADING,
    )


def heading(words: Safe) -> TextBlock:
    """Return the heading of a section."""
    return TextBlock(text=words, wrap=True, weight=ac.FontWeight.BOLDER, spacing=ac.Spacing.MEDIUM)


def text(words: Safe, *, color: ac.Colors | None = None) -> TextBlock:
    """Return a paragraph."""
    return TextBlock(text=words, wrap=True, color=color)


def small(words: Safe) -> TextBlock:
    """Return an explanation that may be skipped."""
    return TextBlock(
        text=words, wrap=True, is_subtle=True, size=ac.FontSize.SMALL, spacing=ac.Spacing.NONE
    )


def warning(words: Safe) -> TextBlock:
    """Return a line that says what is wrong."""
    return TextBlock(text=words, wrap=True, color=ac.Colors.ATTENTION, weight=ac.FontWeight.BOLDER)


def bullets(lines: Iterable[Safe]) -> Container:
    """Return a list of short sentences.

    One block a line: not every client gives a markdown list the room that it needs.
    """
    return _lines(Safe(f"\u2022 {line}") for line in lines)


def numbered(lines: Iterable[Safe]) -> Container:
    """Return a list whose order matters."""
    return _lines(Safe(f"**{number}.** {line}") for number, line in enumerate(lines, 1))


def _lines(lines: Iterable[Safe]) -> Container:
    return Container(
        items=[TextBlock(text=line, wrap=True, spacing=ac.Spacing.SMALL) for line in lines],
        spacing=ac.Spacing.SMALL,
    )


def facts(rows: Iterable[tuple[Safe, Safe]]) -> FactSet:
    """Return rows of a name and a value."""
    return FactSet(facts=[Fact(title=name, value=value) for name, value in rows])


def box(
    items: Sequence[ElementT], style: ac.ContainerStyle = ac.ContainerStyle.EMPHASIS
) -> Container:
    """Return pieces that belong together on a coloured ground."""
    return Container(items=list(items), style=style, spacing=ac.Spacing.MEDIUM)


def group(items: Sequence[ElementT], *, separator: bool = False) -> Container:
    """Return pieces that belong together."""
    return Container(items=list(items), separator=separator or None, spacing=ac.Spacing.MEDIUM)


def folded(name: str, title: Plain, items: Sequence[ElementT]) -> list[ElementT]:
    """Return pieces that show only after a press on `title`; no turn of the bot is needed."""
    if not items:
        return []
    show = ActionToggleVisibility(title=title, target_elements=[TargetElement(element_id=name)])
    return [
        ActionSet(actions=[show], spacing=ac.Spacing.SMALL),
        Container(items=list(items), id=name, is_visible=False),
    ]


def side_by_side(left: Sequence[ElementT], right: Sequence[ElementT]) -> ColumnSet:
    """Return two columns of the same width, to compare."""
    return ColumnSet(
        columns=[
            Column(items=list(left), width="stretch"),
            Column(items=list(right), width="stretch", separator=True),
        ]
    )


def buttons_here(actions: Sequence[ActionExecute]) -> ActionSet:
    """Return buttons that belong to the piece above them."""
    return ActionSet(actions=list(actions), spacing=ac.Spacing.SMALL)


def shortened(t: Texts, lines: Sequence[Safe], *, limit: int = LIST_LIMIT) -> list[Safe]:
    """Return at most `limit` lines, the last of which counts what was left out."""
    if len(lines) <= limit:
        return list(lines)
    left = len(lines) - limit + 1
    return [*lines[: limit - 1], t("more", n=left)]
