"""Forged activities against the whole bot: none is heard, none is answered with a fault."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.battery.catalogue import all_forgeries
from tests.battery.conftest import SEED, Range
from tests.battery.forgery import Forgery
from tests.battery.letter import Ground, differences
from tests.battery.wire import Answer

_FEWEST = 400
_GATE_AUDIT = {"gate.refused"}


@dataclass(frozen=True)
class Shot:
    """What became of one forgery."""

    forgery: Forgery
    answer: Answer

    @property
    def is_refused(self) -> bool:
        return 400 <= self.answer.status < 500


def test_each_forgery_differs_from_a_good_request_in_just_what_it_says(ground: Ground) -> None:
    seen: dict[frozenset[tuple[str, str]], str] = {}
    for forgery in all_forgeries():
        changed = differences(forgery.spoil, ground)
        assert changed, forgery.id
        if forgery.is_single:
            assert len(changed) == 1, f"{forgery.id}: {changed}"
        same = seen.setdefault(frozenset(changed.items()), forgery.id)
        assert same == forgery.id, f"{same} and {forgery.id} are the same"
    assert len(seen) == len(all_forgeries()) >= _FEWEST
    assert len({forgery.id for forgery in all_forgeries()}) == len(seen)


@pytest.mark.case("J01", "J02", "J03", "J04", "J05", "J06", "J07", "J08", "J09", "J10", "J11")
@pytest.mark.case("J12", "J14", "J18", "P01", "P04", "P05", "Z08")
@pytest.mark.timeout(300)
async def test_no_forgery_is_heard(field: Range, tell: Callable[[str], None]) -> None:
    forgeries = all_forgeries()
    await _good_request_is_heard(field)
    before, audit = await field.digest(), len(await field.stage.audit())
    sent, turns = len(field.stage.world.connector.ledger), await field.turns()

    shots = [Shot(forgery, await _fired(field, forgery)) for forgery in forgeries]

    assert {shot.forgery.id: shot.answer for shot in shots if not shot.is_refused} == {}
    assert await field.digest() == before
    assert len(field.stage.world.connector.ledger) == sent
    assert await field.turns() == turns
    rows = (await field.stage.audit())[audit:]
    assert {row["kind"] for row in rows} <= _GATE_AUDIT, Counter(row["kind"] for row in rows)
    await _good_request_is_heard(field)
    refused = sum(shot.is_refused for shot in shots)
    tell(f"forged activities refused {refused} of {len(shots)} (seed {SEED})")


async def _fired(field: Range, forgery: Forgery) -> Answer:
    letter = field.ground.letter()
    forgery.spoil(letter)
    return await field.fire(letter.raw(f"127.0.0.1:{field.port}"))


async def _good_request_is_heard(field: Range) -> None:
    """Success and refusal share their setup: the battery proves nothing without this."""
    turns, sent = await field.turns(), len(field.stage.world.connector.ledger)
    answer = await field.fire(field.ground.letter().raw(f"127.0.0.1:{field.port}"))
    assert answer.status == 200
    assert await field.turns() == turns + 1
    assert len(field.stage.world.connector.ledger) == sent + 1


@pytest.fixture
def ground(field: Range) -> Ground:
    """The ground of the forgers with chance of its own."""
    return field.ground
