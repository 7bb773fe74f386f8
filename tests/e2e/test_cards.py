"""Every golden card through Microsoft's reference renderer, as pictures for phone and desktop."""

import asyncio
import json
import shutil
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.chromium import ARTEFACTS, FOLDER

pytestmark = pytest.mark.e2e

GOLDEN = FOLDER.parent / "golden"
LONG_FACT = {"type": "FactSet", "facts": [{"title": "Adres", "value": f"{'x' * 60}@demo.example"}]}


async def render(source: Path, target: Path) -> tuple[int, dict[str, list[str]]]:
    """Draw the cards; return the exit code and the complaints per `card device`."""
    node = shutil.which("node")
    assert node
    script = str(FOLDER / "render_cards.cjs")
    process = await asyncio.create_subprocess_exec(
        node, script, str(source), str(target), stdout=PIPE
    )
    written, _ = await process.communicate()
    rows: list[dict[str, Any]] = [json.loads(line) for line in written.splitlines()]
    assert process.returncode is not None
    return process.returncode, {
        f"{row['card']} {row['device']}": row["complaints"] for row in rows
    }


def write_card(folder: Path, *body: dict[str, object], version: str = "1.5") -> None:
    card = {"type": "AdaptiveCard", "version": version, "body": list(body)}
    (folder / "card.json").write_text(json.dumps(card), "utf-8")


async def test_every_golden_card_is_drawn_without_a_complaint() -> None:
    exit_code, complaints = await render(GOLDEN, ARTEFACTS / "cards")

    assert {card: said for card, said in complaints.items() if said} == {}
    assert exit_code == 0
    assert len(complaints) == 2 * len(list(GOLDEN.glob("*.json")))


async def test_sound_card_is_drawn_for_phone_and_desktop(tmp_path: Path) -> None:
    write_card(tmp_path, {"type": "TextBlock", "text": "**Goed**\n\n- een\n- twee", "wrap": True})
    exit_code, complaints = await render(tmp_path, tmp_path / "out")

    assert (exit_code, complaints) == (0, {"card.json phone": [], "card.json desktop": []})
    assert (tmp_path / "out" / "card-phone.png").stat().st_size > 0


@pytest.mark.parametrize(
    ("element", "version", "complaint"),
    [
        ({"type": "Badge", "text": "x"}, "1.5", "UnknownElementType"),
        ({"type": "TextBlock", "text": "x", "size": "Huge"}, "1.5", "InvalidPropertyValue"),
        ({"type": "Input.Text", "label": "x"}, "1.5", "PropertyCantBeNull"),
        ({"type": "Input.ChoiceSet", "id": "x", "label": "x"}, "1.5", "CollectionCantBeEmpty"),
        ({"type": "TextBlock", "text": "x"}, "1.9", "UnsupportedCardVersion"),
        ({"type": "TextBlock", "text": ""}, "1.5", "nothing was drawn"),
        ({"type": "TextBlock", "text": "lang woord " * 20}, "1.5", "cut off"),
        (LONG_FACT, "1.5", "off the screen"),
    ],
)
async def test_faulty_card_is_refused(
    element: dict[str, object], version: str, complaint: str, tmp_path: Path
) -> None:
    write_card(tmp_path, element, version=version)
    exit_code, complaints = await render(tmp_path, tmp_path / "out")

    assert exit_code == 1
    assert any(complaint in said for said in complaints["card.json phone"]), complaints
