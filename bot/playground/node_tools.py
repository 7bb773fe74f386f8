"""Find Node.js and install the pinned client once; both may be missing."""

import asyncio
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.playground.obstacle import Obstacle, install_failed, node_missing, node_too_old

FOLDER: Final = Path(__file__).parent
OLDEST_NODE: Final = 18
_PACKAGE: Final = "@microsoft/m365agentsplayground"
_INSTALL_TIMEOUT_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class NodeTools:
    """What a client is started with: the programs, found and installed."""

    node: str
    client: Path
    preload: Path


async def prepare(
    folder: Path = FOLDER, *, search_path: str | None = None
) -> NodeTools | Obstacle:
    """Return the installed client, or say what is missing; never raises for a missing program.

    Runs `npm ci` when the pinned version is not in `node_modules`. Safe to repeat.

    Args:
        folder: Where package.json, its lock file and preload.cjs are.
        search_path: Where to look for the programs; by default that of this process.
    """
    node = shutil.which("node", path=search_path)
    npm = shutil.which("npm", path=search_path)
    if node is None or npm is None:
        return node_missing("npm" if node else "node")
    _, version = await _output([node, "--version"], folder)
    if _major(version) < OLDEST_NODE:
        return node_too_old(version or "?")
    if _installed_version(folder) != _pinned_version(folder):
        exit_code, said = await _output([npm, "ci"], folder)
        if exit_code != 0:
            return install_failed(exit_code, said)
    package = folder / "node_modules" / _PACKAGE
    return NodeTools(node=node, client=package / "cli.js", preload=folder / "preload.cjs")


def _major(version: str) -> int:
    match = re.match(r"v?(\d+)", version)
    return int(match.group(1)) if match else 0


def _pinned_version(folder: Path) -> str:
    package = json.loads((folder / "package.json").read_text("utf-8"))
    return str(package["dependencies"][_PACKAGE])


def _installed_version(folder: Path) -> str:
    package_file = folder / "node_modules" / _PACKAGE / "package.json"
    if not package_file.is_file():
        return ""
    return str(json.loads(package_file.read_text("utf-8")).get("version", ""))


async def _output(command: list[str], folder: Path) -> tuple[int, str]:
    """Run a command to its end; return its exit code and the last line it wrote."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(_INSTALL_TIMEOUT_S):
            written, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    lines = written.decode("utf-8", "replace").strip().splitlines()
    return process.returncode or 0, lines[-1].strip() if lines else ""
