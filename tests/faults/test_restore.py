"""The drill: back up, go on working, lose everything, restore, and nothing is done twice."""

import asyncio
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from bot.audit.keys import make_keys
from bot.clock import ShiftedClock
from mutations.life_cycle import State
from mutations.request import MutationRequest
from store.backup import BackupBrokenError, backup, note_of, read_note
from store.restore import NotEmptyError, restore
from tests.conversations.journeys import (
    FIRST,
    WEDNESDAY,
    ask,
    card_of,
    decide,
    install,
    ledger,
    reaches,
    say,
)
from tests.conversations.stage import MARLEEN, MONDAY_MORNING, SOFIE, Stage, eventually, open_stage
from tests.postgres import as_bot, fresh_database

Tell = Callable[[str], None]

_TENANT = ("simulated_object", "simulated_ledger")
_LEFT = "select tablename from pg_tables where schemaname = 'public'"
_RIGHTS = """
select table_name, privilege_type from information_schema.role_table_grants
where grantee = 'mutatiebot_app' order by 1, 2
"""


def _rows(url: str, query: str) -> list[dict[str, Any]]:
    with psycopg.connect(url, row_factory=dict_row) as connection:
        return connection.execute(query.encode()).fetchall()


def _carry_over(source: str, target: str) -> None:
    """Let the tenant be as it is: a backup of the bot does not take Microsoft 365 back."""
    with psycopg.connect(source) as old, psycopg.connect(target) as new:
        for table in _TENANT:
            new.execute(f"truncate {table}".encode())
            with (
                old.cursor().copy(f"copy {table} to stdout".encode()) as reading,
                new.cursor().copy(f"copy {table} from stdin".encode()) as writing,
            ):
                for block in reading:
                    writing.write(block)


async def _work_before(stage: Stage) -> None:
    """Let one request be scheduled."""
    install(stage)
    await ask(stage, effective_on=WEDNESDAY)
    await decide(stage)
    await reaches(stage, State.SCHEDULED)


async def _settled(stage: Stage) -> MutationRequest:
    """Wait until the released request is done, or stops for another reason."""

    async def look() -> MutationRequest | None:
        request = await stage.request(FIRST)
        stopped = request.attention is not None and request.attention.key != "attention.restored"
        return request if stopped or request.state is State.DONE else None

    found: MutationRequest = await eventually(look, timeout_s=60)
    return found


@pytest.mark.case("C10")
@pytest.mark.timeout(240)
async def test_restored_backup_repeats_nothing_that_was_done_since(
    tmp_path: Path, postgres_server: str, fresh_owner_url: str, tell: Tell
) -> None:
    file = tmp_path / "yesterday.dump"
    url = as_bot(fresh_owner_url)
    async with open_stage(tmp_path, url) as stage:
        await _work_before(stage)
        backup(fresh_owner_url, file)
    # Two days later: the order is carried out after the backup was taken.
    _bring_forward(fresh_owner_url)
    later = MONDAY_MORNING.replace(day=25)
    async with open_stage(tmp_path, url, start=later) as stage:
        install(stage)
        await reaches(stage, State.DONE, timeout_s=60)
        done = [entry.operation for entry in await ledger(stage)]
        assert done

    with fresh_database(postgres_server, "template0") as empty:
        started = time.monotonic()
        restored = await restore(file, empty, ShiftedClock(later))
        seconds = time.monotonic() - started
        assert [(held.number, held.state) for held in restored.held] == [(FIRST, State.SCHEDULED)]
        assert _rows(empty, _RIGHTS) == _rows(fresh_owner_url, _RIGHTS)
        [numbers] = _rows(empty, "select last from request_counter")
        assert numbers["last"] > 1000  # those of the lost days are not given out again
        _carry_over(fresh_owner_url, empty)
        _bring_forward(empty)
        async with open_stage(tmp_path, as_bot(empty), start=stage.clock.now()) as stage:
            after = await _released(stage, done)
    tell(
        f"restore drill: restored in {seconds:.1f} s, 1 open request held, tenant writes repeated"
        f" 0 of {len(done)}, then {after.state.value}"
    )


async def _released(stage: Stage, done: list[str]) -> MutationRequest:
    """Let the service desk release the request; see that nothing is done before or again."""
    install(stage)
    stopped = await reaches(stage, State.ATTENTION, timeout_s=60)
    assert stopped.attention is not None
    assert stopped.attention.key == "attention.restored"
    assert [entry.operation for entry in await ledger(stage)] == done
    card = await card_of(stage, SOFIE, "teruggezet uit een reservekopie")
    await stage.person(SOFIE).press(card, "work.resume")
    after = await _settled(stage)
    assert [entry.operation for entry in await ledger(stage)] == done
    kinds = [row["kind"] for row in await stage.audit()]
    assert kinds.count("request.decided") == 1
    assert kinds.count("request.held") == 1
    return after


