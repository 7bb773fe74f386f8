"""Writes the golden cards anew: `python -m tests.golden_update`, then look at the diff."""

from pathlib import Path
from typing import Final

import orjson

from cards.parts import Card
from tests.card_gallery import gallery

GOLDEN: Final = Path(__file__).parent / "golden"


def as_file(card: Card) -> bytes:
    """Return a card as its golden file holds it."""
    return orjson.dumps(card, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def main() -> None:
    """Write every card and remove files of cards that are gone."""
    GOLDEN.mkdir(exist_ok=True)
    cards = gallery()
    for path in GOLDEN.glob("*.json"):
        if path.stem not in cards:
            path.unlink()
    for name, card in cards.items():
        (GOLDEN / f"{name}.json").write_bytes(as_file(card))


if __name__ == "__main__":
    main()
