"""Migrated databases for tests, on one embedded server per run.

Each test process has a database of its own, a copy of one template. It is emptied after each test,
which takes a fraction of the time of a new copy.
"""

import contextlib
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from store.embedded import EmbeddedPostgres
from store.migration import migrate

_TEMPLATE = "mutatiebot_template"
_TEMPLATE_LOCK = 1

# Whoever still uses the database belongs to a test that is over. As a replica the session passes
# the triggers by: the audit record must be emptied as well.
_END_USERS = """
select pg_terminate_backend(pid, 5000) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
"""
_EMPTY = """
do $$
declare
  found record;
begin
  set local session_replication_role = replica;
  for found in select tablename as name from pg_tables
    where schemaname = 'public' and tablename <> 'alembic_version'
  loop
    execute format('delete from %I', found.name);
  end loop;
  for found in select sequencename as name from pg_sequences
    where schemaname = 'public' and last_value is not null
  loop
    execute format('alter sequence %I restart', found.name);
  end loop;
end;
$$
"""


@contextlib.contextmanager
def shared_server(run_id: str) -> Iterator[str]:
    """Lend the server of this test run, as superuser; all its worker processes share it."""
    home = Path(tempfile.gettempdir()) / f"mutatiebot-tests-{run_id[:12]}"
    server = EmbeddedPostgres.start(home, is_durable=False)
    try:
        yield server.owner_url
    finally:
        if server.stop():
            shutil.rmtree(home)


def make_template(server_url: str) -> str:
    """Migrate the template, once for all worker processes, and return its name."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", (_TEMPLATE_LOCK,))
        found = connection.execute("select from pg_database where datname = %s", (_TEMPLATE,))
        if found.fetchone() is None:
            half_made = f"{_TEMPLATE}_new"
            _execute(connection, "create database {}", half_made)
            migrate(_with_database(server_url, half_made))
            _execute(connection, "alter database {} rename to {}", half_made, _TEMPLATE)
    return _TEMPLATE


@contextlib.contextmanager
def fresh_database(server_url: str, template: str) -> Iterator[str]:
    """Lend the owner's URL of a database of one's own; dropped afterwards, in use or not."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        _execute(connection, "create database {} template {}", name, template)
    try:
        yield _with_database(server_url, name)
    finally:
        with psycopg.connect(server_url, autocommit=True) as connection:
            _execute(connection, "drop database {} with (force)", name)


def as_bot(owner_url: str) -> str:
    """Return the URL with which the bot uses the same database."""
    parts = urlsplit(owner_url)
    return urlunsplit(parts._replace(netloc=f"mutatiebot@{parts.netloc.rpartition('@')[2]}"))


def empty(owner_url: str) -> None:
    """Throw everybody out of a migrated database and take every row away."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(_END_USERS)
        connection.execute(_EMPTY)


def _execute(connection: psycopg.Connection, statement: str, *names: str) -> None:
    query = sql.SQL(statement)
    connection.execute(query.format(*map(sql.Identifier, names)))


def _with_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
