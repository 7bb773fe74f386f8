"""The harness itself, against a fake bot: what the journeys rely on really works."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from bot.playground.launcher import Place, introduce, open_clients
from bot.playground.node_tools import NodeTools
from bot.playground.persona import Persona, Seat, seat_of
from mutations.identity import ObjectId, Upn
from tests.e2e.chromium import Chromium, DriverError
from tests.e2e.conftest import free_port
from tests.e2e.fake_bot import FakeBot

pytestmark = pytest.mark.e2e

TENANT = "11111111-1111-4111-8111-111111111111"


def persona(key: str, number: int, name: str) -> Persona:
    return Persona(
        key=key,
        object_id=ObjectId(f"aaaaaaaa-0000-4000-8000-{number:012d}"),
        name=name,
        upn=Upn(f"{key}@demo.example"),
        port=free_port(),
    )


@pytest.fixture
def asker() -> Seat:
    return seat_of(persona("manager", 1, "Mieke Manager"))


@pytest.fixture
def approver() -> Seat:
    return seat_of(persona("approver", 2, "Gert Goedkeurder"))


@pytest.fixture
async def bot(
    asker: Seat, approver: Seat, node_tools: NodeTools, tmp_path: Path
) -> AsyncIterator[FakeBot]:
    fake = FakeBot(approver)
    async with TestServer(fake.application(), host="127.0.0.1") as server:
        place = Place(str(server.make_url("/api/messages")), tmp_path, TENANT)
        people = (asker.persona, approver.persona)
        async with open_clients(people, place=place, tools=node_tools) as seats:
            assert seats == (asker, approver)
            yield fake


async def test_form_decision_and_rewritten_card_cross_two_personas(
    bot: FakeBot, asker: Seat, approver: Seat, chromium: Chromium
) -> None:
    page = await chromium.open("asker", asker.page)
    await page.say("formulier")
    await page.wait_for("Nieuwe mutatie")
    await page.fill("Collega", "Jan *Peeters*")
    await page.fill("Startdatum", "2027-03-01")
    await page.choose("Naar entiteit", "Departement Financiën")
    await page.choose("Gegevens", "Niet bewaren")
    await page.tick("Ik ben zeker")
    await page.screenshot("harness-form", card_only=True)
    assert await page.value("Collega") == "Jan *Peeters*"
    await page.press("Indienen")
    answer = await page.wait_for("Ingediend")

    assert "name=Jan Peeters" in answer  # the client itself reads markdown in a TextBlock
    assert bot.received[-1]["value"]["action"]["data"] == {
        "number": "1",
        "name": "Jan *Peeters*",
        "start": "2027-03-01",
        "to": "fin",
        "wish": "drop",
        "sure": "true",
    }
    assert bot.received[-1]["from"]["aadObjectId"] == asker.persona.object_id

    # The question was sent before the approver opened the page, and to nobody else.
    other = await chromium.open("approver", approver.page)
    await other.wait_for("Mag dit?")
    assert await other.buttons() == ["Akkoord", "Weiger"]
    assert not any("Mag dit?" in message for message in await page.messages())
    await other.press("Akkoord")
    await other.wait_for("Verwerkt")
    await other.wait_for("Beslist: decision.yes")
    assert await other.buttons() == []
    picture = await other.screenshot("harness-approver")
    assert picture.stat().st_size > 0


async def test_required_input_is_asked_for_and_nothing_is_sent(
    bot: FakeBot, asker: Seat, chromium: Chromium
) -> None:
    page = await chromium.open("asker", asker.page)
    await page.say("formulier")
    await page.wait_for("Nieuwe mutatie")
    await page.press("Indienen")
    with pytest.raises(DriverError, match="did not show"):
        await page.wait_for("Ingediend", 1.0)

    assert bot.seen("invoke") == []


async def test_absent_button_is_reported_and_not_guessed(
    bot: FakeBot, asker: Seat, chromium: Chromium
) -> None:
    page = await chromium.open("asker", asker.page)
    await page.say("formulier")
    await page.wait_for("Nieuwe mutatie")
    with pytest.raises(DriverError, match="Goedkeuren"):
        await page.press("Goedkeuren", 1.0)

    assert bot.seen("invoke") == []


async def test_introduced_personas_are_known_before_any_page_opens(
    bot: FakeBot, asker: Seat, approver: Seat
) -> None:
    assert bot.received == []
    await introduce((asker, approver))

    both = {asker.persona.object_id, approver.persona.object_id}
    # The clients answer first and write to the bot then.
    await bot.wait_until_seen("installationUpdate", both)
    await bot.wait_until_seen("conversationUpdate", both)


async def test_reload_empties_the_chat_and_installs_again(
    bot: FakeBot, asker: Seat, chromium: Chromium
) -> None:
    page = await chromium.open("asker", asker.page)
    await page.say("formulier")
    await page.wait_for("Nieuwe mutatie")
    await page.reload()

    assert await page.messages() == []
    assert bot.seen("installationUpdate") == [asker.persona.object_id] * 2
