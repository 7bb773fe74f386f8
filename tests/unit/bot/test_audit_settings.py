"""A live bot does not start without a place and a key for the anchor of its audit."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.settings import Settings
from tests.conversations.stage import live_settings


def _live(folder: Path, **changes: object) -> Settings:
    return Settings(**live_settings(folder, "postgresql://localhost/x", **changes))


@pytest.mark.parametrize("missing", ["audit_anchor", "audit_key"])
def test_live_mode_needs_both(tmp_path: Path, missing: str) -> None:
    given = live_settings(tmp_path, "postgresql://localhost/x")
    del given[missing]

    with pytest.raises(ValidationError, match=missing):
        Settings(**given)


def test_the_anchor_needs_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="no folder that exists"):
        _live(tmp_path, audit_anchor=tmp_path / "nowhere" / "anchors")


def test_the_key_needs_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="is no file"):
        _live(tmp_path, audit_key=tmp_path / "nowhere.pem")


def test_local_mode_needs_none_but_not_one_of_them(tmp_path: Path) -> None:
    assert Settings().audit_anchor is None  # type: ignore[call-arg] # all have defaults
    with pytest.raises(ValidationError, match="or neither"):
        Settings(audit_anchor=tmp_path / "anchors")  # type: ignore[call-arg] # all have defaults
