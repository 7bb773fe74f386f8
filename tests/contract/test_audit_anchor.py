"""The signed head of the audit, outside the database, and the commands that check it."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from prometheus_client import CollectorRegistry
from typer.testing import CliRunner, Result

from bot.audit.anchor import AnchorFileError, AuditAnchor, read_anchors
from bot.audit.keys import AuditKeyError, make_keys, read_private_key, read_public_key
from bot.command_line import app
from store import audit
from store.audit_chain import Event
from store.database import Database
from tests.fakes.clock import FakeClock

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_KEY = Ed25519PrivateKey.from_private_bytes(b"of the tests, worth nothing 1234")
_FORGE = "update audit set actor = 'p9', hash = repeat('a', 64) where seq = 2"


class Anchoring:
    """A file of anchors and the audit that it is about."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.file = folder / "anchors.jsonl"
        self.registry = CollectorRegistry()
        self.database = database
        self.anchor = AuditAnchor(
            self.file, _KEY, database=database, clock=FakeClock(), registry=self.registry
        )

    async def add(self, count: int = 1) -> None:
        """Add rows to the audit as the bot does."""
        event = Event(
            at=AT, kind="tried", actor="p1", request_id="r1", correlation_id="c1", params={}
        )
        async with self.database.transaction() as connection:
            await audit.write(connection, [event] * count)

    def lines(self) -> list[dict[str, Any]]:
        """Return what the file holds."""
        return [json.loads(line) for line in self.file.read_text().splitlines()]

    def count(self, outcome: str) -> float:
        """Return how often it ended so."""
        name = "mutatiebot_audit_anchors_total"
        return self.registry.get_sample_value(name, {"outcome": outcome}) or 0.0


