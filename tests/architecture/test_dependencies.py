"""What may not come in: loaders that run code, stale packages, packages without a hash."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BANNED = (
    "import pickle",
    "import jsonpickle",
    "from yaml import load",
    "from botbuilder.core import BotFrameworkAdapter",
    "from botbuilder.azure import BlobStorage",
    "import os; os.environ",
)


@pytest.mark.case("O05")
@pytest.mark.parametrize("line", BANNED)
def test_linter_refuses_banned_import(line: str) -> None:
    command = [sys.executable, "-m", "ruff", "check", "--select", "TID251", "--stdin-filename"]
    checked = subprocess.run(  # noqa: S603 - our own linter
        [*command, str(ROOT / "bot" / "banned.py"), "-"],
        input=line.encode(),
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert checked.returncode == 1, checked.stdout.decode()
    assert b"TID251" in checked.stdout


@pytest.mark.case("O05")
@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_locked_package_has_a_version_and_a_hash(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[A-Za-z0-9])", text)
    packages = [entry for entry in entries if not entry.startswith("#")]
    assert len(packages) > 20
    assert all("==" in entry and "--hash=sha256:" in entry for entry in packages)
    assert "://" not in text, "an index address does not belong in the lock"


@pytest.mark.case("O05")
def test_stale_parts_of_the_framework_are_not_installed_with_the_bot() -> None:
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    locked = {line.split("==")[0].lower() for line in text.splitlines() if "==" in line}
    assert locked.isdisjoint({"botbuilder-dialogs", "recognizers-text", "emoji"})
