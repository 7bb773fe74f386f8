"""Runs PostgreSQL as somebody else when the bot runs as root, because PostgreSQL refuses root."""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

import structlog

_LOGGER = structlog.get_logger(__name__)
_CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """An operating-system account without special rights."""

    uid: int
    gid: int


def service_account(cluster: Path) -> Account | None:
    """Return the account that must run the server, or None when the own account can.

    Args:
        cluster: Data directory of the server; an existing one keeps its owner.

    Raises:
        RuntimeError: Run as root on a machine without an unprivileged account.
    """
    if os.geteuid() != 0:
        return None
    if cluster.exists():
        found = cluster.stat()
        return Account(found.st_uid, found.st_gid)
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    message = f"run the bot as an ordinary user: none of the accounts {_CANDIDATES} exists here"
    raise RuntimeError(message)


def hand_over(directory: Path, account: Account) -> None:
    """Make `directory` the account's own, closed to others, and reachable from the root."""
    os.chown(directory, account.uid, account.gid)
    directory.chmod(stat.S_IRWXU)
    let_pass(directory)


def let_pass(path: Path) -> None:
    """Let other accounts pass through (not list) every folder above `path`."""
    for folder in path.resolve().parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            _LOGGER.warning("folder opened for passage to the database", folder=str(folder))
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def let_read(tree: Path) -> None:
    """Let other accounts read and run the installed programs under `tree`."""
    for path in (tree, *tree.rglob("*")):
        if path.is_symlink():
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if wanted != mode:
            path.chmod(wanted)