@pytest.fixture
def anchoring(tmp_path: Path, database: Database) -> Anchoring:
    return Anchoring(tmp_path, database)


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run `python -m bot audit ...` on the database of the test."""
    monkeypatch.setenv("MUTATIEBOT_DATABASE_URL", database_url)
    # The runner's standard error is closed afterwards; loggers would keep it.
    monkeypatch.setattr("bot.commands.terminal.configure_logs", lambda _: None)
    return lambda *arguments: CliRunner().invoke(app, ["audit", *map(str, arguments)])


@pytest.fixture
def public_key(tmp_path: Path) -> Path:
    file = tmp_path / "public.pem"
    public = _KEY.public_key()
    file.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return file


def _as_owner(owner_url: str, statement: str) -> None:
    with psycopg.connect(owner_url) as connection:
        connection.execute("set local session_replication_role = replica")
        connection.execute(statement)


async def test_the_head_is_anchored_only_when_it_moved(anchoring: Anchoring) -> None:
    await anchoring.anchor.write()
    assert not anchoring.file.exists()
    await anchoring.add(2)
    await anchoring.anchor.write()
    await anchoring.anchor.write()
    await anchoring.add()
    await anchoring.anchor.write()

    assert [line["seq"] for line in anchoring.lines()] == [2, 3]
    anchored = read_anchors(anchoring.file, [_KEY.public_key()])
    assert anchored == {line["seq"]: line["hash"] for line in anchoring.lines()}
    assert anchoring.count("written") == 2


async def test_a_line_cut_off_by_a_crash_is_passed_over(anchoring: Anchoring) -> None:
    await anchoring.add()
    await anchoring.anchor.write()
    half = anchoring.file.read_bytes()[:60]
    with anchoring.file.open("ab") as file:
        file.write(half)
    await anchoring.add()
    await anchoring.anchor.write()

    assert read_anchors(anchoring.file, [_KEY.public_key()]).keys() == {1, 2}


async def test_an_anchor_that_cannot_be_written_is_counted_and_written_later(
    tmp_path: Path, database: Database
) -> None:
    anchoring = Anchoring(tmp_path / "share", database)
    await anchoring.add()
    await anchoring.anchor.write()
    assert anchoring.count("failed") == 1

    (tmp_path / "share").mkdir()
    await anchoring.anchor.write()

    assert [line["seq"] for line in anchoring.lines()] == [1]


async def test_a_database_that_is_away_is_counted_too(anchoring: Anchoring) -> None:
    await anchoring.database.close()

    await anchoring.anchor.write()

    assert anchoring.count("failed") == 1


async def test_an_audit_that_contradicts_its_anchor_gets_no_new_one(
    anchoring: Anchoring, owner_url: str
) -> None:
    await anchoring.add(2)
    await anchoring.anchor.write()
    _as_owner(owner_url, _FORGE)
    await anchoring.add()

    await anchoring.anchor.write()

    assert [line["seq"] for line in anchoring.lines()] == [2]
    assert anchoring.count("contradicted") == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"hash": "b" * 64}, "signature"),
        ({"seq": 7}, "signature"),
        ({"key": "0" * 16}, "signature"),
        ({"at": "2027-01-01T00:00:00+00:00"}, "signature"),
        ({"signature": "no hexadecimal digits"}, "signature"),
        ({"more": 1}, "no anchor"),
        ({"seq": "1"}, "no anchor"),
    ],
)
async def test_a_line_that_was_changed_is_refused(
    anchoring: Anchoring, change: dict[str, object], words: str
) -> None:
    await anchoring.add()
    await anchoring.anchor.write()
    anchoring.file.write_text(json.dumps({**anchoring.lines()[0], **change}) + "\n")

    with pytest.raises(AnchorFileError, match=words):
        read_anchors(anchoring.file, [_KEY.public_key()])


async def test_a_good_audit_is_said_so(
    anchoring: Anchoring, run: Callable[..., Result], public_key: Path
) -> None:
    await anchoring.add(2)
    await anchoring.anchor.write()
    await anchoring.add()

    result = run("verify", "--anchor", anchoring.file, "--public-key", public_key)

    assert result.exit_code == 0, result.output
    assert "rows: 3, all as they were written" in result.output
    assert "anchors: 1 agree, the newest is of row 2" in result.output


@pytest.mark.case("A01")
@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("update audit set actor = 'p9' where seq = 2", "row 2: changed"),
        ("delete from audit where seq = 2", "row 2: missing"),
        ("delete from audit where seq > 1", "row 2: cut off at the end"),
        ("truncate audit", "row 1: cut off at the end"),
    ],
)
async def test_the_first_bad_row_is_named(
    anchoring: Anchoring,
    run: Callable[..., Result],
    public_key: Path,
    *,
    owner_url: str,
    statement: str,
    said: str,
) -> None:
    await anchoring.add(3)
    await anchoring.anchor.write()
    _as_owner(owner_url, statement)

    result = run("verify", "--anchor", anchoring.file, "--public-key", public_key)

    assert result.exit_code == 1
    assert said in result.output


@pytest.mark.case("A01")
@pytest.mark.parametrize(
    "params",
    ['{"n": 1' + "0" * 5000 + "}", '{"n": ' + "[" * 3000 + "]" * 3000 + "}", '{"n": 1.5}', "[]"],
    ids=["endless number", "endless nesting", "broken number", "no object"],
)
async def test_a_row_that_nobody_can_read_is_named_and_hides_no_other(
    anchoring: Anchoring, run: Callable[..., Result], *, owner_url: str, params: str
) -> None:
    await anchoring.add(3)
    async with anchoring.database.connection() as connection:
        await connection.execute(
            "insert into audit (seq, at, kind, params, prev_hash, hash)"
            " select seq + 1, at, 'made up', %s::jsonb, hash, %s from audit where seq = 3",
            (params, "f" * 64),
        )
    result = run("verify")
    assert (result.exit_code, "row 4: changed" in result.output) == (1, True), result.output

    _as_owner(owner_url, _FORGE)
    result = run("verify")
    assert (result.exit_code, "row 2:" in result.output) == (1, True), result.output


async def test_an_audit_that_cannot_be_looked_at_is_no_bad_audit(
    anchoring: Anchoring, run: Callable[..., Result], *, owner_url: str, public_key: Path
) -> None:
    await anchoring.add()
    result = run("verify", "--anchor", anchoring.file, "--public-key", public_key)
    assert (result.exit_code, str(anchoring.file) in result.output) == (2, True), result.output

    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("revoke select on audit from mutatiebot_app")
    try:
        result = run("verify")
    finally:
        with psycopg.connect(owner_url, autocommit=True) as connection:
            connection.execute("grant select on audit to mutatiebot_app")
    assert (result.exit_code, "InsufficientPrivilege" in result.output) == (2, True)


async def test_a_forged_anchor_is_no_proof(
    anchoring: Anchoring, run: Callable[..., Result], tmp_path: Path
) -> None:
    await anchoring.add()
    await anchoring.anchor.write()
    other = make_keys(tmp_path / "other.pem")

    result = run("verify", "--anchor", anchoring.file, "--public-key", other)

    assert result.exit_code == 1
    assert "anchor line 1: the signature does not fit" in result.output


async def test_anchors_without_a_key_are_not_taken_for_good(
    anchoring: Anchoring, run: Callable[..., Result]
) -> None:
    await anchoring.add()
    await anchoring.anchor.write()

    result = run("verify", "--anchor", anchoring.file)

    assert result.exit_code == 2
    assert "--public-key" in result.output


def test_a_request_nobody_made_has_no_rows(run: Callable[..., Result]) -> None:
    result = run("show", "M-2026-00001")

    assert (result.exit_code, result.output) == (0, "0 rows about M-2026-00001\n")


def test_a_pair_of_keys_is_made_once_for_its_owner_only(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    file = tmp_path / "key.pem"

    first, second = run("key", "--out", file), run("key", "--out", file)

    assert (first.exit_code, second.exit_code) == (0, 2)
    assert file.stat().st_mode & 0o777 == 0o600
    private, public = read_private_key(file), read_public_key(tmp_path / "key.pem.pub")
    public.verify(private.sign(b"x"), b"x")


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\n"])
def test_a_file_without_a_key_is_said_so(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(content)

    with pytest.raises(AuditKeyError, match="no PEM file"):
        read_private_key(file)


async def test_a_share_that_hangs_is_waited_for_once(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.audit.anchor._PATIENCE_S", 0.2)
    anchoring = Anchoring(tmp_path, database)
    await anchoring.add()
    os.mkfifo(anchoring.file)  # whoever opens it waits for the other side

    await anchoring.anchor.write()
    await anchoring.anchor.write()

    assert anchoring.count("failed") == 2
    with anchoring.file.open("r+b", buffering=0):
        anchoring.file.unlink()
    monkeypatch.undo()
    await anchoring.anchor.write()  # hears the end of the one that hung
    await anchoring.anchor.write()

    assert [line["seq"] for line in anchoring.lines()] == [1]
