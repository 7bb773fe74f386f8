"""Ways through the JSON of a card."""

from collections.abc import Iterator, Mapping
from typing import Any

from cards.parts import Card


def nodes(value: object) -> Iterator[Mapping[str, Any]]:
    """Yield every object of a card, outermost first; the data of buttons is not looked into."""
    if isinstance(value, Mapping):
        yield value
        for name, inner in value.items():
            if name != "data":
                yield from nodes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from nodes(inner)


def of_type(card: Card, kind: str) -> list[Mapping[str, Any]]:
    """Return the elements of one type."""
    return [node for node in nodes(card) if node.get("type") == kind]


def rich_texts(card: Card) -> list[str]:
    """Return the texts that clients render as markdown."""
    found = [str(node["text"]) for node in of_type(card, "TextBlock")]
    for facts in of_type(card, "FactSet"):
        found += [str(fact[part]) for fact in facts["facts"] for part in ("title", "value")]
    return found


def literal_texts(card: Card) -> list[str]:
    """Return the texts that clients show as they are."""
    names = ("title", "label", "placeholder", "errorMessage")
    found = [str(node["value"]) for node in of_type(card, "Input.Text") if "value" in node]
    for node in nodes(card):
        if str(node.get("type", "")).startswith(("Action.", "Input.")):
            found += [str(node[name]) for name in names if name in node]
    for choices in of_type(card, "Input.ChoiceSet"):
        found += [str(choice["title"]) for choice in choices["choices"]]
    return found


def buttons(card: Card) -> dict[str, Mapping[str, Any]]:
    """Return the Action.Execute buttons by verb; the last one of a verb counts."""
    return {str(node["verb"]): node for node in of_type(card, "Action.Execute")}


def all_text(card: Card) -> str:
    """Return everything that can be read on a card."""
    return "\n".join([*rich_texts(card), *literal_texts(card)])
