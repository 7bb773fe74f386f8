"""Every card as it was last looked at, and as Teams would take it."""

import json
from pathlib import Path

import pytest
from adaptive_cards.card import AdaptiveCard
from adaptive_cards.validation import CardValidatorFactory

from tests.card_gallery import gallery
from tests.golden_update import GOLDEN, as_file

CARDS = gallery()
SIZE_LIMIT = 20 * 1024


def test_golden_files_and_cards_are_the_same_set() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(CARDS)


@pytest.mark.parametrize("name", CARDS)
def test_card_is_the_one_that_was_looked_at(name: str) -> None:
    expected = Path(GOLDEN / f"{name}.json").read_bytes()

    assert as_file(CARDS[name]) == expected, "look at it, then: python -m tests.golden_update"


@pytest.mark.parametrize("name", CARDS)
def test_card_is_valid_for_teams(name: str) -> None:
    card = AdaptiveCard.from_json(json.dumps(CARDS[name])).create()
    validator = CardValidatorFactory.create_validator_microsoft_teams()

    validator.validate(card, debug=False)

    assert validator.details() == []
    assert card.version == "1.5"


@pytest.mark.parametrize("name", CARDS)
def test_card_stays_small(name: str) -> None:
    assert len(json.dumps(CARDS[name])) < SIZE_LIMIT
