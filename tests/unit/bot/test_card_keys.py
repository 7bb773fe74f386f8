"""Keys of cards are demanded in live mode, long enough, and never the one everybody can read."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bot.settings import DEMO_CARD_KEY, Settings
from tests.conversations.stage import CARD_KEY, live_settings

SHORT = "x" * 31


def settings(folder: Path, **changes: Any) -> Settings:
    """Return settings of live mode, but for what changes."""
    return Settings(**given(folder, **changes))


def given(folder: Path, **changes: Any) -> dict[str, Any]:
    """Return what live mode is given, but for what changes."""
    url = "postgresql://localhost/x"
    return live_settings(folder, url, service_url="http://127.0.0.1:3979", **changes)


def test_live_mode_takes_keys_of_its_own_in_their_order(tmp_path: Path) -> None:
    chosen = settings(tmp_path, card_keys=f"{'n' * 32}, {CARD_KEY},")

    assert chosen.card_key_list == ["n" * 32, CARD_KEY]
    assert chosen.card_days == 180
    assert CARD_KEY not in repr(chosen)


@pytest.mark.parametrize("keys", ["", " , ", DEMO_CARD_KEY, f"{'n' * 32},{DEMO_CARD_KEY}"])
def test_live_mode_demands_keys_of_its_own(tmp_path: Path, keys: str) -> None:
    with pytest.raises(ValidationError, match="is required in live mode"):
        settings(tmp_path, card_keys=keys)


def test_live_mode_does_not_start_with_the_default(tmp_path: Path) -> None:
    without = given(tmp_path)
    del without["card_keys"]

    with pytest.raises(ValidationError, match=r"card_keys\n.*is required in live mode"):
        Settings(**without)


@pytest.mark.parametrize("keys", [SHORT, f"{CARD_KEY},{SHORT}", f"{CARD_KEY}, {'x' * 30}  "])
def test_short_key_is_refused(tmp_path: Path, keys: str) -> None:
    with pytest.raises(ValidationError, match="32 characters or more") as refused:
        settings(tmp_path, card_keys=keys)

    assert "xxx" not in str(refused.value)


@pytest.mark.parametrize("days", [0, -1])
def test_buttons_work_for_a_day_at_least(tmp_path: Path, days: int) -> None:
    with pytest.raises(ValidationError, match="card_days"):
        settings(tmp_path, card_days=days)


def test_local_mode_has_a_key_that_says_what_it_is_worth() -> None:
    assert Settings().card_key_list == [DEMO_CARD_KEY]  # type: ignore[call-arg]
    assert "protects nothing" in str(Settings.model_fields["card_keys"].description)
    assert len(DEMO_CARD_KEY) >= 32
