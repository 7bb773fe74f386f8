"""A virtual environment of its own for each SDK, made from a lock file with hashes."""

import asyncio
import hashlib
import sys
import tempfile
from pathlib import Path
from typing import Final

_UV: Final = str(Path(sys.executable).with_name("uv"))

LOCKS: Final = Path(__file__).parent / "requirements"


async def python_of(name: str) -> Path:
    """Return the Python that has what `requirements/<name>.txt` lists, and nothing else.

    It is made once for a lock file; a changed file makes another.
    """
    lock = LOCKS / f"{name}.txt"
    mark = hashlib.sha256(lock.read_bytes()).hexdigest()[:12]
    home = Path(tempfile.gettempdir()) / "mutatiebot-battery" / f"{name}-{mark}"
    python, done = home / "bin/python", home / "complete"
    if not done.exists():
        print(f"{name}: making its environment", file=sys.stderr)
        await _run(_UV, "venv", "--quiet", "--clear", "--python", sys.executable, str(home))
        options = ("--quiet", "--require-hashes", "--no-deps", "--python", str(python))
        await _run(_UV, "pip", "install", *options, "-r", str(lock))
        done.touch()
    return python


async def write_locks() -> None:
    """Write the lock files anew from the `.in` files; no index address is recorded."""
    for source in sorted(LOCKS.glob("*.in")):
        await _run(
            *(_UV, "pip", "compile", "--quiet"),
            *("--universal", "--generate-hashes", "--python-version", "3.11"),
            *("--no-emit-index-url", "--no-annotate", "--no-header"),
            *(str(source), "-o", str(source.with_suffix(".txt"))),
        )


async def _run(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(*command)
    if await process.wait():
        raise SystemExit(f"failed: {' '.join(command)}")
