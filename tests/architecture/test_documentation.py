import re
from pathlib import Path

from bot.settings import Settings

ROOT = Path(__file__).parents[2]


def test_settings_page_names_every_setting_and_no_other() -> None:
    fields = Settings.model_fields.items()
    known = {str(field.validation_alias or f"MUTATIEBOT_{name}").upper() for name, field in fields}

    page = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\| `(MUTATIEBOT_\w+)` \|", page)) == known


def test_settings_page_describes_each_setting_as_the_code_does() -> None:
    page = (ROOT / "docs/settings.md").read_text(encoding="utf-8")

    missing = [
        name for name, field in Settings.model_fields.items() if f"{field.description}" not in page
    ]

    assert missing == []


def test_make_help_lists_every_target_that_the_pages_name() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z0-9]+):.*## ", makefile, re.MULTILINE))
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    named = {name for page in pages for name in re.findall(r"`make ([a-z0-9]+)", page.read_text())}

    assert named
    assert named <= targets


def test_links_between_pages_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{page.name}: {link}"
        for page in pages
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]

    assert broken == []


def test_nothing_of_the_workplace_is_named() -> None:
    names = ("../" + "shared", "/wo" + "rk/", "pypi" + ".org", "registry.npmjs" + ".org")
    listed = [
        path
        for path in ROOT.rglob("*")
        if path.is_file()
        and path.suffix in {".py", ".md", ".toml", ".json", ".cjs", ".txt", ".yml", ""}
        and not {".git", ".venv", "node_modules", ".local", "artefacts", ".hypothesis"}
        & set(path.relative_to(ROOT).parts)
        and not any(part.endswith("_cache") for part in path.relative_to(ROOT).parts)
    ]
    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in listed
        for name in names
        if name in path.read_text(encoding="utf-8", errors="replace")
    ]

    assert found == []
