"""The plan, looked at: what it shows, to whom, and that looking writes nothing at all."""

import asyncio
import hashlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from bot.demo import DEMO_REGISTER
from fulfilment.tenant import GroupKind
from fulfilment.tenants.simulated.records import Kind, SimMembership, membership_id
from mutations.life_cycle import State
from tests.conversations.journeys import (
    FIRST,
    WEDNESDAY,
    Days,
    address,
    ask,
    assert_hides,
    assert_shows,
    card_of,
    decide,
    install,
    ledger,
    reaches,
    say,
    titles,
)
from tests.conversations.stage import (
    ARNO,
    INES,
    JAN,
    MARLEEN,
    MONDAY_MORNING,
    SOFIE,
    Stage,
    message_with,
    object_id,
)

WEDNESDAY_MORNING = MONDAY_MORNING + timedelta(days=2)
ROOT = Path(__file__).parents[2]
_TABLES = "select tablename from pg_tables where schemaname = 'public' order by tablename"


@dataclass(frozen=True)
class Told:
    """What a run of the command came to."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The JSON document."""
        return json.loads(self.out)


async def plan(url: str, *arguments: str, **settings: str) -> Told:
    """Run `python -m bot plan` as whoever carries out orders does."""
    whole = {"DATABASE_URL": url, "REGISTER": str(DEMO_REGISTER), **settings}
    given = {f"MUTATIEBOT_{name}": value for name, value in whole.items()}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "plan", *arguments),
        cwd=ROOT,
        env={"PATH": os.defpath, **given},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return Told(process.returncode, out.decode(), err.decode())


def tables(url: str) -> Mapping[str, str]:
    """Return a fingerprint of every row of every table, the ledger and the queue included."""
    with psycopg.connect(url) as connection:
        names = [name for (name,) in connection.execute(_TABLES)]
        query = psycopg.sql.SQL("select t::text from {} as t order by 1")
        return {
            name: hashlib.sha256(
                repr(
                    connection.execute(query.format(psycopg.sql.Identifier(name))).fetchall()
                ).encode()
            ).hexdigest()
            for name in names
        }


def show_all(url: str) -> None:
    """Let the machine's clock see what the stage's clock wrote, on whatever day the test runs."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("update simulated_object set visible_at = '2000-01-01Z'")


async def rule(stage: Stage, name: str = "Waterbeheer") -> None:
    """Let a rule say who is in one of Jan's groups."""
    world = stage.bot.world
    mine = [one for one in (await world.memberships()).values() if one.person == object_id(JAN)]
    group = (await world.groups())[min(one.group for one in mine)]
    body = msgspec.to_builtins(msgspec.structs.replace(group, name=name, kind=GroupKind.DYNAMIC))
    at = stage.clock.now()
    await stage.bot.storage.simulated_objects.put(Kind.GROUP, group.id, body, at, at)


async def join(stage: Stage) -> str:
    """Let Jan join a group that he was not in, as its owner can do; return the membership."""
    world = stage.bot.world
    known = {one.group for one in (await world.memberships()).values() if _is_jan(one)}
    group = min(set(await world.groups()) - known)
    key, at = membership_id(group=group, person=object_id(JAN)), stage.clock.now()
    joined = SimMembership(group=group, person=object_id(JAN), is_member=True, is_owner=False)
    body = msgspec.to_builtins(joined)
    await stage.bot.storage.simulated_objects.put(Kind.MEMBERSHIP, key, body, at, at)
    return key


def _is_jan(one: SimMembership) -> bool:
    return one.person == object_id(JAN)


async def scheduled_b(stage: Stage, wish: str = "not_keep") -> None:
    """Bring order B for Jan to the point where it waits for its day."""
    install(stage)
    await ask(stage, wish=wish, effective_on=WEDNESDAY)
    question = await decide(stage, "decision.not_keep")
    await stage.person(ARNO).press(question, "decision.not_keep_sure")
    if wish == "keep":
        await reaches(stage, State.TO_CONFIRM)
        card = await card_of(stage, MARLEEN, FIRST, having="outcome.confirm")
        await stage.person(MARLEEN).press(card, "outcome.confirm")
    await reaches(stage, State.SCHEDULED)


async def test_plan_names_every_step_and_writes_nothing(days: Days, database_url: str) -> None:
    async with days.open() as stage:
        await scheduled_b(stage)
        await rule(stage)
        assert await ledger(stage) == ()
    show_all(database_url)
    before = tables(database_url)

    report = await plan(database_url, "m 2026 1")
    machine = await plan(database_url, FIRST, "--json")

    assert tables(database_url) == before
    assert (report.code, machine.code) == (0, 0), report.err + machine.err
    found = machine.document
    assert (found["format"], found["number"], found["state"]) == (
        "mutatiebot.plan/1",
        FIRST,
        "scheduled",
    )
    names = [step["name"] for step in found["steps"]]
    assert names[0] == "mailbox.litigation_hold"
    assert names[-1] == "groups.leave"
    assert found["steps"][-1] | {"target": "", "before": []} == {
        "position": len(names) - 1,
        "name": "groups.leave",
        "target": "",
        "title": "Waterbeheer",
        "group_kind": "dynamic",
        "before": [],
        "after": [],
        "route": "hand",
        "undo": "hand",
        "calls": 3,
        "changes": 0,
        "permissions": ["GroupMember.Read.All"],
        "due_on": None,
    }
    [other] = found["differences"]
    assert (other["change"], other["title"]) == ("other", "Waterbeheer")
    assert {"title", "route", "args"} <= set(other["fields"])
    for words in (
        f"Plan van aanvraag {FIRST}",
        "Er is niets gewijzigd.",
        "1. Bewaring van de mailbox",
        "Nu: niets",
        "Hoe: Exchange Online",
        "Hoe: Microsoft Graph",
        "Hoe: eigen register van de mutatiebot",
        "Hoe: met de hand, door Sofie De Smet",
        "Soort: groep met een regel",
        "Nalezen: De mailbox toont de bewaring",
        "Terugdraaien: Kan, met de waarde van voordien.",
        "binnen 2 werkdagen nadat het gevraagd is",
        "Taak: De groep Waterbeheer volgt een regel.",
        "Anders: Toegang tot O365-groepen: Waterbeheer",
    ):
        assert words in report.out, report.out
    assert "\\" not in report.out


