"""The roles around the audit, and the step that makes them."""

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import LiteralString
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from psycopg import sql
from psycopg.rows import dict_row
from sqlalchemy import NullPool, create_engine

import store
from store.audit_check import audit_rows, verify
from store.audit_protection import AuditNotProtectedError, check_protection
from store.database import Database
from store.embedded import EmbeddedPostgres
from store.migration import (
    DatabaseBehindError,
    DatabaseNewerError,
    Standing,
    migrate,
    require_up_to_date,
    standing,
)
from tests.postgres import as_bot

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def _as(url: str, role: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{role}@{parts.netloc.rpartition('@')[2]}"))


@pytest.fixture
def other_role(empty_database_url: str) -> Iterator[str]:
    """A login without any rights; it is gone afterwards."""
    role = f"login_{uuid.uuid4().hex}"
    _execute(empty_database_url, "create role {} login", role)
    yield role
    _execute(empty_database_url, "reassign owned by {} to postgres", role)
    _execute(empty_database_url, "drop owned by {}", role)
    _execute(empty_database_url, "drop role {}", role)


def _execute(url: str, statement: LiteralString, role: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(role)))


async def _complaint(url: str) -> str | None:
    database = Database(url)
    await database.open()
    try:
        await check_protection(database)
    except AuditNotProtectedError as error:
        return str(error)
    finally:
        await database.close()
    return None


@pytest.mark.case("A04")
async def test_the_login_of_the_bot_may_only_add(database_url: str) -> None:
    assert await _complaint(database_url) is None


@pytest.mark.case("A04")
async def test_the_superuser_is_no_login_for_the_bot(owner_url: str) -> None:
    complaint = await _complaint(owner_url)

    assert complaint is not None
    assert "is superuser" in complaint
    assert "owns the audit" in complaint


@pytest.mark.case("A04")
@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("grant update (actor) on audit to {}", "may UPDATE"),
        ("grant delete on audit to {}", "may DELETE"),
        ("grant truncate on audit to {}", "may TRUNCATE"),
        ("grant trigger on audit to {}", "triggers"),
        ("alter table audit owner to {}", "owns the audit"),
        ("alter schema public owner to {}", "owns the schema"),
        ("alter role {} createrole", "may make roles"),
        ("grant create on schema public to {}", "may CREATE in the schema"),
        ("grant pg_write_server_files to {}", "may write files"),
        ("grant postgres to {}", "is superuser"),  # it may become one, though it inherits nothing
    ],
)
async def test_a_right_too_many_is_named(
    empty_database_url: str, other_role: str, statement: LiteralString, words: str
) -> None:
    migrate(empty_database_url)
    _execute(empty_database_url, "grant mutatiebot_app to {}", other_role)
    assert await _complaint(_as(empty_database_url, other_role)) is None
    _execute(empty_database_url, statement, other_role)

    complaint = await _complaint(_as(empty_database_url, other_role))

    assert complaint is not None
    assert words in complaint


def test_the_bot_can_see_how_the_database_stands(empty_database_url: str) -> None:
    url = as_bot(empty_database_url)
    assert standing(url) is Standing.BEHIND
    with pytest.raises(DatabaseBehindError, match="python -m bot migrate"):
        require_up_to_date(url)

    migrate(empty_database_url)
    assert standing(url) is Standing.UP_TO_DATE
    require_up_to_date(url)

    with psycopg.connect(empty_database_url) as connection:
        connection.execute("update alembic_version set version_num = '9999'")
    assert standing(url) is Standing.NEWER
    with pytest.raises(DatabaseNewerError):
        require_up_to_date(url)


def test_later_tables_of_the_owner_are_open_to_the_bot(
    empty_database_url: str,
) -> None:
    migrate(empty_database_url)
    with psycopg.connect(empty_database_url) as connection:
        connection.execute(
            "create table later (id bigint generated always as identity, word text)"
        )

    with psycopg.connect(as_bot(empty_database_url)) as connection:
        connection.execute("insert into later (word) values ('x')")
        connection.execute("update later set word = 'y'")
        connection.execute("delete from later")


def test_rows_from_before_the_chain_are_numbered_and_chained(empty_database_url: str) -> None:
    _migrate_to(empty_database_url, "0001")
    with psycopg.connect(empty_database_url) as connection:
        for number in range(5):
            connection.execute(
                "insert into audit (at, actor, kind, params) values (%s, %s, 'tried', '{}')",
                (AT, f"p{number}"),
            )
            if number % 2:  # a number that is taken and not used, as a rolled back turn does
                connection.execute("select nextval(pg_get_serial_sequence('audit', 'seq'))")

    migrate(empty_database_url)

    with audit_rows(as_bot(empty_database_url)) as rows:
        found = list(rows)
    assert [(row.seq, row.actor) for row in found] == [(n, f"p{n - 1}") for n in range(1, 6)]
    assert verify(found, {}).fault is None
    with (
        psycopg.connect(empty_database_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"),
    ):
        connection.execute("update audit set actor = 'p9'")


def test_a_missing_role_that_may_not_be_made_is_said_so() -> None:
    # Roles belong to a whole server, so this takes one of its own.
    folder = Path(tempfile.mkdtemp(prefix="mutatiebot-roles-"))
    with EmbeddedPostgres.start(folder / "data", is_durable=False) as server:
        with psycopg.connect(server.owner_url) as connection:
            connection.execute("drop role mutatiebot, mutatiebot_app")
            connection.execute("create role humble login")
            connection.execute("alter schema public owner to humble")

        with pytest.raises(AuditNotProtectedError, match="create role mutatiebot_app nologin"):
            migrate(_as(server.owner_url, "humble"))

        assert standing(server.owner_url) is Standing.BEHIND
    shutil.rmtree(folder)


def _migrate_to(url: str, revision: str) -> None:
    """Bring an empty database to an earlier shape, as an earlier version did."""
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool
    )
    config = Config()
    config.set_main_option("script_location", str(Path(store.__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    with psycopg.connect(url, row_factory=dict_row) as plain:
        assert plain.execute("select * from alembic_version").fetchall() == [
            {"version_num": revision}
        ]
