"""Whatever a press brings along: a card comes back, and nothing anybody decided changes."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.battery.card_junk import CardJunk, Known, Press
from tests.battery.conftest import SEED, Range
from tests.battery.wire import Answer
from tests.conversations.journeys import address
from tests.conversations.scenes import ask, summary
from tests.conversations.stage import ARNO, BERT, HILDE, MARLEEN, TOM, words_of

_LONG = 20_000

# Where somebody can be written to, and which card follows which request: views, no decisions.
_VIEWS = {"conversation_reference", "sent_card"}

Tell = Callable[[str], None]


@pytest.mark.case("P06", "Z01", "Z02", "Z03")
@pytest.mark.timeout(300)
async def test_no_press_of_junk_changes_anything(field: Range, tell: Tell) -> None:
    await _press_junk(field, tell, 1_000, SEED)


@pytest.mark.long
@pytest.mark.timeout(1_800)
@pytest.mark.case("P06", "Z01", "Z02", "Z03")
async def test_twenty_thousand_presses_of_junk_change_nothing(field: Range, tell: Tell) -> None:
    await _press_junk(field, tell, _LONG, SEED + 1)


async def _press_junk(field: Range, tell: Tell, count: int, seed: int) -> None:
    known = await _something_to_lose(field)
    before, audit = await field.digest(), len(await field.stage.audit())
    people = [field.stage.person(number) for number in (MARLEEN, ARNO, TOM, HILDE)]
    kinds = Counter[str]()
    for press in CardJunk(people, known, seed).presses(count):
        answer = await _sent(field, press)
        assert _is_answered(press, answer), (press.kind, press.value, answer)
        kinds[press.kind] += 1

    after = await field.digest()
    assert {name for name in before if before[name] != after[name]} <= _VIEWS
    assert await field.failed_turns() == 0
    rows = (await field.stage.audit())[audit:]
    assert {row["kind"] for row in rows} <= {"refused", "gate.refused"}
    tell(f"card data without effect {count} of {count} {dict(kinds)} (seed {seed})")


async def _something_to_lose(field: Range) -> Known:
    """Return a request that waits for a decision and a draft that waits to be sent."""
    request = await ask(field.stage, colleague=address(TOM))
    message = await summary(field.stage, colleague=address(BERT))
    held = [field.stage.person(MARLEEN).opened(each["data"]) for each in message.card["actions"]]
    draft = next(str(each["draft"]) for each in held if "draft" in each)
    return Known(request.requester.object_id, request.id, draft, request.number)


async def _sent(field: Range, press: Press) -> Answer:
    letter = field.ground.letter()
    letter.body = json.dumps(press.activity()).encode()
    return await field.fire(letter.raw(f"127.0.0.1:{field.port}"))


def _is_answered(press: Press, answer: Answer) -> bool:
    """Tell whether somebody reads what happened, and not that something broke."""
    if answer.status == 400:
        return press.kind == "shapeless"
    if answer.status != 200:
        return False
    if press.is_submit:
        return True
    body: Mapping[str, Any] = json.loads(answer.body)
    return body["statusCode"] == 200 and "Bij mij ging iets mis" not in words_of(body["value"])
