"""From question to evidence: what an auditor gets, and that all of it can be recomputed."""

import asyncio
import hashlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from bot.evidence.collect import collect, read_only
from mutations.life_cycle import State
from mutations.request import MutationRequest
from tests.conversations.journeys import address, ask, card_of, install, reaches
from tests.conversations.stage import ARNO, BERT, MARLEEN, Stage, eventually, object_id, open_stage
from tests.fakes.audit_files import audit_files

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs/evidence.schema.json").read_text(encoding="utf-8"))
REASON = "Eerst het dossier *Dijken* afsluiten."
_TABLES = "select tablename from pg_tables where schemaname = 'public' order by tablename"
_WAITING = """
select 1 from pg_locks join pg_stat_activity using (pid)
where not granted and relation = 'audit'::regclass and application_name = 'mutatiebot-audit'
"""
# What the bot does by itself while nobody touches anything.
_BUSY = {"procrastinate_jobs", "procrastinate_events", "procrastinate_workers"}


@dataclass(frozen=True)
class Told:
    """What a run of the command came to."""

    code: int
    out: bytes
    err: str

    @property
    def document(self) -> Any:
        """The JSON document, once it is what the schema says."""
        found = json.loads(self.out)
        jsonschema.validate(found, SCHEMA, format_checker=jsonschema.FormatChecker())
        return found


async def evidence(folder: Path, url: str, *arguments: str) -> Told:
    """Run `python -m bot evidence` as an auditor does."""
    anchor, key = audit_files(folder)
    anchor.touch()
    given = {
        "MUTATIEBOT_DATABASE_URL": url,
        "MUTATIEBOT_AUDIT_ANCHOR": str(anchor),
        "MUTATIEBOT_AUDIT_KEY": str(key),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "evidence", *arguments),
        cwd=ROOT,
        env={"PATH": os.defpath, **given},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return Told(process.returncode, out, err.decode())


async def _order_b(stage: Stage) -> MutationRequest:
    install(stage)
    await ask(stage, colleague=address(BERT), wish="not_keep")
    question = await card_of(stage, ARNO, "Bert Smits")
    await stage.person(ARNO).press(question, "decision.not_keep")
    await stage.person(ARNO).press(question, "decision.not_keep_sure")
    return await reaches(stage, State.DONE)


async def test_evidence_of_order_b_tells_it_all_and_both_forms_belong_together(
    tmp_path: Path, database_url: str
) -> None:
    async with open_stage(tmp_path, database_url) as stage:
        request = await _order_b(stage)
    first = await evidence(tmp_path, database_url, request.number, "--json")
    file = tmp_path / "evidence.json"
    again = await evidence(tmp_path, database_url, "m 2026 1", "--json", "--out", str(file))
    report = await evidence(tmp_path, database_url, request.number)

    assert (first.code, again.code, report.code) == (0, 0, 0), (first.err, report.err)
    assert file.read_bytes() == first.out
    assert file.stat().st_mode & 0o077 == 0
    sha256 = hashlib.sha256(first.out).hexdigest()
    assert report.out.decode().count(f"`{sha256}`") == 1
    assert sha256 in again.err
    _assert_tells(first.document, request)
    _assert_can_be_recomputed(first.document)
    _assert_reads(report.out.decode())


def _assert_tells(document: Mapping[str, Any], request: MutationRequest) -> None:
    assert document["format"] == "mutatiebot.evidence/1"
    assert document["request"]["requester"]["object_id"] == object_id(MARLEEN)
    assert document["request"]["outcome"] == "B"
    assert "zonder behoud van de data" in document["request"]["rule"]
    decision = document["decision"]
    assert (decision["by"]["name"], decision["answer"]) == ("Arno Wouters", "not_keep")
    assert document["request"]["state"] == "done"
    assert document["findings"] == []
    assert {one["holds"] for one in document["preconditions"]} == {True}
    steps = document["steps"]
    assert [one["name"] for one in steps] == [one.name for one in request.results]
    assert all(one["is_verified"] and one["attempts"] == 0 for one in steps)
    assert all(one["intent_at"] <= one["written_at"] <= one["verified_at"] for one in steps)
    hold = steps[0]
    assert (hold["before_text"], hold["after_text"]) == ("", "Litigation hold")
    assert hold["before"] != hold["after"]
    audit = document["audit"]
    assert [row["kind"] for row in audit["rows"]] == [
        "request.submitted",
        "request.decided",
        "request.ordered",
        "work.started",
        "work.finished",
    ]
    assert (audit["rows_hold"], audit["whole_holds"], audit["is_anchored"]) == (True, True, True)
    assert "employee_id" not in json.dumps(document)


