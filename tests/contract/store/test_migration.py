import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from store.database import DatabaseUnavailableError
from store.migration import DatabaseNewerError, migrate

EXPECTED = {
    "audit",
    "conversation_reference",
    "delivery",
    "draft",
    "licence_reservation",
    "procrastinate_jobs",
    "request",
    "request_counter",
    "retention_record",
    "sent_card",
    "simulated_ledger",
    "simulated_object",
    "step_journal",
}


def _tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("select tablename from pg_tables where schemaname = 'public'")
        return {name for (name,) in rows}


def test_an_empty_database_gets_every_table(empty_database_url: str) -> None:
    migrate(empty_database_url)

    assert _tables(empty_database_url) >= EXPECTED


def test_migrating_again_changes_nothing(empty_database_url: str) -> None:
    migrate(empty_database_url)
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("insert into request_counter values (2026, 42)")

    migrate(empty_database_url)

    with psycopg.connect(empty_database_url) as connection:
        assert connection.execute("select last from request_counter").fetchone() == (42,)


def test_replicas_that_start_together_migrate_once(empty_database_url: str) -> None:
    together = threading.Barrier(3)

    def start(_replica: int) -> None:
        together.wait(timeout=10)
        migrate(empty_database_url)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(start, range(3)))

    assert _tables(empty_database_url) >= EXPECTED


def test_tables_of_the_job_engine_that_are_there_already_are_kept(empty_database_url: str) -> None:
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("create table procrastinate_jobs (id int)")

    migrate(empty_database_url)

    with psycopg.connect(empty_database_url) as connection:
        assert connection.execute("select * from procrastinate_jobs").fetchall() == []
    assert "procrastinate_workers" not in _tables(empty_database_url)


def test_a_database_of_a_newer_program_is_refused_and_left_alone(empty_database_url: str) -> None:
    migrate(empty_database_url)
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("update alembic_version set version_num = '9999'")

    with pytest.raises(DatabaseNewerError, match="9999"):
        migrate(empty_database_url)

    with psycopg.connect(empty_database_url) as connection:
        found = connection.execute("select version_num from alembic_version").fetchall()
    assert found == [("9999",)]


def test_a_failed_step_leaves_nothing_behind(empty_database_url: str) -> None:
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("create table sent_card (id int)")

    with pytest.raises(psycopg.errors.DuplicateTable):
        migrate(empty_database_url)

    assert _tables(empty_database_url) == {"sent_card"}


def test_no_database_is_said_so() -> None:
    with pytest.raises(DatabaseUnavailableError):
        migrate("postgresql://nobody@/nothing?host=/nowhere")


def test_a_person_has_one_open_request(database_url: str) -> None:
    insert = (
        "insert into request (id, number, version, state, is_open, subject, requester, body,"
        " created_at, updated_at) values (%s, %s, 1, 's', %s, 'p1', 'p2', '{}', now(), now())"
    )
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(insert, ("a", "M-2026-00001", False))
        connection.execute(insert, ("b", "M-2026-00002", True))
        with pytest.raises(psycopg.errors.UniqueViolation) as caught:
            connection.execute(insert, ("c", "M-2026-00003", True))

    assert caught.value.diag.constraint_name == "request_one_open_per_subject"
