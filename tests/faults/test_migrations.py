"""A migration that is killed at any statement leaves the old shape or the new one, never half."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError
from typing_extensions import override

from store import migration
from store.database import DatabaseUnavailableError
from store.migration import migrate
from tests.postgres import fresh_database

Tell = Callable[[str], None]

_FOLDER = Path(migration.__file__).parent / "migrations"
_ROOT = Path(__file__).parents[2]
_SHORT = 4  # about so many points in the short form

# Counted outside the transaction: what a sequence has given stays given.
_KILLER = """
create schema killer;
create sequence killer.steps;
create function killer.strike() returns event_trigger language plpgsql as $$
begin
  if nextval('killer.steps') = {} then
    perform pg_terminate_backend(pg_backend_pid());
    perform pg_sleep(10);
  end if;
end;
$$;
create event trigger killer_begins on ddl_command_start execute function killer.strike();
create event trigger killer_ends on ddl_command_end execute function killer.strike();
"""
_NO_KILLER = """
drop event trigger killer_begins;
drop event trigger killer_ends;
drop schema killer cascade;
"""
_SHAPE = """
select 'column' as kind, table_name || '.' || column_name as name,
  data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '') as value
from information_schema.columns where table_schema = 'public'
union all
select 'index', indexname, indexdef from pg_indexes where schemaname = 'public'
union all
select 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
from pg_constraint where connamespace = 'public'::regnamespace
union all
select 'function', proname || pg_get_function_identity_arguments(oid), prosrc
from pg_proc where pronamespace = 'public'::regnamespace
union all
select 'trigger', tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid)
from pg_trigger where not tgisinternal
union all
select 'right', table_name || ' ' || grantee,
  string_agg(privilege_type, ' ' order by privilege_type)
from (select table_name, grantee::text, privilege_type::text
  from information_schema.role_table_grants where table_schema = 'public') granted
