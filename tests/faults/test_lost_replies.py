"""The Bot Connector does what it is asked and its answer is lost, at one call after another."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from tests.conversations.journeys import card_of, install, seen, summarise, titles
from tests.conversations.stage import ARNO, BRITT, MARLEEN, Stage, eventually, open_stage, words_of
from tests.fakes.bot_connector import Message
from tests.fakes.cutting_connector import CuttingConnector

NOTE = "niet zeker of u dit bericht al kreeg"
PEOPLE = (MARLEEN, ARNO, BRITT)
_BUSY = """
select id from procrastinate_jobs where status = 'doing'
or (status = 'todo' and (scheduled_at is null or scheduled_at < now() + interval '60 s'))
"""


@dataclass
class Office:
    """A bot, its people, and a Bot Connector that can lose an answer."""

    stage: Stage
    connector: CuttingConnector

    async def cycle(self, cut_at: int) -> dict[int, list[Message]]:
        """Ask for a move and withdraw it; return the new messages of each.

        The answer to one call of the jobs is lost; answers within the turns come before.
        """
        await self._start_afresh()
        marleen = self.stage.person(MARLEEN)
        summary = await summarise(self.stage)
        before = {number: len(self.stage.person(number).inbox) for number in PEOPLE}
        self.connector.arm(cut_at)
        await marleen.press(summary, "draft.submit")
        await self._at_rest()
        await marleen.press(summary, "Intrekken")
        await marleen.press(summary, "Ja, intrekken")
        await self._at_rest()
        return {number: self.stage.person(number).inbox[before[number] :] for number in PEOPLE}

    async def _start_afresh(self) -> None:
        """Forget the chats, so that they are opened again, and the pace."""
        async with self.stage.bot.storage.database.connection() as connection:
            await connection.execute("delete from conversation_reference")
            await connection.execute("delete from send_limit")

    async def _at_rest(self) -> None:
        async def is_quiet() -> bool:
            async with self.stage.bot.storage.database.connection() as connection:
                cursor = await connection.execute(_BUSY)
                return await cursor.fetchone() is None

        await eventually(is_quiet, timeout_s=60)


@pytest.fixture
async def office(tmp_path: Path, database_url: str) -> AsyncIterator[Office]:
    connector = CuttingConnector()
    await connector.start()
    async with open_stage(tmp_path, database_url, connector=connector, recheck_s=600.0) as stage:
        install(stage)
        yield Office(stage, connector)
    await connector.stop()


def _check(
    office: Office, before: dict[int, list[Message]], got: dict[int, list[Message]]
) -> None:
    """Exactly one effect of the cut call, or two of which the second says that it may be one."""
    extra = {number: len(got[number]) - len(before[number]) for number in PEOPLE}
    marked = {n: [one for one in got[n] if NOTE in one.text] for n in PEOPLE}
    expected = 1 if office.connector.cut == "POST" else 0
    assert sum(extra.values()) == expected, (office.connector.cut, extra)
    assert {n: len(marked[n]) for n in PEOPLE} == extra
    for number in (ARNO, BRITT):
        last = got[number][-1]
        assert titles(last.card) == [], seen(office.stage.person(number))
        assert "U hoeft niet meer te beslissen" in words_of(last.card)
        assert last in marked[number] or not marked[number]


@pytest.mark.case("N02", "I08")
async def test_lost_reply_at_every_call_is_one_effect_or_a_marked_repeat(
    office: Office, tell: Callable[[str], None]
) -> None:
    whole = await office.cycle(0)
    calls = list(office.connector.calls)
    assert [len(whole[number]) for number in PEOPLE][1:] == [1, 1]
    assert {"new", "POST", "PUT"} <= set(calls)
    cut = Counter[str]()
    for number in count(1):
        got = await office.cycle(number)
        if not office.connector.cut:
            break
        _check(office, whole, got)
        cut[office.connector.cut] += 1
    # In which order two people are written to differs, and how often cards are shown anew:
    # changes that come together are shown at once.
    assert set(cut) == {"new", "POST", "PUT"}
    assert cut["new"] + cut["POST"] == calls.count("new") + calls.count("POST")
    done = sum(cut.values())
    tell(f"lost replies {done} of {done} with one effect or one marked repeat")


@pytest.mark.case("N02")
async def test_question_that_was_answered_while_its_sending_was_open_ends_with_the_truth(
    office: Office,
) -> None:
    stage, connector = office.stage, office.connector
    marleen = stage.person(MARLEEN)
    summary = await summarise(stage)
    for number in (ARNO, BRITT):  # known chats, so that the next calls are the questions
        await stage.person(number).join()
    connector.answer_next(0, times=2, after_doing=True)
    await marleen.press(summary, "draft.submit")
    orphan = await card_of(stage, ARNO, "Uw beslissing wordt gevraagd")
    await card_of(stage, BRITT, "Uw beslissing wordt gevraagd")
    await marleen.press(summary, "Intrekken")
    await marleen.press(summary, "Ja, intrekken")

    last = await card_of(stage, ARNO, "U hoeft niet meer te beslissen")

    assert last is not orphan
    assert last is stage.person(ARNO).last
    assert NOTE in last.text
    assert titles(last.card) == []
    assert "wacht niet meer op uw beslissing" in last.body["summary"]
    pressed = await stage.person(ARNO).press(orphan, "Behouden")  # still there, does nothing
    assert "Behouden" not in titles(pressed)