def _assert_can_be_recomputed(document: Mapping[str, Any]) -> None:
    """Check the hashes from the document alone, with nothing of the bot."""
    for row in document["audit"]["rows"]:
        members = {name: value for name, value in row.items() if name != "hash"}
        assert _sha256(members) == row["hash"]
    request, approval = document["request"], document["approval"]
    about = {
        "request": request["id"],
        "subject": request["subject"]["object_id"],
        "source": request["source"]["code"],
        "target": request["target"]["code"],
        "effective_on": request["effective_on"],
        "status_changes": request["status_changes"],
        "outcome": request["outcome"],
        "retention": document["agreement"]["retention"],
        "terms": request["terms"],
    }
    prints = {name: value for name, value in approval.items() if name != "carried_out_as_approved"}
    assert set(prints.values()) == {_sha256(about)}
    assert approval["carried_out_as_approved"] is True


def _sha256(members: Mapping[str, Any]) -> str:
    text = json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _assert_reads(report: str) -> None:
    told = report.replace("\\", "")
    sections = [line for line in told.splitlines() if line.startswith("## ")]
    assert [line[3:5] for line in sections] == ["1.", "2.", "3.", "4.", "5.", "6."]
    for words in (
        "Stand: **Klaar**",
        "Aanvrager: Marleen Claes",
        "Arno Wouters (object-id",
        "**niet behouden**",
        "maandag 23 november 2026 om 09.",
        "1. **Bewaring van de mailbox** (nagelezen)",
        "Na: Litigation hold",
        "Vóór: bert.smits@wegenwater.vlaanderen.example",
        "Na: 30 dagen",
        "weg vanaf woensdag 23 december 2026",
        "ja, de vier zijn gelijk",
        "De hele ketting klopt",
        "Een ondertekend anker",
    ):
        assert words in told, f"{words!r} not in:\n{told}"
    assert "nog niet nagelezen" not in told


async def test_evidence_of_refused_and_withdrawn_requests_says_that_nothing_changed(
    tmp_path: Path, database_url: str
) -> None:
    async with open_stage(tmp_path, database_url) as stage:
        install(stage)
        refused = await ask(stage, colleague=address(BERT))
        question = await card_of(stage, ARNO, "Bert Smits")
        await stage.person(ARNO).press(question, "decision.refuse")
        await stage.person(ARNO).press(question, "decision.refuse_sure", reason=REASON)
        await reaches(stage, State.REJECTED)
        withdrawn = await ask(stage)
        card = await stage.person(MARLEEN).say(f"annuleer {withdrawn.number}")
        await stage.person(MARLEEN).press(card[-1], "request.withdraw_sure")
        await reaches(stage, State.WITHDRAWN, withdrawn.number)

        told = await evidence(tmp_path, database_url, refused.number, "--json")
        assert told.document["decision"]["answer"] == "refused"
        assert told.document["decision"]["reason"] == REASON
        assert told.document["audit"]["is_anchored"] is False
        report = (await evidence(tmp_path, database_url, refused.number)).out.decode()
        assert "**geweigerd**" in report
        assert "woorden van wie besliste: Eerst het dossier \\*Dijken\\* afsluiten." in report
        assert "heeft niets veranderd aan de account" in report
        assert "Er staat niets meer open." in report

        told = await evidence(tmp_path, database_url, withdrawn.number, "--json")
        assert told.document["decision"] is None
        assert (told.document["steps"], told.document["findings"]) == ([], [])
        report = (await evidence(tmp_path, database_url, withdrawn.number)).out.decode()
        assert "aanvraag ingetrokken, door Marleen Claes" in report
        assert "Er is geen beslissing bewaard." in report