group by table_name, grantee
order by 1, 2, 3
"""


def _scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    return ScriptDirectory.from_config(config)


def _revisions() -> list[str]:
    """Return every released revision, oldest first."""
    return [script.revision for script in reversed(list(_scripts().walk_revisions()))]


STARTS = ["empty", *_revisions()[:-1]]
_NAMED = list(zip(STARTS, STARTS, strict=True))


def _shape(url: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        found = connection.execute(_SHAPE).fetchall()
        head = connection.execute("select to_regclass('public.alembic_version')").fetchone()
        if head != (None,):
            found += connection.execute(
                "select 'head', version_num from alembic_version"
            ).fetchall()
    return found


def _run(url: str, script: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(script.encode())


@pytest.fixture
def start(request: pytest.FixtureRequest, postgres_server: str) -> Iterator[str]:
    """Name of a template database at the revision that the test asks for."""
    with fresh_database(postgres_server, "template0") as url:
        if request.param != "empty":
            migrate(url, revision=request.param)
        with psycopg.connect(url) as connection:
            name = connection.info.dbname
        yield name


def _kill_points(server: str, template: str) -> tuple[int, list[Any], list[Any]]:
    """Return the number of points, the old shape and the new one."""
    with fresh_database(server, template) as url:
        before = _shape(url)
        _run(url, _KILLER.format(-1))
        migrate(url)
        with psycopg.connect(url) as connection:
            row = connection.execute("select last_value from killer.steps").fetchone()
        assert row is not None
        _run(url, _NO_KILLER)
        return row[0], before, _shape(url)


def _kill_at(server: str, template: str, point: int, old: list[Any], new: list[Any]) -> None:
    """Kill at one point, see the old shape, migrate again and see the new one."""
    with fresh_database(server, template) as url:
        _run(url, _KILLER.format(point))
        with pytest.raises((DatabaseUnavailableError, psycopg.Error)):
            migrate(url)
        _run(url, _NO_KILLER)
        assert _shape(url) == old
        migrate(url)
        assert _shape(url) == new


def _killed(server: str, template: str, name: str, *, every: bool, tell: Tell) -> None:
    count, old, new = _kill_points(server, template)
    step = 1 if every else max(1, count // _SHORT)
    points: Sequence[int] = range(1, count + 1, step)
    for point in points:
        _kill_at(server, template, point, old, new)
    tell(f"migration from {name}: killed at {len(points)} of {count} points, old or new each time")


@pytest.mark.case("C09")
@pytest.mark.parametrize("start", STARTS[-1:], indirect=True)
def test_killed_migration_leaves_the_old_shape(
    postgres_server: str, start: str, tell: Tell
) -> None:
    _killed(postgres_server, start, STARTS[-1], every=False, tell=tell)


@pytest.mark.long
@pytest.mark.case("C09")
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("start", "name"), _NAMED, indirect=["start"])
def test_migration_killed_at_every_statement_leaves_the_old_shape(
    postgres_server: str, start: str, name: str, tell: Tell
) -> None:
    _killed(postgres_server, start, name, every=True, tell=tell)


class _Messages:
    """Counts what the migration sends and ends its session just before one of them."""

    def __init__(self, url: str, fatal: int) -> None:
        self._url = url
        self._fatal = fatal
        self.sent = 0

    def connect(self, _: str) -> psycopg.Connection:
        """Connect as the migration does."""
        messages = self

        class Cursor(psycopg.Cursor[Any]):
            @override
            def execute(self, *args: Any, **options: Any) -> Any:
                messages.strike(self.connection)
                return super().execute(*args, **options)

        class Connection(psycopg.Connection[Any]):
            @override
            def commit(self) -> None:
                messages.strike(self)
                super().commit()

        return Connection.connect(self._url, cursor_factory=Cursor)

    def strike(self, connection: psycopg.Connection[Any]) -> None:
        """End the session if this is the message."""
        self.sent += 1
        if self.sent == self._fatal:
            with psycopg.connect(self._url, autocommit=True) as other:
                other.execute(
                    "select pg_terminate_backend(%s, 5000)", (connection.info.backend_pid,)
                )


@pytest.mark.case("C09")
@pytest.mark.parametrize("start", STARTS[-1:], indirect=True)
def test_migration_cut_off_before_any_message_leaves_the_old_shape(
    postgres_server: str, start: str, monkeypatch: pytest.MonkeyPatch, tell: Tell
) -> None:
    tell(_cut_off(postgres_server, start, STARTS[-1], monkeypatch, every=False))


@pytest.mark.long
@pytest.mark.case("C09")
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("start", "name"), _NAMED, indirect=["start"])
def test_every_migration_cut_off_before_any_message_leaves_the_old_shape(
    postgres_server: str,
    start: str,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    tell: Tell,
) -> None:
    tell(_cut_off(postgres_server, start, name, monkeypatch, every=True))


def _cut_off(
    server: str, template: str, name: str, monkeypatch: pytest.MonkeyPatch, *, every: bool
) -> str:
    count = _cut_off_before(server, template, 0, monkeypatch)
    points = range(1, count + 1, 1 if every else max(1, count // _SHORT))
    for point in points:
        _cut_off_before(server, template, point, monkeypatch)
    return (
        f"migration from {name}: cut off before {len(points)} of {count} messages, old each time"
    )


def _cut_off_before(
    server: str, template: str, fatal: int, monkeypatch: pytest.MonkeyPatch
) -> int:
    """Cut off before one message, 0 for none, and return how many there were."""
    with fresh_database(server, template) as url, monkeypatch.context() as patched:
        old = _shape(url)
        messages = _Messages(url, fatal)
        patched.setattr(migration, "_connect", messages.connect)
        if fatal:
            with pytest.raises((DatabaseUnavailableError, DBAPIError, psycopg.Error)):
                migrate(url)
            assert _shape(url) == old
        else:
            migrate(url)
        return messages.sent


@pytest.mark.case("C09")
def test_two_processes_that_migrate_at_once_do_it_once(postgres_server: str, tell: Tell) -> None:
    script = (
        "import sys; from store.migration import migrate;"
        " done = migrate(sys.argv[1]); print(done.before, done.after)"
    )
    with fresh_database(postgres_server, "template0") as url:
        command = [sys.executable, "-c", script, url]
        both = [
            subprocess.Popen(  # noqa: S603 - our own program
                command, cwd=_ROOT, stdout=subprocess.PIPE, text=True
            )
            for _ in range(2)
        ]
        said = sorted(process.communicate(timeout=60)[0].splitlines()[-1] for process in both)
        newest = _revisions()[-1]
        assert [process.returncode for process in both] == [0, 0]
        assert said == sorted([f"None {newest}", f"{newest} {newest}"])
    tell("two processes migrate at once: once done, once found done")


@pytest.mark.case("C09")
def test_no_revision_goes_back() -> None:
    for script in _scripts().walk_revisions():
        with pytest.raises(NotImplementedError, match="restore a backup"):
            script.module.downgrade()
