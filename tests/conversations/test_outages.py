"""What people are told when the bot cannot do its work, and that doing it again is enough."""

import asyncio
import time
from pathlib import Path

import psycopg
import pytest

from tests.conversations.journeys import FORM, ask, card_of, install, say
from tests.conversations.outages import (
    AGAIN,
    BUSY,
    PERHAPS,
    has_again,
    locked,
    no_connections,
    turned_away,
    turns,
    typed,
)
from tests.conversations.stage import (
    ARNO,
    MARLEEN,
    Stage,
    eventually,
    open_stage,
    words_of,
)
from tests.world.fault_proxy import Fault, proxied

LOSE_AFTER_COMMIT = """
create function lost() returns trigger language plpgsql as $$
begin
  raise exception 'as if the connection were lost' using errcode = '08006';
end;
$$;
create trigger lost before insert or update on sent_card for each row execute function lost();
"""
FULL = """
create function fail() returns trigger language plpgsql as $$
begin
  raise exception 'as if the disk were full' using errcode = '{}';
end;
$$;
create trigger fail before insert or update on draft for each row execute function fail();
"""
EMPTIED = "drop trigger fail on draft; drop function fail()"
FOUND_AGAIN = "drop trigger lost on sent_card; drop function lost()"


@pytest.mark.case("C05")
async def test_no_free_connection_is_said_and_the_button_repeats_the_press_with_its_inputs(
    stage: Stage,
) -> None:
    marleen = stage.person(MARLEEN)
    form = await say(marleen, "nieuwe mutatie")
    async with no_connections(stage):
        started = time.monotonic()
        card = await turned_away(marleen, form, "draft.fill", **FORM)
        answer = await typed(marleen, "status")
        assert time.monotonic() - started < 20
        assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
        assert PERHAPS in words_of(marleen.last.card)
        assert not has_again(marleen.last.card)
        await turns(stage, 503)
    assert "telt maar één keer" in words_of(card)

    summary = await marleen.press(form, AGAIN)
    assert "draft.submit" in str(summary), words_of(summary)
    assert "Jan Peeters" in words_of(summary)
    assert (await typed(marleen, "status")).status == 200
    await turns(stage, 200)


@pytest.mark.case("D06")
async def test_slow_database_is_answered_in_time_and_a_repeat_has_one_effect(
    stage: Stage, owner_url: str
) -> None:
    install(stage)
    await ask(stage)
    question = await card_of(stage, ARNO, "Uw beslissing wordt gevraagd")
    arno = stage.person(ARNO)
    async with locked(owner_url, "request"):
        started = time.monotonic()
        card = await turned_away(arno, question, "decision.keep")
        assert time.monotonic() - started < 10
    assert has_again(card)

    done = await arno.press(question, AGAIN)
    assert PERHAPS not in words_of(done)
    assert not has_again(done)
    kinds = [row["kind"] for row in await stage.audit()]
    assert kinds.count("request.decided") == 1


@pytest.mark.case("D06")
async def test_turn_that_hangs_is_given_up_at_the_deadline(
    tmp_path: Path, owner_url: str, database_url: str
) -> None:
    async with (
        proxied(database_url) as (proxy, url),
        open_stage(tmp_path, url, turn_timeout_s=1.5, worker=False) as stage,
    ):
        marleen = stage.person(MARLEEN)
        form = await say(marleen, "nieuwe mutatie")
        proxy.fault = Fault.BLACK_HOLE
        started = time.monotonic()
        card = await turned_away(marleen, form, "draft.fill", **FORM)
        answer = await typed(marleen, "status")
        assert time.monotonic() - started < 2 * (1.5 + 1.5)
        assert answer.status == 503
        assert has_again(card)
        proxy.fault = Fault.NONE
        proxy.cut()

        async def is_repeated() -> bool:
            return "draft.submit" in str(await marleen.press(form, AGAIN))

        await eventually(is_repeated)
    with psycopg.connect(owner_url) as connection:
        assert connection.execute("select count(*) from draft").fetchone() == (1,)


async def test_unknown_outcome_is_said_so_and_never_shown_as_done(
    stage: Stage, owner_url: str
) -> None:
    install(stage)
    await ask(stage)
    question = await card_of(stage, ARNO, "Uw beslissing wordt gevraagd")
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(LOSE_AFTER_COMMIT)
        try:
            card = await turned_away(stage.person(ARNO), question, "decision.keep")
        finally:
            connection.execute(FOUND_AGAIN)
    assert "Misschien is uw klik al bewaard, misschien niet." in words_of(card)

    await stage.person(ARNO).press(question, AGAIN)

    kinds = [row["kind"] for row in await stage.audit()]
    assert kinds.count("request.decided") == 1


@pytest.mark.case("C04")
@pytest.mark.parametrize("code", ["53100", "58030", "25006"])  # full, broken, read-only
async def test_disk_that_takes_nothing_is_said_and_never_shown_as_done(
    stage: Stage, owner_url: str, code: str
) -> None:
    marleen = stage.person(MARLEEN)
    form = await say(marleen, "nieuwe mutatie")
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(FULL.format(code).encode())
        try:
            card = await turned_away(marleen, form, "draft.fill", **FORM)
            answer = await typed(marleen, FORM["colleague"])
        finally:
            connection.execute(EMPTIED)
    assert answer.status == 503
    assert has_again(card)

    assert "draft.submit" in str(await marleen.press(form, AGAIN))


@pytest.mark.case("O03")
async def test_too_many_turns_at_once_are_turned_away_at_once(
    tmp_path: Path, owner_url: str, database_url: str
) -> None:
    async with open_stage(tmp_path, database_url, max_turns=4, worker=False) as stage:
        marleen, arno = stage.person(MARLEEN), stage.person(ARNO)
        form = await say(marleen, "nieuwe mutatie")
        welcome = await say(arno, "help")
        async with locked(owner_url, "draft"):
            waiting = [asyncio.create_task(typed(marleen, "nieuwe mutatie")) for _ in range(4)]
            await asyncio.sleep(0.5)
            before = len(arno.inbox)
            started = time.monotonic()
            answer = await typed(arno, "help")
            card = await arno.press(welcome, "Mijn aanvragen")
            busy = await turned_away(marleen, form, "draft.fill", **FORM)
            assert time.monotonic() - started < 1.5
        answers = await asyncio.gather(*waiting)

        assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
        assert len(arno.inbox) == before
        assert BUSY in words_of(card)
        assert "niet uitgevoerd" in words_of(busy)
        assert {one.status for one in answers} <= {200, 503}
        assert "draft.submit" in str(await marleen.press(form, AGAIN))
        async with stage.world.session.get(f"{stage.world.bot_url}/metrics") as page:
            figures = await page.text()
        assert 'mutatiebot_interrupted_turns_total{reason="overload"} 3.0' in figures
        assert "mutatiebot_turns_in_flight 0.0" in figures
