"""Flows in which the service desk takes part: order C, a step by hand, and taking back."""

from typing import Final, LiteralString

from bot.settings import Mode
from tests.conversations.stage import SOFIE
from tests.faults.flows import (
    Flow,
    asked,
    decided_without_worker,
    keep,
    let_work,
    not_keep,
    today,
)
from tests.faults.scene import Scene

_LOOKS_AGAIN_S: Final = 1.0
_WORDS: Final = "Gedaan, ticket 12345"
_REASON: Final = "De overstap gaat niet door"
_GROUP_NAME: Final = "Wegen en Water - iedereen"  # Jan is a member and no owner

_TASKS: LiteralString = """
select body -> 'plan' -> 'steps' -> (task ->> 'position')::int ->> 'name' as step,
  task ->> 'taken_by' is not null as is_taken, task ->> 'done' is not null as is_done
from request, jsonb_array_elements(body -> 'tasks') as task
"""
_RULE: LiteralString = """
update simulated_object set body = body || '{"kind": "dynamic"}'
where kind = 'group' and id = '00000000-0000-4000-a000-000000000001' returning id
"""
_LEAVE: LiteralString = """
update simulated_object set body = body || '{"is_member": false}' where kind = 'membership'
and id = '00000000-0000-4000-a000-000000000001/00000000-0000-4000-8000-000000000004' returning id
"""


async def _ordered_c(scene: Scene) -> None:
    await asked(scene, wish="keep", effective_on=today(), status_changes=True)
    await decided_without_worker(scene, keep, RECHECK_S=_LOOKS_AGAIN_S)


async def _new_account_and_data(scene: Scene) -> None:
    """Let the service desk report what WebIDM and the supplier did, each when it is asked."""
    await let_work(scene)
    await _report(scene, "account.new", "Nieuwe account")
    await _take(scene, "data.migration", "Mails en bestanden")
    await _report(scene, "data.migration", "Mails en bestanden")


async def _asked_by_hand(scene: Scene) -> None:
    """Come to an order B that waits for a person: a rule says who is in a group of Jan's."""
    assert await scene.rows(_RULE)
    await asked(scene, wish="not_keep", effective_on=today())
    await decided_without_worker(scene, not_keep, RECHECK_S=_LOOKS_AGAIN_S)
    await let_work(scene)
    await scene.card_with(SOFIE, "hand.take", words=_GROUP_NAME)


async def _take_and_do(scene: Scene) -> None:
    await _take(scene, "groups.leave", _GROUP_NAME)
    await _report(scene, "groups.leave", _GROUP_NAME)
    assert await scene.rows(_LEAVE)


async def _take(scene: Scene, step: str, words: str) -> None:
    """Say that one does a step, on the card with these words."""
    while step not in [one["step"] for one in await scene.rows(_TASKS) if one["is_taken"]]:
        card = await scene.card_with(SOFIE, "hand.take", words=words)
        await scene.press(SOFIE, card, "hand.take")


async def _report(scene: Scene, step: str, words: str) -> None:
    """Say that a step was done, on the card with these words."""
    while step not in [one["step"] for one in await scene.rows(_TASKS) if one["is_done"]]:
        card = await scene.card_with(SOFIE, "hand.done", words=words)
        await scene.press(SOFIE, card, "hand.done", words=_WORDS)


async def _stopped_halfway(scene: Scene) -> None:
    """Come to an order B that could not give the new name, after it had taken things away."""
    await asked(scene, wish="not_keep", effective_on=today())
    await decided_without_worker(scene, not_keep, SIMULATED_FAULTS="set_upn=permanent")
    await let_work(scene)
    await scene.in_state("attention")
    await scene.card_with(SOFIE, "undo.ask")
    await scene.at_rest()


async def _take_back(scene: Scene) -> None:
    while await scene.rows("select id from request where state = 'attention'"):
        card = await scene.card_with(SOFIE, "undo.ask")
        await scene.press(SOFIE, card, "undo.ask")
        await scene.press(SOFIE, card, "undo.sure", reason=_REASON)


ORDER_C = Flow("fulfil order C", Mode.LOCAL, _ordered_c, _new_account_and_data, "done")
BY_HAND = Flow("a step by hand", Mode.LOCAL, _asked_by_hand, _take_and_do, "done")
TAKE_BACK = Flow(
    "take back order B", Mode.LOCAL, _stopped_halfway, _take_back, "undone", takes_back=True
)
FLOWS_BY_HAND = (ORDER_C, BY_HAND, TAKE_BACK)
