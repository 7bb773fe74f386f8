"""The embedded server and the ways in which its users come and go."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from store.embedded import EmbeddedPostgres
from store.embedded_cluster import EmbeddedPostgresError

ROOT = Path(__file__).parents[3]
USER = """
import sys
from pathlib import Path
from store.embedded import EmbeddedPostgres
server = EmbeddedPostgres.start(Path(sys.argv[1]), is_durable=False)
print(server.owner_url, flush=True)
sys.stdin.readline()
server.stop()
"""


@pytest.fixture
def home() -> Iterator[Path]:
    # Not below pytest's own folder, which it closes to the account that the server runs as.
    folder = Path(tempfile.mkdtemp(prefix="mutatiebot-embedded-"))
    yield folder / "data"
    with contextlib.suppress(FileNotFoundError):
        os.kill(_server_pid(folder / "data"), signal.SIGQUIT)
    shutil.rmtree(folder)


def _server_pid(home: Path) -> int:
    return int((home / "cluster" / "postmaster.pid").read_text().split()[0])


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


@contextlib.contextmanager
def _user_process(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Run another process that uses the server until it is killed or gets a line."""
    with subprocess.Popen(  # noqa: S603 - this interpreter
        [sys.executable, "-W", "error", "-c", USER, str(home)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        while not process.stdout.readline().startswith("postgresql://"):
            assert process.poll() is None
        yield process
        process.kill()


def test_it_keeps_the_data_between_runs(home: Path) -> None:
    with EmbeddedPostgres.start(home) as server, psycopg.connect(server.owner_url) as connection:
        connection.execute("create table kept (word text)")
        connection.execute("insert into kept values ('yes')")

    assert not _answers(server.url)
    with EmbeddedPostgres.start(home) as server, psycopg.connect(server.owner_url) as connection:
        assert connection.execute("select word from kept").fetchone() == ("yes",)


def test_a_killed_user_leaves_it_running_for_the_next_which_can_stop_it(home: Path) -> None:
    with _user_process(home) as process:
        process.kill()
        process.wait()
    before = _server_pid(home)

    server = EmbeddedPostgres.start(home, is_durable=False)

    assert _server_pid(home) == before
    assert _answers(server.url)
    assert server.stop()
    assert not _answers(server.url)


def test_a_killed_server_is_started_again_with_what_was_committed(home: Path) -> None:
    server = EmbeddedPostgres.start(home)
    with psycopg.connect(server.owner_url) as connection:
        connection.execute("create table kept (word text)")
    os.kill(_server_pid(home), signal.SIGKILL)

    with EmbeddedPostgres.start(home) as again, psycopg.connect(again.owner_url) as connection:
        assert connection.execute("select * from kept").fetchall() == []
    assert server.stop()


def test_a_process_that_got_the_id_of_a_dead_server_is_no_hindrance(home: Path) -> None:
    server = EmbeddedPostgres.start(home, is_durable=False)
    server.stop()
    remnant = home / "cluster" / "postmaster.pid"
    remnant.write_text(f"{os.getpid()}\n{home / 'cluster'}\n1\n5432\n{home}\n\n\nready\n")

    with EmbeddedPostgres.start(home, is_durable=False) as again:
        assert _answers(again.url)
        assert _server_pid(home) != os.getpid()


def test_two_processes_share_it_and_the_last_one_stops_it(home: Path) -> None:
    server = EmbeddedPostgres.start(home, is_durable=False)
    with _user_process(home) as process:
        assert not server.stop()
        assert _answers(server.url)
        assert not server.stop()
        process.communicate("stop\n", timeout=30)
    assert not _answers(server.url)


def test_processes_that_start_it_together_get_one_server(home: Path) -> None:
    with _user_process(home) as one, _user_process(home) as other:
        assert (one.poll(), other.poll()) == (None, None)
        server = EmbeddedPostgres.start(home, is_durable=False)
        assert _answers(server.url)
    assert server.stop()


@pytest.mark.parametrize("name", ["d" * 150, "with a space, and 'more'"])
def test_a_path_that_is_no_good_for_a_socket_works(home: Path, name: str) -> None:
    with EmbeddedPostgres.start(home / name, is_durable=False) as server:
        assert _answers(server.url)
    shutil.rmtree(_socket_folder(server.url))


def _socket_folder(url: str) -> str:
    return str(psycopg.conninfo.conninfo_to_dict(url)["host"])


def test_a_kill_while_the_data_directory_is_made_does_no_harm(home: Path) -> None:
    half_made = home / "cluster.new"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")

    with EmbeddedPostgres.start(home, is_durable=False) as server:
        assert _answers(server.url)


def test_data_of_another_version_is_refused_with_what_to_do(home: Path) -> None:
    cluster = home / "cluster"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("14\n")

    with pytest.raises(EmbeddedPostgresError, match=r"PostgreSQL 14.*dump it"):
        EmbeddedPostgres.start(home)


def test_a_server_that_cannot_start_says_why(home: Path) -> None:
    EmbeddedPostgres.start(home, is_durable=False).stop()
    with (home / "cluster" / "postgresql.conf").open("a") as configuration:
        configuration.write("shared_buffers = nonsense\n")
    began = time.monotonic()

    with pytest.raises(EmbeddedPostgresError, match="shared_buffers"):
        EmbeddedPostgres.start(home, is_durable=False)

    assert time.monotonic() - began < 10