def _bring_forward(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("update procrastinate_jobs set scheduled_at = now()")


async def _small_backup(url: str, owner_url: str, folder: Path) -> Path:
    async with open_stage(folder, url) as stage:
        await _work_before(stage)
    file = folder / "backup.dump"
    backup(owner_url, file)
    return file


@pytest.mark.case("C06")
async def test_broken_backup_is_refused_and_leaves_nothing_behind(
    tmp_path: Path, postgres_server: str, fresh_owner_url: str, tell: Tell
) -> None:
    file = await _small_backup(as_bot(fresh_owner_url), fresh_owner_url, tmp_path)
    whole, note = file.read_bytes(), note_of(file).read_bytes()
    cut_off = [whole[:length] for length in (0, 100, len(whole) // 2)]
    places = range(10, len(whole), max(1, len(whole) // 8))
    changed = [whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :] for at in places]
    with fresh_database(postgres_server, "template0") as empty:
        for content in [*cut_off, whole[:-1], *changed]:
            file.write_bytes(content)
            with pytest.raises(BackupBrokenError, match="Take another copy"):
                await restore(file, empty, ShiftedClock(MONDAY_MORNING))
        # As if the note had been made for what is left: the content itself gives it away.
        for content in cut_off:
            file.write_bytes(content)
            _fit_note(file, note)
            with pytest.raises(BackupBrokenError, match="left empty"):
                await restore(file, empty, ShiftedClock(MONDAY_MORNING))
        assert _rows(empty, _LEFT) == []
        note_of(file).write_bytes(note)
        file.write_bytes(whole)
        note_of(file).unlink()
        with pytest.raises(BackupBrokenError, match="belong together"):
            await restore(file, empty, ShiftedClock(MONDAY_MORNING))
    broken = len(cut_off) + 1 + len(changed) + len(cut_off)
    tell(f"broken backups refused {broken} of {broken}, nothing left behind")


def _fit_note(file: Path, note: bytes) -> None:
    fitting = json.loads(note) | {"sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
    note_of(file).write_text(json.dumps(fitting))


async def test_backup_is_restored_into_an_empty_database_only(
    tmp_path: Path, fresh_owner_url: str
) -> None:
    file = await _small_backup(as_bot(fresh_owner_url), fresh_owner_url, tmp_path)
    before = _rows(fresh_owner_url, "select * from audit")

    with pytest.raises(NotEmptyError, match="create database"):
        await restore(file, fresh_owner_url, ShiftedClock(MONDAY_MORNING))

    assert _rows(fresh_owner_url, "select * from audit") == before
    assert read_note(file).rows["audit"] == len(before)
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.long
async def test_commands_back_up_and_restore_and_name_the_audit_that_is_missing(
    tmp_path: Path, postgres_server: str, fresh_owner_url: str
) -> None:
    key = tmp_path / "audit.pem"
    make_keys(key)
    anchors = tmp_path / "anchors"
    url = as_bot(fresh_owner_url)
    environment = {
        "MUTATIEBOT_DATABASE_OWNER_URL": fresh_owner_url,
        "MUTATIEBOT_AUDIT_ANCHOR": str(anchors),
        "MUTATIEBOT_AUDIT_KEY": str(key),
    }
    file = tmp_path / "backup.dump"
    async with open_stage(tmp_path, url, audit_anchor=anchors, audit_key=key) as stage:
        await _work_before(stage)
        made = await _command(environment, "backup", str(file))
        assert "audit up to row 3" in made
        await say(stage.person(MARLEEN), f"annuleer {FIRST}")
        await stage.person(MARLEEN).press(stage.person(MARLEEN).last, "Ja, intrekken")

    with fresh_database(postgres_server, "template0") as empty:
        said = await _command(environment, "restore", str(file), "--into", empty, code=3)
        assert f"held\t{FIRST}\tscheduled" in said
        assert "audit rows are not in the backup: 4 to" in said
    with fresh_database(postgres_server, "template0") as empty:
        make_keys(tmp_path / "new.pem")
        rotated = {**environment, "MUTATIEBOT_AUDIT_KEY": str(tmp_path / "new.pem")}
        said = await _command(rotated, "restore", str(file), "--into", empty, code=3)
        assert f"held\t{FIRST}\tscheduled" in said
        assert "the anchors were not read, anchor line 1: the signature does not fit" in said
        assert "up to date" in await _command(
            {**environment, "MUTATIEBOT_DATABASE_OWNER_URL": empty}, "migrate"
        )


async def _command(environment: dict[str, str], *arguments: str, code: int = 0) -> str:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments),
        cwd=Path(__file__).parents[2],
        env={"PATH": os.defpath, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == code, said.decode()
    return said.decode()