@pytest.mark.parametrize("wish", ["not_keep", "keep"])
async def test_group_joined_after_the_decision_is_decided_on_before_anything_is_taken(
    days: Days, wish: str
) -> None:
    async with days.open() as stage:
        await scheduled_b(stage, wish)
        key = await join(stage)
    async with days.open(WEDNESDAY_MORNING) as stage:
        arno = stage.person(ARNO)
        asked = await card_of(stage, ARNO, "Dit kwam erbij", having="decision.not_keep")
        assert_shows(asked.card, "Uw beslissing wordt gevraagd", "Ook deze toegang zou verdwijnen")
        request = await stage.request(FIRST)
        assert (request.state, request.round, request.wish) == (State.SUBMITTED, 2, "not_keep")
        assert await ledger(stage) == ()
        told = await card_of(stage, MARLEEN, "beslist opnieuw")
        assert_shows(told.card, "Dit kwam erbij sinds de vorige beslissing")

        old = {"request": request.id, "round": 1}
        late = await arno.press_sealed("decision.not_keep_sure", old)
        assert "Deze kaart is verouderd" in str(late.body)
        await arno.press(asked, "decision.not_keep")
        assert_shows(asked.card, "Bent u zeker dat u niets behoudt?", "Dit kwam erbij")
        await arno.press(asked, "decision.not_keep_sure")

        done = await reaches(stage, State.DONE, timeout_s=40)
        assert (done.round, done.plan is not None) == (2, True)
        assert key in {one.target for one in await ledger(stage)}
        kinds = [row["kind"] for row in await stage.audit()]
        counted = ("request.decided", "request.asked_anew", "request.ordered", "work.started")
        assert [kinds.count(kind) for kind in counted] == [2, 1, 2, 1]


async def test_obstacle_is_told_with_what_to_do_and_ends_otherwise(
    days: Days, database_url: str
) -> None:
    async with days.open() as stage:
        install(stage)
        await ask(stage, colleague=address(INES))
    show_all(database_url)
    before = tables(database_url)

    report = await plan(database_url, FIRST)
    unknown = await plan(database_url, "M-2026-00999")
    nonsense = await plan(database_url, "dinsdag")

    assert tables(database_url) == before
    assert (report.code, unknown.code, nonsense.code) == (1, 2, 2), report.err
    assert "is nog van een verwijderde account" in report.out
    assert "Te doen: Verwijder die account definitief" in report.out
    assert "there is no request M-2026-00999" in unknown.err
    assert "dinsdag is no number of a request" in nonsense.err


async def test_requester_and_service_desk_see_the_plan_and_nobody_else(days: Days) -> None:
    async with days.open() as stage:
        await scheduled_b(stage)
        await rule(stage)
        marleen, request = stage.person(MARLEEN), await stage.request(FIRST)
        seen = len(await stage.audit())
        status = await say(marleen, f"status {FIRST}")
        shown = await marleen.press(status, "Toon het plan")
        assert_shows(shown, "Het plan", "Stappen", "met de hand, door Sofie De Smet")
        assert_shows(shown, "Anders: Toegang tot O365-groepen: Waterbeheer")
        assert titles(shown).count("Toon de stand nu") == 1
        desk = await say(stage.person(SOFIE), f"status {FIRST}")
        assert_shows(await stage.person(SOFIE).press(desk, "Toon het plan"), "Het plan")
        assert len(await stage.audit()) == seen
        assert await stage.request(FIRST) == request
        assert await ledger(stage) == ()

        data = {"request": request.id, "round": request.round}
        for person in (ARNO, JAN):
            answer = await stage.person(person).press_sealed("plan.show", data)
            assert_hides(answer.body["value"], "Het plan", "Stappen")
        assert [row["kind"] for row in (await stage.audit())[seen:]] == ["refused"] * 2
        assert await stage.request(FIRST) == request


async def test_card_for_help_leads_to_the_plan_and_back(days: Days) -> None:
    async with days.open() as stage:
        install(stage)
        await ask(stage, colleague=address(INES))
        await decide(stage)
        card = await card_of(stage, SOFIE, "Hulp nodig bij de uitvoering")
        sofie = stage.person(SOFIE)
        shown = await sofie.press(card, "Toon het plan")
        assert_shows(shown, "Wat staat in de weg?", "is nog van een verwijderde account")
        assert_shows(await sofie.press(card, "Toon de stand nu"), "Hulp nodig bij de uitvoering")
        assert message_with(sofie, "Het plan") is None
