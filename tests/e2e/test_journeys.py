"""Orders A and B in the real client, from the manager's first message to the final cards."""

import asyncio

import pytest

from tests.e2e.chromium import Chromium, Page
from tests.e2e.demo import running_demo

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

WORK_TAKES_S = 90.0


async def only_newest(page: Page, text: str, *, times: int = 1) -> None:
    """Wait until every older card about the same request has become one line."""
    async with asyncio.timeout(WORK_TAKES_S):
        while sum(text in each for each in await page.messages()) != times:  # noqa: ASYNC110
            await asyncio.sleep(0.2)  # the page tells of no change


async def test_order_a_and_order_b_from_first_message_to_final_cards(  # noqa: PLR0915 - one journey
    chromium: Chromium,
) -> None:
    async with running_demo() as seats:
        manager = await chromium.open("manager", seats["manager"].page, height=2000)
        approver = await chromium.open("approver", seats["approver"].page, height=2000)
        second = await chromium.open("approver2", seats["approver2"].page, height=2000)
        colleague = await chromium.open("colleague", seats["colleague"].page, height=2000)

        await manager.wait_for("Nieuwe mutatie")
        await manager.screenshot("01-welcome")
        await manager.press("Nieuwe mutatie")
        await manager.wait_for("Wie verhuist?")
        await manager.fill("Wie verhuist?", "jan.peeters@wegenwater.vlaanderen.example")
        await manager.choose("Naar welke entiteit?", "Departement Omgeving en Ruimte")
        await manager.fill("Of typ de datum", "vandaag")
        await manager.choose("Wijzigt het administratief statuut?", "Nee, het blijft hetzelfde")
        await manager.choose("Wilt u de mailbox en OneDrive behouden?", "Behouden")
        await manager.screenshot("02-form", card_only=True)
        await manager.press("Verder")
        summary = await manager.wait_for("Klopt dit?")
        assert "jan.peeters@omgevingruimte.vlaanderen.example" in summary
        await manager.screenshot("03-summary", card_only=True)
        await manager.press("Indienen")
        await manager.wait_for("-00001")
        await manager.screenshot("04-submitted", card_only=True)

        await approver.wait_for("Jan Peeters")
        await second.wait_for("Jan Peeters")
        await approver.screenshot("05-decision", card_only=True)
        await approver.press("Behouden")
        await approver.wait_for("Arno Wouters")
        assert await approver.buttons() == []
        await approver.screenshot("06-decided", card_only=True)
        await second.wait_for("Arno Wouters")
        assert await second.buttons() == []

        await colleague.wait_for("jan.peeters@omgevingruimte.vlaanderen.example", WORK_TAKES_S)
        await manager.wait_for("is klaar en nagelezen", WORK_TAKES_S)
        await only_newest(manager, "Alles is uitgevoerd")
        await manager.screenshot("07-done-a", card_only=True)
        await colleague.screenshot("08-colleague", card_only=True)

        await manager.say("nieuwe mutatie")
        await manager.wait_for("Wie verhuist?")
        await manager.say("Bert Smits")
        await manager.wait_for("Naar welke entiteit?")
        await manager.screenshot("09-typing")
        await manager.say("omgeving en ruimte")
        await manager.wait_for("Vanaf welke dag?")
        await manager.say("vandaag")
        await manager.wait_for("Wijzigt het administratief statuut?")
        await manager.say("nee")
        await manager.wait_for("Wilt u de mailbox en OneDrive behouden?")
        await manager.say("niet behouden")
        await manager.wait_for("Klopt dit?")
        await manager.screenshot("10-summary-b", card_only=True)
        await manager.press("Indienen")

        await second.wait_for("Bert Smits")
        await second.press("Niet behouden")
        await second.wait_for("niet behouden")
        await second.screenshot("11-not-keep-sure", card_only=True)
        await second.press("Ja, niet behouden")
        await second.wait_for("Britt Jacobs")
        await approver.wait_for("Britt Jacobs")
        assert await approver.buttons() == []
        await manager.wait_for("is klaar en nagelezen", WORK_TAKES_S)
        await only_newest(manager, "Alles is uitgevoerd", times=2)
        await manager.screenshot("12-done-b", card_only=True)

        await manager.say("mijn aanvragen")
        await manager.wait_for("Bert Smits")
        await manager.screenshot("13-list")
