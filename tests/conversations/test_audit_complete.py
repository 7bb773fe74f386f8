"""Whatever changes a request and whatever is refused has its row in the audit: one, not two."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from bot.audit.anchor import read_anchors
from bot.audit.keys import read_private_key
from mutations.life_cycle import State
from store.audit_check import audit_rows, verify
from store.audit_protection import AuditNotProtectedError
from tests.conversations.journeys import TODAY, decide, install, reaches
from tests.conversations.scenes import answer_to, ask, decided, fill, open_form, refused
from tests.conversations.stage import ARNO, JAN, MARLEEN, RIK, Stage, open_stage
from tests.fakes.audit_files import audit_files

# Another pen than the bot's: the database itself writes down every state that is committed.
_WATCH = """
create table watched (xid xid8, request_id text, state text);
create function watch() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' or new.state <> old.state then
    insert into watched values (pg_current_xact_id(), new.id, new.state);
  end if;
  return null;
end;
$$;
create trigger watch after insert or update on request for each row execute function watch();
"""
_UNWATCH = "drop trigger watch on request; drop function watch(); drop table watched"
_ROWS = "select xmin::text::xid8 as xid, kind, request_id from audit order by seq"

OF_OTHERS = "OVO000104"
"""An entity for which Rik asks, not Marleen."""

TOLD: dict[str, set[str]] = {
    "submitted": {"request.submitted"},
    "scheduled": {"request.decided", "request.ordered"},
    "carrying_out": {"work.started"},
    "done": {"work.finished"},
    "withdrawn": {"request.withdrawn"},
}


@pytest.fixture
def watched(owner_url: str) -> Iterator[str]:
    """The owner's URL of a database that keeps a history of its own."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(_WATCH)
        yield owner_url
        connection.execute(_UNWATCH)


def _read(url: str, statement: str) -> list[dict[str, Any]]:
    with psycopg.connect(url, row_factory=dict_row) as connection:
        return connection.execute(statement).fetchall()


async def _refusals(stage: Stage) -> None:
    """Let people try what they may not; `refused` counts one row each."""
    request = await ask(stage, colleague="nora.elamrani@cultuurjeugd.vlaanderen.example")
    marleen = stage.person(MARLEEN)
    async with refused(stage, MARLEEN, "error.not_entitled"):
        await decided(stage, MARLEEN, request, "decision.keep")
    async with refused(stage, RIK, "error.request.unknown"):
        await decided(stage, RIK, request, "request.withdraw_sure")
    await decided(stage, MARLEEN, request, "request.withdraw_sure")
    form = await open_form(marleen)
    await fill(marleen, form, target=OF_OTHERS)
    *_, newest = (row for row in await stage.audit() if row["kind"] == "refused")
    assert newest["params"] == {"verb": "draft.fill", "error": "error.target.not_yours"}
    await answer_to(marleen, "weggooien")


@pytest.mark.case("A02", "I06")
async def test_every_change_and_every_refusal_has_exactly_one_row(
    tmp_path: Path, database_url: str, watched: str
) -> None:
    async with open_stage(tmp_path, database_url) as stage:
        install(stage)
        await _refusals(stage)
        request = await ask(stage, effective_on=TODAY)
        await decide(stage)
        await reaches(stage, State.DONE, request.number)
        async with refused(stage, JAN, "error.not_entitled"):
            await decided(stage, JAN, request, "decision.keep")
        for _ in range(3):
            forged = stage.person(ARNO).activity(type="message", text="hallo")
            answer = await stage.person(ARNO).post_raw(forged, {"Authorization": "Bearer x.y.z"})
            assert answer.status == 401

    changes, rows = _read(watched, "select * from watched"), _read(watched, _ROWS)
    told: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        told[row["xid"]].add(row["kind"])
    assert Counter(change["state"] for change in changes) == {
        "submitted": 2, "withdrawn": 1, "scheduled": 1, "carrying_out": 1, "done": 1,
    }  # fmt: skip
    for change in changes:
        assert told[change["xid"]] == TOLD[change["state"]], change
    of_changes = sum(len(TOLD[change["state"]]) for change in changes)
    assert Counter(row["kind"] for row in rows if row["kind"] in {"refused", "gate.refused"}) == {
        "refused": 4,
        "gate.refused": 1,
    }
    assert len(rows) == of_changes + 4 + 1, [row["kind"] for row in rows]


async def test_after_an_orderly_stop_all_is_written_chained_and_anchored(
    tmp_path: Path, database_url: str
) -> None:
    async with open_stage(tmp_path, database_url) as stage:
        install(stage)
        await ask(stage)
        answer = await stage.person(ARNO).post_raw({}, {})
        assert answer.status == 401

    anchor, key = audit_files(tmp_path)
    anchored = read_anchors(anchor, [read_private_key(key).public_key()])
    with audit_rows(database_url) as rows:
        found = list(rows)
    assert verify(found, anchored).fault is None
    assert max(anchored) == len(found)
    told = [(row.kind, row.params.get("count")) for row in found]
    assert told == [("request.submitted", None), ("gate.refused", 1)]
    assert found[0].correlation_id


@pytest.mark.case("A04")
async def test_a_live_bot_that_could_change_the_audit_does_not_start(
    tmp_path: Path, owner_url: str
) -> None:
    with pytest.raises(AuditNotProtectedError, match="may DELETE from the audit"):
        async with open_stage(tmp_path, owner_url):
            pass
