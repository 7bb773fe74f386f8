"""`python -m bot jobs`, on a real database."""

import subprocess
import sys

import psycopg
import pytest


@pytest.fixture
def parked(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Put two parked jobs in the database and let the program use it."""
    monkeypatch.setenv("MUTATIEBOT_DATABASE_URL", database_url)
    with psycopg.connect(database_url) as connection:
        for task, request in (("order.carry_out", "r-1"), ("message.deliver", "r-2")):
            connection.execute(
                "insert into procrastinate_jobs (queue_name, task_name, args, status)"
                " values ('default', %s, jsonb_build_object('request_id', %s::text), 'failed')",
                (task, request),
            )
    return database_url


def _run(*words: str) -> tuple[int, list[str]]:
    result = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "bot", "jobs", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return result.returncode, result.stdout.splitlines()


def _states(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        found = connection.execute("select status::text from procrastinate_jobs order by id")
        return [row[0] for row in found.fetchall()]


def test_parked_jobs_are_listed_and_run_again_one_by_one_or_all(parked: str) -> None:
    lines = ["1\torder.carry_out\tr-1\t-", "2\tmessage.deliver\tr-2\t-", "2 parked"]
    assert _run("parked") == (0, lines)
    assert _states(parked) == ["failed", "failed"]

    assert _run("retry", "2") == (0, ["1 of 1 run again"])
    assert _states(parked) == ["failed", "todo"]

    assert _run("retry", "--all") == (0, ["1 of 1 run again"])
    assert _states(parked) == ["todo", "todo"]


def test_unclear_command_changes_nothing(parked: str) -> None:
    for words in (("retry",), ("retry", "1", "--all"), ("retry", "99")):
        assert _run(*words) == (2, [])
    assert _states(parked) == ["failed", "failed"]
