"""A machine without Node.js gets a clear sentence, not a stack trace."""

import json
import sys
from pathlib import Path

import pytest

from bot.playground.node_tools import FOLDER, NodeTools, prepare
from bot.playground.obstacle import Obstacle

PINNED = "0.2.28"


def program(folder: Path, name: str, code: str) -> None:
    file = folder / name
    file.write_text(f"#!{sys.executable}\n{code}\n", "utf-8")
    file.chmod(0o755)


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    folder = tmp_path / "programs"
    folder.mkdir()
    program(folder, "node", "print('v18.19.0')")
    program(folder, "npm", "raise SystemExit('no npm wanted')")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    package = {"dependencies": {"@microsoft/m365agentsplayground": PINNED}}
    (folder / "package.json").write_text(json.dumps(package), "utf-8")
    return folder


def install(project: Path, version: str) -> None:
    package = project / "node_modules" / "@microsoft" / "m365agentsplayground"
    package.mkdir(parents=True)
    (package / "package.json").write_text(json.dumps({"version": version}), "utf-8")


@pytest.mark.parametrize("missing", ["node", "npm"])
async def test_missing_program_is_named_in_both_languages(
    missing: str, programs: Path, project: Path
) -> None:
    (programs / missing).unlink()
    outcome = await prepare(project, search_path=str(programs))

    assert isinstance(outcome, Obstacle)
    assert f"`{missing}` ontbreekt" in outcome.dutch
    assert f"`{missing}` is missing" in outcome.english


async def test_old_node_is_refused_with_its_version(programs: Path, project: Path) -> None:
    program(programs, "node", "print('v16.20.2')")
    outcome = await prepare(project, search_path=str(programs))

    assert isinstance(outcome, Obstacle)
    assert "v16.20.2" in outcome.dutch


async def test_installed_client_is_used_without_npm_doing_anything(
    programs: Path, project: Path
) -> None:
    install(project, PINNED)
    outcome = await prepare(project, search_path=str(programs))

    assert isinstance(outcome, NodeTools)
    assert outcome.node == str(programs / "node")
    assert outcome.client.parent.parent.name == "@microsoft"


async def test_other_version_is_installed_anew(programs: Path, project: Path) -> None:
    install(project, "0.0.1")
    program(
        programs,
        "npm",
        "import pathlib, sys\npathlib.Path('ran').write_text(' '.join(sys.argv[1:]))",
    )
    outcome = await prepare(project, search_path=str(programs))

    assert isinstance(outcome, NodeTools)
    assert (project / "ran").read_text("utf-8") == "ci"


async def test_failing_install_says_what_npm_said(programs: Path, project: Path) -> None:
    program(programs, "npm", "raise SystemExit('network is down')")
    outcome = await prepare(project, search_path=str(programs))

    assert isinstance(outcome, Obstacle)
    assert "network is down" in outcome.dutch
    assert "network is down" in outcome.english


@pytest.mark.parametrize("folder", [FOLDER, FOLDER.parent.parent / "tests" / "e2e"])
def test_lock_file_pins_by_hash_and_names_no_registry(folder: Path) -> None:
    lock = json.loads((folder / "package-lock.json").read_text("utf-8"))
    installed = {name: entry for name, entry in lock["packages"].items() if name}

    assert installed
    assert all(entry["integrity"].startswith("sha512-") for entry in installed.values())
    assert not any("resolved" in entry for entry in installed.values())
    wanted = json.loads((folder / "package.json").read_text("utf-8"))
    direct = wanted.get("dependencies", {}) | wanted.get("devDependencies", {})
    for name, version in direct.items():
        assert installed[f"node_modules/{name}"]["version"] == version