async def test_reading_evidence_changes_nothing_and_needs_no_right_to_write(
    tmp_path: Path, database_url: str, owner_url: str
) -> None:
    async with open_stage(tmp_path, database_url) as stage:
        request = await _order_b(stage)
    before = _rows(owner_url)
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("create role auditor_of_test login")
        try:
            owner.execute("grant select on all tables in schema public to auditor_of_test")
            url = database_url.replace("mutatiebot@", "auditor_of_test@")
            assert url != database_url
            told = await evidence(tmp_path, url, request.number)
            assert (told.code, told.err) == (0, "")
        finally:
            owner.execute("drop owned by auditor_of_test; drop role auditor_of_test")
    assert _rows(owner_url) == before
    unknown = await evidence(tmp_path, database_url, "M-2026-00999")
    assert (unknown.code, unknown.out) == (2, b"")
    assert "there is no request M-2026-00999" in unknown.err


def _rows(url: str) -> dict[str, list[Any]]:
    with psycopg.connect(url) as connection:
        tables = [name for (name,) in connection.execute(_TABLES)]
        query = psycopg.sql.SQL("select t::text from {} as t order by 1")
        return {
            name: connection.execute(query.format(psycopg.sql.Identifier(name))).fetchall()
            for name in tables
            if name not in _BUSY
        }


async def test_what_was_changed_behind_the_bot_s_back_is_named_and_the_command_says_so(
    tmp_path: Path, database_url: str, owner_url: str
) -> None:
    async with open_stage(tmp_path, database_url) as stage:
        install(stage)
        request = await ask(stage, colleague=address(BERT))
    told = await evidence(tmp_path, database_url, request.number)
    assert (told.code, told.err) == (0, "")
    assert "wacht op de voorwaarden of op de beslissing" in told.out.decode()

    with psycopg.connect(owner_url) as owner:
        owner.execute("set local session_replication_role = replica")
        owner.execute("update audit set actor = %s where seq = 1", (object_id(ARNO),))
    told = await evidence(tmp_path, database_url, request.number, "--json")
    assert told.code == 1
    assert told.document["findings"] == ["audit_changed", "not_in_audit"]
    assert told.document["audit"]["fault"]["seq"] == 1
    assert "audit_changed, not_in_audit" in told.err
    report = (await evidence(tmp_path, database_url, request.number)).out.decode()
    assert "De eerste rij die niet klopt, is rij 1." in report.partition("## 1.")[0]


def test_database_itself_refuses_to_write_for_evidence(database_url: str) -> None:
    timeout = "-c statement_timeout=9s"
    url = read_only(make_conninfo(database_url, options=timeout))
    with psycopg.connect(url) as connection:
        assert connection.execute("show statement_timeout").fetchone() == ("9s",)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("insert into request_counter values (2026, 1)")


async def test_request_that_changes_while_it_is_read_is_read_again(
    stage: Stage, database_url: str, owner_url: str
) -> None:
    install(stage)
    request = await ask(stage, colleague=address(BERT))
    with (
        psycopg.connect(owner_url, autocommit=True) as watcher,
        psycopg.connect(owner_url) as owner,
    ):
        owner.execute("lock table audit in access exclusive mode")
        reading = asyncio.create_task(
            collect(database_url, request.number, clock=stage.clock, anchored=None)
        )
        await eventually(lambda: watcher.execute(_WAITING).fetchone())
        before = await stage.request(request.number)
        saved = await stage.bot.storage.store.run(lambda work: work.requests.save(before))
    found = await reading

    assert found is not None
    assert found.request.version >= saved.version > before.version
