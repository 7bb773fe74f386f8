"""Orders A and B in the real client, from the manager's first message to the final cards."""

import pytest

from tests.e2e.chromium import Chromium
from tests.e2e.demo import running_demo

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

WORK_TAKES_S = 90.0


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
        await manager.screenshot("02-form")
        await manager.press("Verder")
        summary = await manager.wait_for("Klopt dit?")
        assert "jan.peeters@omgevingruimte.vlaanderen.example" in summary
        await manager.screenshot("03-summary")
        await manager.press("Indienen")
        await manager.wait_for("-00001")
        await manager.screenshot("04-submitted")

        await approver.wait_for("Jan Peeters")
        await second.wait_for("Jan Peeters")
        await approver.screenshot("05-decision")
        await approver.press("Behouden")
        await approver.wait_for("Arno Wouters")
        assert await approver.buttons() == []
        await approver.screenshot("06-decided")
        await second.wait_for("Arno Wouters")
        assert await second.buttons() == []

        await colleague.wait_for("jan.peeters@omgevingruimte.vlaanderen.example", WORK_TAKES_S)
        await manager.wait_for("is klaar en nagelezen", WORK_TAKES_S)
        await manager.screenshot("07-done-a")
        await colleague.screenshot("08-colleague")

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
        await manager.screenshot("10-summary-b")
        await manager.press("Indienen")

        await second.wait_for("Bert Smits")
        await second.press("Niet behouden")
        await second.wait_for("niet behouden")
        await second.screenshot("11-not-keep-sure")
        await second.press("Ja, niet behouden")
        await second.wait_for("Britt Jacobs")
        await approver.wait_for("Britt Jacobs")
        assert await approver.buttons() == []
        await manager.wait_for("is klaar en nagelezen", WORK_TAKES_S)
        await manager.screenshot("12-done-b")

        await manager.say("mijn aanvragen")
        await manager.wait_for("Bert Smits")
        await manager.screenshot("13-list")
